import type { Clock, TimerHandle } from "../../clock.ts";
import { BatchError, ClosedError, ConnectionLostError } from "../../errors.ts";
import type { Operation, QueryResult, Row } from "../driver.ts";
import { onCut, requireTime } from "./bounded-wait.ts";
import { retryWhileBusy } from "./busy-retry.ts";
import type { SqliteValue } from "./connection.ts";
import { bindParameters } from "./parameters.ts";
import { SqliteThread, type ThreadOptions } from "./sqlite-thread.ts";
import type { StatementPlan } from "./statement-plan.ts";
import { type ThreadReply, unpackError, unpackRows } from "./thread-protocol.ts";

export interface WriterThreadOptions extends ThreadOptions {
  readonly clock: Clock;
  readonly busyTimeoutMs: number;
  /** Told of each commit, so that it isn't taken for a stranger's. */
  readonly watch: CommitWatch;
}

/** See `FileVersions`. */
export interface CommitWatch {
  expectCommit(): void;
  committed(): void;
  settle(alone: boolean): void;
}

/** Work that the thread was given. */
export interface WriterJob<T> {
  /** Rejects as soon as the work is given up, unless the commit is under way: that is always waited for. */
  readonly result: Promise<T>;
  /** Resolves when the thread holds no lock any more. Never rejects. */
  readonly finished: Promise<void>;
}

/** Values of a batch, and characters in their strings, that are sent at once. */
const maxValues = 4096;
const maxCharacters = 65_536;
/** A thread takes some 20 MiB, and tens of milliseconds of a processor to start again. */
const idleThreadMs = 5000;

/**
 * Runs long writes on one thread, which is ended when it had no work for 5 s. Its caller holds the engine's write lock. Nothing is committed but on demand, so a
 * write that was given up before has not happened, however long SQLite still works on it.
 */
export class WriterThread {
  readonly #options: WriterThreadOptions;
  #thread: SqliteThread | undefined;
  #checkpointing: Promise<void> | undefined;
  /** Jobs and checkpoints that have begun and not ended. */
  #uses = 0;
  #idle: TimerHandle;
  #closed = false;

  constructor(options: WriterThreadOptions) {
    this.#options = options;
  }

