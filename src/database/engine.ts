import type { MetricSource } from "../metrics/metric.ts";
import type { Operation, QueryResult } from "./driver.ts";
import type { StatementFacts } from "./statement-facts.ts";

/**
 * Runs statements for the optimizer, by a pool of connections or inside the process.
 * SQL comes in the engine's own dialect of placeholders; parameters are counted before.
 * Where the answer is there at once, it is returned bare, so that nobody waits for a promise.
 */
export interface Engine extends MetricSource {
  /** OpenTelemetry's `db.system.name`. */
  readonly system: string;
  /** Where the data are, without credentials. */
  readonly address: string;
  /** As a driver's. */
  readonly identity?: string | undefined;
  readonly placeholders: "?" | "$";
  initialize(operation: Operation): Promise<void>;
  /** Facts of a statement, remembered by its text until the schema changes. */
  facts(sql: string): StatementFacts | Promise<StatementFacts>;
  /** Forgets all facts: the schema changed. */
  forgetFacts(): void;
  execute(sql: string, params: readonly unknown[], operation: Operation): QueryResult | Promise<QueryResult>;
  /** One statement for many rows in one transaction, all or nothing. @returns rows changed in all */
  executeBatch(sql: string, rows: readonly (readonly unknown[])[], operation: Operation): Promise<number>;
  begin(operation: Operation): Promise<EngineTransaction>;
  /**
   * Called before a cached result is looked up or a fill begins: takes in what other processes wrote (telling the
   * invalidation sink) and says whether caching is safe right now.
   */
  coherent(): boolean;
  /** `explain` needs the values of the parameters. @default false: it is given none */
  readonly explainsWithParameters?: boolean;
  /** The plan of a statement as the engine's EXPLAIN prints it, without running the statement. */
  explain(sql: string, params: readonly unknown[], operation: Operation): Promise<string>;
  close(operation: Operation): Promise<void>;
}

/** A transaction under way, on one connection. After `commit` or `rollback` it must not be used. */
export interface EngineTransaction {
  execute(sql: string, params: readonly unknown[], operation: Operation): Promise<QueryResult>;
  executeBatch(sql: string, rows: readonly (readonly unknown[])[], operation: Operation): Promise<number>;
  /** @throws {ConnectionLostError} with `outcomeUnknown` when the commit may or may not have happened */
  commit(operation: Operation): Promise<void>;
  rollback(operation: Operation): Promise<void>;
}

/** Where an engine reports what changed behind the optimizer's back. */
export interface InvalidationSink {
  /** Rows of these tables changed. */
  tables(tables: readonly string[]): void;
  /** Anything may have changed. */
  everything(): void;
  /** The schema changed: facts, too, are void. */
  schema(): void;
}
