import { DatabaseSync, type DatabaseSyncOptions, type StatementSync } from "node:sqlite";
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

/** A connection of `node:sqlite`. Never waits for a lock: whoever meets one decides himself. */
export class NodeConnection implements SqliteConnection {
  readonly database: DatabaseSync;
  readonly #statements = new LruCache<string, NodeStatement>({ maxSize: preparedPerConnection });
  #lastRowid: StatementSync | undefined;

  /** @throws the driver's error when the file can't be opened */
  constructor(path: string, options: DatabaseSyncOptions = {}) {
    this.database = new DatabaseSync(path, { timeout: 0, ...options });
  }

  get inTransaction(): boolean {
    return this.database.isOpen && this.database.isTransaction;
  }

  prepare(sql: string): NodeStatement {
    return this.#statements.get(sql) ?? this.keep(sql, this.database.prepare(sql));
  }

  /** Takes in a statement that was prepared elsewhere on this connection. */
  keep(sql: string, prepared: StatementSync): NodeStatement {
    const statement = new NodeStatement(prepared, this);
    this.#statements.set(sql, statement);
    return statement;
  }

  forgetStatements(): void {
    this.#statements.clear();
  }

  /** The driver itself rounds a rowid beyond 2^53. */
  lastInsertRowid(): bigint {
    if (this.#lastRowid === undefined) {
      this.#lastRowid = this.database.prepare("SELECT last_insert_rowid() AS id");
      this.#lastRowid.setReadBigInts(true);
    }
    return this.#lastRowid.get()?.id as bigint;
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

/**
 * Reading integers as numbers is fastest, but the driver throws on one beyond 2^53. So a read is tried with numbers,
 * and from the first such integer on repeated with bigints, which are then narrowed. A write with RETURNING must not
 * run twice: it always reads bigints.
 */
export class NodeStatement implements SqliteStatement {
  readonly returnsRows: boolean;
  readonly #statement: StatementSync;
  readonly #connection: NodeConnection;
  #bigints = false;

  constructor(statement: StatementSync, connection: NodeConnection) {
    this.#statement = statement;
    this.#connection = connection;
    this.returnsRows = statement.columns().length > 0;
  }

  run(params: readonly SqliteValue[], repeatable: boolean): QueryResult {
    if (!this.returnsRows) return this.#write(params);
    if (!repeatable) this.#readBigints();
    let rows: Row[];
    try {
      rows = this.#statement.all(...params);
    } catch (error) {
      if (this.#bigints || (error as NodeJS.ErrnoException).code !== "ERR_OUT_OF_RANGE") throw error;
      this.#readBigints();
      rows = this.#statement.all(...params);
    }
    if (this.#bigints) narrowIntegers(rows as Record<string, unknown>[]);
    return { rows, rowCount: rows.length };
  }

  change(params: readonly SqliteValue[]): number {
    return Number(this.#statement.run(...params).changes);
  }

  #write(params: readonly SqliteValue[]): QueryResult {
    const { changes, lastInsertRowid } = this.#statement.run(...params);
    const exact = Number.isSafeInteger(lastInsertRowid);
    return {
      rows: [],
      rowCount: Number(changes),
      lastInsertRowid: exact ? lastInsertRowid : narrowed(this.#connection.lastInsertRowid()),
    };
  }

  #readBigints(): void {
    if (this.#bigints) return;
    this.#bigints = true;
    this.#statement.setReadBigInts(true);
  }
}
