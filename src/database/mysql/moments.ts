import type { MysqlAnswer, MysqlField, MysqlFields, MysqlRows } from "./mysql-client.ts";

/** The protocol's numbers of TIMESTAMP, DATE, DATETIME and NEWDATE. */
const momentTypes = new Set([7, 10, 12, 14]);

/**
 * Makes `Date`s of the DATE, DATETIME and TIMESTAMP in an answer, which stand there as text: mysql2's own reading takes
 * `0000-00-00` for a day of 1899 or 2023, and the year 1 for 1901. What is no day of the calendar becomes an invalid
 * `Date`.
 * @param zone offset of the session, such as `+02:00`
 */
export function readMoments(answer: MysqlAnswer, fields: MysqlFields | undefined, zone: string): void {
  if (fields === undefined || !Array.isArray(answer)) return;
  if (isOfOne(fields)) readRows(answer as MysqlRows, fields, zone);
  else
    for (const [i, each] of fields.entries())
      if (each !== undefined) readRows(answer[i] as MysqlRows, each, zone);
}

function isOfOne(fields: MysqlFields): fields is readonly MysqlField[] {
  return fields.every((each) => each !== undefined && !Array.isArray(each));
}

function readRows(rows: MysqlRows, fields: readonly MysqlField[], zone: string): void {
  // Of columns that bear one name a row has the last.
  const types = new Map(fields.map(({ name, columnType }) => [name, columnType]));
  for (const [name, type] of types)
    if (momentTypes.has(type))
      for (const row of rows) {
        const text = row[name];
        if (typeof text === "string") row[name] = momentOf(text, zone);
      }
}

function momentOf(text: string, zone: string): Date {
  const [day = "", time = "00:00:00"] = text.split(" ");
  return new Date(`${day}T${time}${zone}`);
}
