import type { Clock } from "../../clock.ts";
import { ConnectionLostError } from "../../errors.ts";
import type { Operation, QueryResult } from "../driver.ts";
import type { EngineTransaction } from "../engine.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { runBatch } from "./batch.ts";
import { requireTime } from "./bounded-wait.ts";
import type { SqliteConnection, SqliteValue } from "./connection.ts";
import { bindParameters } from "./parameters.ts";
import type { StatementPlan } from "./statement-plan.ts";

/** What a transaction borrows from its engine. */
export interface TransactionContext {
  readonly connection: SqliteConnection;
  readonly clock: Clock;
  readonly budgetMs: number;
  plan(sql: string): StatementPlan;
  facts(plan: StatementPlan): StatementFacts;
  run(plan: StatementPlan, facts: StatementFacts, params: readonly SqliteValue[]): QueryResult;
  /** Commits, or rolls back and throws. */
  commit(operation: Operation): Promise<void>;
  /** Rolls back if need be, and lets the next writer in. Called once. */
  end(schemaChanged: boolean): void;
}

/**
 * A transaction on the writer's connection; it begins IMMEDIATE, so it can't fail for want of the lock later. All its
 * statements run in place, long ones too: a transaction can't change its connection.
 */
export class SqliteTransaction implements EngineTransaction {
  readonly #context: TransactionContext;
  #state: "open" | "undone" | "ended" = "open";
  #cause: unknown;
  #schemaChanged = false;

  constructor(context: TransactionContext) {
    this.#context = context;
  }

  async execute(sql: string, params: readonly unknown[], operation: Operation): Promise<QueryResult> {
    const { context, plan, facts } = this.#prepare(sql, operation);
    const bound = bindParameters(params, plan.parameterCount);
    if (plan.form === "transaction")
      throw new TypeError("sqlite: use commit() or rollback() instead of running BEGIN, COMMIT or ROLLBACK");
    return this.#watched(() => context.run(plan, facts, bound));
  }

  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    operation: Operation,
  ): Promise<number> {
    const { context, plan, facts } = this.#prepare(sql, operation);
    if (facts.kind !== "write")
      throw new TypeError(
        `sqlite: expected an INSERT, UPDATE or DELETE for a batch, got a ${facts.kind} statement`,
      );
    const { connection, clock, budgetMs } = context;
    // All or nothing holds for the batch as well, when the caller catches its error and goes on.
    connection.prepare("SAVEPOINT victor_batch").run([], false);
    try {
      return await this.#watched(() => runBatch(plan, connection, rows, { operation, clock, budgetMs }));
    } catch (error) {
      if (connection.inTransaction) connection.prepare("ROLLBACK TO victor_batch").run([], false);
      throw error;
    } finally {
      if (connection.inTransaction) connection.prepare("RELEASE victor_batch").run([], false);
    }
  }

  async commit(operation: Operation): Promise<void> {
    this.#requireOpen();
    this.#state = "ended";
    try {
      requireTime(operation, this.#context.clock.now(), "committing");
      await this.#context.commit(operation);
    } finally {
      this.#context.end(this.#schemaChanged);
    }
  }

  async rollback(_operation: Operation): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#context.end(this.#schemaChanged);
  }

  #prepare(sql: string, operation: Operation) {
    this.#requireOpen();
    const context = this.#context;
    requireTime(operation, context.clock.now(), "executing a statement");
    const plan = context.plan(sql);
    const facts = context.facts(plan);
    if (facts.kind === "ddl" || facts.kind === "session") this.#schemaChanged = true;
    return { context, plan, facts };
  }

  /** Some errors (a full disk, `OR ROLLBACK`) end the transaction in SQLite; what follows would commit by itself. */
  async #watched<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#state === "open" && !this.#context.connection.inTransaction) {
        this.#state = "undone";
        this.#cause = error;
      }
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#state === "ended") throw new TypeError("sqlite: the transaction has ended");
    if (this.#state === "open") return;
    this.#state = "ended";
    this.#context.end(this.#schemaChanged);
    throw new ConnectionLostError("SQLite has rolled the transaction back after an error", false, {
      cause: this.#cause,
    });
  }
}
