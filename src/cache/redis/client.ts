import { MissingDriverError } from "../../errors.ts";

/**
 * The package `redis` (6 and later), as far as it is used here. Its types are not imported, so that programs without it
 * compile.
 */
export interface RedisModule {
  createClient(options: Pick<RedisClientOptions, "RESP" | "maintNotifications">): RedisClient;
  readonly BasicClientSideCache: new () => PushHook;
}

/** What the client tells of invalidations to; we keep nothing in it. */
export interface PushHook {
  /** The command that the client sends at the end of its handshake. */
  trackingOn(): readonly string[];
  invalidate(key: Uint8Array | string | null): void;
}

export interface RedisClientOptions {
  readonly RESP: 3;
  readonly socket: {
    readonly host: string;
    readonly port: number;
    readonly tls?: boolean;
    readonly connectTimeout: number;
    readonly reconnectStrategy: false;
  };
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: number | undefined;
  readonly disableOfflineQueue: boolean;
  readonly commandOptions: { readonly timeout: number };
  readonly maintNotifications: "disabled";
  readonly clientSideCache?: PushHook;
}

export type RedisArgument = string | Uint8Array;

export interface RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
  /** Another client of the same class, not connected. */
  duplicate(options: RedisClientOptions): RedisClient;
  unref(): void;
  withTypeMapping(mapping: Readonly<Record<number, unknown>>): RedisClient;
  sendCommand(args: readonly RedisArgument[]): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
}

/** @throws {MissingDriverError} when the package isn't installed */
export async function loadRedis(): Promise<RedisModule> {
  // A name that TypeScript doesn't follow: the declarations that we publish must not ask for the package's.
  const name: string = "redis";
  try {
    const loaded = (await import(name)) as RedisModule & { readonly default?: RedisModule };
    return loaded.default ?? loaded;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && /'redis(\/|')/.test(message))
      throw new MissingDriverError("redis", "a cache on Redis or Valkey", { cause });
    throw cause;
  }
}
