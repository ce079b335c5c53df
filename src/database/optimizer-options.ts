import { isTruthCheck, type TruthCheck } from "../algorithms/truth-check.ts";
import type { TierOptions } from "../cache/open-tier.ts";
import type { SharedTier } from "../cache/shared-tier.ts";
import { type Clock, systemClock } from "../clock.ts";
import { durationMs, finite, integer, knownKeys, oneOf, reject, rejectType } from "../options.ts";
import type { DatabaseDriver } from "./driver.ts";
import type { Engine, InvalidationSink } from "./engine.ts";
import type { PoolOptions } from "./pool/connection-pool.ts";
import type { SqliteDatabase, SqliteOptions } from "./sqlite/engine.ts";

/** Makes the engine; called once, by `initialize()`. */
export type EngineFactory = (sink: InvalidationSink, clock: Clock) => Engine | Promise<Engine>;

/** How cached results stay true while other processes write to the same server's database. */
export type CoherenceMode = "exclusive" | "notify" | "tier" | "ttl";

/** How SQLite is opened; the file itself is named by `url`. */
export type SqliteSettings = Omit<SqliteOptions, "path" | "database">;

export interface DatabaseOptimizerOptions {
  // Essential
  /**
   * `sqlite:app.db`, `sqlite::memory:`, `postgres://…`, `mysql://…` or `mariadb://…`.
   * @default the environment's `DATABASE_URL`, else a temporary SQLite file that goes with `close()`
   */
  readonly url?: string;
  /** Instead of `url`: anything of the shape of a `DatabaseDriver`, an open better-sqlite3 database, or an engine factory. */
  readonly driver?: DatabaseDriver | SqliteDatabase | EngineFactory;
  /**
   * No effect on SQLite. `exclusive`: nobody else writes to this database; `notify`, on PostgreSQL only: triggers
   * installed with `installNotifyTriggers` tell of the writes of others; `tier`: whoever writes to this database does it
   * through an optimizer with the same `tier`; `ttl`: rows may be stale up to `cacheTtlMs`.
   * @default none: nothing is cached on PostgreSQL, MySQL and MariaDB
   */
  readonly coherence?: CoherenceMode;

  /**
   * A server that holds results for a whole fleet: `{ url: "redis://…" }` or `memcached://…`, with the options of its tier
   * (give each application a `namespace`), or a tier that is open; it is closed with the optimizer. All optimizers with the
   * same one tell each other what they write. Needs `coherence` other than `exclusive`; not for SQLite.
   * @default none: results are kept in this process
   */
  readonly tier?: TierOptions | SharedTier;

  // Frequent
  /** Results kept at most; 0 turns the cache off. @default 1000 */
  readonly cacheSize?: number;
  /** Milliseconds until a cached result expires; `Infinity` for never. @default 300_000 */
  readonly cacheTtlMs?: number;
  /** Pool of connections (all but SQLite); no effect on SQLite. */
  readonly pool?: PoolOptions;
  /** Milliseconds that one operation may take in all, waiting and connecting included. @default 30_000 */
  readonly timeoutMs?: number;

  // Rare
  /** Milliseconds past its expiry that a result may still be served while it is loaded anew. @default 0 */
  readonly cacheStaleMs?: number;
  /** Bytes of all cached results together, estimated. @default 67_108_864 */
  readonly cacheMaxBytes?: number;
  /** Statements slower than this are logged, and their plan is fetched. @default 100 */
  readonly slowThresholdMs?: number;
  /** Distinct SQL texts remembered, and fingerprints measured. @default 1000 */
  readonly maxStatements?: number;
  /**
   * Has a share of the cache's hits asked anew of the database, after they were given: a `TruthSampler`, say. Their
   * statements run a second time, in connections of the pool; its rows are compared without regard to their order.
   * Without effect with a `tier`.
   * @default none
   */
  readonly truth?: TruthCheck;
  /** SQLite only: pragmas, threads, the time that a statement may hold the event loop. */
  readonly sqlite?: SqliteSettings;
  /**
   * Milliseconds, > 0, for which nobody of a fleet keeps what a process was writing that died at it; longer than any commit
   * takes, and than any statement that writes outside of a transaction. Without effect without `tier`. @default 30_000
   */
  readonly writeMarkMs?: number;
  /** Source of time; for tests. @default the system's monotonic clock */
  readonly clock?: Clock;
}

/** Options of one statement. */
export interface QueryOptions {
  /** Look in the cache and fill it. @default true; without effect where the result can't be cached */
  readonly useCache?: boolean;
  /** Milliseconds until this result expires, if this call fills the cache. @default the optimizer's `cacheTtlMs` */
  readonly ttlMs?: number;
  /**
   * The `token()` of another process's optimizer: what it wrote before is seen by this read. Costs up to a round trip.
   * Without effect without `tier`.
   */
  readonly after?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole operation. @default the optimizer's `timeoutMs` */
  readonly timeoutMs?: number;
}

