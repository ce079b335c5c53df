import { isThenable } from "../algorithms/thenable.ts";
import type { TimerHandle } from "../clock.ts";
import { DeadlineError, ParallelTaskError, type TaskFailure } from "../errors.ts";
import { offAbort, onAbort } from "./abort-listeners.ts";
import { awaitedTimer } from "./awaited-timer.ts";
import { type Input, isAsyncInput, totalOf } from "./input-iterator.ts";
import type { ResolvedParallelOptions } from "./parallel-options.ts";
import { isAbort } from "./semaphore-options.ts";
import { TimeSlice } from "./time-slice.ts";
import { nextTurn } from "./yield-to-event-loop.ts";

/** Tasks that never leave the microtask queue would keep timers, and with them every abort, waiting for ever. */
const sliceMs = 10;

/** What is run, and what becomes of it. */
export interface ParallelWork<I, T> {
  readonly input: Input<I>;
  /** How many items there are. @default what the input says */
  readonly total?: number | undefined;
  /** @param signal of all tasks together */
  onStart?(signal: AbortSignal): void;
  /** What is wrong with an item, as a caller's mistake; it ends the run. */
  mistake?(item: I, index: number): TypeError | undefined;
  /** Called with ascending indexes. */
  call(item: I, index: number, signal: AbortSignal): T | PromiseLike<T>;
  onValue(index: number, value: T): void;
  /** After each item that doesn't end the run, whether it succeeded or failed. */
  onSettled?(): void;
  /** Only of failures that don't end the run. */
  onFailure?(failure: TaskFailure): void;
  /** Whether failures that don't end the run are none of its caller's business at the end. */
  readonly settles?: boolean;
  /** Whether a value keeps its place among `maxConcurrency` until `release`. */
  readonly holdsValues?: boolean;
}

/** One task at a time. */
class Lane<T> {
  index = -1;
  /** What its task has promised, until it is awaited. */
  pending: PromiseLike<T> | undefined;
  deadline = Number.POSITIVE_INFINITY;
  controller: AbortController | undefined;
  /** Abandoned: what it still waits for concerns nobody. */
  left = false;
}

/**
 * Runs tasks in lanes, each of which pulls an item, runs it, and pulls the next: no queue, and no promise for a task beyond
 * its own. At the end nothing runs any more, but for tasks that were abandoned at their deadline.
 */
export class ParallelRun<I, T> {
  readonly #work: ParallelWork<I, T>;
  readonly #options: ResolvedParallelOptions;
  readonly #total: number | undefined;
  readonly #controller = new AbortController();
  readonly #signal = this.#controller.signal;
  readonly #lanes = new Set<Lane<T>>();
  readonly #failures: TaskFailure[] = [];
  readonly #slice: TimeSlice;
  readonly #end = Promise.withResolvers<void>();
  #iterator: Iterator<I> | AsyncIterator<I> | undefined;
  readonly #isAsync: boolean;
  /** The lane that waits for an asynchronous input. */
  #puller: Lane<T> | undefined;
  #turn: Promise<void> | undefined;
  #timer: TimerHandle | undefined;
  #started = 0;
  #done = 0;
  #failed = 0;
  /** Items whose task didn't begin, or gave up because it was told to. */
  #givenUp = 0;
  #held = 0;
  #exhausted = false;
  /** Neither exhausted nor stopped. */
  #isOpen = true;
  #finished = false;
  #stopped: "failure" | "mistake" | "signal" | "consumer" | undefined;
  /** The failure, or the mistake, that ended the run. */
  #fatal: TaskFailure | undefined;

  /** @throws {TypeError} when the input can't be iterated over */
  constructor(where: string, work: ParallelWork<I, T>, options: ResolvedParallelOptions) {
    const { input } = work;
    this.#isAsync = isAsyncInput(where, input);
    this.#total = work.total ?? totalOf(input);
    this.#work = work;
    this.#options = options;
    this.#slice = new TimeSlice(sliceMs, options.clock);
  }

  /** Items pulled so far. */
  get started(): number {
    return this.#started;
  }

  /** Tasks that run now. */
  get active(): number {
    return this.#started - this.#done - this.#failed - this.#givenUp;
  }
  /** Tasks that have succeeded so far. */
  get done(): number {
    return this.#done;
  }
  /** Tasks that have failed so far, but for those that gave up because they were told to. */
  get failed(): number {
    return this.#failed;
  }

