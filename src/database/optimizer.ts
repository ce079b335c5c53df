import { within } from "../deadline.ts";
import { ClosedError, ConnectionLostError, DeadlineError, PoolTimeoutError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { cacheKey } from "./cache-key.ts";
import { type CachedQuery, type CachedQueryOptions, cachedQuery } from "./cached-query.ts";
import type { Operation, QueryResult, Row } from "./driver.ts";
import type { Engine } from "./engine.ts";
import { Generations } from "./generations.ts";
import { engineFactory } from "./open-engine.ts";
import {
  checkQueryOptions,
  type DatabaseOptimizerOptions,
  type QueryOptions,
  type ResolvedOptions,
  resolveOptions,
} from "./optimizer-options.ts";
import { type CachedResult, QueryCache, type RunQuery, uncached } from "./query-cache.ts";
import type { QueryCacheStats } from "./query-cache-stats.ts";
import { type FingerprintStats, QueryMetrics, type SlowQuery } from "./query-metrics.ts";
import { SlowQueryPlans } from "./slow-query-plans.ts";
import type { StatementFacts } from "./statement-facts.ts";
import { checkParameters, type Statement, Statements } from "./statements.ts";
import { Transaction } from "./transaction.ts";
import { WriteSet } from "./write-set.ts";

/** Everything that exists only while the database is open. */
interface Opened {
  readonly engine: Engine;
  readonly statements: Statements;
  readonly plans: SlowQueryPlans;
}

type Bounds = Pick<QueryOptions, "signal" | "timeoutMs">;
type Result<T extends Row> = CachedResult & { readonly rows: readonly T[] };

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
  #opened: Opened | undefined;
  #opening: Promise<Opened> | undefined;
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
    await this.#open(this.#operation(options));
  }

  /**
   * Runs one statement. A read whose tables are known comes from the cache if nothing that it depends on has changed
   * since; a write makes void what depends on the rows that it changed.
   * @param sql one statement; placeholders `?` or `$1` on every engine
   * @returns frozen rows; `cached` says whether they came from the cache
   */
  executeQuery<T extends Row = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options?: QueryOptions,
  ): Promise<Result<T>> {
    const opened = this.#opened;
    if (opened !== undefined && options?.useCache !== false && !options?.signal?.aborted) {
      const statement = opened.statements.known(sql);
      if (statement?.facts?.cacheable && opened.engine.coherent()) {
        const key = cacheKey(params);
        const hit = key === undefined ? undefined : this.#cache.lookup(statement, key);
        if (hit !== undefined) {
          statement.metrics.hits++;
          return Promise.resolve(hit as Result<T>);
        }
      }
    }
    return this.#execute(sql, params, options) as Promise<Result<T>>;
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
    const operation = this.#operation(options);
    const { engine, statements } = await this.#open(operation);
    if (!Array.isArray(rows)) throw new TypeError(`rows: expected an array of rows, got ${typeof rows}`);
    const statement = await statements.prepare(sql);
    if (statement.facts.kind !== "write")
      throw new TypeError(
        `executeBatch: expected an INSERT, UPDATE or DELETE, got a ${statement.facts.kind} statement`,
      );
    rows.forEach((row, index) => {
      checkParameters(statement, row, `row ${index}: the statement`);
    });
    if (rows.length === 0) return 0;
    const { facts, schemaVersion } = statement;
    const writes = new WriteSet();
    for (const row of rows) writes.add(facts, row);
    const started = this.#options.clock.now();
    try {
      const changed = await engine.executeBatch(statement.text, rows, operation);
      statement.metrics.record(this.#options.clock.now() - started, 0);
      return changed;
    } catch (error) {
      statement.metrics.fail(this.#options.clock.now() - started);
      throw error;
    } finally {
      this.#applied(writes, schemaVersion);
    }
  }

  /**
   * Runs `fn` in a transaction: commits when it returns, rolls back when it throws.
   * @returns what `fn` returned
   * @throws {ConnectionLostError} with `outcomeUnknown` when nobody knows whether the commit took effect
   */
  async transaction<T>(fn: (transaction: Transaction) => T | Promise<T>, options: Bounds = {}): Promise<T> {
    const operation = this.#operation(options);
    const { engine, statements } = await this.#open(operation);
    const inner = await engine.begin(operation);
    const writes = new WriteSet();
    const schemaVersion = this.#generations.schemaVersion;
    const transaction = new Transaction(
      {
        statements,
        operation: (bounds) => this.#operation(bounds ?? {}),
        measured: (statement, run) => this.#measured(statement, run),
      },
      inner,
      writes,
      operation,
    );
    let result: T;
    try {
      result = await fn(transaction);
    } catch (error) {
      transaction.end();
      await inner.rollback(operation).catch((cause: unknown) => {
        throw new ConnectionLostError("transaction: rolled back by cutting its connection", false, {
          cause: new SuppressedError(cause, error),
        });
      });
      throw error;
    }
    transaction.end();
    try {
      await inner.commit(operation);
    } finally {
      // A commit whose outcome is unknown counts as one that happened.
      this.#applied(writes, schemaVersion);
    }
    return result;
  }

  /**
   * Makes a function of a statement: `const user = db.cachedQuery((id) => ({ sql, params: [id] }))`.
   * @param build gives the same SQL text at every call, and what differs as `params`
   * @returns gives the rows, from the cache where `executeQuery` would
   */
  cachedQuery<A extends unknown[], T extends Row = Row>(
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
   * or all of them.
   * Needed only for changes that the optimizer can't see.
   */
  invalidateCache(what: { readonly sql?: string; readonly tables?: readonly string[] } = {}): void {
    const ids = what.tables?.flatMap((table) => this.#generations.idsOf(table));
    if (ids !== undefined) this.#generations.tables(ids);
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
    return this.#cache.stats();
  }

  *collect(): Iterable<MetricSample> {
    yield* this.#cache.collect();
    if (this.#metrics !== undefined) yield* this.#metrics.collect();
    if (this.#opened !== undefined) yield* this.#opened.engine.collect();
  }

  /** Waits for what is under way, then closes. Everything after is refused with `ClosedError`. */
  close(options: Bounds = {}): Promise<void> {
    this.#closing ??= this.#close(this.#operation(options));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(operation: Operation): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    this.#opened = undefined;
    this.#cache.clear();
    await opened?.engine.close(operation);
  }

  #open(operation: Operation): Promise<Opened> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError("DatabaseOptimizer"));
    this.#opening ??= this.#connect(operation).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #connect(operation: Operation): Promise<Opened> {
    const { clock, maxStatements, slowThresholdMs } = this.#options;
    const generations = this.#generations;
    let engine: Engine | undefined;
    const sink = {
      tables: (tables: readonly string[]) => generations.tables(tables),
      everything: () => generations.everything(),
      schema: () => {
        engine?.forgetFacts();
        generations.schema();
      },
    };
    engine = await engineFactory(this.#options)(sink, clock);
    try {
      await engine.initialize(operation);
    } catch (error) {
      await engine.close(operation);
      throw error;
    }
    const metrics = new QueryMetrics({
      clock,
      maxFingerprints: maxStatements,
      slowThresholdMs,
      system: engine.system,
    });
    const statements = new Statements(engine, generations, metrics, maxStatements);
    const plans = new SlowQueryPlans(engine, metrics, () => this.#operation({}));
    this.#metrics = metrics;
    this.#opened = { engine, statements, plans };
    return this.#opened;
  }

  async #execute(sql: string, params: readonly unknown[], options: QueryOptions = {}): Promise<CachedResult> {
    checkQueryOptions(options);
    const operation = this.#operation(options);
    const { engine, statements } = await this.#open(operation);
    const statement = await statements.prepare(sql);
    checkParameters(statement, params);
    const { facts, schemaVersion } = statement;
    const run = (signal = operation.signal) => {
      const bounds = signal === operation.signal ? operation : { deadline: operation.deadline, signal };
      return this.#measured(statement, () => engine.execute(statement.text, params, bounds));
    };

    if (facts.kind === "read") {
      const useCache = facts.cacheable && options.useCache !== false && this.#options.cacheSize > 0;
      const key = useCache && engine.coherent() ? cacheKey(params) : undefined;
      if (key === undefined) return uncached(await run());
      return this.#load(statement, key, facts, params, run, options, operation);
    }
    if (facts.kind === "transaction")
      throw new TypeError("executeQuery: use transaction(fn) instead of running BEGIN, COMMIT or ROLLBACK");
    const writes = new WriteSet();
    writes.add(facts, params);
    try {
      return uncached(await run());
    } finally {
      // Also after an error: whether the statement took effect is not always known.
      this.#applied(writes, schemaVersion);
    }
  }

  /** Loads through the cache; another caller's deadline or signal is not ours. */
  async #load(
    statement: Statement,
    key: string,
    facts: StatementFacts,
    params: readonly unknown[],
    run: RunQuery,
    options: QueryOptions,
    operation: Operation,
  ): Promise<CachedResult> {
    const { clock } = this.#options;
    for (;;) {
      let leads = false;
      const loading = this.#cache.load(
        statement,
        key,
        facts,
        params,
        (signal) => {
          leads = true;
          return run(signal);
        },
        options,
      );
      try {
        return await (leads ? loading : within(loading, operation, this.#options.timeoutMs, clock));
      } catch (error) {
        const foreign = error instanceof DeadlineError || error instanceof PoolTimeoutError;
        if (leads || !foreign || clock.now() >= operation.deadline) throw error;
      }
    }
  }

  async #measured(statement: Statement, run: () => QueryResult | Promise<QueryResult>): Promise<QueryResult> {
    const { clock, slowThresholdMs } = this.#options;
    const startedMs = clock.now();
    try {
      const running = run();
      const result = running instanceof Promise ? await running : running;
      const durationMs = clock.now() - startedMs;
      statement.metrics.record(durationMs, result.rowCount);
      if (durationMs >= slowThresholdMs) this.#opened?.plans.fetch(statement);
      return result;
    } catch (error) {
      statement.metrics.fail(clock.now() - startedMs);
      throw error;
    }
  }

  /** Makes void what the writes touched. Facts that a schema change overtook name the wrong tables. */
  #applied(writes: WriteSet, schemaVersion: number): void {
    if (writes.hasDdl) {
      this.#opened?.engine.forgetFacts();
      this.#generations.schema();
    } else if (!writes.isEmpty && schemaVersion !== this.#generations.schemaVersion) {
      this.#generations.everything();
    } else {
      writes.apply(this.#generations);
    }
  }

  #operation(options: Bounds): Operation {
    options.signal?.throwIfAborted();
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs;
    return { deadline: this.#options.clock.now() + timeoutMs, signal: options.signal };
  }
}
