import type { Bounded } from "../deadline.ts";
import type { InvalidationSink } from "./engine.ts";
import type { StatementFacts } from "./statement-facts.ts";

/** One row: column name to value. Rows that come out of the optimizer are frozen. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement gave. */
export interface QueryResult {
  readonly rows: readonly Row[];
  /** Rows returned by a read, rows changed by a write. */
  readonly rowCount: number;
  /** Key of the row inserted last, where the engine tells (SQLite's rowid). */
  readonly lastInsertRowid?: number | bigint;
}

/** Bounds of one operation, in milliseconds of the optimizer's clock. */
export type Operation = Bounded;

/**
 * One open connection of a foreign driver. Used by one holder at a time.
 * Errors of the database are the driver's own, unchanged.
 */
export interface DriverConnection {
  /** False once the connection is known to be broken; the pool then discards it. */
  readonly usable: boolean;
  /**
   * Runs one statement, with the placeholders of the driver's own dialect.
   * When `signal` aborts, the server is asked to cancel and the promise rejects with the signal's reason.
   */
  query(sql: string, params: readonly unknown[], signal?: AbortSignal): Promise<QueryResult>;
  /**
   * Runs one statement for each row, inside the transaction that the caller has opened, the fastest way
   * the driver knows.
   * @returns rows changed in all
   * @throws {BatchError} naming the first row that failed
   */
  batch(sql: string, rows: readonly (readonly unknown[])[], signal?: AbortSignal): Promise<number>;
  /** Resolves when the connection answers. */
  ping(signal?: AbortSignal): Promise<void>;
  /** Puts session state (SET, LISTEN, temporary tables, …) back to what it was after connecting. */
  reset?(): Promise<void>;
  /** Ends the session in order. */
  close(): Promise<void>;
  /** Cuts the connection at once; never throws. */
  destroy(): void;
}

/** A foreign driver, as far as pool and cache need it. Anything of this shape may be passed as `driver`. */
export interface DatabaseDriver {
  /** OpenTelemetry's `db.system.name`: `postgresql`, `mysql`, … */
  readonly system: string;
  /** Where it connects to, without credentials, for messages and metrics. */
  readonly address: string;
  /**
   * What else decides which data a connection sees, such as its user, or how values come: processes of a fleet share results
   * only where it is equal. Never sent anywhere but hashed. @default nothing else
   */
  readonly identity?: string | undefined;
  /** How the driver writes placeholders: `?`, or `$1` and so on. */
  readonly placeholders: "?" | "$";
  /** Opens a connection; rejects when `signal` aborts, and then leaves nothing open behind. */
  connect(signal?: AbortSignal): Promise<DriverConnection>;
  /** What the statement reads and writes; what can't be known is said to be unknown, never guessed. */
  dependencies(sql: string): StatementFacts | Promise<StatementFacts>;
  /** Forgets all facts: the schema changed. Without it, facts must not depend on the schema. */
  forgetFacts?(): void;
  /** Starts to watch what other processes write. A driver without it is never coherent: nothing is cached. */
  coherence?(sink: InvalidationSink, operation: Operation): Promise<Coherence>;
  /** The statement that shows the plan of `sql` without running it. */
  explainSql?(sql: string): string;
  /** `explainSql` takes the values of the parameters, too. @default false: it takes none */
  readonly explainsWithParameters?: boolean;
  close(): Promise<void>;
}

/** How the results of one database stay true while other processes write to it. */
export interface Coherence {
  /** False while writes of others may go unnoticed; nothing is then cached or served from the cache. */
  coherent(): boolean;
  close(): Promise<void>;
}