  /**
   * Runs all. Called once.
   * @throws {ParallelTaskError} when a failure ended it; the signal's reason; the caller's mistake
   */
  run(): Promise<void> {
    const { signal } = this.#options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const input = this.#work.input as Iterable<I> & AsyncIterable<I>;
    try {
      this.#iterator = this.#isAsync ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
    } catch (error) {
      return Promise.reject(new ParallelTaskError({ part: "input", index: 0, error }, 0, []));
    }
    if (signal !== undefined) onAbort(signal, this.#onAbort);
    this.#work.onStart?.(this.#signal);
    this.#fillLanes();
    return this.#end.promise;
  }

  /** A held value has found its taker, so that another item may be pulled. */
  release(): void {
    this.#held--;
    this.#fillLanes();
  }

  /** The consumer goes away: stops as a failure would. @returns when nothing runs any more; never throws */
  async leave(): Promise<void> {
    this.#stop("consumer", new DOMException("Its consumer has stopped", "AbortError"));
    await this.#end.promise.catch(() => undefined);
  }

  #fillLanes(): void {
    while (this.#mayPull && this.#lanes.size + this.#held < this.#options.maxConcurrency) {
      const lane = new Lane<T>();
      this.#lanes.add(lane);
      void this.#drive(lane);
      if (this.#slice.spent()) {
        void this.#giveTurn().then(() => this.#fillLanes());
        break;
      }
    }
    this.#finishIfOver();
  }

