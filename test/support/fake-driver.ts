import type { Clock } from "../../src/clock.ts";
import type {
  Coherence,
  DatabaseDriver,
  DriverConnection,
  Operation,
  QueryResult,
} from "../../src/database/driver.ts";
import type { InvalidationSink } from "../../src/database/engine.ts";
import type { StatementFacts } from "../../src/database/statement-facts.ts";

/**
 * What one statement does: after `ms`, it gives rows or an error. `breaks`: the connection is broken from then on.
 * `deaf`: it doesn't heed the signal.
 */
export interface Answer {
  readonly ms?: number;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly error?: Error;
  readonly breaks?: boolean;
  readonly deaf?: boolean;
}

/** A driver on the fake clock that answers as scripted by SQL text, and logs what reaches it. */
export class FakeDriver implements DatabaseDriver {
  readonly system = "fake";
  readonly address = "fake:1/db";
  readonly placeholders = "?";
  readonly answers = new Map<string, Answer>();
  readonly connections: FakeDriverConnection[] = [];
  readonly log: string[] = [];
  readonly clock: Clock;
  /** Thrown by the next connects, one each. */
  readonly connectErrors: Error[] = [];
  /** Facts come as a promise, after so many milliseconds. */
  factsMs: number | undefined;
  factsAsked = 0;
  canReset = false;
  isClosed = false;
  coherence?: (sink: InvalidationSink, operation: Operation) => Promise<Coherence>;
  explainSql?: (sql: string) => string;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async connect(): Promise<FakeDriverConnection> {
    const error = this.connectErrors.shift();
    if (error) throw error;
    const connection = new FakeDriverConnection(this, this.connections.length);
    if (this.canReset)
      connection.reset = async () => {
        this.log.push(`${connection.id} reset`);
      };
    this.connections.push(connection);
    return connection;
  }

  dependencies(sql: string): StatementFacts | Promise<StatementFacts> {
    this.factsAsked++;
    const facts = factsOf(sql);
    const { factsMs } = this;
    if (factsMs === undefined) return facts;
    return new Promise((resolve) => this.clock.setTimeout(() => resolve(facts), factsMs));
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

export class FakeDriverConnection implements DriverConnection {
  readonly id: number;
  usable = true;
  state: "open" | "closed" | "destroyed" = "open";
  reset?: () => Promise<void>;
  readonly #driver: FakeDriver;

  constructor(driver: FakeDriver, id: number) {
    this.#driver = driver;
    this.id = id;
  }
  query(sql: string, _params: readonly unknown[], signal?: AbortSignal): Promise<QueryResult> {
    return this.#answer(sql, signal);
  }
  async batch(sql: string, rows: readonly (readonly unknown[])[], signal?: AbortSignal): Promise<number> {
    await this.#answer(`${sql} × ${rows.length}`, signal);
    return rows.length;
  }
  async ping(signal?: AbortSignal): Promise<void> {
    await this.#answer("ping", signal);
  }
  async close(): Promise<void> {
    this.state = "closed";
  }
  destroy(): void {
    this.state = "destroyed";
  }

  #answer(sql: string, signal?: AbortSignal): Promise<QueryResult> {
    const { ms = 0, rows = [], error, breaks, deaf } = this.#driver.answers.get(sql) ?? {};
    this.#driver.log.push(`${this.id} ${sql}`);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        signal?.removeEventListener("abort", abort);
        if (breaks) this.usable = false;
        if (error) reject(error);
        else resolve({ rows, rowCount: rows.length });
      };
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : this.#driver.clock.setTimeout(finish, ms);
      const abort = (): void => {
        this.#driver.clock.clearTimeout(timer);
        reject(signal?.reason);
      };
      if (!deaf) signal?.addEventListener("abort", abort);
    });
  }
}

/** Facts by the first word; a write touches the table `t`. */
function factsOf(sql: string): StatementFacts {
  const word = sql.trim().split(/\s+/)[0]!.toUpperCase();
  const none = { reads: [], writes: [], cacheable: false };
  if (["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"].includes(word))
    return { kind: "transaction", ...none };
  if (word === "SET") return { kind: "session", ...none };
  if (word === "CREATE") return { kind: "ddl", ...none, writes: "all" };
  if (word === "SELECT") return { kind: "read", reads: ["t"], writes: [], cacheable: true };
  if (word === "CALL") return { kind: "write", reads: [], writes: "all", cacheable: false };
  return { kind: "write", reads: [], writes: ["t"], cacheable: false };
}
