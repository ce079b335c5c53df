import type { Clock } from "../clock.ts";

/** Why an entry left: for want of room, by age, because its key was set anew, or because a caller removed it. */
export type EvictionReason = "size" | "expired" | "replaced" | "explicit";

/** How much a cache holds; at least one of the two. */
export interface CacheBounds {
  /** Entries kept at most; an integer from 1 to 2²⁴. */
  readonly maxSize?: number | undefined;
  /** Sum of all entries' weights at most, > 0, in the unit of `weigh`. */
  readonly maxWeight?: number | undefined;
}

export interface CacheOptions<K, V> extends CacheBounds {
  /**
   * What an entry weighs: a finite number > 0, asked once, when it is stored. Needed for `maxWeight`, useless without.
   * An entry heavier than `maxWeight` is not kept. What it throws reaches the caller of `set`, and nothing changes.
   */
  readonly weigh?: ((key: K, value: V) => number) | undefined;
  /** Milliseconds until an entry expires, ≥ 0; `Infinity` for never. @default Infinity */
  readonly ttlMs?: number | undefined;
  /**
   * Told of every entry that leaves, after it has left and when all is in order again, so it may use the cache. What
   * it throws reaches whoever caused the eviction, once all the others have been told. On expiry it is called from a
   * timer, so what it throws then is an uncaught exception. A promise that it returns is not looked at: catch in it.
   * @default nobody is told
   */
  readonly onEvict?: ((key: K, value: V, reason: EvictionReason) => void) | undefined;
  /**
   * Where expiry takes time from. Expired entries are served never later than 32 look-ups of one synchronous run of code
   * after their time; with a clock of your own, never.
   * @default the system's monotonic clock, read once in 32 calls of a tight loop, else at every call
   */
  readonly clock?: Clock | undefined;
}

/** What may be said of one entry. */
export interface EntryOptions {
  /** Milliseconds until it expires, ≥ 0; 0 means that it isn't kept. @default the cache's `ttlMs` */
  readonly ttlMs?: number | undefined;
  /** Names by which `deleteTag` finds it. @default none */
  readonly tags?: readonly string[] | undefined;
}

