import { LruCache } from "../../algorithms/lru-cache.ts";
import type { Clock } from "../../clock.ts";
import { ClosedError } from "../../errors.ts";
import type { MetricSample } from "../../metrics/metric.ts";
import type { Operation, QueryResult } from "../driver.ts";
import type { Engine, EngineTransaction, InvalidationSink } from "../engine.ts";
import { lex } from "../sql/sql-lexer.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { unknownStatement } from "./authorizer-facts.ts";
import { runBatch } from "./batch.ts";
import { requireTime } from "./bounded-wait.ts";
import { isBusy, retryWhileBusy } from "./busy-retry.ts";
import type { SqliteValue } from "./connection.ts";
import { engineSamples } from "./engine-metrics.ts";
import type { ForeignChange } from "./foreign-writes.ts";
import { type ResolvedSqliteOptions, resolveSqliteOptions, type SqliteOptions } from "./options.ts";
import { bindLater, bindParameters, ownRows, ownValues } from "./parameters.ts";
import { queryPlanText } from "./query-plan-text.ts";
import { StatementPlan } from "./statement-plan.ts";
import { hasOwnObjects, openStore, type Store } from "./store.ts";
import { startThreads, type Threads } from "./threads.ts";
import { SqliteTransaction } from "./transaction.ts";
import { WriteLock } from "./write-lock.ts";
import type { WriterJob } from "./writer-thread.ts";

export type { SqliteDatabase, SqliteDatabaseStatement } from "./better-connection.ts";
export type { SqliteOptions } from "./options.ts";

/** SQL texts remembered, with their facts, prepared statements and run times. */
const maxPlans = 1000;

/**
 * SQLite inside the process. Statements that are short run in place, where a point read takes about a microsecond; one
 * that has held the event loop for longer than `blockBudgetMs` goes to a thread from then on. One writer at a time,
 * in order of asking; reads outside of transactions see what is committed, and in a file never wait for a writer.
 *
 * A long statement on a thread can be given up (deadline, signal) but not stopped: SQLite notices only at its next
 * row. Its thread is replaced, and ends when the statement does; so does the process. A write that is given up has
 * not happened: it is committed only on demand.
 *
 * In memory, and on a better-sqlite3 database, there is one connection: reads then wait while a transaction is open.
 * Never open a file by its path here while better-sqlite3 has it open in the same process: that is two copies of
 * SQLite, which don't see each other's locks and may destroy the file. Pass the `database` instead.
 * The file is long because all ways to the two connections go through one lock and one watch on foreign writes.
 * Errors are the driver's own, thrown at once where the statement ran at once.
 * @throws {TypeError | RangeError} naming the wrong option
 */
export function createSqliteEngine(options: SqliteOptions, sink: InvalidationSink, clock: Clock): Engine {
  return new SqliteEngine(resolveSqliteOptions(options), sink, clock);
}

/** What exists while the database is open. */
interface Opened extends Threads {
  readonly store: Store;
}

class SqliteEngine implements Engine {
  readonly name = "sqlite";
  readonly system = "sqlite";
  readonly placeholders = "?";
  readonly address: string;
  readonly #options: ResolvedSqliteOptions;
  readonly #sink: InvalidationSink;
  readonly #clock: Clock;
  readonly #lock: WriteLock;
  readonly #plans = new LruCache<string, StatementPlan>({ maxSize: maxPlans });
  #opened: Opened | undefined;
  #closed = false;
  #factsVersion = 0;
  #inlineRuns = 0;
  #threadRuns = 0;

  constructor(options: ResolvedSqliteOptions, sink: InvalidationSink, clock: Clock) {
    this.#options = options;
    this.#sink = sink;
    this.#clock = clock;
    this.#lock = new WriteLock(clock);
    this.address = options.path ?? (options.database!.name || ":memory:");
  }

