import { deserialize, serialize } from "node:v8";
import type { Codec } from "../../cache/codec/codec.ts";
import { seal } from "../cache/sealed-result.ts";
import type { QueryResult, Row } from "../driver.ts";

/** A result that is given to its callers and not kept. */
export class UnkeptResult {
  readonly result: QueryResult;
  constructor(result: QueryResult) {
    this.result = result;
  }
}

/** What is stored: column names once, then the values row by row. */
type Packed = readonly [
  columns: readonly string[],
  hasPrototype: boolean,
  values: readonly unknown[],
  rowCount: number,
  lastInsertRowid: number | bigint | undefined,
];

/** Rows whose columns differ go as they are: `columns` is then empty, and each value is a row's entries. */
type Entries = readonly (readonly [string, unknown])[];

/**
 * Results with all their types: dates, bytes, bigints, `NaN` and `-0` come back as they were, rows without a prototype too.
 * What comes back is frozen as `seal` freezes it.
 */
export const rowsCodec: Codec<QueryResult | UnkeptResult> = Object.freeze({
  mark: "v8-rows",
  encode(result: QueryResult | UnkeptResult): Uint8Array {
    if (result instanceof UnkeptResult) throw new TypeError("a result that isn't to be kept");
    const { rows, rowCount, lastInsertRowid } = result;
    const columns = rows.length === 0 ? [] : Object.keys(rows[0]!);
    const hasPrototype = rows.length > 0 && Object.getPrototypeOf(rows[0]) !== null;
    const areAlike =
      columns.length > 0 &&
      rows.every((row) => {
        const names = Object.keys(row);
        return names.length === columns.length && names.every((name, i) => name === columns[i]);
      });
    const values: unknown[] = [];
    for (const row of rows)
      if (areAlike) for (const column of columns) values.push(row[column]);
      else values.push(Object.entries(row));
    return serialize([
      areAlike ? columns : [],
      hasPrototype,
      values,
      rowCount,
      lastInsertRowid,
    ] satisfies Packed);
  },
  decode(bytes: Uint8Array): QueryResult {
    // Of its own, since byte arrays of the rows are views of what is given here.
    const [columns, hasPrototype, values, rowCount, lastInsertRowid] = deserialize(
      new Uint8Array(bytes),
    ) as Packed;
    const rows: Row[] = [];
    if (columns.length === 0)
      for (const entries of values) rows.push(rowOf(entries as Entries, hasPrototype));
    else
      for (let i = 0; i < values.length; i += columns.length)
        rows.push(
          rowOf(
            columns.map((column, at) => [column, values[i + at]]),
            hasPrototype,
          ),
        );
    return seal(lastInsertRowid === undefined ? { rows, rowCount } : { rows, rowCount, lastInsertRowid })
      .result;
  },
});

function rowOf(entries: Entries, hasPrototype: boolean): Row {
  const row: Record<string, unknown> = hasPrototype ? {} : Object.create(null);
  for (const [name, value] of entries) {
    // Assigned, a column of this name would be lost.
    if (name === "__proto__")
      Object.defineProperty(row, name, { value, enumerable: true, configurable: true });
    else row[name] = value;
  }
  return row;
}
