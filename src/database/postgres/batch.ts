import { BatchError } from "../../errors.ts";
import { type ColumnArrays, columnArrays } from "./column-arrays.ts";
import type { PostgresConnection } from "./connection.ts";
import { type InsertPlan, insertPlan } from "./insert-plan.ts";
import { singleRowInsert } from "./insert-statement.ts";
import type { PgError, PrepareValue } from "./pg-client.ts";
import type { PipelineStep, WireRow } from "./row-pipeline.ts";

/** Fewer rows than this go one by one, in a single round trip; asking the catalogue would cost more than it gains. */
export const minSetRows = 16;
/** Rows that travel together: bounds the memory that a batch takes beside its rows, on both sides. */
export const chunkRows = 5_000;

/** Not a row's fault: serialization failure, deadlock, cancelled, shut down, out of memory or disk, lock timeout. */
const notTheRow = /^(40|53|55P03|57|58|XX|08(?!P01))/;

/**
 * Runs a statement once for each row, inside the transaction that is open, with the result of doing so one by one.
 * An INSERT of placeholders goes as one statement a chunk (arrays and `unnest`) where that comes to the same; what
 * is left, and a chunk that fails, goes as a pipeline of single statements, which shows the row that fails first.
 */
export async function runBatch(
  connection: PostgresConnection,
  prepareValue: PrepareValue,
  sql: string,
  rows: readonly (readonly unknown[])[],
  signal?: AbortSignal,
): Promise<number> {
  const insert = rows.length >= minSetRows ? await singleRowInsert(sql) : undefined;
  const planning = insert && insertPlan(connection.query.bind(connection), insert, signal);
  let changed = 0;
  for (let from = 0; from < rows.length; from += chunkRows) {
    const chunk = rows.slice(from, from + chunkRows);
    // Before the plan is waited for: the server draws it up meanwhile.
    const arrays = insert && tryArrays(chunk, insert.params.length, prepareValue);
    const plan = await planning;
    const bySet = plan && arrays && (await insertSet(connection, plan, arrays, signal));
    changed += bySet ?? (await runRows(connection, prepareValue, sql, chunk, from, signal));
  }
  return changed;
}

/** @returns `undefined` when there is a row that can't be sent: tried one by one, it will show */
function tryArrays(
  rows: readonly (readonly unknown[])[],
  width: number,
  prepareValue: PrepareValue,
): ColumnArrays | undefined {
  try {
    return columnArrays(rows, width, prepareValue);
  } catch {
    // The same conversion fails again, row by row, and is reported there with its row.
    return undefined;
  }
}

/** @returns rows changed; `undefined` when the rows must be tried one by one, and nothing has been changed */
async function insertSet(
  connection: PostgresConnection,
  plan: InsertPlan,
  { literals, buffers }: ColumnArrays,
  signal?: AbortSignal,
): Promise<number | undefined> {
  if (buffers.some((has, param) => has && !plan.bytes[param])) return undefined;
  const { changed, failure } = await connection.pipeline(
    [
      step("SAVEPOINT victor_batch"),
      { sql: plan.sql, rows: [literals] },
      step("RELEASE SAVEPOINT victor_batch"),
    ],
    signal,
  );
  if (failure === undefined) return changed;
  if (isNotTheRow(failure)) throw new BatchError(undefined, { cause: failure });
  const undo = await connection.pipeline(
    [step("ROLLBACK TO SAVEPOINT victor_batch"), step("RELEASE SAVEPOINT victor_batch")],
    signal,
  );
  if (undo.failure !== undefined) throw new BatchError(undefined, { cause: undo.failure });
  return undefined;
}

/** @param offset index of the first of `rows` in the whole batch */
async function runRows(
  connection: PostgresConnection,
  prepareValue: PrepareValue,
  sql: string,
  rows: readonly (readonly unknown[])[],
  offset: number,
  signal?: AbortSignal,
): Promise<number> {
  const wireRows: WireRow[] = [];
  let unsendable: BatchError | undefined;
  for (const [index, row] of rows.entries()) {
    try {
      wireRows.push(row.map((value) => prepareValue(value)));
    } catch (cause) {
      unsendable = new BatchError(offset + index, { cause });
      break;
    }
  }
  const { completed, changed, failure } = await connection.pipeline([{ sql, rows: wireRows }], signal);
  if (failure !== undefined)
    throw new BatchError(isNotTheRow(failure) ? undefined : offset + completed, { cause: failure });
  // Only now: rows before it might have failed in the database, and then those had come first.
  if (unsendable) throw unsendable;
  return changed;
}

function step(sql: string): PipelineStep {
  return { sql, rows: [[]] };
}

function isNotTheRow(error: unknown): boolean {
  const { code, severity } = error as PgError;
  return severity === undefined || code === undefined || notTheRow.test(code);
}