  async initialize(operation: Operation): Promise<void> {
    if (this.#closed) throw new ClosedError("the SQLite engine");
    if (this.#opened !== undefined) return;
    const store = await this.#retry(() => openStore(this.#options, () => this.#lock.held), operation);
    const threads = startThreads(store, this.#options, this.#clock, (change) => this.#takeIn(change));
    this.#opened = { store, ...threads };
  }

  /** Known until the database is closed: a transaction under way is waited for, and asks for facts as well. */
  facts(sql: string): StatementFacts {
    return this.#factsOf(this.#plan(sql));
  }

  forgetFacts(): void {
    this.#factsVersion++;
    const store = this.#opened?.store;
    if (store === undefined) return;
    store.facts.forget();
    // Node 24.10 goes on naming the columns as they were when a statement was prepared.
    for (const connection of [store.reader, store.writer]) connection.forgetStatements();
    for (const [, plan] of this.#plans) plan.forgetStatements();
  }

  execute(sql: string, params: readonly unknown[], operation: Operation): QueryResult | Promise<QueryResult> {
    const opened = this.#open();
    const plan = this.#plan(sql);
    const bound = bindParameters(params, plan.parameterCount);
    requireTime(operation, this.#clock.now(), "executing a statement");
    const facts = this.#factsOf(plan);
    if (facts.kind === "transaction")
      throw new TypeError("sqlite: use begin() instead of running BEGIN, COMMIT, ROLLBACK or SAVEPOINT");
    // What is not known may be meant for the writer's connection alone, where temporary tables are.
    return facts.kind === "read" && plan.facts !== undefined
      ? this.#read(opened, plan, bound, operation)
      : this.#write(opened, plan, facts, bound, operation);
  }

  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    operation: Operation,
  ): Promise<number> {
    const { store, writerThread, checkpoints } = this.#open();
    const plan = this.#plan(sql);
    const { kind } = this.#factsOf(plan);
    if (kind !== "write")
      throw new TypeError(
        `sqlite: expected an INSERT, UPDATE or DELETE for a batch, got a ${kind} statement`,
      );
    if (rows.length === 0) return 0;
    const own = ownRows(rows);
    await this.#lock.acquire(operation);
    const onThread = plan.batchPlacement.place === "thread" || plan.placement.place === "thread";
    if (writerThread !== undefined && onThread)
      return this.#onWriterThread(() => writerThread.batch(plan, own, operation));
    this.#inlineRuns++;
    try {
      await this.#beginInline(store, operation);
      const changed = await runBatch(plan, store.writer, own, {
        operation,
        clock: this.#clock,
        budgetMs: this.#options.blockBudgetMs,
      });
      const started = this.#clock.now();
      await this.#commitInline(store, operation);
      plan.batchPlacement.record(this.#clock.now() - started, "inline");
      checkpoints?.committed(rows.length);
      return changed;
    } finally {
      this.#endInline(store);
    }
  }

  async begin(operation: Operation): Promise<EngineTransaction> {
    const { store, checkpoints } = this.#open();
    await this.#lock.acquire(operation);
    try {
      await this.#beginInline(store, operation);
    } catch (error) {
      this.#endInline(store);
      throw error;
    }
    return new SqliteTransaction({
      connection: store.writer,
      clock: this.#clock,
      budgetMs: this.#options.blockBudgetMs,
      plan: (sql) => this.#plan(sql),
      facts: (plan) => this.#factsOf(plan),
      run: (plan, facts, bound) => this.#runOnWriter(store, plan, facts, bound),
      commit: async (bounds) => {
        await this.#commitInline(store, bounds);
        checkpoints?.committed(1);
      },
      end: (schemaChanged) => {
        this.#endInline(store);
        if (schemaChanged) this.#schemaChanged();
      },
    });
  }

  coherent(): boolean {
    const { foreign } = this.#open().store;
    let change: ForeignChange;
    try {
      change = foreign.poll();
    } catch {
      // The file can't be looked at right now: what is cached may be old. The next statement will say why.
      return false;
    }
    this.#takeIn(change);
    return change !== "undecided";
  }

  async explain(sql: string, params: readonly unknown[], operation: Operation): Promise<string> {
    const { store } = this.#open();
    const { parameterCount } = this.#plan(sql);
    requireTime(operation, this.#clock.now(), "explaining a statement");
    // The plan doesn't depend on the parameters.
    const given = params.length === parameterCount ? params : new Array(parameterCount).fill(null);
    const statement = store.reader.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    return queryPlanText(statement.run(bindParameters(given, parameterCount), true).rows);
  }

  async close(operation: Operation): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#opened === undefined) return;
    const { store, readers, writerThread } = this.#opened;
    let isAlone = false;
    try {
      await this.#lock.acquire(operation);
      isAlone = true;
      await readers?.drain(operation);
    } finally {
      await Promise.all([readers?.close(), writerThread?.close(isAlone)]);
      this.#opened = undefined;
      store.close();
    }
  }

  collect(): Iterable<MetricSample> {
    return engineSamples({
      inlineRuns: this.#inlineRuns,
      threadRuns: this.#threadRuns,
      writersWaiting: this.#lock.waiting,
      writing: this.#lock.held,
      readers: this.#opened?.readers?.stats(),
    });
  }

  /** For new work, which is refused from `close` on. */
  #open(): Opened {
    if (this.#closed || this.#opened === undefined) throw this.#notOpen();
    return this.#opened;
  }

  #notOpen(): Error {
    if (this.#closed) return new ClosedError("the SQLite engine");
    return new TypeError("sqlite: call initialize() first");
  }

  #plan(sql: string): StatementPlan {
    const known = this.#plans.get(sql);
    if (known !== undefined) return known;
    const plan = new StatementPlan(sql, this.#options.blockBudgetMs);
    this.#plans.set(sql, plan);
    return plan;
  }

  #factsOf(plan: StatementPlan): StatementFacts {
    if (plan.facts !== undefined && plan.factsVersion === this.#factsVersion) return plan.facts;
    if (this.#opened === undefined) throw this.#notOpen();
    const { store } = this.#opened;
    const tokens = lex(plan.sql, "sqlite");
    const { facts, statement, known } =
      plan.form === "query" && hasOwnObjects(store.writer)
        ? unknownStatement("this connection has temporary or attached tables", tokens)
        : store.facts.examine(plan.sql, tokens);
    plan.facts = known ? facts : undefined;
    plan.factsVersion = this.#factsVersion;
    if (statement !== undefined && !store.given) plan.forReading ??= statement;
    return facts;
  }

  #read(
    { store, readers }: Opened,
    plan: StatementPlan,
    bound: readonly SqliteValue[],
    operation: Operation,
  ): QueryResult | Promise<QueryResult> {
    if (readers !== undefined && plan.placement.place === "thread") {
      this.#threadRuns++;
      return readers.read(plan, ownValues(bound), operation);
    }
    const run = (values: readonly SqliteValue[]): QueryResult => {
      plan.forReading ??= store.reader.prepare(plan.sql);
      const statement = plan.forReading;
      return this.#timed(plan, () => statement.run(values, true));
    };
    if (store.reader === store.writer && this.#lock.held)
      return this.#locked(bindLater(run, bound), operation);
    try {
      return run(bound);
    } catch (error) {
      if (!isBusy(error)) throw error;
      return this.#retry(bindLater(run, bound), operation);
    }
  }

  #write(
    { store, writerThread, checkpoints }: Opened,
    plan: StatementPlan,
    facts: StatementFacts,
    bound: readonly SqliteValue[],
    operation: Operation,
  ): QueryResult | Promise<QueryResult> {
    if (writerThread !== undefined && plan.placement.place === "thread") {
      // What is not known may be meant for this connection alone.
      const known = plan.facts !== undefined;
      const own = ownValues(bound);
      if (known && facts.kind === "write")
        return this.#thenOnWriterThread(() => writerThread.write(plan, own, operation), operation);
      if (known && facts.kind === "ddl")
        return this.#thenOnWriterThread(() => writerThread.define(plan, own, operation), operation);
    }
    const run = (values: readonly SqliteValue[]): QueryResult => {
      const result = this.#runOnWriter(store, plan, facts, values);
      checkpoints?.committed(1);
      if (facts.kind !== "write" && facts.kind !== "read") this.#schemaChanged();
      return result;
    };
    if (!this.#lock.tryAcquire()) return this.#locked(bindLater(run, bound), operation);
    let free = true;
    try {
      return run(bound);
    } catch (error) {
      if (!isBusy(error)) throw error;
      free = false;
      return this.#retry(bindLater(run, bound), operation).finally(() => this.#lock.release());
    } finally {
      if (free) this.#lock.release();
    }
  }

  /** Runs a statement on the writer's connection; the caller holds the lock. */
  #runOnWriter(
    { writer, foreign }: Store,
    plan: StatementPlan,
    { kind }: StatementFacts,
    bound: readonly SqliteValue[],
  ): QueryResult {
    plan.forWriting ??= writer.prepare(plan.sql);
    const statement = plan.forWriting;
    // What a function called by a read may write is not ours to know.
    if (kind === "read") return this.#timed(plan, () => statement.run(bound, true));
    this.#takeIn(foreign.beforeOwn());
    try {
      const result = this.#timed(plan, () => statement.run(bound, false));
      // Where no rows are changed, SQLite still gives the count of the statement before.
      return kind === "write" ? result : { rows: result.rows, rowCount: result.rows.length };
    } finally {
      foreign.afterOwn();
    }
  }

  #timed(plan: StatementPlan, run: () => QueryResult): QueryResult {
    this.#inlineRuns++;
    const started = this.#clock.now();
    const result = run();
    plan.placement.record(this.#clock.now() - started, "inline");
    return result;
  }

  /** Runs `run` when the lock is free, and no other process is in the way. */
  async #locked<T>(run: () => T, operation: Operation): Promise<T> {
    await this.#lock.acquire(operation);
    try {
      return await this.#retry(run, operation);
    } finally {
      this.#lock.release();
    }
  }

  async #thenOnWriterThread<T>(start: () => WriterJob<T>, operation: Operation): Promise<T> {
    await this.#lock.acquire(operation);
    return this.#onWriterThread(start);
  }

  /** The caller holds the lock; it is released when the thread is done, which may be after the caller has left. */
  #onWriterThread<T>(start: () => WriterJob<T>): Promise<T> {
    this.#threadRuns++;
    const { result, finished } = start();
    void finished.then(() => this.#lock.release());
    return result;
  }

  async #beginInline({ writer, foreign }: Store, operation: Operation): Promise<void> {
    const begin = writer.prepare(this.#options.readOnly ? "BEGIN" : "BEGIN IMMEDIATE");
    await this.#retry(() => begin.run([], false), operation);
    this.#takeIn(foreign.beforeOwn());
  }

  async #commitInline({ writer }: Store, operation: Operation): Promise<void> {
    const commit = writer.prepare("COMMIT");
    await this.#retry(() => commit.run([], false), operation);
  }

  /** Ends what is still open, and lets the next writer in. */
  #endInline({ writer, foreign }: Store): void {
    try {
      if (writer.inTransaction) writer.prepare("ROLLBACK").run([], false);
      foreign.afterOwn();
    } finally {
      this.#lock.release();
    }
  }

  #takeIn(change: ForeignChange): void {
    if (change === "schema") this.#schemaChanged();
    else if (change === "data") this.#sink.everything();
  }

  #schemaChanged(): void {
    this.forgetFacts();
    this.#sink.schema();
  }

  #retry<T>(attempt: () => T, operation: Operation): Promise<T> {
    return retryWhileBusy(attempt, operation, this.#options.busyTimeoutMs, this.#clock);
  }
}
