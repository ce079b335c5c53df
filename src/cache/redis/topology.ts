import type { RedisArgument } from "./client.ts";
import type { RedisLink } from "./link.ts";
import type { ReplyUse } from "./reply-use.ts";
import type { RedisScript } from "./scripts.ts";

/** Which server holds what: one alone, the master that sentinels name, or the masters of a cluster. */
export interface Topology {
  /** Of all masters; empty while none is known. */
  readonly links: readonly RedisLink[];
  /** Is there a link to each master? */
  readonly isComplete: boolean;
  /** The link to the master of a key; `undefined` while there is none. */
  linkOf(key: string): RedisLink | undefined;
  /** Rejects with a `SharedTierError`. */
  send(key: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** @returns what `use` makes of the reply */
  send<R>(key: string, args: readonly RedisArgument[], use: ReplyUse<R>): Promise<R>;
  /** Runs a script on keys of one slot. */
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown>;
  /** A link was lost: finds what took its place, again and again. */
  lost(link: RedisLink): void;
  /** Connects; when that fails, goes on trying and resolves all the same. */
  open(): Promise<void>;
  close(): void;
}
