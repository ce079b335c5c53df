import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import {
  ClosedError,
  DeadlineError,
  WorkerCloneError,
  WorkerCrashedError,
  WorkerQueueFullError,
} from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { durationMs, knownKeys } from "../options.ts";
import { WorkerCrew } from "./worker-crew.ts";
import { type AnyFunction, WorkerFunctions } from "./worker-function.ts";
import { failureOf } from "./worker-outcome.ts";
import { placeFor } from "./worker-placement.ts";
import {
  checkSize,
  type ResolvedPoolOptions,
  type RunOptions,
  resolveBounds,
  resolvePoolOptions,
  type WorkerPoolOptions,
  type WorkerPoolSize,
} from "./worker-pool-options.ts";
import { WorkerPoolCounts, type WorkerPoolStats } from "./worker-pool-stats.ts";
import type { PoolThread } from "./worker-pool-thread.ts";
import { outcome } from "./worker-protocol.ts";
import { threadStartMs } from "./worker-sizing.ts";
import { WorkerTask } from "./worker-task.ts";
import { WorkerTaskQueue } from "./worker-task-queue.ts";
import { type StartThread, threadStarter } from "./worker-thread.ts";

/** How often the pool looks whether a task blocks others behind it, or whether the queue needs another thread. */
const lookMs = 4;
/** An idle thread takes work from another one's hands only if that much waits there. */
const stealMs = 0.5;
/** Threads may end under a task before it began, so often. */
const maxBounces = 10;

/** What a pool stands on; others in tests. */
export interface WorkerPoolGround {
  readonly clock?: Clock;
  readonly startThread?: StartThread;
}

/**
 * Runs functions in threads.
 *
 * ```ts
 * const sum = await pool.run((a: number, b: number) => a + b, [1, 2]);
 * const parsed = await pool.run(new URL("./parse.ts", import.meta.url), [text], { timeoutMs: 500 });
 * ```
 * A thread runs one task at a time. Tasks of a function that has proved short are sent many in a message, those of a
 * long one each to a thread of its own; what a thread hasn't begun is taken back when it blocks. Threads are started
 * while the work that waits is worth it, up to `maxWorkers`, and stopped when idle. The process stays alive for as long
 * as a task hasn't settled, not for the threads' sake.
 *
 * Arguments and results are copied by structured clone, arguments a little after the call: don't change them before
 * the task has settled.
 */
export class WorkerPool implements MetricSource, AsyncDisposable {
  readonly name: string;
  readonly #options: ResolvedPoolOptions;
  readonly #clock: Clock;
  readonly #functions = new WorkerFunctions();
  readonly #queue = new WorkerTaskQueue();
  readonly #counts = new WorkerPoolCounts();
  readonly #crew: WorkerCrew;
  #sequence = 0;
  #unsettled = 0;
  #dispatchIsDue = false;
  #lateDispatchIsDue = false;
  #lookTimer: TimerHandle;
  #closing: PromiseWithResolvers<void> | undefined;