  write(plan: StatementPlan, params: readonly SqliteValue[], operation: Operation): WriterJob<QueryResult> {
    let statementMs = 0;
    return this.#job(
      operation,
      async (thread) => {
        const request = { kind: "write", sql: plan.sql, params } as const;
        const reply = await this.#patiently(operation, () => thread.ask(request));
        statementMs = reply.durationMs;
        return resultOf(reply);
      },
      (commitMs) => plan.placement.record(statementMs + commitMs, "thread"),
    );
  }

  /** @returns rows changed in all; rejects with {@link BatchError} naming the row that failed */
  batch(plan: StatementPlan, rows: readonly (readonly unknown[])[], operation: Operation): WriterJob<number> {
    return this.#job(
      operation,
      async (thread, isCut) => {
        await this.#patiently(operation, () => thread.ask({ kind: "begin" }));
        let changed = 0;
        for (let first = 0; first < rows.length && !isCut(); ) {
          const end = chunkEnd(rows, first);
          changed += await sendRows(thread, plan, rows.slice(first, end), first);
          first = end;
        }
        return changed;
      },
      (durationMs) => plan.batchPlacement.record(durationMs, "thread"),
    );
  }

  /** A change of the schema, outside of a transaction, since some can't be inside one. Once begun, it can't be taken back. */
  define(plan: StatementPlan, params: readonly SqliteValue[], operation: Operation): WriterJob<QueryResult> {
    const result = this.#used(async () => {
      const thread = await this.#idleThread();
      requireTime(operation, this.#options.clock.now(), "changing the schema");
      return this.#patiently(operation, async () => {
        this.#options.watch.expectCommit();
        try {
          const reply = await thread.ask({ kind: "define", sql: plan.sql, params });
          plan.placement.record(reply.durationMs, "thread");
          return { ...resultOf(reply), rowCount: reply.rows ? (reply.changed ?? 0) : 0 };
        } finally {
          this.#options.watch.settle(false);
        }
      });
    });
    return { result, finished: settled(result) };
  }

  /** Moves committed pages into the file, beside all others, while nothing else is asked of the thread. */
  checkpoint(): void {
    this.#checkpointing ??= this.#used(() => this.#live().ask({ kind: "checkpoint" }))
      .then(
        () => {},
        // It is tried again after the next commits; what is committed stays so meanwhile.
        () => {},
      )
      .finally(() => {
        this.#checkpointing = undefined;
      });
  }

  /** @param wait whether nothing runs on it, so that its end can be waited for */
  async close(wait: boolean): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#idle);
    const ended = this.#checkpointing?.then(() => this.#thread?.terminate()) ?? this.#thread?.terminate();
    if (wait) await ended;
  }

  #job<T>(
    operation: Operation,
    work: (thread: SqliteThread, isCut: () => boolean) => Promise<T>,
    committed: (durationMs: number) => void,
  ): WriterJob<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let thread: SqliteThread | undefined;
    let cut = false;
    const stop = onCut(operation, this.#options.clock, "writing on the writer thread", (reason) => {
      cut = true;
      thread?.cancel();
      reject(reason);
    });
    const run = async (): Promise<void> => {
      thread = await this.#idleThread();
      if (cut) return;
      thread.renew();
      const value = await work(thread, () => cut);
      stop();
      if (cut) {
        await thread.ask({ kind: "rollback" });
        return;
      }
      committed(await this.#commit(thread));
      resolve(value);
    };
    const finished = this.#used(run).catch(reject).finally(stop);
    return { result: promise, finished };
  }

  /** @returns milliseconds that the commit took */
  async #commit(thread: SqliteThread): Promise<number> {
    const { watch } = this.#options;
    watch.expectCommit();
    let alone = false;
    try {
      const { durationMs } = await thread.ask({ kind: "commit" });
      watch.committed();
      alone = (await thread.ask({ kind: "alone" })).alone === true;
      return durationMs;
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      throw new ConnectionLostError("the database thread ended while it committed", true, { cause: error });
    } finally {
      watch.settle(alone);
    }
  }

  /** Does something with the thread, which isn't idle meanwhile. */
  async #used<T>(work: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    this.#uses++;
    clock.clearTimeout(this.#idle);
    try {
      return await work();
    } finally {
      if (--this.#uses === 0 && !this.#closed) this.#idle = clock.setTimeout(() => this.#end(), idleThreadMs);
    }
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }

  #patiently<T>(operation: Operation, attempt: () => Promise<T>): Promise<T> {
    return retryWhileBusy(attempt, operation, this.#options.busyTimeoutMs, this.#options.clock);
  }

  async #idleThread(): Promise<SqliteThread> {
    await this.#checkpointing;
    return this.#live();
  }

  #live(): SqliteThread {
    if (this.#closed) throw new ClosedError("the SQLite engine");
    if (this.#thread === undefined || this.#thread.ended)
      this.#thread = new SqliteThread(this.#options, false);
    return this.#thread;
  }
}

function resultOf({ rows: packed, changed = 0, lastInsertRowid }: ThreadReply): QueryResult {
  const rows: Row[] = [];
  if (packed !== undefined) unpackRows(packed, rows);
  return { rows, rowCount: changed, ...(lastInsertRowid !== undefined && { lastInsertRowid }) };
}

const settled = (promise: Promise<unknown>): Promise<void> =>
  promise.then(
    () => {},
    () => {},
  );

/** @returns the end of the rows that are sent together, from `first` on: at least one */
function chunkEnd(rows: readonly (readonly unknown[])[], first: number): number {
  let values = 0;
  let characters = 0;
  let end = first;
  while (end < rows.length && values < maxValues && characters < maxCharacters) {
    const row = rows[end++]!;
    values += row.length;
    for (const value of row)
      if (typeof value === "string" || value instanceof Uint8Array) characters += value.length;
  }
  return end;
}

async function sendRows(
  thread: SqliteThread,
  plan: StatementPlan,
  rows: readonly (readonly unknown[])[],
  first: number,
): Promise<number> {
  const { sql, parameterCount } = plan;
  let reply: ThreadReply;
  try {
    reply = await thread.askForReply({ kind: "rows", sql, parameterCount, rows });
  } catch (error) {
    if (error instanceof ConnectionLostError) throw error;
    await thread.ask({ kind: "rollback" });
    throw unsendable(rows, parameterCount, first, error);
  }
  if (reply.error !== undefined)
    throw new BatchError(reply.failedRow === undefined ? undefined : first + reply.failedRow, {
      cause: unpackError(reply.error),
    });
  return reply.changed ?? 0;
}

/** What can't be sent to a thread can't be bound either: finds the row. */
function unsendable(
  rows: readonly (readonly unknown[])[],
  parameterCount: number,
  first: number,
  error: unknown,
): BatchError {
  for (const [index, row] of rows.entries())
    try {
      bindParameters(row, parameterCount);
    } catch (cause) {
      return new BatchError(first + index, { cause });
    }
  return new BatchError(undefined, { cause: error });
}
