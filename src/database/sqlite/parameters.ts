import { ParameterCountError } from "../../errors.ts";
import type { Token } from "../sql/sql-lexer.ts";
import type { SqliteValue } from "./connection.ts";

/**
 * @returns how many parameters SQLite expects: its highest number, where a bare `?` takes the next one
 * @throws {TypeError} on named placeholders, which the driver would silently bind as NULL
 */
export function countParameters(tokens: readonly Token[]): number {
  let highest = 0;
  for (const { type, text } of tokens) {
    if (type !== "placeholder") continue;
    if (text[0] !== "?")
      throw new TypeError(`placeholder ${text}: only positional placeholders are supported, write ? or ?1`);
    highest = text === "?" ? highest + 1 : Math.max(highest, Number(text.slice(1)));
  }
  return highest;
}

/**
 * Parameters as SQLite binds them. The driver alone would bind `1` as `1.0`, which a TEXT column stores as "1.0": so
 * integers within ±(2^53 − 1) are bound as integers. A boolean becomes 0 or 1, a Date its ISO 8601 text in UTC.
 * @param bound array of `expected` places that takes the result, to spare one in a loop
 * @throws {ParameterCountError} since the driver binds missing ones as NULL
 * @throws {TypeError} for what SQLite has no type for: undefined, NaN, an invalid Date, objects, arrays, symbols
 */
export function bindParameters(
  params: readonly unknown[],
  expected: number,
  bound: SqliteValue[] = new Array(expected),
): readonly SqliteValue[] {
  if (params.length !== expected) throw new ParameterCountError(expected, params.length);
  for (let i = 0; i < expected; i++) {
    const value = params[i];
    if (typeof value === "number")
      bound[i] = Number.isSafeInteger(value) ? BigInt(value) : checkedFloat(value, i);
    else if (typeof value === "string" || value === null) bound[i] = value;
    else bound[i] = converted(value, i);
  }
  return bound;
}

/** @returns the same values, with bytes that the caller can't change any more while they wait to be bound */
export function ownValues(bound: readonly SqliteValue[]): readonly SqliteValue[] {
  return bound.some((value) => value instanceof Uint8Array)
    ? bound.map((value) => (value instanceof Uint8Array ? new Uint8Array(value) : value))
    : bound;
}

/** @returns `run` of the values as they are now, for later */
export function bindLater<T>(
  run: (bound: readonly SqliteValue[]) => T,
  bound: readonly SqliteValue[],
): () => T {
  const own = ownValues(bound);
  return () => run(own);
}

/** As {@link ownValues}, for rows that aren't bound yet: bytes and dates are copied, nothing is checked. */
export function ownRows(rows: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  return rows.map((row) => (hasMutable(row) ? row.map(ownValue) : row));
}

function hasMutable(row: readonly unknown[]): boolean {
  for (let i = 0; i < row.length; i++) if (typeof row[i] === "object" && row[i] !== null) return true;
  return false;
}

function ownValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return value instanceof Date ? new Date(value.getTime()) : value;
}

function checkedFloat(value: number, index: number): number {
  if (Number.isNaN(value)) throw refusal("NaN, which the driver would store as NULL", index);
  return value;
}

function converted(value: unknown, index: number): SqliteValue {
  switch (typeof value) {
    case "bigint":
      return value;
    case "boolean":
      return value ? 1n : 0n;
    case "object":
      if (value instanceof Uint8Array) return value;
      if (value instanceof Date) {
        if (Number.isNaN(value.getTime())) throw refusal("an invalid Date", index);
        return value.toISOString();
      }
      throw refusal(Array.isArray(value) ? "an array" : "an object", index);
    default:
      throw refusal(typeof value === "undefined" ? "undefined" : `a ${typeof value}`, index);
  }
}

function refusal(what: string, index: number): TypeError {
  return new TypeError(
    `parameter ${index}: expected null, number, bigint, string, boolean, Date or Uint8Array, got ${what}`,
  );
}
