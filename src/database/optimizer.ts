import type { TierOptions } from "../cache/open-tier.ts";
import type { SharedTier } from "../cache/shared-tier.ts";
import { within } from "../deadline.ts";
import { ClosedError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { Generations } from "./cache/generations.ts";
import { type CachedResult, QueryCache } from "./cache/query-cache.ts";
import type { QueryCacheStats } from "./cache/query-cache-stats.ts";
import { type CachedQuery, type CachedQueryOptions, cachedQuery } from "./cached-query.ts";
import type { DatabaseDriver, Operation, Row } from "./driver.ts";
import type { Engine } from "./engine.ts";
import { type FingerprintStats, QueryMetrics, type SlowQuery } from "./monitoring/query-metrics.ts";
import { type Bounds, noOptions, OpenDatabase, operationOf } from "./open-database.ts";
import { engineFactory } from "./open-engine.ts";
import {
  type DatabaseOptimizerOptions,
  type QueryOptions,
  type ResolvedOptions,
  resolveOptions,
} from "./optimizer-options.ts";
import { ownParameters } from "./own-parameters.ts";
import { checkArray, ownRows } from "./statements.ts";
import { SharedResults } from "./tier/shared-results.ts";
import type { Transaction } from "./transaction.ts";

type Result<T extends object> = CachedResult & { readonly rows: readonly T[] };

/**
 * Runs queries through a pool and a cache that invalidates itself by what each statement reads and writes.
 *
 * ```ts
 * await using db = new DatabaseOptimizer({ url: "sqlite:app.db" });
 * const { rows } = await db.executeQuery("SELECT * FROM users WHERE id = ?", [7]);
 * ```
 * Errors of the database are the driver's own, with its code and position. Own errors: `ClosedError`,
 * `DeadlineError`, `PoolTimeoutError`, `PoolQueueFullError`, `ParameterCountError`, `BatchError`,
 * `ConnectionLostError`, `MissingDriverError`, `UnknownSchemeError`.
 */
export class DatabaseOptimizer implements MetricSource, AsyncDisposable {
  readonly name = "database";
  readonly #options: ResolvedOptions;
  readonly #generations: Generations;
  readonly #cache: QueryCache;
  /** Outlives `close()`, so that the figures can still be read. */
  #metrics: QueryMetrics | undefined;
  /** Outlives it likewise. */
  #shared: SharedResults | undefined;
  #opened: OpenDatabase | undefined;
  #opening: Promise<OpenDatabase> | undefined;
  #openingDeadline = 0;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError | RangeError} naming the wrong option */
  constructor(options: DatabaseOptimizerOptions = {}) {
    this.#options = resolveOptions(options);
    this.#generations = new Generations();
    const { cacheSize, cacheTtlMs, cacheStaleMs, cacheMaxBytes, clock } = this.#options;
    this.#cache = new QueryCache({
      maxEntries: cacheSize,
      ttlMs: cacheTtlMs,
      staleMs: cacheStaleMs,
      maxBytes: cacheMaxBytes,
      clock,
      generations: this.#generations,
    });
  }

  /** Opens the database. Called by the first query if not before; may be tried again after a failure. */
  async initialize(options: Bounds = {}): Promise<void> {
    await this.#open(operationOf(this.#options, options));
  }

  /**
   * Runs one statement. A read whose tables are known comes from the cache if nothing that it depends on has changed
   * since; a write makes void what depends on the rows that it changed.
   * @param sql one statement; placeholders `?` or `$1` on every engine
   * @returns frozen rows; `cached` says whether they came from the cache
   */
  executeQuery<T extends object = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options: QueryOptions = noOptions,
  ): Promise<Result<T>> {
    try {
      const opened = this.#opened;
      const statement = opened?.statements.known(sql);
      if (opened !== undefined && statement !== undefined)
        return opened.run(sql, statement, params, options) as Promise<Result<T>>;
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#openAndRun(sql, params, options) as Promise<Result<T>>;
  }

  /**
   * Runs one statement for many rows in one transaction: all of them or none.
   * @returns rows changed in all
   * @throws {BatchError} naming the row that failed
   */
  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    options: Bounds = {},
  ): Promise<number> {
    const operation = operationOf(this.#options, options);
    const own = ownRows(rows);
    return (await this.#open(operation)).batch(sql, own, operation);
  }

  /**
   * Runs `fn` in a transaction: commits when it returns, rolls back when it throws.
   * @returns what `fn` returned
   * @throws {ConnectionLostError} with `outcomeUnknown` when nobody knows whether the commit took effect
   */
  async transaction<T>(fn: (transaction: Transaction) => T | Promise<T>, options: Bounds = {}): Promise<T> {
    const operation = operationOf(this.#options, options);
    return (await this.#open(operation)).transaction(fn, operation);
  }

  /**
   * Makes a function of a statement: `const user = db.cachedQuery((id) => ({ sql, params: [id] }))`.
   * @param build gives the same SQL text at every call, and what differs as `params`
   * @returns gives the rows, from the cache where `executeQuery` would
   */
  cachedQuery<A extends unknown[], T extends object = Row>(
    build: (...args: A) => CachedQuery,
    options?: CachedQueryOptions,
  ): (...args: A) => Promise<readonly T[]> {
    return cachedQuery<A, T>(
      (sql, params, given) => this.executeQuery<T>(sql, params, given),
      build,
      options,
    );
  }

  /**
   * Forgets cached results: of one statement, of all that read some tables (`users` in any schema, or `public.users`),
   * or all of them. A name that no result is known to depend on, such as a view's, forgets everything.
   * Needed only for changes that the optimizer can't see.
   */
  invalidateCache(what: { readonly sql?: string; readonly tables?: readonly string[] } = {}): void {
    const ids = what.tables?.map((table) => this.#generations.idsOf(table)) ?? [];
    this.#generations.tables(ids.flat());
    const shared = this.#opened?.shared;
    if (what.tables === undefined) {
      if (what.sql === undefined) shared?.invalidate(undefined);
    } else shared?.invalidate(ids.some((each) => each.length === 0) ? undefined : ids.flat());
    if (ids.some((each) => each.length === 0)) this.#generations.everything();
    if (what.sql !== undefined) this.#opened?.statements.forget(what.sql);
    if (what.tables === undefined && what.sql === undefined) {
      this.#generations.everything();
      this.#cache.clear();
    }
  }

  /** Per fingerprint: count, rows, latencies in milliseconds, errors, hit rate, last seen. */
  getQueryMetrics(): readonly FingerprintStats[] {
    return this.#metrics?.getQueryMetrics() ?? [];
  }

  /** The worst executions, slowest first, with the plan where the engine shows one. */
  getSlowQueries(
    options: { readonly thresholdMs?: number; readonly limit?: number } = {},
  ): readonly SlowQuery[] {
    return this.#metrics?.getSlowQueries(options) ?? [];
  }

  getCacheStats(): QueryCacheStats {
    return this.#shared?.stats() ?? this.#cache.stats();
  }

  /**
   * Of all that this optimizer has written so far: with it as `after`, another process's read sees it. Short, printable.
   * @returns empty without a `tier`
   */
  token(): string {
    return this.#shared?.token() ?? "";
  }

  *collect(): Iterable<MetricSample> {
    yield* (this.#shared ?? this.#cache).collect();
    if (this.#metrics !== undefined) yield* this.#metrics.collect();
    if (this.#opened !== undefined) yield* this.#opened.engine.collect();
  }

  /** Waits for what is under way, then closes. Everything after is refused with `ClosedError`. */
  close(options: Bounds = {}): Promise<void> {
    this.#closing ??= this.#close(operationOf(this.#options, options));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(operation: Operation): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    this.#opened = undefined;
    this.#cache.clear();
    const given = this.#given();
    try {
      await (opened === undefined ? given.driver?.close() : opened.engine.close(operation));
    } finally {
      await (opened?.shared ?? given.tier)?.close();
    }
  }

  /** What isn't made anew by each attempt to open the database. */
  #given(): { readonly driver: DatabaseDriver | undefined; readonly tier: SharedTier | undefined } {
    const { source, tier } = this.#options;
    const { driver } = source;
    return {
      driver: typeof driver === "object" && "dependencies" in driver ? driver : undefined,
      tier: tier !== undefined && "acquire" in tier ? tier : undefined,
    };
  }

  /** Everybody waits within his own bounds for one opening, which has bounds of its own. */
  #open(operation: Operation): Promise<OpenDatabase> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError("DatabaseOptimizer"));
    this.#opening ??= this.#connect(this.#openingBounds()).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    if (this.#opened !== undefined) return this.#opening;
    const { timeoutMs, clock } = this.#options;
    // Whose time ends with the opening's own (to the millisecond) learns from it why nothing came of it.
    const sooner = operation.deadline < this.#openingDeadline - 1;
    const deadline = sooner ? operation.deadline : Number.POSITIVE_INFINITY;
    const bounds = { deadline, signal: operation.signal };
    return within(this.#opening, bounds, "opening the database", timeoutMs, clock);
  }

  #openingBounds(): Operation {
    const bounds = operationOf(this.#options, noOptions);
    this.#openingDeadline = bounds.deadline;
    return bounds;
  }

  async #connect(operation: Operation): Promise<OpenDatabase> {
    const { clock, maxStatements, slowThresholdMs } = this.#options;
    const generations = this.#generations;
    let engine: Engine | undefined;
    let shared: SharedResults | undefined;
    const sink = {
      tables: (tables: readonly string[]) => {
        generations.tables(tables);
        shared?.heardTables(tables);
      },
      everything: () => {
        generations.everything();
        shared?.heardEverything();
      },
      schema: () => {
        engine?.forgetFacts();
        generations.schema();
        shared?.heardSchema();
      },
    };
    engine = await engineFactory(this.#options)(sink, clock);
    try {
      shared = await this.#share(engine);
      await engine.initialize(operation);
      await shared?.start(this.#options.coherence === "notify");
    } catch (error) {
      // Each whatever comes of the other; what went wrong first is what matters. A tier that was given is for the next attempt.
      await Promise.allSettled([this.#given().tier ? undefined : shared?.close(), engine.close(operation)]);
      throw error;
    }
    this.#shared = shared;
    const metrics = new QueryMetrics({
      clock,
      maxFingerprints: maxStatements,
      slowThresholdMs,
      system: engine.system,
    });
    this.#metrics = metrics;
    this.#opened = new OpenDatabase(engine, this.#options, generations, this.#cache, metrics, shared);
    return this.#opened;
  }

  async #share(engine: Engine): Promise<SharedResults | undefined> {
    const { tier, cacheSize, cacheTtlMs, cacheStaleMs, cacheMaxBytes, writeMarkMs, clock } = this.#options;
    if (tier === undefined || cacheSize === 0 || cacheTtlMs === 0) return undefined;
    if (engine.system === "sqlite")
      throw new TypeError("tier: expected a database server, got SQLite, whose file is of one machine");
    return new SharedResults({
      tier: this.#given().tier ?? (await openTierOf(tier as TierOptions)),
      identity: JSON.stringify([engine.system, engine.address, engine.identity ?? null]),
      ttlMs: cacheTtlMs,
      staleMs: cacheStaleMs,
      maxEntries: cacheSize,
      maxBytes: cacheMaxBytes,
      writeMarkMs,
      clock,
      generations: this.#generations,
      forgetFacts: () => engine.forgetFacts(),
    });
  }

  async #openAndRun(sql: string, params: readonly unknown[], options: QueryOptions): Promise<CachedResult> {
    checkArray("params", params);
    const own = ownParameters(params);
    const operation = operationOf(this.#options, options);
    return (await this.#open(operation)).prepareAndRun(sql, own, options, operation);
  }
}

/** Loads the tiers' code only where one is used. */
async function openTierOf(options: TierOptions): Promise<SharedTier> {
  const { openTier } = await import("../cache/open-tier.ts");
  return openTier(options);
}