const defaults = Object.freeze({
  cacheSize: 1000,
  cacheTtlMs: 300_000,
  cacheStaleMs: 0,
  cacheMaxBytes: 64 * 2 ** 20,
  timeoutMs: 30_000,
  slowThresholdMs: 100,
  maxStatements: 1000,
  writeMarkMs: 30_000,
});

export type ResolvedOptions = Readonly<Record<keyof typeof defaults, number>> & {
  readonly source: Pick<DatabaseOptimizerOptions, "url" | "driver">;
  readonly coherence: CoherenceMode | undefined;
  readonly tier: TierOptions | SharedTier | undefined;
  readonly pool: PoolOptions;
  readonly sqlite: SqliteSettings;
  readonly truth: TruthCheck | undefined;
  readonly clock: Clock;
};

const known = [
  ...Object.keys(defaults),
  "url",
  "driver",
  "coherence",
  "tier",
  "pool",
  "sqlite",
  "truth",
  "clock",
];

/** @throws {TypeError | RangeError} naming the option, what was expected and what came */
export function resolveOptions(options: DatabaseOptimizerOptions): ResolvedOptions {
  knownKeys("DatabaseOptimizer", options, known);
  const given = { ...defaults, ...dropUndefined(options) };
  if (given.url !== undefined && given.driver !== undefined)
    throw new TypeError("DatabaseOptimizer: expected either url or driver, got both");
  if (given.url !== undefined && typeof given.url !== "string")
    throw new TypeError("url: expected a string such as sqlite:app.db or postgres://localhost/app");
  if (given.truth !== undefined && !isTruthCheck(given.truth))
    rejectType("truth", "a check with functions isDue and check", given.truth);
  return Object.freeze({
    source: {
      ...(given.url !== undefined && { url: given.url }),
      ...(given.driver && { driver: given.driver }),
    },
    coherence: coherenceOf(given),
    tier: given.tier,
    pool: given.pool ?? {},
    clock: given.clock ?? systemClock,
    cacheSize: integer("cacheSize", given.cacheSize, 0),
    cacheTtlMs: durationMs("cacheTtlMs", given.cacheTtlMs),
    cacheStaleMs: durationMs("cacheStaleMs", given.cacheStaleMs),
    cacheMaxBytes: integer("cacheMaxBytes", given.cacheMaxBytes, 0),
    timeoutMs: durationMs("timeoutMs", given.timeoutMs),
    slowThresholdMs: durationMs("slowThresholdMs", given.slowThresholdMs),
    maxStatements: integer("maxStatements", given.maxStatements, 1),
    writeMarkMs: finite("writeMarkMs", given.writeMarkMs, 1),
    sqlite: given.sqlite ?? {},
    truth: given.truth,
  });
}

function coherenceOf({ coherence, tier, url }: DatabaseOptimizerOptions): CoherenceMode | undefined {
  if (coherence !== undefined) oneOf("coherence", coherence, ["exclusive", "notify", "tier", "ttl"]);
  if (tier === undefined) {
    if (coherence === "tier") reject("coherence", "a tier with it", coherence);
    return coherence;
  }
  if (typeof tier !== "object" || tier === null || !("url" in tier || "acquire" in tier))
    rejectType("tier", "{ url } or an open SharedTier", tier);
  if (coherence === undefined || coherence === "exclusive") {
    // No coherence would make it right.
    if (url?.startsWith("sqlite:"))
      throw new TypeError("tier: expected a database server, got SQLite, whose file is of one machine");
    reject("coherence", '"tier", "notify" or "ttl", since a tier is for several processes', coherence);
  }
  return coherence;
}

const queryKeys = ["useCache", "ttlMs", "after", "signal", "timeoutMs"];

/** @throws {TypeError | RangeError} as `resolveOptions` */
export function checkQueryOptions(options: QueryOptions): void {
  knownKeys("executeQuery", options, queryKeys);
  if (options.ttlMs !== undefined) durationMs("ttlMs", options.ttlMs);
  if (options.after !== undefined && typeof options.after !== "string")
    rejectType("after", "a token, which is a text", options.after);
}

/** Checks what bounds an operation; other keys are the business of who knows them. */
export function checkBounds({ timeoutMs, signal }: Pick<QueryOptions, "timeoutMs" | "signal">): void {
  if (timeoutMs !== undefined) durationMs("timeoutMs", timeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) reject("signal", "an AbortSignal", signal);
}

function dropUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
