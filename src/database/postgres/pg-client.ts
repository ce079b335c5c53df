import type { Duplex } from "node:stream";
import { MissingDriverError } from "../../errors.ts";

/**
 * The package `pg`, as far as it is used here (8.11 and later). Its types are not imported, so that programs without
 * it compile.
 */
export interface PgModule {
  readonly Client: new (config: PgClientConfig) => PgClient;
  readonly Connection: new (config: { readonly ssl: unknown }) => PgWire;
}

export interface PgClientConfig {
  readonly connectionString: string;
  readonly application_name?: string;
  /** Milliseconds; sent at start-up, so that RESET and DISCARD ALL keep it. */
  readonly statement_timeout?: number;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelayMillis?: number;
}

export interface PgQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Of a prepared statement; parsed by the server at its first use on a connection. */
  readonly name?: string;
}

export interface PgResult {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
  readonly command: string;
}

export interface PgNotification {
  readonly channel: string;
  readonly payload?: string;
}

export interface PgClient {
  readonly host: string;
  readonly port: number;
  readonly ssl: unknown;
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connection: PgWire;
  connect(): Promise<unknown>;
  /** Several statements in one text, without values, give one result each. */
  query(query: PgQuery): Promise<PgResult | PgResult[]>;
  query(query: PgSubmittable): unknown;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "notification", listener: (message: PgNotification) => void): unknown;
}

/** pg's connection: frames messages of PostgreSQL's protocol onto a socket. */
export interface PgWire {
  /** Replaced by another one when TLS is negotiated. */
  readonly stream: Duplex & { ref?(): void; unref?(): void };
  /** Text of each named statement that the server has parsed. */
  readonly parsedStatements: Record<string, string>;
  connect(port: number, host: string): void;
  connect(path: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(portal: { readonly statement: string; readonly values: readonly (string | Buffer | null)[] }): void;
  execute(portal: { readonly portal: string }): void;
  close(what: { readonly type: "S"; readonly name: string }): void;
  sync(): void;
  sendCopyFail(message: string): void;
  on(event: "connect" | "sslconnect" | "end", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "readyForQuery", listener: (message: { readonly status?: string }) => void): unknown;
}

/** Something that pg sends and feeds with the server's answers, in place of its own query class. */
export interface PgSubmittable {
  submit(wire: PgWire): Error | null;
  handleRowDescription(): void;
  handleDataRow(): void;
  handlePortalSuspended(wire: PgWire): void;
  handleEmptyQuery(): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleCopyInResponse(wire: PgWire): void;
  handleCopyData(): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

/** What the server, through pg, says of an error. */
export interface PgError extends Error {
  /** SQLSTATE; on errors of the socket the system's code, such as `ECONNRESET`. */
  readonly code?: string;
  /** `ERROR`, `FATAL` or `PANIC`, in the language of the server; only on errors of the server. */
  readonly severity?: string;
  /** Function in the server's source that raised it. */
  readonly routine?: string;
}

/** Turns a JavaScript value into what goes over the wire, as `client.query` does. */
export type PrepareValue = (value: unknown) => string | Buffer | null;

/** @throws {MissingDriverError} when the package isn't installed */
export async function loadPg(): Promise<PgModule> {
  // A name that TypeScript doesn't follow: the declarations that we publish must not ask for pg's.
  const name: string = "pg";
  const loaded = (await load(name)) as PgModule & { readonly default?: PgModule };
  return loaded.default ?? loaded;
}

/** pg's own conversion of parameters, so that a batch sends the very values that single statements would. */
export async function loadPrepareValue(): Promise<PrepareValue> {
  const name: string = "pg/lib/utils.js";
  type Utils = { readonly prepareValue: PrepareValue };
  const loaded = (await load(name)) as Utils & { readonly default?: Utils };
  return (loaded.default ?? loaded).prepareValue;
}

async function load(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // A package that is there but lacks one of its own dependencies tells so itself.
    if (code === "ERR_MODULE_NOT_FOUND" && /'pg(\/|')/.test(message))
      throw new MissingDriverError("pg", "a postgres: URL", { cause });
    throw cause;
  }
}
