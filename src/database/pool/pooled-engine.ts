import { LruCache } from "../../algorithms/lru-cache.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { ConnectionLostError } from "../../errors.ts";
import type { MetricSample } from "../../metrics/metric.ts";
import type { Coherence, DatabaseDriver, DriverConnection, Operation, QueryResult } from "../driver.ts";
import type { Engine, EngineTransaction, InvalidationSink } from "../engine.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { ConnectionPool, type Lease, type PoolOptions, type PoolTarget } from "./connection-pool.ts";
import { recover } from "./cut-connection.ts";
import { OperationLimit } from "./operation-limit.ts";
import { PooledTransaction } from "./pooled-transaction.ts";
import { refuseTransactionControl } from "./transaction-control.ts";

/** SQL texts whose facts are kept. */
const maxFacts = 1_000;

/**
 * Runs statements of a foreign driver on a pool of its connections.
 * What a deadline or a signal cuts rejects at once; its connection goes back to the pool only when it has proven to
 * be at rest, and otherwise is destroyed.
 */
export class PooledEngine implements Engine {
  readonly name: string;
  readonly system: string;
  readonly address: string;
  readonly identity: string | undefined;
  readonly placeholders: "?" | "$";
  readonly explainsWithParameters: boolean;
  readonly pool: ConnectionPool<DriverConnection>;
  readonly #driver: DatabaseDriver;
  readonly #sink: InvalidationSink;
  readonly #clock: Clock;
  readonly #facts = new LruCache<string, StatementFacts>({ maxSize: maxFacts });
  /** Moves when facts are forgotten, so that one that was asked for before isn't kept. */
  #factsVersion = 0;
  #initialized: Promise<void> | undefined;
  /** The last `initialize` failed: the driver may be tried again, by another engine. */
  #isUnopened = false;
  /** Told of failures to connect while the first connection is opened. */
  #onConnectError: ((error: unknown) => void) | undefined;
  #coherence: Coherence | undefined;
  #closed: Promise<void> | undefined;

  /** @throws {TypeError | RangeError} for a pool option that is unknown or out of bounds */
  constructor(
    driver: DatabaseDriver,
    options: PoolOptions,
    sink: InvalidationSink,
    clock: Clock = systemClock,
  ) {
    this.name = `${driver.system} ${driver.address}`;
    this.system = driver.system;
    this.address = driver.address;
    this.identity = driver.identity;
    this.placeholders = driver.placeholders;
    this.explainsWithParameters = driver.explainsWithParameters ?? false;
    const target = poolTarget(driver, (error) => this.#onConnectError?.(error));
    this.pool = new ConnectionPool(driver.address, target, options, clock);
    this.#driver = driver;
    this.#sink = sink;
    this.#clock = clock;
  }

  /**
   * Opens a first connection, so that a wrong address or password shows here, and starts to watch for the writes of
   * others. After a failure it may be called again.
   * @throws the driver's error, as soon as connecting fails once
   * @throws {PoolTimeoutError} when there is no connection by the deadline
   */
  initialize(operation: Operation): Promise<void> {
    if (this.#initialized === undefined) this.#isUnopened = false;
    this.#initialized ??= this.#initialize(operation).catch((error: unknown) => {
      this.#initialized = undefined;
      this.#isUnopened = true;
      throw error;
    });
    return this.#initialized;
  }

