import { LruCache } from "../../algorithms/lru-cache.ts";
import { lex } from "../sql/sql-lexer.ts";

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

/**
 * The value as mysql2 sends it without loss: bytes of any kind are bytes.
 * @throws {RangeError} for NaN and infinities, which the server would store as something else
 */
export function wireValue(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`parameter: expected a finite number, got ${value}`);
  if (value instanceof Uint8Array && !Buffer.isBuffer(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

/** Bytes that a value takes in a packet, at most. */
export function wireBytes(value: unknown): number {
  if (typeof value === "string") return value.length * 3 + 9;
  if (value instanceof Uint8Array) return value.byteLength + 9;
  if (typeof value === "object" && value !== null && !(value instanceof Date))
    return JSON.stringify(value).length * 3 + 9;
  return typeof value === "bigint" ? 32 : 16;
}
