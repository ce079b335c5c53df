import { LruCache } from "../../algorithms/lru-cache.ts";
import { lex } from "../sql/sql-lexer.ts";
import type { IntegerParameters } from "./mysql-client.ts";

/** A statement as the server takes it: it knows only `?`, one for each value. */
export interface PositionalSql {
  readonly text: string;
  /** For each `?`, the index of its parameter; `undefined` when they stand in order. */
  readonly order: readonly number[] | undefined;
}

const known = new LruCache<string, PositionalSql>({ maxSize: 1_000 });

/** Numbered placeholders, `?2`, become plain ones. */
export function positional(sql: string): PositionalSql {
  const found = known.get(sql);
  if (found !== undefined) return found;
  const result = /\?\d/.test(sql) ? renumber(sql) : { text: sql, order: undefined };
  known.set(sql, result);
  return result;
}

function renumber(sql: string): PositionalSql {
  let text = "";
  let copied = 0;
  const order: number[] = [];
  for (const token of lex(sql, "mysql")) {
    if (token.type !== "placeholder") continue;
    order.push(token.text === "?" ? order.length : Number(token.text.slice(1)) - 1);
    text += `${sql.slice(copied, token.start)}?`;
    copied = token.end;
  }
  return { text: text + sql.slice(copied), order };
}

const firstMs = Date.parse("0000-01-01T00:00:00Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The value as mysql2 sends it without loss: bytes of any kind are bytes, and a bigint is an integer, not a text, with
 * which the server would reckon as with a DOUBLE.
 * @param integers how mysql2 is told of an integer; `undefined` where it can't be, so that it goes as text
 * @throws {RangeError} for what the server would store as something else: NaN and infinities, and a `Date` that is
 * invalid or outside of the years 0 to 9999
 * @throws {TypeError} for what has no value in SQL: `undefined`, functions, symbols, objects that can't be JSON
 */
export function wireValue(value: unknown, integers?: IntegerParameters): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`parameter: expected a finite number, got ${value}`);
  if (value === undefined || typeof value === "symbol" || typeof value === "function")
    throw new TypeError(`parameter: expected a value, or null, got ${typeof value}`);
  if (value instanceof Date && !(value.getTime() >= firstMs && value.getTime() <= lastMs))
    throw new RangeError("parameter: expected a Date of the years 0 to 9999, got another or an invalid one");
  if (typeof value === "bigint" && integers !== undefined) {
    if (BigInt.asIntN(64, value) === value) return integers(value);
    if (BigInt.asUintN(64, value) === value) return integers.unsigned(value);
  }
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (typeof value === "object" && value !== null && !(value instanceof Date)) checkJson(value);
  return value;
}

/** What mysql2 sends as JSON are arrays, plain objects, and what has a `toJSON`. */
function checkJson(value: object): void {
  const { toJSON } = value as { toJSON?: unknown };
  const isJson = Array.isArray(value) || value.constructor === Object || typeof toJSON === "function";
  if (!isJson || JSON.stringify(value) === undefined)
    throw new TypeError(
      "parameter: expected a plain object or an array, which go as JSON, got another object",
    );
}

/** Bytes that a value takes in a packet, at most. */
export function wireBytes(value: unknown): number {
  if (typeof value === "string") return value.length * 3 + 9;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength + 9;
  if (typeof value === "object" && value !== null && !(value instanceof Date))
    return (JSON.stringify(value)?.length ?? 0) * 3 + 9;
  return typeof value === "bigint" ? 32 : 16;
}
