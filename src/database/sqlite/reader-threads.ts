import type { Clock, TimerHandle } from "../../clock.ts";
import { ClosedError, PoolQueueFullError } from "../../errors.ts";
import type { Operation, QueryResult, Row } from "../driver.ts";
import { onCut } from "./bounded-wait.ts";
import type { SqliteValue } from "./connection.ts";
import { SqliteThread, type ThreadOptions } from "./sqlite-thread.ts";
import type { StatementPlan } from "./statement-plan.ts";
import { unpackRows } from "./thread-protocol.ts";

export interface ReaderThreadsOptions extends ThreadOptions {
  /** Threads that work at the same time, ≥ 1. */
  readonly threads: number;
  readonly clock: Clock;
}

/** Reads that may wait for a thread; the next is refused. */
const maxQueued = 1000;
/** Milliseconds that a read which was given up has to let go of its thread before the thread is given up as well. */
const graceMs = 100;
/** A thread takes some 20 MiB, and tens of milliseconds of a processor to start again. */
const idleThreadMs = 5000;

interface Waiter {
  begin(thread: SqliteThread): void;
  refuse(error: unknown): void;
}

/** A thread without work, and when it became so. */
interface Idle {
  readonly thread: SqliteThread;
  readonly sinceMs: number;
}

/**
 * Runs long reads on threads, in order of asking. A read that is given up leaves at once; if SQLite doesn't let go of
 * its thread, the thread counts as stuck and is replaced, as long as not more than twice the threads are alive. A thread
 * that had no work for 5 s is ended.
 */
export class ReaderThreads {
  readonly #options: ReaderThreadsOptions;
  /** The last to have worked is last, and the next to work. */
  #idle: Idle[] = [];
  #sweep: TimerHandle;
  readonly #busy = new Set<SqliteThread>();
  readonly #stuck = new Set<SqliteThread>();
  readonly #queue = new Set<Waiter>();
  readonly #drained = new Set<() => void>();
  #closed = false;

  constructor(options: ReaderThreadsOptions) {
    this.#options = options;
  }

  stats(): { busy: number; idle: number; stuck: number; queued: number } {
    return {
      busy: this.#busy.size,
      idle: this.#idle.length,
      stuck: this.#stuck.size,
      queued: this.#queue.size,
    };
  }

