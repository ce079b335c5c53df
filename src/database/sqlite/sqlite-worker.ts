import type { StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { LruCache } from "../../algorithms/lru-cache.ts";
import { narrowed, preparedPerConnection, type SqliteValue } from "./connection.ts";
import { NodeConnection } from "./node-connection.ts";
import { bindParameters } from "./parameters.ts";
import { setPragmas } from "./store.ts";
import {
  type PackedRows,
  packError,
  type ThreadData,
  type ThreadReply,
  type ThreadRequest,
} from "./thread-protocol.ts";

/** Values, and characters in strings, of one reply: the event loop unpacks it in well under a millisecond. */
const maxValues = 2048;
const maxCharacters = 65_536;

type Reply = Omit<ThreadReply, "durationMs">;

/** A query, and how far it has got. */
class Reading {
  readonly #sql: string;
  readonly #statement: StatementSync;
  readonly #params: readonly SqliteValue[];
  #rows: Iterator<unknown>;
  #columns: readonly string[] | undefined;
  #bigints = false;

  constructor(sql: string, params: readonly SqliteValue[]) {
    this.#sql = sql;
    this.#statement = query(sql);
    this.#params = params;
    this.#statement.setReturnArrays(true);
    this.#statement.setReadBigInts(false);
    this.#rows = this.#iterate();
  }

  next(): Reply {
    try {
      return this.#next();
    } catch (error) {
      // An integer beyond 2^53: what was sent so far stands, but can't be gone on with.
      if (this.#bigints || (error as NodeJS.ErrnoException).code !== "ERR_OUT_OF_RANGE") {
        queries.delete(this.#sql);
        throw error;
      }
      this.#bigints = true;
      this.#statement.setReadBigInts(true);
      this.#rows = this.#iterate();
      return { ...this.#next(), restarted: true };
    }
  }

  stop(): void {
    this.#rows.return?.();
  }

  /** A statement that failed would give the same error to whoever runs it next: it isn't kept. */
  #iterate(): Iterator<unknown> {
    try {
      return this.#statement.iterate(...this.#params) as Iterator<unknown>;
    } catch (error) {
      queries.delete(this.#sql);
      throw error;
    }
  }

  #next(): Reply {
    const values: unknown[] = [];
    let characters = 0;
    let more = true;
    while (values.length < maxValues && characters < maxCharacters) {
      if (Atomics.load(cancelled, 0) === 1) {
        this.stop();
        more = false;
        break;
      }
      const { done, value } = this.#rows.next();
      if (done) {
        more = false;
        break;
      }
      for (const cell of value as unknown[]) {
        if (typeof cell === "string") characters += cell.length;
        else if (cell instanceof Uint8Array) characters += cell.length;
        values.push(typeof cell === "bigint" ? narrowed(cell) : cell);
      }
    }
    // Asked after the first row: only then the statement has been compiled against the present schema.
    this.#columns ??= this.#statement.columns().map(({ name }) => name);
    return { rows: { columns: this.#columns, values }, more };
  }
}

const data = workerData as ThreadData;
const cancelled = new Int32Array(data.cancelled);
const queries = new LruCache<string, StatementSync>({ maxSize: preparedPerConnection });
let opened: NodeConnection | undefined;
let reading: Reading | undefined;
let versionAtBegin: unknown;

function connection(): NodeConnection {
  if (opened !== undefined) return opened;
  const fresh = new NodeConnection(data.path, { readOnly: data.readOnly });
  try {
    const { journal_mode, ...others } = data.pragmas;
    setPragmas(fresh, others);
  } catch (error) {
    fresh.close();
    throw error;
  }
  opened = fresh;
  return fresh;
}

function query(sql: string): StatementSync {
  const known = queries.get(sql);
  if (known !== undefined) return known;
  const statement = connection().database.prepare(sql);
  queries.set(sql, statement);
  return statement;
}

const dataVersion = (): unknown =>
  connection().prepare("PRAGMA data_version").run([], true).rows[0]?.data_version;

function begin(): void {
  connection().database.exec("BEGIN IMMEDIATE");
  versionAtBegin = dataVersion();
}

function rollback(): void {
  if (connection().inTransaction) connection().database.exec("ROLLBACK");
}

function runStatement(sql: string, params: readonly SqliteValue[]): Reply {
  const { rows, rowCount, lastInsertRowid } = connection().prepare(sql).run(params, false);
  return {
    changed: rowCount,
    ...(lastInsertRowid !== undefined && { lastInsertRowid }),
    ...(rows.length > 0 && { rows: packed(rows) }),
  };
}

function packed(rows: readonly Readonly<Record<string, unknown>>[]): PackedRows {
  const columns = Object.keys(rows[0] ?? {});
  return { columns, values: rows.flatMap((row) => columns.map((column) => row[column])) };
}

/** Undoes the transaction when `work` fails, so that the lock is free by the time that the error arrives. */
function orRollback(work: () => Reply): Reply {
  try {
    return work();
  } catch (error) {
    rollback();
    throw error;
  }
}

class RowError extends Error {
  readonly row: number;
  constructor(row: number, cause: unknown) {
    super("a row failed", { cause });
    this.row = row;
  }
}

function runRows(request: ThreadRequest & { kind: "rows" }): Reply {
  const statement = connection().prepare(request.sql);
  const bound: SqliteValue[] = new Array(request.parameterCount);
  let changed = 0;
  for (const [index, row] of request.rows.entries()) {
    if (Atomics.load(cancelled, 0) === 1) break;
    try {
      changed += statement.change(bindParameters(row, request.parameterCount, bound));
    } catch (error) {
      throw new RowError(index, error);
    }
  }
  return { changed };
}

function next(): Reply {
  const reply = reading?.next() ?? {};
  if (!reply.more) reading = undefined;
  return reply;
}

function answer(request: ThreadRequest): Reply {
  switch (request.kind) {
    case "read":
      reading = new Reading(request.sql, request.params);
      return next();
    case "more":
      return next();
    case "stop":
      reading?.stop();
      reading = undefined;
      return {};
    case "write":
      // Given up before it was begun, as when the thread had yet to start.
      if (Atomics.load(cancelled, 0) === 1) return {};
      begin();
      return orRollback(() => runStatement(request.sql, request.params));
    case "begin":
      begin();
      return {};
    case "rows":
      return orRollback(() => runRows(request));
    case "commit":
      return orRollback(() => {
        connection().database.exec("COMMIT");
        return {};
      });
    case "rollback":
      rollback();
      return {};
    case "alone":
      return { alone: dataVersion() === versionAtBegin };
    case "define":
      return runStatement(request.sql, request.params);
    case "checkpoint":
      connection().database.exec("PRAGMA wal_checkpoint(PASSIVE)");
      return {};
  }
}

function reply(request: ThreadRequest): Reply {
  try {
    return answer(request);
  } catch (error) {
    reading = undefined;
    if (error instanceof RowError) return { error: packError(error.cause), failedRow: error.row };
    return { error: packError(error) };
  }
}

parentPort?.on("message", (request: ThreadRequest) => {
  const startedMs = performance.now();
  const answered = reply(request);
  parentPort?.postMessage({ ...answered, durationMs: performance.now() - startedMs } satisfies ThreadReply);
});