  get #mayPull(): boolean {
    return this.#isOpen && this.#puller === undefined;
  }
  /** Whether a lane, itself among the lanes, may go on to the next item. */
  get #mayGoOn(): boolean {
    return (
      this.#isOpen && (this.#held === 0 || this.#lanes.size + this.#held <= this.#options.maxConcurrency)
    );
  }

  async #drive(lane: Lane<T>): Promise<void> {
    while (this.#mayGoOn) {
      if (this.#isAsync) {
        if (this.#puller !== undefined) break;
        await this.#pullAsync(lane);
        if (lane.left) return;
      } else this.#pullUntilPending(lane);
      const { pending } = lane;
      if (pending !== undefined) {
        lane.pending = undefined;
        try {
          const value = await pending;
          if (!lane.left) this.#succeed(lane, value);
        } catch (error) {
          if (!lane.left) this.#failTask(lane, error);
        }
        if (lane.left) return;
      }
      if (this.#turn !== undefined || this.#slice.spent()) await this.#giveTurn();
    }
    this.#lanes.delete(lane);
    this.#finishIfOver();
  }

  /** A plain loop, since V8 doesn't optimize an async function while it runs. */
  #pullUntilPending(lane: Lane<T>): void {
    const iterator = this.#iterator as Iterator<I>;
    do {
      let step: IteratorResult<I>;
      try {
        step = iterator.next();
        if (step.done) this.#close();
        else this.#begin(lane, step.value);
      } catch (error) {
        this.#failInput(error);
      }
    } while (lane.pending === undefined && this.#mayGoOn && !this.#slice.spent());
  }

  async #pullAsync(lane: Lane<T>): Promise<void> {
    this.#puller = lane;
    try {
      const step = await (this.#iterator as AsyncIterator<I>).next();
      if (lane.left) return;
      this.#puller = undefined;
      if (step.done) this.#close();
      else this.#begin(lane, step.value);
    } catch (error) {
      if (lane.left) return;
      this.#puller = undefined;
      this.#failInput(error);
    }
    // While this lane's task runs, another may pull.
    if (lane.pending !== undefined) this.#fillLanes();
  }

  /** Starts an item's task; a result that comes at once is dealt with at once. Never throws. */
  #begin(lane: Lane<T>, item: I): void {
    const index = this.#started++;
    lane.index = index;
    const mistake = this.#work.mistake?.(item, index);
    if (mistake !== undefined) this.#endBy("mistake", { part: "task", index, error: mistake });
    // The input may have aborted the signal.
    if (!this.#isOpen) {
      this.#givenUp++;
      return;
    }
    let outcome: T | PromiseLike<T>;
    try {
      const isBounded = this.#options.timeoutMs !== Number.POSITIVE_INFINITY;
      outcome = this.#work.call(item, index, isBounded ? this.#armed(lane) : this.#signal);
      if (isThenable(outcome)) {
        lane.pending = outcome;
        return;
      }
    } catch (error) {
      this.#failTask(lane, error);
      return;
    }
    this.#succeed(lane, outcome);
  }

  #succeed(lane: Lane<T>, value: T): void {
    lane.deadline = Number.POSITIVE_INFINITY;
    this.#done++;
    if (this.#work.holdsValues) this.#held++;
    this.#work.onValue(lane.index, value);
    this.#report(lane.index);
  }

  #failTask(lane: Lane<T>, error: unknown): void {
    lane.deadline = Number.POSITIVE_INFINITY;
    this.#fail("task", lane.index, error);
  }

  #failInput(error: unknown): void {
    // An iterator that has thrown is over, and isn't asked to return.
    this.#close();
    this.#fail("input", this.#started, error);
  }

  /** All lanes stop here, so that the event loop gets its turn. */
  #giveTurn(): Promise<void> {
    this.#turn ??= nextTurn().then(() => {
      this.#turn = undefined;
      this.#slice.restart();
    });
    return this.#turn;
  }

  /** Gives a lane's task a deadline, and a signal of its own that aborts at it. */
  #armed(lane: Lane<T>): AbortSignal {
    const { clock, timeoutMs } = this.#options;
    lane.deadline = clock.now() + timeoutMs;
    lane.controller = new AbortController();
    // All tasks have the same time, so the deadline that the timer waits for is the first.
    this.#timer ??= awaitedTimer(clock, this.#expire, timeoutMs);
    return lane.controller.signal;
  }

  readonly #expire = (): void => {
    const { clock, timeoutMs } = this.#options;
    this.#timer = undefined;
    const now = clock.now();
    for (const lane of [...this.#lanes])
      if (lane.deadline <= now) {
        this.#abandon(lane);
        const error = new DeadlineError(`task ${lane.index}`, timeoutMs);
        lane.controller?.abort(error);
        this.#fail("task", lane.index, error);
      }
    let first = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#lanes) first = Math.min(first, deadline);
    if (first !== Number.POSITIVE_INFINITY)
      this.#timer ??= awaitedTimer(clock, this.#expire, Math.max(0, first - clock.now()));
    this.#fillLanes();
  };

  #close(): void {
    this.#exhausted = true;
    this.#isOpen = false;
  }

  #abandon(lane: Lane<T>): void {
    lane.left = true;
    this.#lanes.delete(lane);
  }

  #fail(part: TaskFailure["part"], index: number, error: unknown): void {
    const failure = { part, index, error };
    // A task that gives up because it was told to hasn't failed.
    if (this.#stopped !== undefined && (error === this.#signal.reason || isAbort(error))) {
      if (part === "task") this.#givenUp++;
      return;
    }
    if (part === "task") this.#failed++;
    if (this.#stopped !== undefined) {
      this.#failures.push(failure);
      return;
    }
    this.#failures.push(failure);
    if (part === "task" && !this.#options.stopOnError) {
      this.#work.onFailure?.(failure);
      this.#report(index);
    } else this.#endBy("failure", failure);
  }

  #endBy(why: "failure" | "mistake", failure: TaskFailure): void {
    this.#fatal = failure;
    this.#stop(why, failure.error);
  }

  #report(index: number): void {
    this.#work.onSettled?.();
    const { onProgress } = this.#options;
    if (onProgress === undefined || this.#stopped !== undefined) return;
    try {
      onProgress({ done: this.#done, failed: this.#failed, total: this.#total });
    } catch (error) {
      this.#fail("onProgress", index, error);
    }
  }

  readonly #onAbort = (): void => this.#stop("signal", this.#options.signal?.reason);

  #stop(why: "failure" | "mistake" | "signal" | "consumer", reason: unknown): void {
    if (this.#stopped !== undefined || this.#finished) return;
    this.#stopped = why;
    this.#isOpen = false;
    if (this.#puller !== undefined) this.#abandon(this.#puller);
    this.#controller.abort(reason);
    for (const { controller } of this.#lanes) controller?.abort(reason);
    this.#finishIfOver();
  }

  #finishIfOver(): void {
    if (this.#finished || this.#lanes.size > 0 || this.#isOpen) return;
    this.#finished = true;
    void this.#finish();
  }

  async #finish(): Promise<void> {
    const { signal, clock } = this.#options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    if (signal !== undefined) offAbort(signal, this.#onAbort);
    if (!this.#exhausted)
      try {
        const closed = this.#iterator?.return?.();
        // It can't return before what it was asked for has come, and that may take for ever.
        if (this.#puller !== undefined) Promise.resolve(closed).catch(() => undefined);
        else await closed;
      } catch (error) {
        this.#failures.push({ part: "input", index: this.#started, error });
      }
    const first = this.#fatal ?? this.#failures[0];
    const others = this.#failures.filter((failure) => failure !== first);
    if (this.#stopped === "signal") this.#end.reject(signal?.reason);
    else if (this.#stopped === "mistake") this.#end.reject(first?.error);
    else if (first === undefined || this.#stopped === "consumer") this.#end.resolve();
    else if (this.#work.settles && this.#stopped === undefined) this.#end.resolve();
    else this.#end.reject(new ParallelTaskError(first, this.#done, others));
  }
}