  /**
   * @throws the driver's error; {@link DeadlineError} or the signal's reason when given up;
   * {@link PoolQueueFullError} when 1,000 already wait; {@link ConnectionLostError} when the thread crashed;
   * {@link ClosedError} when it is closed before there is a thread
   */
  async read(
    plan: StatementPlan,
    params: readonly SqliteValue[],
    operation: Operation,
  ): Promise<QueryResult> {
    const thread = await this.#acquire(operation);
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const job = { cut: false };
      const stop = onCut(operation, clock, "reading on a thread", (reason) => {
        job.cut = true;
        thread.cancel();
        const grace = clock.setTimeout(() => this.#giveUp(thread), graceMs);
        void finished.finally(() => clock.clearTimeout(grace));
        reject(reason);
      });
      const finished = this.#run(thread, plan, params, job)
        .then(resolve, reject)
        .finally(() => {
          stop();
          this.#release(thread);
        });
    });
  }

  /** Waits until nothing runs or waits. @throws at the deadline */
  async drain(operation: Operation): Promise<void> {
    if (this.#busy.size + this.#queue.size === 0) return;
    await new Promise<void>((resolve, reject) => {
      const stop = onCut(operation, this.#options.clock, "waiting for the reader threads", reject);
      this.#drained.add(() => {
        stop();
        resolve();
      });
    });
  }

  /** Ends all threads; one that is stuck ends when its statement does, and isn't waited for. Reads that wait are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#sweep);
    for (const waiter of this.#queue) waiter.refuse(new ClosedError("the SQLite engine"));
    this.#queue.clear();
    for (const thread of [...this.#busy, ...this.#stuck]) void thread.terminate();
    await Promise.all(this.#idle.splice(0).map(({ thread }) => thread.terminate()));
  }

  async #run(
    thread: SqliteThread,
    plan: StatementPlan,
    params: readonly SqliteValue[],
    job: { readonly cut: boolean },
  ): Promise<QueryResult> {
    const rows: Row[] = [];
    let durationMs = 0;
    let reply = await thread.ask({ kind: "read", sql: plan.sql, params });
    for (;;) {
      durationMs += reply.durationMs;
      if (reply.restarted) rows.length = 0;
      if (!job.cut && reply.rows !== undefined) unpackRows(reply.rows, rows);
      if (!reply.more) break;
      // Each reply is unpacked in a turn of its own, so that a large result doesn't hold the event loop.
      reply = await thread.ask({ kind: job.cut ? "stop" : "more" });
    }
    if (!job.cut) plan.placement.record(durationMs, "thread");
    return { rows, rowCount: rows.length };
  }

  async #acquire(operation: Operation): Promise<SqliteThread> {
    const idle = this.#take();
    if (idle !== undefined) return idle;
    if (this.#queue.size >= maxQueued) throw new PoolQueueFullError("sqlite readers", maxQueued);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        begin: (thread) => {
          stop();
          resolve(thread);
        },
        refuse: (error) => {
          stop();
          reject(error);
        },
      };
      const stop = onCut(operation, this.#options.clock, "waiting for a reader thread", (reason) => {
        this.#queue.delete(waiter);
        this.#settle();
        reject(reason);
      });
      this.#queue.add(waiter);
    });
  }

  /** @returns a thread that is idle or may be started */
  #take(): SqliteThread | undefined {
    let thread = this.#idle.pop()?.thread;
    while (thread?.ended) thread = this.#idle.pop()?.thread;
    if (thread === undefined) {
      const { threads } = this.#options;
      const alive = this.#busy.size + this.#stuck.size;
      if (this.#busy.size >= threads || alive >= 2 * threads) return undefined;
      thread = new SqliteThread(this.#options, true);
    }
    this.#busy.add(thread);
    return thread;
  }

  #release(thread: SqliteThread): void {
    this.#stuck.delete(thread);
    if (this.#busy.delete(thread) && !thread.ended && !this.#closed) {
      thread.renew();
      this.#idle.push({ thread, sinceMs: this.#options.clock.now() });
      this.#sweep ??= this.#sweepLater(idleThreadMs);
    }
    this.#serve();
  }

  #sweepLater(ms: number): TimerHandle {
    return this.#options.clock.setTimeout(() => this.#endIdle(), ms);
  }

  #endIdle(): void {
    const now = this.#options.clock.now();
    const isOver = ({ sinceMs }: Idle): boolean => now - sinceMs >= idleThreadMs;
    for (const { thread } of this.#idle.filter(isOver)) void thread.terminate();
    this.#idle = this.#idle.filter((idle) => !isOver(idle));
    const [oldest] = this.#idle;
    this.#sweep = oldest && this.#sweepLater(oldest.sinceMs + idleThreadMs - now);
  }

  #giveUp(thread: SqliteThread): void {
    this.#busy.delete(thread);
    this.#stuck.add(thread);
    void thread.terminate();
    this.#serve();
  }

  #serve(): void {
    for (const waiter of this.#queue) {
      let thread: SqliteThread | undefined;
      try {
        thread = this.#take();
      } catch (error) {
        // No thread can be started: nobody would come back to this one either.
        this.#queue.delete(waiter);
        waiter.refuse(error);
        continue;
      }
      if (thread === undefined) break;
      this.#queue.delete(waiter);
      waiter.begin(thread);
    }
    this.#settle();
  }

  #settle(): void {
    if (this.#busy.size + this.#queue.size > 0) return;
    for (const tell of this.#drained) tell();
    this.#drained.clear();
  }
}
