import type { Duplex } from "node:stream";
import { MissingDriverError } from "../../errors.ts";

/**
 * The package `mysql2`, as far as it is used here (3.11 and later). Its types are not imported, so that programs
 * without it compile.
 */
export interface MysqlModule {
  createConnection(options: MysqlClientOptions): MysqlClient;
  /** Not in older releases. */
  readonly TypedParameter?: { readonly LONGLONG: IntegerParameters };
}

/** Makes of an integer what `execute` sends as a BIGINT. */
export interface IntegerParameters {
  (value: bigint): unknown;
  unsigned(value: bigint): unknown;
}

/** What mysql2 is told; all that isn't listed stays as the package has it. */
export interface MysqlClientOptions {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: MysqlTls;
  readonly charset: string;
  readonly timezone: string;
  readonly supportBigNumbers: true;
  readonly multipleStatements: false;
  readonly maxPreparedStatements: number;
  readonly flags: readonly string[];
  readonly connectAttributes: Readonly<Record<string, string>>;
  /** Ways to authenticate, by their names; a promise that rejects ends the connection. */
  readonly authPlugins: Readonly<Record<string, () => () => Promise<never>>>;
}

/** How the server is reached by TLS; passed to `tls.connect`. */
export interface MysqlTls {
  /** Certificates of the authorities trusted. @default those of Node */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** @default true */
  readonly rejectUnauthorized?: boolean;
  /** The server's name is checked against its certificate. @default true, unless `rejectUnauthorized` is false */
  readonly verifyIdentity?: boolean;
}

/** What a statement that returns no rows says. */
export interface MysqlHeader {
  readonly affectedRows: number;
  /** A string beyond 2^53; 0 when nothing was made. */
  readonly insertId: number | string;
  /** Bit 0: a transaction is open. */
  readonly serverStatus: number;
}

export type MysqlRows = Record<string, unknown>[];
/** Rows, a header, or one of either for each result of a CALL. */
export type MysqlAnswer = MysqlRows | MysqlHeader | (MysqlRows | MysqlHeader)[];
type Callback = (error: MysqlError | null, answer: MysqlAnswer) => void;

export interface MysqlClient {
  readonly threadId: number;
  readonly stream: Duplex & { ref?(): void; unref?(): void };
  query(sql: string, callback: Callback): unknown;
  execute(sql: string, values: readonly unknown[], callback: Callback): unknown;
  end(callback: (error?: Error) => void): void;
  on(event: "error", listener: (error: MysqlError) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  once(event: "connect", listener: () => void): unknown;
  once(event: "error", listener: (error: MysqlError) => void): unknown;
}

/** What the server, through mysql2, says of an error. */
export interface MysqlError extends Error {
  /** Name of the error such as `ER_DUP_ENTRY`; on errors of the socket the system's code. */
  readonly code?: string;
  /** The server's number of the error. */
  readonly errno?: number;
  readonly sqlState?: string;
  /** The connection is gone. */
  readonly fatal?: boolean;
}

/** @throws {MissingDriverError} when the package isn't installed */
export async function loadMysql(): Promise<MysqlModule> {
  // A name that TypeScript doesn't follow: the declarations that we publish must not ask for mysql2's.
  const name: string = "mysql2";
  try {
    const loaded = (await import(name)) as MysqlModule & { readonly default?: MysqlModule };
    return loaded.default ?? loaded;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // A package that is there but lacks one of its own dependencies tells so itself.
    if (code === "ERR_MODULE_NOT_FOUND" && /'mysql2'/.test(message))
      throw new MissingDriverError("mysql2", "a mysql: or mariadb: URL", { cause });
    throw cause;
  }
}
