import { BatchError } from "../../errors.ts";
import type { MysqlConnection } from "./connection.ts";
import { type InsertShape, insertShape } from "./insert-shape.ts";
import type { MysqlError } from "./mysql-client.ts";
import { wireBytes } from "./parameters.ts";

/** Fewer rows than this go one by one; asking what the table is would cost more than it gains. */
export const minSetRows = 8;
/** Placeholders of one statement; the protocol's own limit is 65,535. */
const maxPlaceholders = 20_000;
/** Rows of one statement: more gain nothing, and each size is prepared anew. */
const maxRows = 1_000;
/** Bytes of a packet kept free for its head and for what counts differently. */
const packetReserveBytes = 4_096;

/** Not a row's fault: deadlock, lock wait, shutdown, killed, out of memory, disk full, read-only. */
const notTheRow = new Set([1021, 1037, 1041, 1053, 1205, 1213, 1290, 1317, 1792, 1836, 1927, 1969, 3024]);

/**
 * Tells whether one INSERT of many rows is the same as many of one: of a table that undoes a failed statement, and
 * without triggers, which may count statements or write to tables that don't. When `sql_mode` isn't strict, NULL for
 * a column that must not be is an error in one row, and 0 or '' in many.
 */
const plainTableSql = `
  SELECT t.ENGINE AS engine, @@sql_mode LIKE '%STRICT_%_TABLES%' AS strict, (SELECT COUNT(*) FROM information_schema.TRIGGERS
    WHERE EVENT_OBJECT_SCHEMA = t.TABLE_SCHEMA AND EVENT_OBJECT_TABLE = t.TABLE_NAME) AS triggers
  FROM information_schema.TABLES t
  WHERE t.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND t.TABLE_NAME = ? AND t.TABLE_TYPE = 'BASE TABLE'`;

/**
 * Runs a statement once for each row, inside the transaction that is open, with the result of doing so one by one.
 * An INSERT of placeholders goes as one of many rows where that comes to the same, within the server's
 * `max_allowed_packet`; a chunk that fails goes again row by row, which shows the row that fails first.
 */
export async function runBatch(
  connection: MysqlConnection,
  sql: string,
  rows: readonly (readonly unknown[])[],
  signal?: AbortSignal,
): Promise<number> {
  const shape = rows.length >= minSetRows ? insertShape(sql) : undefined;
  const asSet = shape !== undefined && (await isPlainTable(connection, shape, signal));
  if (!asSet) return runRows(connection, sql, rows, 0, signal);
  let changed = 0;
  const most = Math.max(1, Math.min(maxRows, Math.floor(maxPlaceholders / shape.width)));
  for (let from = 0; from < rows.length; ) {
    const count = chunkRows(rows, from, most, connection.session.maxPacketBytes);
    const chunk = rows.slice(from, from + count);
    changed +=
      (count > 1 ? await insertSet(connection, shape, chunk, signal) : undefined) ??
      (await runRows(connection, sql, chunk, from, signal));
    from += count;
  }
  return changed;
}

async function isPlainTable(
  connection: MysqlConnection,
  { table }: InsertShape,
  signal?: AbortSignal,
): Promise<boolean> {
  const { rows } = await connection.query(plainTableSql, [table.schema ?? null, table.name], signal);
  const [found] = rows;
  return (
    rows.length === 1 &&
    found?.engine === "InnoDB" &&
    Number(found.triggers) === 0 &&
    Number(found.strict) === 1
  );
}

/** @returns how many rows from `from` on go into one packet; at least one */
function chunkRows(
  rows: readonly (readonly unknown[])[],
  from: number,
  most: number,
  maxPacketBytes: number,
): number {
  let bytes = packetReserveBytes;
  let count = 0;
  while (count < most && from + count < rows.length) {
    for (const value of rows[from + count]!) bytes += wireBytes(value);
    if (count > 0 && bytes > maxPacketBytes) break;
    count++;
  }
  return count;
}

/** @returns rows changed; `undefined` when the rows must be tried one by one, and nothing has been changed */
async function insertSet(
  connection: MysqlConnection,
  { head, tuple, tail }: InsertShape,
  rows: readonly (readonly unknown[])[],
  signal?: AbortSignal,
): Promise<number | undefined> {
  const sql = `${head}${Array(rows.length).fill(tuple).join(", ")}${tail}`;
  try {
    return (await connection.query(sql, rows.flat(), signal)).rowCount;
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!connection.usable || isNotTheRow(error)) throw new BatchError(undefined, { cause: error });
    // InnoDB has undone the whole statement, so the rows may go again.
    return undefined;
  }
}

async function runRows(
  connection: MysqlConnection,
  sql: string,
  rows: readonly (readonly unknown[])[],
  offset: number,
  signal?: AbortSignal,
): Promise<number> {
  let changed = 0;
  for (const [index, row] of rows.entries()) {
    try {
      changed += (await connection.query(sql, row, signal)).rowCount;
    } catch (error) {
      if (signal?.aborted) throw error;
      const known = connection.usable && !isNotTheRow(error);
      throw new BatchError(known ? offset + index : undefined, { cause: error });
    }
  }
  return changed;
}

function isNotTheRow(error: unknown): boolean {
  const { errno } = error as MysqlError;
  return errno !== undefined && notTheRow.has(errno);
}