  facts(sql: string): StatementFacts | Promise<StatementFacts> {
    const known = this.#facts.get(sql);
    if (known !== undefined) return known;
    const version = this.#factsVersion;
    const keep = (facts: StatementFacts): StatementFacts => {
      if (version === this.#factsVersion) this.#facts.set(sql, facts);
      return facts;
    };
    const facts = this.#driver.dependencies(sql);
    return facts instanceof Promise ? facts.then(keep) : keep(facts);
  }

  forgetFacts(): void {
    this.#factsVersion++;
    this.#facts.clear();
    this.#driver.forgetFacts?.();
  }

  /**
   * @throws {TypeError} for BEGIN, COMMIT and their like
   * @throws {ConnectionLostError} when the connection broke; a write may have taken effect
   * @throws {DeadlineError} at the deadline, {PoolTimeoutError} when that passed while waiting for a connection
   */
  async execute(sql: string, params: readonly unknown[], operation: Operation): Promise<QueryResult> {
    const limit = new OperationLimit(operation, this.#clock);
    try {
      const known = this.facts(sql);
      const facts = known instanceof Promise ? await limit.run("facts", () => known) : known;
      if (facts.kind === "transaction") refuseTransactionControl(sql, { savepoints: false });
      const lease = this.pool.tryAcquire() ?? (await keptAlive(this.pool.acquire(operation)));
      lease.note(sql);
      if (facts.kind === "session" || facts.changesSession) lease.markDirty();
      let result: QueryResult;
      try {
        result = await limit.run("query", (signal) => lease.connection.query(sql, params, signal));
      } catch (error) {
        throw this.#failed(lease, limit, facts, error);
      }
      lease.release();
      return result;
    } finally {
      limit.end();
    }
  }

  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    operation: Operation,
  ): Promise<number> {
    if (rows.length === 0) return 0;
    const transaction = await this.begin(operation);
    let changed: number;
    try {
      changed = await transaction.executeBatch(sql, rows, operation);
    } catch (error) {
      await transaction.rollback(operation);
      throw error;
    }
    await transaction.commit(operation);
    return changed;
  }

  async begin(operation: Operation): Promise<EngineTransaction> {
    const lease = await keptAlive(this.pool.acquire(operation));
    const limit = new OperationLimit(operation, this.#clock);
    lease.note("BEGIN");
    try {
      await limit.run("begin", (signal) => lease.connection.query("BEGIN", [], signal));
    } catch (error) {
      const isBroken = !limit.cut && !lease.usable;
      // It may or may not be in a transaction now.
      lease.destroy();
      throw isBroken ? this.#lost(false, error) : error;
    } finally {
      limit.end();
    }
    return new PooledTransaction(lease, {
      clock: this.#clock,
      facts: (sql) => this.facts(sql),
      committedUnseen: () => this.#sink.everything(),
    });
  }

  coherent(): boolean {
    return this.#coherence?.coherent() ?? false;
  }

  /** @throws {TypeError} when the driver can't explain statements */
  async explain(sql: string, params: readonly unknown[], operation: Operation): Promise<string> {
    const explainSql = this.#driver.explainSql?.(sql);
    if (explainSql === undefined)
      throw new TypeError(`explain: the driver of ${this.name} has no explainSql`);
    const limit = new OperationLimit(operation, this.#clock);
    const lease = await keptAlive(this.pool.acquire(operation));
    lease.note(explainSql);
    let result: QueryResult;
    try {
      result = await limit.run("explain", (signal) => lease.connection.query(explainSql, params, signal));
    } catch (error) {
      throw this.#failed(lease, limit, harmless, error);
    } finally {
      limit.end();
    }
    lease.release();
    return result.rows.map((row) => Object.values(row).map(text).join("\t")).join("\n");
  }

  /**
   * Lets running statements end, until the deadline, and closes everything; what is left then is cut. A driver that
   * couldn't be opened is left as it is.
   */
  close(operation: Operation): Promise<void> {
    this.#closed ??= this.#close(operation);
    return this.#closed;
  }

  collect(): Iterable<MetricSample> {
    return this.pool.collect();
  }

  async #initialize(operation: Operation): Promise<void> {
    const { deadline, signal } = operation;
    const failure = new AbortController();
    this.#onConnectError = (error) => failure.abort(error);
    const either = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
    (await keptAlive(this.pool.acquire({ deadline, signal: either }))).release();
    this.#onConnectError = undefined;
    if (this.#driver.coherence === undefined) return;
    const limit = new OperationLimit(operation, this.#clock);
    const starting = this.#driver.coherence(this.#sink, operation);
    try {
      this.#coherence = await limit.run("coherence", () => starting);
    } catch (error) {
      // Should it start after all, nobody would stop it.
      starting.then(
        (late) => late.close(),
        () => undefined,
      );
      throw error;
    } finally {
      limit.end();
    }
  }

  async #close(operation: Operation): Promise<void> {
    const coherence = this.#coherence;
    this.#coherence = undefined;
    const closing = (async () => {
      await Promise.all([coherence?.close(), this.pool.close(operation)]);
      if (!this.#isUnopened) await this.#driver.close();
    })();
    closing.catch(() => undefined);
    const limit = new OperationLimit(operation, this.#clock);
    try {
      await limit.run("close", () => closing);
    } catch (error) {
      // At the deadline the pool cuts what is left by itself; nobody waits for that.
      if (!limit.cut) throw error;
    } finally {
      limit.end();
    }
  }

  /** Settles what becomes of the connection. @returns the error for the caller */
  #failed(
    lease: Lease<DriverConnection>,
    limit: OperationLimit,
    facts: StatementFacts,
    error: unknown,
  ): unknown {
    if (limit.cut && limit.running !== undefined) {
      recover(lease, limit.running, this.#clock).then(() => this.#mayHaveChanged(facts));
      return error;
    }
    if (lease.usable) {
      lease.release();
      return error;
    }
    lease.destroy();
    return this.#lost(facts.kind !== "read", error);
  }

  #lost(outcomeUnknown: boolean, cause: unknown): ConnectionLostError {
    return new ConnectionLostError(
      `the connection to ${this.address} was lost while a statement ran`,
      outcomeUnknown,
      { cause },
    );
  }

  /** A statement whose caller had gone may have taken effect after all, later than the caller was told. */
  #mayHaveChanged({ kind, writes }: StatementFacts): void {
    if (kind === "ddl") this.#sink.schema();
    else if (writes === "all") this.#sink.everything();
    else if (writes.length > 0) this.#sink.tables(writes);
  }
}

/** Facts of a statement that changes nothing. */
const harmless: StatementFacts = Object.freeze({ kind: "read", reads: [], writes: [], cacheable: false });

function poolTarget(
  driver: DatabaseDriver,
  onConnectError: (error: unknown) => void,
): PoolTarget<DriverConnection> {
  return {
    connect: async (signal) => {
      try {
        return await driver.connect(signal);
      } catch (error) {
        onConnectError(error);
        throw error;
      }
    },
    ping: (connection, signal) => connection.ping(signal),
    close: (connection) => connection.close(),
    destroy: (connection) => connection.destroy(),
    usable: (connection) => connection.usable,
    reset: (connection) => {
      if (connection.reset === undefined) throw new TypeError("the driver can't reset session state");
      return connection.reset();
    },
  };
}

/** A cell of a plan as text. */
function text(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** Timers and idle sockets don't keep the process alive; who waits for a connection does. */
async function keptAlive<T>(waiting: Promise<T>): Promise<T> {
  const handle = setInterval(() => undefined, 2 ** 30);
  try {
    return await waiting;
  } finally {
    clearInterval(handle);
  }
}
