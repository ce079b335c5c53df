import { isDeepStrictEqual } from "node:util";
import { serialize } from "node:v8";
import type { QueryResult, Row } from "../driver.ts";

/**
 * Whether both have the same rows, each as often: without `ORDER BY`, a database may give them in another order each time.
 * Rows are compared by their values, of whatever class they are.
 */
export function sameRows({ rows: cached }: QueryResult, { rows: fresh }: QueryResult): boolean {
  if (cached.length !== fresh.length) return false;
  if (cached.every((row, i) => isDeepStrictEqual(plain(row), plain(fresh[i]!)))) return true;
  const left = texts(cached);
  const right = texts(fresh);
  return left.every((text, i) => text === right[i]);
}

/** Drivers make rows without a prototype, or of a class of their own. */
const plain = (row: Row): Row => ({ ...row });

const texts = (rows: readonly Row[]): string[] =>
  rows.map((row) => serialize(Object.entries(row)).toString("latin1")).sort();
