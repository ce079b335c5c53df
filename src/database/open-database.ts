import type { TruthCheck } from "../algorithms/truth-check.ts";
import { within } from "../deadline.ts";
import { DeadlineError, PoolTimeoutError } from "../errors.ts";
import { cacheKey } from "./cache/cache-key.ts";
import type { Generations } from "./cache/generations.ts";
import { type CachedResult, type QueryCache, type RunQuery, uncached } from "./cache/query-cache.ts";
import { sameRows } from "./cache/same-rows.ts";
import { WriteSet } from "./cache/write-set.ts";
import type { Operation, QueryResult } from "./driver.ts";
import type { Engine } from "./engine.ts";
import type { QueryMetrics } from "./monitoring/query-metrics.ts";
import { SlowQueryPlans } from "./monitoring/slow-query-plans.ts";
import {
  checkBounds,
  checkQueryOptions,
  type QueryOptions,
  type ResolvedOptions,
} from "./optimizer-options.ts";
import { ownParameters } from "./own-parameters.ts";
import type { StatementFacts } from "./statement-facts.ts";
import {
  checkParameters,
  checkRows,
  noteCost,
  type PreparedStatement,
  provenCheap,
  type Statement,
  Statements,
} from "./statements.ts";
import type { SharedResults } from "./tier/shared-results.ts";
import type { SharedWrite } from "./tier/shared-writes.ts";
import { Transaction } from "./transaction.ts";

export type Bounds = Pick<QueryOptions, "signal" | "timeoutMs">;

export const noOptions: QueryOptions = Object.freeze({});

const sharedLoad = "waiting for a load that is under way";

/**
 * The ways of a statement through an open database: facts, cache, engine, metrics, and the invalidation of what it
 * wrote.
 */
export class OpenDatabase {
  readonly engine: Engine;
  readonly statements: Statements;
  /** Takes the place of the cache, where there is a tier. */
  readonly shared: SharedResults | undefined;
  readonly #options: ResolvedOptions;
  readonly #generations: Generations;
  readonly #cache: QueryCache;
  readonly #plans: SlowQueryPlans;
  /** Changes of the schema that may have taken effect and aren't acknowledged yet. */
  #schemaChanges = 0;

  constructor(
    engine: Engine,
    options: ResolvedOptions,
    generations: Generations,
    cache: QueryCache,
    metrics: QueryMetrics,
    shared?: SharedResults,
  ) {
    this.engine = engine;
    this.shared = shared;
    this.#options = options;
    this.#generations = generations;
    this.#cache = cache;
    this.statements = new Statements(engine, generations, metrics, options.maxStatements);
    this.#plans = new SlowQueryPlans(engine, metrics, () => operationOf(options, noOptions));
  }

  /** @param operation bounds that hold already; none: they begin now */
  async prepareAndRun(
    sql: string,
    params: readonly unknown[],
    options: QueryOptions,
    operation: Operation = operationOf(this.#options, options),
  ): Promise<CachedResult> {
    return this.run(sql, await this.#prepare(sql, operation), params, options, operation);
  }

  /** Facts may take as long as the database does to tell of its schema: nobody waits for them beyond his own time. */
  async #prepare(sql: string, operation: Operation): Promise<PreparedStatement> {
    const known = this.statements.known(sql);
    if (known !== undefined) return known;
    const { clock } = this.#options;
    const leftMs = Math.max(0, Math.round(operation.deadline - clock.now()));
    return within(this.statements.prepare(sql), operation, "learning the schema", leftMs, clock);
  }

  /** Has a hit held against the database, past the cache and its loads under way. */
  #check(
    truth: TruthCheck,
    statement: PreparedStatement,
    key: string,
    params: readonly unknown[],
    hit: CachedResult,
  ): void {
    const own = ownParameters(params);
    const isCurrent = this.#cache.currency(statement, key);
    const { clock, timeoutMs } = this.#options;
    truth.check<QueryResult>({
      value: hit,
      key: `${statement.id}:${key}`,
      reload: (signal) =>
        this.engine.execute(statement.text, own, { deadline: clock.now() + timeoutMs, signal }),
      // What others wrote is taken in first, where the engine can tell.
      isStillCurrent: () => this.engine.coherent() && isCurrent(),
      equal: sameRows,
    });
  }

