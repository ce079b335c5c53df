import type { WriteSet } from "./cache/write-set.ts";
import type { Operation, QueryResult, Row } from "./driver.ts";
import type { EngineTransaction } from "./engine.ts";
import type { QueryOptions } from "./optimizer-options.ts";
import { ownParameters } from "./own-parameters.ts";
import { refuseCommit } from "./pool/transaction-control.ts";
import { checkArray, checkParameters, checkRows, ownRows, type Statement } from "./statements.ts";

/** What a transaction borrows from its optimizer. */
export interface TransactionContext {
  /** @throws {DeadlineError} when its facts aren't there in time */
  prepare(sql: string, operation: Operation): Promise<Statement>;
  operation(options?: Pick<QueryOptions, "signal" | "timeoutMs">): Operation;
  /** Runs and measures one statement. */
  measured(
    statement: Statement,
    params: readonly unknown[],
    run: () => QueryResult | Promise<QueryResult>,
  ): QueryResult | Promise<QueryResult>;
}

/**
 * A transaction under way. Its reads see its own writes and bypass the cache; what it wrote invalidates when it
 * commits, and only then.
 */
export class Transaction {
  readonly #context: TransactionContext;
  readonly #inner: EngineTransaction;
  readonly #writes: WriteSet;
  readonly #bounds: Operation;
  #open = true;
  #sessionChanged = false;
  #submitted: Promise<void> = Promise.resolve();

  constructor(context: TransactionContext, inner: EngineTransaction, writes: WriteSet, bounds: Operation) {
    this.#context = context;
    this.#inner = inner;
    this.#writes = writes;
    this.#bounds = bounds;
  }

  /** @returns rows, never from the cache */
  async executeQuery<T extends object = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options?: Pick<QueryOptions, "signal" | "timeoutMs">,
  ): Promise<QueryResult & { readonly rows: readonly T[] }> {
    checkArray("params", params);
    const own = ownParameters(params);
    const operation = this.#within(options);
    const result = await this.#inOrder(sql, operation, (statement) => {
      checkParameters(statement, own);
      this.#note(statement, own);
      return this.#context.measured(statement, own, () =>
        this.#inner.execute(statement.text, own, operation),
      );
    });
    return result as QueryResult & { rows: readonly T[] };
  }

  /** One statement for many rows. @returns rows changed in all @throws {BatchError} naming the row */
  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    options?: Pick<QueryOptions, "signal" | "timeoutMs">,
  ): Promise<number> {
    const own = ownRows(rows);
    const operation = this.#within(options);
    return this.#inOrder(sql, operation, (statement) => {
      checkRows(statement, own);
      for (const row of own) this.#note(statement, row);
      return own.length === 0 ? 0 : this.#inner.executeBatch(statement.text, own, operation);
    });
  }

  /** After this, every use is refused. */
  end(): void {
    this.#open = false;
  }

  /** Statements reach the engine in the order in which they were asked for, however long their facts take. */
  async #inOrder<T>(
    sql: string,
    operation: Operation,
    start: (statement: Statement) => T | Promise<T>,
  ): Promise<T> {
    const before = this.#submitted;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#submitted = promise;
    let running: T | Promise<T>;
    try {
      await before;
      running = start(await this.#context.prepare(sql, operation));
    } finally {
      resolve();
    }
    return running;
  }

  /** A statement may not outlive the transaction's own deadline. */
  #within(options: Pick<QueryOptions, "signal" | "timeoutMs"> | undefined): Operation {
    if (options === undefined) return this.#bounds;
    const own = this.#context.operation(options);
    return {
      deadline: Math.min(own.deadline, this.#bounds.deadline),
      signal:
        own.signal && this.#bounds.signal
          ? AbortSignal.any([own.signal, this.#bounds.signal])
          : (own.signal ?? this.#bounds.signal),
    };
  }

  #note(statement: Statement, params: readonly unknown[]): void {
    if (!this.#open)
      throw new TypeError("transaction: it has ended; use it only inside the function it was given to");
    const { facts } = statement;
    if (facts === undefined) return;
    // A fingerprint has neither comments nor superfluous white space.
    if (
      facts.kind === "transaction" &&
      !/^(savepoint|release|rollback (\w+ )?to)\b/i.test(statement.fingerprint)
    )
      throw new TypeError(
        "transaction: return to commit and throw to roll back, instead of running COMMIT or ROLLBACK",
      );
    if (facts.commits) refuseCommit(statement.fingerprint);
    if (facts.kind === "session" || facts.changesSession) this.#sessionChanged = true;
    // With another search_path, or a temporary table in front, the same text means other tables.
    if (this.#sessionChanged && facts.kind !== "ddl")
      this.#writes.add({ ...facts, kind: "write", writes: "all" }, params);
    else if (facts.kind !== "read") this.#writes.add(facts, params);
  }
}
