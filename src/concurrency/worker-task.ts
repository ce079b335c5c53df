import type { Transferable } from "node:worker_threads";
import type { Clock, TimerHandle } from "../clock.ts";
import { offAbort, onAbort } from "./abort-listeners.ts";
import { capturedContext, type TaskContext, type TaskContextSource } from "./task-context.ts";
import type { KnownFunction } from "./worker-function.ts";
import type { PoolThread } from "./worker-pool-thread.ts";
import { answerFirst, inContext, moveResult } from "./worker-protocol.ts";

/** What a task may be given; checked by the pool. */
export interface TaskBounds {
  readonly transfer: readonly Transferable[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly idempotent: boolean;
  readonly moveResult: boolean;
  /** Of the pool. */
  readonly profiler: TaskContextSource | undefined;
}

/** A call for a thread, from submission until it settles, which it does once. */
export class WorkerTask {
  readonly fn: KnownFunction;
  args: readonly unknown[];
  readonly bounds: TaskBounds;
  /** Of the clock. */
  readonly submittedMs: number;
  /** The order of submission. */
  readonly sequence: number;
  readonly flags: number;
  /** What it was submitted under. */
  readonly context: TaskContext | undefined;
  /** Its arguments hold no object, which another task of the same message could come to share. */
  readonly isPlain: boolean;
  settled = false;
  /** Threads that ended under it while it ran, and while it waited in their hands. */
  crashes = 0;
  bounces = 0;

  /** Whose hands it is in; `undefined` in the queue. */
  thread: PoolThread | undefined;
  slot = -1;
  /** What it counts for in its thread's load, and in the queue's. */
  expectedMs = 0;
  /** Neighbours in the queue. */
  before: WorkerTask | undefined;
  after: WorkerTask | undefined;
  queued = false;

  readonly #resolve: (value: unknown) => void;
  readonly #reject: (reason: unknown) => void;
  #stopWatching: (() => void) | undefined;

  constructor(
    fn: KnownFunction,
    args: readonly unknown[],
    bounds: TaskBounds,
    at: { readonly submittedMs: number; readonly sequence: number },
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) {
    this.fn = fn;
    this.args = args;
    this.isPlain = args.every(isPrimitive);
    this.bounds = bounds;
    this.submittedMs = at.submittedMs;
    this.sequence = at.sequence;
    const mayBeCutOff = bounds.signal !== undefined || bounds.timeoutMs !== Number.POSITIVE_INFINITY;
    this.context = capturedContext(bounds.profiler);
    this.flags =
      (mayBeCutOff ? answerFirst : 0) |
      (bounds.moveResult ? moveResult : 0) |
      (this.context === undefined ? 0 : inContext);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Its arguments are gone once sent, so it can't be sent again; and it isn't sent before it can be run. */
  get isMoved(): boolean {
    return this.bounds.transfer.length > 0;
  }

  /** Calls back once when its time is over, or when its signal aborts, unless it has settled by then. */
  watch(clock: Clock, expire: () => void, abort: () => void): void {
    const { timeoutMs, signal } = this.bounds;
    if ((this.flags & answerFirst) === 0) return;
    let timer: TimerHandle;
    if (timeoutMs !== Number.POSITIVE_INFINITY) timer = clock.setTimeout(expire, timeoutMs);
    if (signal !== undefined) onAbort(signal, abort);
    this.#stopWatching = () => {
      if (timer !== undefined) clock.clearTimeout(timer);
      if (signal !== undefined) offAbort(signal, abort);
    };
  }

  resolve(value: unknown): void {
    this.#settle();
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.settled = true;
    this.args = [];
    this.#stopWatching?.();
  }
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
