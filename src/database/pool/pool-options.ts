import { durationMs, integer, knownKeys, reject } from "../../options.ts";

/** What a pool needs to know of connections of type `C`. */
export interface PoolTarget<C> {
  /** Opens a connection; rejects when `signal` aborts, and then leaves nothing open behind. */
  connect(signal: AbortSignal | undefined): Promise<C>;
  /** Resolves when the connection answers. */
  ping(connection: C, signal: AbortSignal | undefined): Promise<void>;
  /** Ends the session in order. */
  close(connection: C): Promise<void>;
  /** Cuts the connection at once. */
  destroy(connection: C): void;
  /** False once the connection is known to be broken; never throws. */
  usable(connection: C): boolean;
  /** Puts session state back. Without it, or when it fails, a connection marked dirty is closed on release. */
  reset?(connection: C): Promise<void>;
}

/** A lease that has been held for longer than `leakThresholdMs`. */
export interface LeakReport {
  readonly pool: string;
  /** Milliseconds since the connection was handed out. */
  readonly heldMs: number;
  /** What the holder ran last, as it noted on the lease. */
  readonly sql: string | undefined;
  /** Where `acquire` was called. */
  readonly stack: string;
}

/** Options of a pool, in HikariCP's words. All times in milliseconds; `Infinity` means never. */
export interface PoolOptions {
  // Essential
  /** Connections at most, those being opened and closed included; an integer ≥ 1. @default 10 */
  readonly maxSize?: number;
  /** Connections that the pool keeps open even when idle; an integer from 0 to `maxSize`. @default 0 */
  readonly minSize?: number;

  // Frequent
  /**
   * How long `acquire` may take in all: waiting, connecting, validating and trying again (Hikari's
   * `connectionTimeout`). An operation's own earlier deadline counts instead. @default 30_000
   */
  readonly acquireTimeoutMs?: number;
  /** How long a connection above `minSize` may sit idle before it is closed; ≥ 1. @default 600_000 */
  readonly idleTimeoutMs?: number;
  /**
   * How old a connection may become; ≥ 1. Up to 2.5 % less for each, at random, so that they don't all go at once.
   * One in use is never retired: it goes when it is released. @default 1_800_000
   */
  readonly maxLifetimeMs?: number;
  /** How often an idle connection is pinged, lest a firewall forgets it; ≥ 1. @default 120_000 */
  readonly keepaliveMs?: number;

  // Rare
  /** How long one attempt to connect may take; ≥ 1. A ping, a reset or a close may take as long, but 5 s at most. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** A connection idle for longer is pinged before it is handed out (Hikari's alive bypass window). @default 500 */
  readonly validateAfterIdleMs?: number;
  /** Callers that may wait at once, those whose connection is being opened included; an integer ≥ 1. @default 10_000 */
  readonly queueLimit?: number;
  /**
   * A lease held for longer is reported as a leak. Takes a stack trace at every `acquire`, which costs some
   * microseconds. @default 0, which turns it off
   */
  readonly leakThresholdMs?: number;
  /** Told once of every leak; no effect while `leakThresholdMs` is 0. @default a process warning `VICTOR_POOL_LEAK` */
  readonly onLeak?: (leak: LeakReport) => void;
}

const defaults = Object.freeze({
  maxSize: 10,
  minSize: 0,
  acquireTimeoutMs: 30_000,
  idleTimeoutMs: 600_000,
  maxLifetimeMs: 1_800_000,
  keepaliveMs: 120_000,
  connectTimeoutMs: 10_000,
  validateAfterIdleMs: 500,
  queueLimit: 10_000,
  leakThresholdMs: 0,
});

/** A connection that doesn't answer a ping for this long is as good as dead (Hikari's `validationTimeout`). */
const maxPingMs = 5_000;

/** Options of a pool, complete and checked. */
export type ResolvedPoolOptions = Readonly<Record<keyof typeof defaults, number>> & {
  readonly onLeak: (leak: LeakReport) => void;
  /** How long a ping, a reset or a close may take. */
  readonly pingTimeoutMs: number;
};

/** @throws {TypeError | RangeError} naming the option, what was expected and what came */
export function resolvePoolOptions(options: PoolOptions): ResolvedPoolOptions {
  knownKeys("ConnectionPool", options, [...Object.keys(defaults), "onLeak"]);
  const given: PoolOptions = Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined));
  const all = { ...defaults, ...given };
  if (given.onLeak !== undefined && typeof given.onLeak !== "function")
    reject("onLeak", "a function", given.onLeak);
  const connectTimeoutMs = durationMs("connectTimeoutMs", all.connectTimeoutMs, 1);
  return Object.freeze({
    ...checkSizes(all),
    acquireTimeoutMs: durationMs("acquireTimeoutMs", all.acquireTimeoutMs),
    idleTimeoutMs: durationMs("idleTimeoutMs", all.idleTimeoutMs, 1),
    maxLifetimeMs: durationMs("maxLifetimeMs", all.maxLifetimeMs, 1),
    keepaliveMs: durationMs("keepaliveMs", all.keepaliveMs, 1),
    connectTimeoutMs,
    pingTimeoutMs: Math.min(connectTimeoutMs, maxPingMs),
    validateAfterIdleMs: durationMs("validateAfterIdleMs", all.validateAfterIdleMs),
    queueLimit: integer("queueLimit", all.queueLimit, 1),
    leakThresholdMs: durationMs("leakThresholdMs", all.leakThresholdMs),
    onLeak: given.onLeak ?? warn,
  });
}

/** @throws {RangeError} when 0 ≤ minSize ≤ maxSize, maxSize ≥ 1 doesn't hold */
export function checkSizes(sizes: { minSize: number; maxSize: number }): {
  minSize: number;
  maxSize: number;
} {
  const maxSize = integer("maxSize", sizes.maxSize, 1);
  return { maxSize, minSize: integer("minSize", sizes.minSize, 0, maxSize) };
}

function warn({ pool, heldMs, sql, stack }: LeakReport): void {
  process.emitWarning(
    `pool ${pool}: a connection has been out for ${Math.round(heldMs)} ms${sql === undefined ? "" : `, last for ${sql}`}`,
    { type: "PoolLeakWarning", code: "VICTOR_POOL_LEAK", detail: stack },
  );
}
