import type { Input } from "./input-iterator.ts";
import { type Calls, collect, settle } from "./parallel-collect.ts";
import { type ParallelOptions, resolveParallelOptions } from "./parallel-options.ts";

/** Work to be done. A promise is none, since it runs already: `() => promise` at the latest, or no concurrency is limited. */
export type Task<T> = (signal: AbortSignal) => T | PromiseLike<T>;

/** Tasks in any iterable, also an asynchronous one. They are pulled when they can run, and no sooner. */
export type Tasks<T> = Input<Task<T>>;

/** What the tasks of an array or a tuple result in, each in its place. */
export type ResultsOf<L extends readonly Task<unknown>[]> = {
  -readonly [I in keyof L]: Awaited<ReturnType<L[I]>>;
};

/**
 * Runs tasks side by side, at most `maxConcurrency` at once.
 *
 * The first failure stops the pulling, aborts the signal that the other tasks were given, waits until none of them runs, and is
 * thrown. So does an abort of `signal`. A task that ignores its signal is waited for: give `timeoutMs` if one may hang.
 * The event loop gets a turn every 10 ms, however trivial the tasks are.
 *
 * @param tasks functions; they get a signal that aborts when their result is no longer wanted
 * @returns the results in the order of the tasks
 * @throws {ParallelTaskError} with the failed task's `index` and its error as `cause`
 * @throws {TypeError} when a task is no function, or there is nothing to iterate over; the signal's reason when it aborts
 */
export function executeInParallel<const L extends readonly Task<unknown>[]>(
  tasks: L,
  options?: ParallelOptions,
): Promise<ResultsOf<L>>;
export function executeInParallel<T>(tasks: Tasks<T>, options?: ParallelOptions): Promise<T[]>;
export function executeInParallel(tasks: Tasks<unknown>, options: ParallelOptions = {}): Promise<unknown[]> {
  return collect("executeInParallel", taskWork(tasks), resolveParallelOptions("executeInParallel", options));
}

/** What becomes of the tasks of an array or a tuple, each in its place. */
export type SettledOf<L extends readonly Task<unknown>[]> = {
  -readonly [I in keyof L]: PromiseSettledResult<ResultsOf<L>[I]>;
};

/** {@link ParallelOptions} without `stopOnError`: no failure ends it. */
export type SettleOptions = Omit<ParallelOptions, "stopOnError">;

/** @internal */
export const settleKeys = ["maxConcurrency", "signal", "timeoutMs", "onProgress", "clock"];

/**
 * Like {@link executeInParallel}, but runs all tasks and returns what became of each, as `Promise.allSettled` does.
 * @throws {ParallelTaskError} when the input or `onProgress` throws
 * @throws {TypeError} when a task is no function, or there is nothing to iterate over; the signal's reason when it aborts
 */
export function settleInParallel<const L extends readonly Task<unknown>[]>(
  tasks: L,
  options?: SettleOptions,
): Promise<SettledOf<L>>;
export function settleInParallel<T>(
  tasks: Tasks<T>,
  options?: SettleOptions,
): Promise<PromiseSettledResult<T>[]>;
export function settleInParallel(
  tasks: Tasks<unknown>,
  options: SettleOptions = {},
): Promise<PromiseSettledResult<unknown>[]> {
  const resolved = resolveParallelOptions("settleInParallel", options, settleKeys);
  return settle("settleInParallel", taskWork(tasks), { ...resolved, stopOnError: false });
}

/**
 * Calls `fn` for every item, at most `maxConcurrency` at once. Everything else is as with {@link executeInParallel}.
 * @param items any iterable, also an asynchronous one; pulled when they can run. Promises in it are handed on as they are.
 * @returns the results in the order of the items
 */
export function mapConcurrent<I, T>(
  items: Input<I>,
  fn: (item: I, index: number, signal: AbortSignal) => T | PromiseLike<T>,
  options: ParallelOptions = {},
): Promise<T[]> {
  return collect("mapConcurrent", itemWork(items, fn), resolveParallelOptions("mapConcurrent", options));
}

/** @internal */
export function itemWork<I, T>(
  items: Input<I>,
  fn: (item: I, index: number, signal: AbortSignal) => T | PromiseLike<T>,
): Calls<I, T> {
  if (typeof fn !== "function")
    throw new TypeError("mapConcurrent: expected a function to call for each item");
  return { input: items, call: fn };
}

/** @internal */
export function taskWork<T>(tasks: Tasks<T>): Calls<Task<T>, T> {
  return {
    input: tasks,
    mistake: (task, index) => (typeof task === "function" ? undefined : notTask(task, index)),
    call: (task, _index, signal) => task(signal),
  };
}

function notTask(value: unknown, index: number): TypeError {
  const isPromise = typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
  const got = isPromise ? "a promise, which runs already; pass () => promise" : typeof value;
  return new TypeError(`tasks[${index}]: expected a function, got ${got}`);
}
