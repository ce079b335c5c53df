import { LruCache } from "../../algorithms/lru-cache.ts";
import type { QueryResult, Row } from "../driver.ts";
import {
  narrowed,
  narrowIntegers,
  preparedPerConnection,
  type SqliteConnection,
  type SqliteStatement,
  type SqliteValue,
} from "./connection.ts";

/** A statement of better-sqlite3, as far as it is used here. */
export interface SqliteDatabaseStatement {
  readonly reader: boolean;
  all(...params: unknown[]): unknown[];
  run(...params: unknown[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  safeIntegers(on: boolean): unknown;
}

/** An open database of better-sqlite3, as far as it is used here. */
export interface SqliteDatabase {
  /** The file's path; empty or `:memory:` for one in memory. */
  readonly name: string;
  readonly memory: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteDatabaseStatement;
}

/**
 * A better-sqlite3 database that belongs to the caller: closing leaves it open. Integers are always read as bigints
 * and narrowed, since the driver rounds those beyond 2^53 without a word.
 */
export class BetterConnection implements SqliteConnection {
  readonly #database: SqliteDatabase;
  readonly #statements = new LruCache<string, BetterStatement>({ maxSize: preparedPerConnection });

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare(sql: string): BetterStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = new BetterStatement(this.#database.prepare(sql));
    this.#statements.set(sql, statement);
    return statement;
  }

  forgetStatements(): void {
    this.#statements.clear();
  }

  close(): void {
    this.forgetStatements();
  }
}

class BetterStatement implements SqliteStatement {
  readonly returnsRows: boolean;
  readonly #statement: SqliteDatabaseStatement;

  constructor(statement: SqliteDatabaseStatement) {
    this.#statement = statement;
    this.returnsRows = statement.reader;
    if (statement.reader) statement.safeIntegers(true);
  }

  run(params: readonly SqliteValue[]): QueryResult {
    if (this.returnsRows) {
      const rows = this.#statement.all(...params) as Row[];
      narrowIntegers(rows as Record<string, unknown>[]);
      return { rows, rowCount: rows.length };
    }
    this.#statement.safeIntegers(true);
    const { changes, lastInsertRowid } = this.#statement.run(...params);
    return { rows: [], rowCount: Number(changes), lastInsertRowid: narrowed(BigInt(lastInsertRowid)) };
  }

  change(params: readonly SqliteValue[]): number {
    // With RETURNING, better-sqlite3 refuses run().
    if (this.returnsRows) return this.#statement.all(...params).length;
    return Number(this.#statement.run(...params).changes);
  }
}
