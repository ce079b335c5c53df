import type { Clock } from "../../clock.ts";
import { ConnectionLostError } from "../../errors.ts";
import type { Operation, QueryResult } from "../driver.ts";
import type { EngineTransaction } from "../engine.ts";
import type { StatementFacts } from "../statement-facts.ts";
import { runBatch } from "./batch.ts";
import { onCut, requireTime } from "./bounded-wait.ts";
import type { SqliteConnection, SqliteValue } from "./connection.ts";
import { bindParameters, ownRows, ownValues } from "./parameters.ts";
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
 * Statements that are asked for at the same time run one after another. A batch gives the event loop turns, so it is
 * the only one that others wait for; a commit waits for it too, and a rollback makes it stop.
 */
export class SqliteTransaction implements EngineTransaction {
  readonly #context: TransactionContext;
  /**
   * `committing`: what was asked for before still runs. `undone`, by SQLite, or `ended`: nothing more is run, and the
   * first to notice lets the next writer in.
   */
  #state: "open" | "committing" | "undone" | "ended" = "open";
  #cause: unknown;
  /** Resolves when the last statement that had to wait, or to be waited for, is done; absent when there is none. */
  #previous: Promise<void> | undefined;
  #released = false;
  #schemaChanged = false;

  constructor(context: TransactionContext) {
    this.#context = context;
  }

  async execute(sql: string, params: readonly unknown[], operation: Operation): Promise<QueryResult> {
    this.#requireOpen();
    const plan = this.#context.plan(sql);
    const bound = bindParameters(params, plan.parameterCount);
    if (plan.form === "transaction")
      throw new TypeError("sqlite: use commit() or rollback() instead of running BEGIN, COMMIT or ROLLBACK");
    if (this.#previous === undefined) return this.#execute(plan, bound, operation);
    const own = ownValues(bound);
    return this.#inTurn(operation, () => this.#execute(plan, own, operation));
  }

  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    operation: Operation,
  ): Promise<number> {
    this.#requireOpen();
    const plan = this.#context.plan(sql);
    const own = ownRows(rows);
    return this.#inTurn(operation, () => this.#watched(() => this.#executeBatch(plan, own, operation)));
  }

  /** Commits what was asked for until now. At the deadline, or when the last statement undid it, it is rolled back. */
  async commit(operation: Operation): Promise<void> {
    this.#requireOpen();
    this.#state = "committing";
    try {
      await this.#inTurn(operation, async () => {
        this.#requireRunning();
        requireTime(operation, this.#context.clock.now(), "committing");
        await this.#context.commit(operation);
      });
    } finally {
      await this.rollback(operation);
    }
  }

  /** Resolves when nothing touches the connection any more. */
  async rollback(_operation: Operation): Promise<void> {
    this.#state = "ended";
    while (this.#previous !== undefined) await this.#previous;
    this.#release();
  }

  #execute(plan: StatementPlan, bound: readonly SqliteValue[], operation: Operation): Promise<QueryResult> {
    const facts = this.#prepare(plan, operation);
    return this.#watched(() => this.#context.run(plan, facts, bound));
  }

  async #executeBatch(
    plan: StatementPlan,
    rows: readonly (readonly unknown[])[],
    operation: Operation,
  ): Promise<number> {
    const facts = this.#prepare(plan, operation);
    if (facts.kind !== "write")
      throw new TypeError(
        `sqlite: expected an INSERT, UPDATE or DELETE for a batch, got a ${facts.kind} statement`,
      );
    const { connection, clock, budgetMs } = this.#context;
    const goOn = (): void => this.#requireRunning();
    // All or nothing holds for the batch as well, when the caller catches its error and goes on.
    connection.prepare("SAVEPOINT victor_batch").run([], false);
    try {
      return await runBatch(plan, connection, rows, { operation, clock, budgetMs, goOn });
    } catch (error) {
      if (connection.inTransaction) connection.prepare("ROLLBACK TO victor_batch").run([], false);
      throw error;
    } finally {
      if (connection.inTransaction) connection.prepare("RELEASE victor_batch").run([], false);
    }
  }

  #prepare(plan: StatementPlan, operation: Operation): StatementFacts {
    this.#requireRunning();
    requireTime(operation, this.#context.clock.now(), "executing a statement");
    const facts = this.#context.facts(plan);
    if (facts.kind === "ddl" || facts.kind === "session") this.#schemaChanged = true;
    return facts;
  }

  /** Runs `step` when all that was asked for before is done. A step that is given up while it waits keeps its place. */
  async #inTurn<T>(operation: Operation, step: () => Promise<T>): Promise<T> {
    const before = this.#previous;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = before === undefined ? promise : before.then(() => promise);
    this.#previous = done;
    void done.then(() => {
      if (this.#previous === done) this.#previous = undefined;
    });
    try {
      if (before !== undefined) await this.#waitFor(before, operation);
      return await step();
    } finally {
      resolve();
    }
  }

  #waitFor(before: Promise<void>, operation: Operation): Promise<void> {
    return new Promise((resolve, reject) => {
      const { clock } = this.#context;
      const stop = onCut(operation, clock, "waiting for the transaction's previous statement", reject);
      void before.then(() => {
        stop();
        resolve();
      });
    });
  }

  /** Some errors (a full disk, `OR ROLLBACK`) end the transaction in SQLite; what follows would commit by itself. */
  async #watched<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { connection } = this.#context;
      if ((this.#state === "open" || this.#state === "committing") && !connection.inTransaction) {
        this.#state = "undone";
        this.#cause = error;
      }
      throw error;
    }
  }

  /** For new statements. */
  #requireOpen(): void {
    if (this.#state === "committing") throw ended();
    this.#requireRunning();
  }

  /** For those that were asked for before the end. */
  #requireRunning(): void {
    if (this.#state === "ended") throw ended();
    if (this.#state !== "undone") return;
    this.#release();
    throw new ConnectionLostError("SQLite has rolled the transaction back after an error", false, {
      cause: this.#cause,
    });
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#context.end(this.#schemaChanged);
  }
}

const ended = (): TypeError => new TypeError("sqlite: the transaction has ended");
