import type { QueryResult } from "../driver.ts";

/** What SQLite can bind. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** A prepared statement on one connection. Runs at once, and holds the thread until it is done. */
export interface SqliteStatement {
  /** Does it return rows (a query, or a write with RETURNING)? */
  readonly returnsRows: boolean;
  /**
   * Rows are objects without a prototype on `node:sqlite`, plain objects on better-sqlite3. Integers within ±(2^53 − 1)
   * are numbers, all others bigints.
   * @param repeatable whether running it twice does no harm, which makes reading faster
   * @throws the driver's error
   */
  run(params: readonly SqliteValue[], repeatable: boolean): QueryResult;
  /** For a statement run in a loop: nothing but the number of rows changed. */
  change(params: readonly SqliteValue[]): number;
}

/** One connection, as far as the engine needs it. Used by nobody else, unless the caller passed it in. */
export interface SqliteConnection {
  /** @returns the statement, prepared anew or kept from before */
  prepare(sql: string): SqliteStatement;
  /** Prepares all anew from now on: the schema changed. */
  forgetStatements(): void;
  readonly inTransaction: boolean;
  close(): void;
}

/** Statements that a connection keeps prepared. */
export const preparedPerConnection = 500;

/** Makes bigints within ±(2^53 − 1) numbers, in place. */
export function narrowIntegers(rows: readonly Record<string, unknown>[]): void {
  for (const row of rows)
    for (const name in row) {
      const value = row[name];
      if (typeof value === "bigint") row[name] = narrowed(value);
    }
}

/** @returns a number where it is exact, else the bigint itself */
export function narrowed(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
