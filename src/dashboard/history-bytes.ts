import type { HistoryWindow } from "./history.ts";

/**
 * Part of a history as bytes, little-endian, so that a browser reads it without parsing:
 * number of times and of rows; for each row its id and number of fields (all of these 32-bit integers); the times as
 * 64-bit floats; then for each row and field the values as 32-bit floats. NaN is no value.
 */
export function historyBytes({ times, rows }: HistoryWindow): Uint8Array {
  const fields = rows.reduce((sum, row) => sum + row.fields.length, 0);
  const bytes = new Uint8Array(8 + 8 * rows.length + 8 * times.length + 4 * fields * times.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const integer = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  integer(times.length);
  integer(rows.length);
  for (const row of rows) {
    integer(row.id);
    integer(row.fields.length);
  }
  for (const time of times) {
    view.setFloat64(at, time, true);
    at += 8;
  }
  for (const row of rows)
    for (const values of row.fields)
      for (const value of values) {
        view.setFloat32(at, value, true);
        at += 4;
      }
  return bytes;
}
