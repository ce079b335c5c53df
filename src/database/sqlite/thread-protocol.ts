import type { Row } from "../driver.ts";
import type { SqliteValue } from "./connection.ts";

/** How a thread opens the file. */
export interface ThreadData {
  readonly path: string;
  readonly readOnly: boolean;
  readonly pragmas: Readonly<Record<string, string | number>>;
  /** One Int32, set to 1 when the present job is given up: checked at every row. */
  readonly cancelled: SharedArrayBuffer;
}

/** What a thread is asked for; each request gets one reply, and the next is sent only after it. */
export type ThreadRequest =
  /** Runs a query and gives its first rows. */
  | { readonly kind: "read"; readonly sql: string; readonly params: readonly SqliteValue[] }
  /** The next rows of the query under way. */
  | { readonly kind: "more" }
  /** Gives up the query under way. */
  | { readonly kind: "stop" }
  /** Takes the write lock and runs a statement, but doesn't commit yet. */
  | { readonly kind: "write"; readonly sql: string; readonly params: readonly SqliteValue[] }
  /** Takes the write lock for rows to come. */
  | { readonly kind: "begin" }
  /** Runs a statement for some rows, the first of which has index `first`. */
  | {
      readonly kind: "rows";
      readonly sql: string;
      readonly parameterCount: number;
      readonly rows: readonly (readonly unknown[])[];
    }
  | { readonly kind: "commit" }
  | { readonly kind: "rollback" }
  /** Has nobody but this thread committed since it took the write lock? */
  | { readonly kind: "alone" }
  /** Runs a statement outside of a transaction: a change of the schema. */
  | { readonly kind: "define"; readonly sql: string; readonly params: readonly SqliteValue[] }
  /** Moves what is committed from the write-ahead log into the file, as far as nobody is in the way. */
  | { readonly kind: "checkpoint" };

/** Rows on their way: names once, values row after row. */
export interface PackedRows {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

export interface ThreadReply {
  /** Milliseconds that the thread worked for this request. */
  readonly durationMs: number;
  readonly rows?: PackedRows;
  /** Are there more rows? */
  readonly more?: boolean;
  /** The rows sent so far are void: the query begins anew. */
  readonly restarted?: boolean;
  readonly changed?: number;
  readonly lastInsertRowid?: number | bigint;
  readonly alone?: boolean;
  readonly error?: PackedError;
  /** Which of the rows of this request failed. */
  readonly failedRow?: number;
}

/** An error without what a structured clone would lose. */
export interface PackedError {
  readonly type: "Error" | "TypeError" | "RangeError";
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export function packError(error: unknown): PackedError {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const type =
    error instanceof TypeError ? "TypeError" : error instanceof RangeError ? "RangeError" : "Error";
  return { type, message, properties: { ...(error as object) } };
}

const errorTypes = Object.freeze({ Error, TypeError, RangeError });

/** @returns the error as the driver would have thrown it here, with its code */
export function unpackError({ type, message, properties }: PackedError): Error {
  return Object.assign(new errorTypes[type](message), properties);
}

/** Appends the rows, as objects without a prototype, which is how the driver itself makes them. */
export function unpackRows({ columns, values }: PackedRows, into: Row[]): void {
  const width = columns.length;
  for (let at = 0; at < values.length; at += width) {
    const row: Record<string, unknown> = Object.create(null);
    for (let column = 0; column < width; column++) row[columns[column]!] = values[at + column];
    into.push(row);
  }
}