  /**
   * @param ground the clock and threads of this process
   * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds
   */
  constructor(options: WorkerPoolOptions = {}, ground: WorkerPoolGround = {}) {
    const resolved = resolvePoolOptions(options);
    this.#options = resolved;
    this.name = resolved.name;
    this.#clock = ground.clock ?? systemClock;
    const { minWorkers, maxWorkers } = resolved;
    const start = ground.startThread ?? threadStarter(resolved);
    this.#crew = new WorkerCrew(start, this.#clock, { minWorkers, maxWorkers }, resolved.idleTimeoutMs, {
      ready: () => this.#dispatch(),
      answered: (thread, answers) => this.#answered(thread, answers),
      ended: (thread, exitCode, error) => this.#ended(thread, exitCode, error),
      unstartable: (exitCode, error) => this.#unstartable(exitCode, error),
    });
    this.#grow();
  }

  /**
   * Calls a function in a thread.
   * @param fn its source text is sent, once to each thread, and evaluated there: **it must not use variables from
   * around it**, which don't exist there (globals do, and `await import()` of packages and `node:` modules, not of
   * relative paths); native and bound functions, classes, methods and generators are refused. It may be async.
   * @param args what it is called with, anything that structured clone takes
   * @throws what the function throws, with class name, message, stack, fields and causes of an error;
   * {@link WorkerCrashedError} when its thread ended, {@link DeadlineError} after `timeoutMs`, the signal's reason,
   * {@link WorkerQueueFullError}, {@link WorkerCloneError}, {@link ClosedError}; `TypeError` or `RangeError` on a wrong
   * argument. All by way of the promise.
   */
  run<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    args: NoInfer<A>,
    options?: Omit<RunOptions, "name">,
  ): Promise<Awaited<R>>;
  /**
   * Calls an export of a module in a thread.
   * @param file URL, absolute path, or path relative to the working directory
   * @throws also {@link WorkerLoadError} when there is no such file or function, or it fails to load
   */
  run<R = unknown>(file: string | URL, args?: readonly unknown[], options?: RunOptions): Promise<R>;
  run(
    target: AnyFunction | string | URL,
    args: readonly unknown[] = [],
    options?: RunOptions,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) throw new ClosedError(`pool ${this.name}`);
      const defaults = this.#options.bounds;
      const bounds = options === undefined ? defaults : resolveBounds(options, defaults);
      if (!Array.isArray(args)) throw new TypeError("args: expected an array of arguments");
      const fn = this.#functions.find(target, options?.name);
      bounds.signal?.throwIfAborted();
      if (this.#queue.length >= this.#options.queueLimit) {
        this.#counts.refused++;
        throw new WorkerQueueFullError(this.name, this.#options.queueLimit);
      }
      const at = { submittedMs: this.#clock.now(), sequence: ++this.#sequence };
      const task = new WorkerTask(fn, args, bounds, at, resolve, reject);
      task.watch(
        this.#clock,
        () => this.#expire(task),
        () => this.#abort(task),
      );
      this.#unsettled++;
      task.expectedMs = fn.times.expectedMs ?? threadStartMs;
      this.#queue.push(task);
      this.#dispatchSoon();
    });
  }

  /** Changes the number of threads, while tasks run. @throws {RangeError | TypeError} on a size out of its bounds */
  resize(size: WorkerPoolSize): void {
    this.#crew.resize(checkSize(size, this.#crew.size));
    if (this.#closing === undefined) this.#grow();
  }

  stats(): WorkerPoolStats {
    return this.#counts.stats(this.#crew, this.#queue.length);
  }

  collect(): Iterable<MetricSample> {
    return this.#counts.collect(this.name, this.stats());
  }

  /**
   * Takes no more tasks, waits until all have settled, and ends the threads.
   * @param options `timeoutMs` after which those that haven't settled fail with {@link ClosedError}. @default Infinity
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    knownKeys("close", options, ["timeoutMs"]);
    const timeoutMs = durationMs("timeoutMs", options.timeoutMs ?? Number.POSITIVE_INFINITY);
    this.#closing ??= Promise.withResolvers();
    if (this.#hasEnded) this.#end();
    else if (timeoutMs !== Number.POSITIVE_INFINITY)
      this.#clock.setTimeout(() => this.#cutAll(new ClosedError(`pool ${this.name}`)), timeoutMs);
    return this.#closing.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What is submitted until all promise jobs are done goes out together. */
  #dispatchSoon(): void {
    if (this.#dispatchIsDue) return;
    this.#dispatchIsDue = true;
    process.nextTick(() => {
      this.#dispatchIsDue = false;
      this.#dispatch();
    });
  }

  /**
   * For a thread that is busy anyway, answers that have arrived, and what follows from them, are awaited first. Without
   * that, tasks which once went out in several messages would do so for ever, each batch replaced by one of its size.
   */
  #dispatchAfterAnswers(): void {
    if (this.#lateDispatchIsDue) return;
    this.#lateDispatchIsDue = true;
    setImmediate(() => {
      this.#lateDispatchIsDue = false;
      this.#dispatch(false);
    });
  }

  #dispatch(mayWait = true): void {
    if (this.#hasEnded) return;
    const { threads } = this.#crew;
    for (let task = this.#queue.first; task !== undefined; task = this.#queue.first) {
      const { expectedMs } = task.fn.times;
      const thread = placeFor(threads, expectedMs, task.isMoved, this.#queue.length > threads.length);
      if (thread === undefined) break;
      if (mayWait && thread.held > 0 && !thread.isTaking) {
        this.#dispatchAfterAnswers();
        break;
      }
      this.#queue.remove(task);
      task.expectedMs = expectedMs ?? threadStartMs;
      thread.take(task);
    }
    for (const thread of threads) {
      for (const [task, cause] of thread.send()) {
        this.#fail(task, new WorkerCloneError("arguments", { cause }));
        // No answer to it will come that would send those who wait.
        this.#dispatchSoon();
      }
      if (thread.isReady && thread.isIdle && thread.isAlive && !thread.isDying) this.#crew.idle(thread);
    }
    // What failed may have been the last that `close` waited for.
    if (this.#hasEnded) return;
    this.#grow();
    this.#lookLater();
  }

  #grow(): void {
    const { first, length, expectedMs } = this.#queue;
    const oldestWaitMs = first === undefined ? 0 : this.#clock.now() - first.submittedMs;
    this.#crew.grow({ queued: length, queuedMs: expectedMs, oldestWaitMs });
  }

  #lookLater(): void {
    if (this.#lookTimer !== undefined) return;
    const { threads, size } = this.#crew;
    const mayGrow = this.#queue.length > 0 && threads.length < size.maxWorkers;
    if (mayGrow || threads.some(({ held }) => held > 1))
      this.#lookTimer = this.#clock.setTimeout(() => this.#look(), lookMs);
  }

  /** Frees tasks from behind one that takes longer than was expected. */
  #look(): void {
    this.#lookTimer = undefined;
    for (const thread of this.#crew.threads) {
      if (thread.held > 1 && thread.seenAnswers === thread.answers) {
        thread.isStalled = true;
        this.#requeue(thread.takeBackAll());
      }
      thread.seenAnswers = thread.answers;
    }
    this.#dispatch();
  }

  #answered(thread: PoolThread, answers: readonly unknown[]): void {
    thread.answers++;
    thread.isStalled = false;
    const nowMs = this.#clock.now();
    for (let i = 0; i < answers.length; i += 3) {
      const slot = answers[i] as number;
      const runMs = thread.runMs(slot);
      const task = thread.release(slot);
      if (task !== undefined && !task.settled)
        this.#answer(task, answers[i + 1] as number, answers[i + 2], runMs, nowMs);
    }
    if (thread.isDying) return;
    if (thread.isIdle) {
      if (this.#queue.length === 0) this.#steal();
      this.#crew.idle(thread);
    }
    if (this.#queue.length > 0) this.#dispatchSoon();
  }

  #answer(task: WorkerTask, how: number, value: unknown, runMs: number, nowMs: number): void {
    if (how === outcome.notReceived && task.isPlain && !task.isMoved && ++task.bounces <= maxBounces) {
      // What couldn't be read is another one's, which has objects.
      this.#requeue([task]);
      return;
    }
    if (how !== outcome.notLoaded && how !== outcome.notReceived) {
      task.fn.times.record(runMs);
      this.#counts.runTime.record(runMs / 1000);
      this.#counts.queueDelay.record(Math.max(0, nowMs - task.submittedMs - runMs) / 1000);
    }
    if (how === outcome.returned) {
      this.#counts.completed++;
      this.#settled();
      task.resolve(value);
    } else this.#fail(task, failureOf(task.fn.definition.label, how, value));
  }

  /** Another thread has work waiting that this one could do. */
  #steal(): void {
    for (const thread of this.#crew.threads)
      if (thread.held > 1 && thread.heldMs >= stealMs) this.#requeue(thread.takeBackAll());
  }

  #requeue(tasks: readonly WorkerTask[]): void {
    for (const task of tasks.toReversed()) this.#queue.unshift(task);
  }

  #ended(thread: PoolThread, exitCode: number | undefined, error: unknown): void {
    const { waiting, begun } = thread.abandon();
    const options = error === undefined ? {} : { cause: error };
    const crashed = (task: WorkerTask, started: boolean): WorkerCrashedError => {
      const attempts = task.crashes + task.bounces;
      return new WorkerCrashedError(this.name, { started, exitCode, attempts }, options);
    };
    const again: WorkerTask[] = [];
    for (const task of waiting) {
      if (++task.bounces <= maxBounces && !task.isMoved) again.push(task);
      else this.#fail(task, crashed(task, false));
    }
    this.#requeue(again);
    for (const task of begun) {
      if (task.settled) continue;
      const mayTryAgain = task.bounds.idempotent && !task.isMoved && task.crashes < this.#options.maxRetries;
      task.crashes++;
      if (mayTryAgain) {
        this.#counts.retries++;
        // Behind the others: it may do the same to its next thread.
        this.#queue.push(task);
      } else this.#fail(task, crashed(task, true));
    }
    this.#dispatchSoon();
  }

  #unstartable(exitCode: number | undefined, error: unknown): void {
    const options = error === undefined ? {} : { cause: error };
    for (const task of this.#queue) {
      this.#queue.remove(task);
      this.#fail(task, new WorkerCrashedError(this.name, { started: false, exitCode, attempts: 1 }, options));
    }
  }

  #expire(task: WorkerTask): void {
    this.#counts.timeouts++;
    const step = `worker task ${task.fn.definition.label}: ${task.queued ? "waiting for a thread" : "running"}`;
    this.#cut(task, new DeadlineError(step, task.bounds.timeoutMs));
  }

  #abort(task: WorkerTask): void {
    this.#counts.aborted++;
    this.#cut(task, task.bounds.signal?.reason);
  }

  /** Settles a task before its answer comes; if it runs, its thread has to go. */
  #cut(task: WorkerTask, reason: unknown): void {
    const { thread } = task;
    if (thread === undefined) this.#queue.remove(task);
    else if (!thread.takeBack(task) && thread.giveUp(task)) {
      // Nothing more begins there, so nothing that waits there need wait for the thread's end.
      this.#requeue(thread.takeBackAll());
      this.#crew.stop(thread);
    }
    this.#settled();
    task.reject(reason);
    this.#dispatchSoon();
  }

  #cutAll(reason: Error): void {
    const held = this.#crew.threads.flatMap((thread) => thread.tasks());
    for (const task of [...this.#queue, ...held])
      if (!task.settled) {
        this.#counts.aborted++;
        this.#cut(task, reason);
      }
  }

  #fail(task: WorkerTask, error: unknown): void {
    this.#counts.failed++;
    this.#settled();
    task.reject(error);
  }

  get #hasEnded(): boolean {
    return this.#closing !== undefined && this.#unsettled === 0;
  }

  #settled(): void {
    this.#unsettled--;
    if (this.#hasEnded) this.#end();
  }

  #end(): void {
    this.#clock.clearTimeout(this.#lookTimer);
    this.#crew.close().then(this.#closing!.resolve, this.#closing!.reject);
  }
}
