import { ClosedError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { AdaptiveSemaphore } from "./adaptive-semaphore.ts";
import { CircuitBreaker, type CircuitStats } from "./circuit-breaker.ts";
import type { CircuitBreakerOptions } from "./circuit-options.ts";
import {
  configureDefaultThreadPools,
  currentWorkerPool,
  type ThreadPoolsChange,
  type ThreadPoolsOptions,
} from "./default-thread-pools.ts";
import { type BatchOptions, batchWork } from "./execute-batch.ts";
import {
  itemWork,
  type ResultsOf,
  type SettledOf,
  type SettleOptions,
  settleKeys,
  type Task,
  type Tasks,
  taskWork,
} from "./execute-in-parallel.ts";
import type { Input } from "./input-iterator.ts";
import { collect, settle } from "./parallel-collect.ts";
import { type ParallelOptions, resolveParallelOptions } from "./parallel-options.ts";
import type { AdaptiveSemaphoreOptions } from "./semaphore-options.ts";
import type { SemaphoreStats } from "./semaphore-stats.ts";
import { TaskCounts, type TaskStats } from "./task-counts.ts";
import type { WorkerPoolStats } from "./worker-pool-stats.ts";

/** What runs and waits, at one moment. */
export interface ConcurrencyStats {
  /** Tasks that run here, weight of the permits that are out, and tasks in the hands of a thread. */
  readonly activeTasks: number;
  /** Callers that wait for a permit, and tasks that wait for a thread. */
  readonly queueDepth: number;
  /** Share of the time that the threads were active lately, 0–1; `undefined` while there are none. */
  readonly threadUtilization: number | undefined;
  /** Of `executeInParallel` and its kin. */
  readonly tasks: TaskStats;
  readonly semaphores: Readonly<Record<string, SemaphoreStats>>;
  readonly circuitBreakers: Readonly<Record<string, CircuitStats>>;
  /** The pool that `runInWorker` uses, of the whole process; `undefined` before its first use. */
  readonly workers: WorkerPoolStats | undefined;
}

/**
 * One place for what a program runs at once: tasks side by side, semaphores and circuit breakers by name, and what they
 * do in figures.
 *
 * ```ts
 * await using optimizer = new ConcurrencyOptimizer();
 * const pages = await optimizer.executeInParallel(urls.map((url) => () => load(url)), { maxConcurrency: 5 });
 * const result = await optimizer.getSemaphore("api").run(() => callApi());
 * ```
 * It is a source of metrics, which costs nothing until they are collected: `registry.register(optimizer)`.
 */
export class ConcurrencyOptimizer implements MetricSource, AsyncDisposable {
  readonly name = "concurrency";
  readonly #tasks = new TaskCounts();
  readonly #semaphores = new Map<string, AdaptiveSemaphore>();
  readonly #breakers = new Map<string, CircuitBreaker>();
  #closed = false;

  /** As the function {@link configureDefaultThreadPools}: the pool of threads belongs to the process. */
  static configureDefaultThreadPools(options?: ThreadPoolsOptions): ThreadPoolsChange {
    return configureDefaultThreadPools(options);
  }

  /** As the function `executeInParallel`, and counted. @throws {ClosedError} after `close` */
  executeInParallel<const L extends readonly Task<unknown>[]>(
    tasks: L,
    options?: ParallelOptions,
  ): Promise<ResultsOf<L>>;
  executeInParallel<T>(tasks: Tasks<T>, options?: ParallelOptions): Promise<T[]>;
  async executeInParallel(tasks: Tasks<unknown>, options: ParallelOptions = {}): Promise<unknown[]> {
    this.#open();
    const resolved = resolveParallelOptions("executeInParallel", options);
    return await collect("executeInParallel", this.#tasks.counted(taskWork(tasks)), resolved);
  }

  /** As the function `settleInParallel`, and counted. @throws {ClosedError} after `close` */
  settleInParallel<const L extends readonly Task<unknown>[]>(
    tasks: L,
    options?: SettleOptions,
  ): Promise<SettledOf<L>>;
  settleInParallel<T>(tasks: Tasks<T>, options?: SettleOptions): Promise<PromiseSettledResult<T>[]>;
  async settleInParallel(
    tasks: Tasks<unknown>,
    options: SettleOptions = {},
  ): Promise<PromiseSettledResult<unknown>[]> {
    this.#open();
    const resolved = resolveParallelOptions("settleInParallel", options, settleKeys);
    const work = this.#tasks.counted(taskWork(tasks));
    return await settle("settleInParallel", work, { ...resolved, stopOnError: false });
  }

  /** As the function `mapConcurrent`, and counted. @throws {ClosedError} after `close` */
  async mapConcurrent<I, T>(
    items: Input<I>,
    fn: (item: I, index: number, signal: AbortSignal) => T | PromiseLike<T>,
    options: ParallelOptions = {},
  ): Promise<T[]> {
    this.#open();
    const resolved = resolveParallelOptions("mapConcurrent", options);
    return await collect("mapConcurrent", this.#tasks.counted(itemWork(items, fn)), resolved);
  }

  /** As the function `executeBatch`, and counted. @throws {ClosedError} after `close` */
  async executeBatch<I, T>(
    fn: (item: I, index: number, signal: AbortSignal) => T | PromiseLike<T>,
    items: Input<I>,
    options: BatchOptions = {},
  ): Promise<T[]> {
    this.#open();
    const { work, resolved } = batchWork(fn, items, options);
    return await collect("executeBatch", this.#tasks.counted(work), resolved);
  }

  /**
   * The semaphore of that name, made at the first call.
   * @param options count when it is made; later ones are not looked at
   * @throws as `AdaptiveSemaphore`, {ClosedError} after `close`
   */
  getSemaphore(name: string, options?: AdaptiveSemaphoreOptions): AdaptiveSemaphore {
    this.#open();
    return made(this.#semaphores, name, () => new AdaptiveSemaphore(name, options));
  }

  /**
   * The circuit breaker of that name, made at the first call.
   * @param options count when it is made; later ones are not looked at
   * @throws as `CircuitBreaker`, {ClosedError} after `close`
   */
  getCircuitBreaker(name: string, options?: CircuitBreakerOptions): CircuitBreaker {
    this.#open();
    return made(this.#breakers, name, () => new CircuitBreaker(name, options));
  }

  getStats(): ConcurrencyStats {
    const tasks = this.#tasks.stats();
    const semaphores = statsOf(this.#semaphores);
    const workers = currentWorkerPool()?.stats();
    const all = Object.values(semaphores);
    return {
      activeTasks: all.reduce((sum, { inFlight }) => sum + inFlight, tasks.active + (workers?.running ?? 0)),
      queueDepth: all.reduce((sum, { queued }) => sum + queued, workers?.queued ?? 0),
      threadUtilization: workers?.utilization,
      tasks,
      semaphores,
      circuitBreakers: statsOf(this.#breakers),
      workers,
    };
  }

  *collect(): Iterable<MetricSample> {
    yield* this.#tasks.collect();
    for (const semaphore of this.#semaphores.values()) yield* semaphore.collect();
    for (const breaker of this.#breakers.values()) yield* breaker.collect();
    yield* currentWorkerPool()?.collect() ?? [];
  }

  /**
   * Turns away all who wait for a permit; whatever would begin something new throws `ClosedError` from now on. Tasks that run
   * go on, and the process's pool of threads, which is not its own, stays.
   * @returns when the last permit is back: one that never comes back is waited for
   */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#semaphores.values(), (semaphore) => semaphore.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): void {
    if (this.#closed) throw new ClosedError("ConcurrencyOptimizer");
  }
}

function made<T>(all: Map<string, T>, name: string, make: () => T): T {
  let one = all.get(name);
  if (one === undefined) {
    one = make();
    all.set(name, one);
  }
  return one;
}

function statsOf<S>(all: ReadonlyMap<string, { stats(): S }>): Record<string, S> {
  return Object.fromEntries(Array.from(all, ([name, one]) => [name, one.stats()]));
}