  /** Waits for nothing before the statement is under way, so that its facts are still true when it starts. */
  run(
    sql: string,
    statement: PreparedStatement,
    params: readonly unknown[],
    options: QueryOptions,
    bounds?: Operation,
  ): Promise<CachedResult> {
    if (options !== noOptions) checkQueryOptions(options);
    const wantsCache = options.useCache !== false && this.#options.cacheSize > 0 && !provenCheap(statement);
    // A plain read needs no look at what others wrote.
    const coherent = (wantsCache || statement.facts.kind !== "read") && this.engine.coherent();
    // The facts may have become void between their arrival and this moment, or by what coherent() took in.
    if (statement.schemaVersion !== this.#generations.schemaVersion)
      return this.prepareAndRun(sql, params, options, bounds);
    const { facts } = statement;
    const key = wantsCache && coherent && isCacheable(facts, params) ? cacheKey(params) : undefined;
    if (key !== undefined && this.shared === undefined && !options.signal?.aborted) {
      const hit = this.#cache.lookup(statement, key);
      if (hit !== undefined) {
        statement.metrics.hits++;
        if (this.#options.truth?.isDue()) this.#check(this.#options.truth, statement, key, params, hit);
        return Promise.resolve(hit);
      }
    }
    checkParameters(statement, params);
    const operation = bounds ?? operationOf(this.#options, options);
    const own = ownParameters(params);
    const execute = (signal: AbortSignal | undefined) => {
      const both = signal === operation.signal ? operation : { deadline: operation.deadline, signal };
      return this.#measured(statement, own, () => this.engine.execute(statement.text, own, both));
    };
    if (facts.kind === "transaction")
      throw new TypeError("executeQuery: use transaction(fn) instead of running BEGIN, COMMIT or ROLLBACK");
    if (facts.kind !== "read") return this.#write(facts, params, () => execute(operation.signal));
    if (key !== undefined) {
      const { shared } = this;
      if (shared === undefined)
        return this.#load(execute, operation, (run) =>
          this.#cache.load(statement, key, facts, params, run, options),
        );
      // What others wrote past the tier is known here, and not there yet.
      if (shared.isSettled && options.ttlMs !== 0)
        return this.#loadShared(shared, statement, key, own, execute, options, operation);
    }
    const result = execute(operation.signal);
    return result instanceof Promise ? result.then(uncached) : Promise.resolve(uncached(result));
  }

  /** One statement for many rows in one transaction. @returns rows changed in all */
  async batch(sql: string, rows: readonly (readonly unknown[])[], operation: Operation): Promise<number> {
    const statement = await this.#prepare(sql, operation);
    const { facts, schemaVersion } = statement;
    if (facts.kind !== "write")
      throw new TypeError(
        `executeBatch: expected an INSERT, UPDATE or DELETE, got a ${facts.kind} statement`,
      );
    checkRows(statement, rows);
    if (rows.length === 0) return 0;
    const writes = new WriteSet();
    for (const row of rows) writes.add(facts, row);
    const { clock } = this.#options;
    const write = await this.#begin(writes, schemaVersion);
    const startedMs = clock.now();
    try {
      const changed = await this.engine.executeBatch(statement.text, rows, operation);
      statement.metrics.record(clock.now() - startedMs, changed);
      return changed;
    } catch (error) {
      statement.metrics.fail(clock.now() - startedMs);
      throw error;
    } finally {
      this.#applied(writes, schemaVersion);
      await write?.end();
    }
  }

  /** Commits when `fn` returns, rolls back when it throws. */
  async transaction<T>(fn: (transaction: Transaction) => T | Promise<T>, operation: Operation): Promise<T> {
    const inner = await this.engine.begin(operation);
    const writes = new WriteSet();
    const { schemaVersion } = this.#generations;
    const context = {
      prepare: (sql: string, bounds: Operation) => this.#prepare(sql, bounds),
      operation: (bounds: Bounds) => operationOf(this.#options, bounds),
      measured: (
        statement: Statement,
        params: readonly unknown[],
        run: () => QueryResult | Promise<QueryResult>,
      ) => this.#measured(statement, params, run),
    };
    const transaction = new Transaction(context, inner, writes, operation);
    let result: T;
    let write: SharedWrite | undefined;
    try {
      result = await fn(transaction);
      transaction.end();
      write = await this.#begin(writes, schemaVersion);
    } catch (error) {
      transaction.end();
      // A rollback that fails has cut its connection, which rolls back too; what went wrong before is what matters.
      await inner.rollback(operation).catch(() => undefined);
      throw error;
    }
    if (writes.hasDdl) this.#schemaChanges++;
    try {
      await inner.commit(operation);
    } finally {
      if (writes.hasDdl) this.#schemaChanges--;
      // A commit whose outcome is unknown counts as one that happened.
      this.#applied(writes, schemaVersion);
      await write?.end();
    }
    return result;
  }

  async #write(facts: StatementFacts, params: readonly unknown[], execute: RunQuery): Promise<CachedResult> {
    const writes = new WriteSet();
    writes.add(facts, params);
    const { schemaVersion } = this.#generations;
    const write = this.shared && (await this.#begin(writes, schemaVersion));
    if (writes.hasDdl) this.#schemaChanges++;
    try {
      const result = execute();
      return uncached(result instanceof Promise ? await result : result);
    } finally {
      if (writes.hasDdl) this.#schemaChanges--;
      // Also after an error: whether the statement took effect is not always known.
      this.#applied(writes, schemaVersion);
      await write?.end();
    }
  }

  /** Loads through a cache; another caller's deadline or signal is not ours. */
  async #load(
    run: RunQuery,
    operation: Operation,
    load: (run: RunQuery) => Promise<CachedResult>,
  ): Promise<CachedResult> {
    const { clock } = this.#options;
    for (;;) {
      let leads = false;
      const loading = load((signal) => {
        leads = true;
        return run(signal);
      });
      try {
        return await (leads
          ? loading
          : within(loading, { deadline: operation.deadline }, sharedLoad, this.#options.timeoutMs, clock));
      } catch (error) {
        const foreign = error instanceof DeadlineError || error instanceof PoolTimeoutError;
        if (leads || !foreign || clock.now() >= operation.deadline) throw error;
      }
    }
  }

  async #loadShared(
    shared: SharedResults,
    statement: PreparedStatement,
    key: string,
    params: readonly unknown[],
    execute: RunQuery,
    options: QueryOptions,
    operation: Operation,
  ): Promise<CachedResult> {
    const { ttlMs, after } = options;
    const { signal } = operation;
    const result = await this.#load(execute, operation, (run) =>
      shared.load(statement, key, params, run, { ttlMs, after, signal }),
    );
    if (result.cached) statement.metrics.hits++;
    return result;
  }

  /** Tells a fleet of a write before it may take effect. */
  #begin(writes: WriteSet, schemaVersion: number): Promise<SharedWrite> | undefined {
    return this.shared?.begin(writes, this.#isUncertain(schemaVersion));
  }

  /** May the facts of a write name the wrong tables, since a change of the schema overtook them? */
  #isUncertain(schemaVersion: number): boolean {
    return this.#schemaChanges > 0 || schemaVersion !== this.#generations.schemaVersion;
  }

  /** Runs a statement and notes how long it took, without waiting where the answer is there at once. */
  #measured(
    statement: Statement,
    params: readonly unknown[],
    run: () => QueryResult | Promise<QueryResult>,
  ): QueryResult | Promise<QueryResult> {
    const { clock, slowThresholdMs } = this.#options;
    const startedMs = clock.now();
    const succeeded = (result: QueryResult): QueryResult => {
      const durationMs = clock.now() - startedMs;
      statement.metrics.record(durationMs, result.rowCount);
      noteCost(statement, durationMs);
      if (durationMs >= slowThresholdMs) this.#plans.fetch(statement, params);
      return result;
    };
    const failed = (error: unknown): never => {
      statement.metrics.fail(clock.now() - startedMs);
      throw error;
    };
    let result: QueryResult | Promise<QueryResult>;
    try {
      result = run();
    } catch (error) {
      return failed(error);
    }
    return result instanceof Promise ? result.then(succeeded, failed) : succeeded(result);
  }

  /** Makes void what the writes touched. Facts that a schema change overtook name the wrong tables. */
  #applied(writes: WriteSet, schemaVersion: number): void {
    if (writes.hasDdl) {
      this.engine.forgetFacts();
      this.#generations.schema();
    } else if (!writes.isEmpty && this.#isUncertain(schemaVersion)) {
      this.#generations.everything();
    } else {
      writes.apply(this.#generations);
    }
  }
}

function isCacheable(facts: StatementFacts, params: readonly unknown[]): boolean {
  return facts.cacheable && (facts.cacheableFor === undefined || facts.cacheableFor(params));
}

/** The bounds of an operation that begins now. @throws the signal's reason when it is aborted already */
export function operationOf({ clock, timeoutMs }: ResolvedOptions, options: Bounds): Operation {
  if (options !== noOptions) checkBounds(options);
  options.signal?.throwIfAborted();
  return { deadline: clock.now() + (options.timeoutMs ?? timeoutMs), signal: options.signal };
}
