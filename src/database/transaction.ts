import type { WriteSet } from "./cache/write-set.ts";
import type { Operation, QueryResult, Row } from "./driver.ts";
import type { EngineTransaction } from "./engine.ts";
import type { QueryOptions } from "./optimizer-options.ts";
import { checkParameters, type Statement, type Statements } from "./statements.ts";

/** What a transaction borrows from its optimizer. */
export interface TransactionContext {
  readonly statements: Statements;
  operation(options?: Pick<QueryOptions, "signal" | "timeoutMs">): Operation;
  /** Runs and measures one statement. */
  measured(
    statement: Statement,
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

  constructor(context: TransactionContext, inner: EngineTransaction, writes: WriteSet, bounds: Operation) {
    this.#context = context;
    this.#inner = inner;
    this.#writes = writes;
    this.#bounds = bounds;
  }

  /** @returns rows, never from the cache */
  async executeQuery<T extends Row = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options?: Pick<QueryOptions, "signal" | "timeoutMs">,
  ): Promise<QueryResult & { readonly rows: readonly T[] }> {
    const statement = await this.#context.statements.prepare(sql);
    checkParameters(statement, params);
    this.#note(statement, params);
    const operation = this.#within(options);
    const result = await this.#context.measured(statement, () =>
      this.#inner.execute(statement.text, params, operation),
    );
    return result as QueryResult & { rows: readonly T[] };
  }

  /** One statement for many rows. @returns rows changed in all @throws {BatchError} naming the row */
  async executeBatch(
    sql: string,
    rows: readonly (readonly unknown[])[],
    options?: Pick<QueryOptions, "signal" | "timeoutMs">,
  ): Promise<number> {
    const statement = await this.#context.statements.prepare(sql);
    rows.forEach((row, index) => {
      checkParameters(statement, row, `row ${index}: the statement`);
    });
    for (const row of rows) this.#note(statement, row);
    if (rows.length === 0) return 0;
    const operation = this.#within(options);
    return this.#inner.executeBatch(statement.text, rows, operation);
  }

  /** After this, every use is refused. */
  end(): void {
    this.#open = false;
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
    if (
      facts.kind === "transaction" &&
      !/^\s*(savepoint|release|rollback\s+(\w+\s+)?to)\b/i.test(statement.text)
    )
      throw new TypeError(
        "transaction: return to commit and throw to roll back, instead of running COMMIT or ROLLBACK",
      );
    if (facts.kind === "session") this.#sessionChanged = true;
    // With another search_path, or a temporary table in front, the same text means other tables.
    if (this.#sessionChanged && facts.kind !== "ddl")
      this.#writes.add({ ...facts, kind: "write", writes: "all" }, params);
    else if (facts.kind !== "read") this.#writes.add(facts, params);
  }
}
