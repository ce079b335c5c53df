import type { Socket } from "node:net";
import { MissingDriverError } from "../../errors.ts";

/** What is used of memjs's client: one request, as bytes. */
export interface MemjsClient {
  readonly seq: number;
  incrSeq(): void;
  perform(
    key: string,
    request: Buffer,
    seq: number,
    done: (error: unknown, response: MemjsResponse | null) => void,
  ): void;
}

/** An answer of the binary protocol. */
export interface MemjsResponse {
  readonly header: { readonly status: number; readonly cas: Buffer };
  readonly val: Buffer;
}

/** What is used of memjs's connection. */
export interface MemjsServer {
  username?: string | undefined;
  password?: string | undefined;
  /** Calls back with the socket when it is connected and authenticated, at once if it is; connects if needed. */
  sock(sasl: boolean, go: (socket: Socket) => void): void;
  onError(seq: number, listener: (error: unknown) => void): void;
  /** Destroys the socket, and fails all that waits. */
  error(error: unknown): void;
}

/** What is used of the package `memjs`. */
export interface MemjsModule {
  readonly Client: new (servers: readonly MemjsServer[], options: object) => MemjsClient;
  readonly Server: new (
    host: string,
    port: number,
    username: undefined,
    password: undefined,
    options: object,
  ) => MemjsServer;
  readonly Utils: {
    makeRequestBuffer(opcode: number, key: string, extras: Buffer, value: Uint8Array, opaque: number): Buffer;
  };
}

/**
 * Loads the optional peer.
 * @throws {MissingDriverError} when it isn't installed
 */
export async function loadMemjs(
  load: () => Promise<unknown> = () => import("memjs" as string),
): Promise<MemjsModule> {
  try {
    const loaded = (await load()) as { readonly default?: MemjsModule } & MemjsModule;
    return loaded.default ?? loaded;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && /'memjs'/.test(message))
      throw new MissingDriverError("memjs", "a Memcached tier", { cause });
    throw cause;
  }
}
