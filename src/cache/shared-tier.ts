import type { MetricSource } from "../metrics/index.ts";

/**
 * A server that several processes share, behind the memory tier of each: it holds bytes, generations and leases.
 *
 * **Generations.** All that may be forgotten together has one: the namespace, each tag, each key. A generation is an opaque
 * text, drawn at random whenever its owner is forgotten: two are equal or they aren't, none is older, and none comes back.
 * One that is missing on the server (evicted, flushed, never written) counts as changed, and so do all of them when the
 * server restarted or another took its place, since it may have lost the last ones.
 *
 * **Stamps.** A value carries the generations that were noted before it was read from the source. Whoever reads it compares
 * them with the present ones; so what was loaded before something was forgotten is never served after it, wherever and
 * whenever it was stored.
 *
 * **Leases.** A cold key is loaded by whoever holds its lease: a random token that the server forgets after a while. To
 * forget a key takes its lease away, and without it nothing is stored.
 *
 * Every method that returns a promise rejects with a `SharedTierError` when the server doesn't answer as it should, within
 * the tier's own time budget; none waits longer, none queues without bound, and none throws at once. Methods may be called
 * side by side; those of one tick go out in one batch where the protocol allows it.
 */
export interface SharedTier extends MetricSource, AsyncDisposable {
  /** Of its kind: "redis", "memcached", "memory"; also the name in metrics. */
  readonly name: string;

  /**
   * Whether the server can be asked now, and whether what it told before is still vouched for. While `false`, `isCurrent` says
   * `false` as well (or a promise of it), since something may have been missed.
   */
  readonly isConnected: boolean;

  /** The fleet's clock, milliseconds: for the ages of values, never for an order. By the server's time where it tells it. */
  now(): number;

  /** The value of a key, if all that it depends on is unchanged; `undefined` otherwise. A damaged one counts as absent. */
  get(key: string): Promise<SharedEntry | undefined>;

  /**
   * Asks for the right to load a key. The generations of the namespace, the key and the tags are noted by the time that this
   * resolves.
   * @param leaseMs until another may load it, 1 to 2_592_000_000 (30 days)
   * @param anew to load what is stored already once more, because it is old or damaged: a stored entry doesn't count, and
   *   stays readable until `fill` puts another in its place. @default false
   * @returns a lease; or the entry, where somebody stored one meanwhile; or `undefined` while somebody else holds the lease
   */
  acquire(
    key: string,
    tags: readonly string[],
    leaseMs: number,
    anew?: boolean,
  ): Promise<Lease | SharedEntry | undefined>;

  /** Holds a lease for another `leaseMs` from now. @returns `false` when it is lost */
  renew(lease: Lease, leaseMs: number): Promise<boolean>;

  /**
   * Stores what was loaded under the lease, and gives the lease back.
   * @param ttlMs until the server may forget it, > 0
   * @returns the stamp of what was stored; `undefined` where the lease was lost or a generation moved, and nothing was stored
   */
  fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined>;

  /** Gives a lease back without a value: the load failed. */
  release(lease: Lease): Promise<void>;

  /**
   * Waits until somebody else's lease of a key has ended, by a fill, a release, a loss or its time, or may have.
   * Resolves early rather than late: the caller asks again. Woken by the server where it can do that, else by asking now and
   * then. Never rejects; also resolves when `signal` is aborted, and at the latest after `waitMs`.
   */
  leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void>;

  /** Forgets keys: values, leases, and what memory tiers hold of them. Has happened on the server when it resolves. */
  delete(keys: readonly string[]): Promise<void>;

  /** Forgets all that carries any of the tags. Has happened on the server when it resolves; costs the same for any number of values. */
  deleteByTag(tags: readonly string[]): Promise<void>;

  /** Forgets the whole namespace. Has happened on the server when it resolves. */
  clear(): Promise<void>;

  /**
   * Whether a value with this stamp may still be served from memory. At once where the server tells of changes and the
   * connection that it tells them by is alive; a promise where it has to be asked. Never rejects: `false` when in doubt.
   * @param nowMs what `systemClock` says now, where the caller has just asked it: it needn't be asked twice for each hit
   */
  isCurrent(stamp: Stamp, nowMs?: number): boolean | Promise<boolean>;

  /** Of what this process has made the server forget: pass it to `catchUp` elsewhere. Short, printable ASCII. */
  token(): string;

  /**
   * Resolves when `get`, `acquire` and `isCurrent` know all that was forgotten before the token was taken, by whichever
   * process took it. Costs at most a round trip. A token that isn't one counts as the newest.
   */
  catchUp(token: string): Promise<void>;

  /**
   * Tells of values that memory tiers needn't keep any longer, so that they can free them; `undefined` tells of all.
   * Only a hint: `isCurrent` decides. One listener.
   */
  onForgotten(listener: (key: string | undefined) => void): void;

  /** Ends the connections. What still runs rejects. May be called again. */
  close(): Promise<void>;
}

/** What a value depends on, as noted before it was read from the source. Opaque to all but its tier. */
export interface Stamp {
  readonly key: string;
}

/** A value as it lies on the server. */
export interface SharedEntry {
  /** As they were stored; not to be changed. */
  readonly bytes: Uint8Array;
  readonly stamp: Stamp;
}

/** The right to load one key. */
export interface Lease {
  readonly key: string;
  readonly token: string;
  /** Of what will be loaded under it: not current any more once something that it depends on was forgotten. */
  readonly stamp: Stamp;
}