/** What may be said of one load. */
export interface LoadOptions extends EntryOptions {
  /**
   * Milliseconds past its expiry that a value is still served by `getOrLoad`, while it is loaded anew in the
   * background, ≥ 0. It needs to be given when the entry is loaded, and when it is read: the lesser of the two counts.
   * Entries stored by `set` are never served stale, and `get` never returns a stale value. After a load in the background
   * has failed, the next begins 100 ms later at the earliest, twice as late after each further failure, 30 s at most.
   * @default 0
   */
  readonly staleMs?: number | undefined;
  /**
   * A value with fewer milliseconds than this left to live is served, and loaded anew in the background, ≥ 0. From the
   * entry's TTL on, every read begins a load (one at a time for each key).
   * @default 0
   */
  readonly refreshAheadMs?: number | undefined;
  /**
   * Milliseconds that the load which this call begins (in the background too) has, > 0, by the cache's clock. If it isn't
   * done by then, all who wait for it get a `DeadlineError`, its signal aborts, a value that comes later is not kept, and
   * the next call loads anew. Who joins a load under way waits as long as that one may take.
   * @default Infinity: a load that hangs blocks its key, until `delete(key)` detaches later calls from it
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Detaches this caller; the load itself is told to stop once nobody waits for it. One that has aborted before rejects
   * the call, even when the value is there.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets a value that is not in the cache. The signal is there if the caller who began the load brought one or a
 * `timeoutMs`.
 */
export type Loader<K, V> = (key: K, signal?: AbortSignal) => V | PromiseLike<V>;

export interface CacheStats {
  /** `get`s and `getOrLoad`s that found a fresh value. */
  readonly hits: number;
  /** `get`s and `getOrLoad`s that found none. */
  readonly misses: number;
  /** Entries that left to make room. */
  readonly evictions: number;
  /** Entries that left by age. */
  readonly expirations: number;
  /** Loads begun, those in the background included. */
  readonly loads: number;
  /** Loads that failed, or weren't done within their `timeoutMs`. */
  readonly loadFailures: number;
  /** `getOrLoad`s that joined a load under way. */
  readonly coalesced: number;
  /** `getOrLoad`s that were served an expired value within its `staleMs`. */
  readonly staleHits: number;
  /** Loads whose value was not kept, since the key, its tags or the whole cache had been changed meanwhile. */
  readonly discardedLoads: number;
  readonly size: number;
  /** Sum of all weights; the number of entries where nothing is weighed. */
  readonly weight: number;
}

/** A cache's contents as plain data, for `structuredClone`, `v8.serialize` or (if keys and values allow) JSON. */
export interface CacheDump<K, V> {
  readonly version: 1;
  /** When it was made, in milliseconds since 1970. */
  readonly at: number;
  /** In order of eviction: first what would leave first. */
  readonly entries: readonly DumpedEntry<K, V>[];
}

export interface DumpedEntry<K, V> {
  readonly key: K;
  readonly value: V;
  /** Milliseconds that it had left to live; absent where it never expires. */
  readonly ttlMs?: number;
  readonly tags?: readonly string[];
}

/**
 * What every cache here can do. Keys are compared as `Map` does; any key and any value will do, but `undefined` as a
 * value means absent and can't be stored. An instance belongs to one thread.
 */
export interface Cache<K, V> extends Iterable<[K, V]> {
  /** Entries held; expired ones count until they are removed, which needs no reader. */
  readonly size: number;
  /** Sum of all weights; `size` where nothing is weighed. */
  readonly weight: number;
  /** Entries held at most; 2²⁴, the most that a cache holds, where only the weight is bounded. */
  readonly maxSize: number;
  /** `Infinity` where only the number of entries is bounded. */
  readonly maxWeight: number;
  /** @returns the value, whose entry counts as used; `undefined` when absent or expired */
  get(key: K): V | undefined;
  /** As `get`, but neither counted nor a use. */
  peek(key: K): V | undefined;
  /** Is there a value that hasn't expired? Not a use. */
  has(key: K): boolean;
  /**
   * Stores a value, which supersedes a load of that key that is under way.
   * @throws {TypeError} when `value` is `undefined`, {RangeError} on a wrong weight or TTL; nothing changes then
   */
  set(key: K, value: V, options?: EntryOptions): this;
  /**
   * The value of `key`: from the cache, else from `loader`. Concurrent loads of one key are one load; a failure is not
   * kept; a value is not kept either if its key (or one of its tags) was set or removed while it was loaded.
   */
  getOrLoad(key: K, loader: Loader<K, V>, options?: LoadOptions): Promise<V>;
  /**
   * Supersedes a load of that key that is under way as well, even one that hangs: the next call loads anew.
   * @returns whether there was such an entry
   */
  delete(key: K): boolean;
  /** Removes every entry that has `tag`. @returns how many */
  deleteTag(tag: string): number;
  /** Removes everything; the counts of `stats()` stay. */
  clear(): void;
  /**
   * Replaces all bounds; surplus entries leave. A number is a new `maxSize`, and leaves `maxWeight` as it is.
   * @throws {RangeError} as the constructor does
   */
  resize(bounds: number | CacheBounds): void;
  /** Removes entries whose time is over, which happens by itself too. @returns how many */
  cleanupExpired(): number;
  dump(): CacheDump<K, V>;
  /**
   * Stores what was dumped, as if set in that order; time has gone on in between, so some may have expired.
   * @throws {TypeError} when it is no dump of this version; nothing is stored then
   */
  load(dump: CacheDump<K, V>): void;
  stats(): CacheStats;
}

/** What a policy knows an entry by: a small integer, reused once the entry has left. */
export type Slot = number;

/**
 * Decides which entry leaves: arithmetic over slots, without keys, values or time. The cache calls `added` once for a
 * slot, then `used` any number of times, then `removed`.
 */
export interface EvictionPolicy {
  added(slot: Slot): void;
  used(slot: Slot): void;
  removed(slot: Slot): void;
  /** The entry to leave next, possibly the one just added; asked only while there is one. */
  victim(): Slot;
  /** Told when the bounds change. */
  resized(): void;
  /** Told when there are more slots. @param lastSlot the highest one from now on */
  grown(lastSlot: number): void;
  /** All slots, in the order that the cache's iteration promises. */
  slots(): Iterable<Slot>;
}
