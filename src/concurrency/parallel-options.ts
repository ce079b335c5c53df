import { type Clock, systemClock } from "../clock.ts";
import { durationMs, integer, knownKeys, reject } from "../options.ts";

/** How far a run has come. */
export interface ParallelProgress {
  /** Tasks that have succeeded. */
  readonly done: number;
  /** Tasks that have failed. */
  readonly failed: number;
  /** Of an array or a set; `undefined` when nobody knows. */
  readonly total: number | undefined;
}

/** How tasks run side by side. */
export interface ParallelOptions {
  /** Tasks that run at once, an integer ≥ 1, or `Infinity`. @default 10 */
  readonly maxConcurrency?: number;
  /** Bounds the whole: when it aborts, nothing more is started, the tasks' signal aborts, and its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the first failure ends it all. With `false` all tasks run, and their failures are thrown at the end. @default true */
  readonly stopOnError?: boolean;
  /**
   * For each task, in milliseconds from its start, > 0. A task that isn't done by then has failed with `DeadlineError`: its
   * signal aborts, and it is abandoned; if it goes on all the same, it does so beside `maxConcurrency` others, and what
   * becomes of it is ignored. @default Infinity
   */
  readonly timeoutMs?: number;
  /** Called after each task, except for a failure that ends it all. What it throws ends it all too. */
  readonly onProgress?: ((progress: ParallelProgress) => void) | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

export const parallelDefaults = Object.freeze({
  maxConcurrency: 10,
  stopOnError: true,
  timeoutMs: Number.POSITIVE_INFINITY,
});

/** Options with every default filled in and every value checked. */
export interface ResolvedParallelOptions extends Required<ParallelOptions> {}

export const parallelKeys = Object.freeze([
  ...Object.keys(parallelDefaults),
  "signal",
  "onProgress",
  "clock",
]);

/** @throws {RangeError | TypeError} on an option out of its bounds, or that is not in `known` */
export function resolveParallelOptions(
  where: string,
  options: ParallelOptions,
  known: readonly string[] = parallelKeys,
): ResolvedParallelOptions {
  knownKeys(where, options, known);
  const {
    maxConcurrency = parallelDefaults.maxConcurrency,
    stopOnError = parallelDefaults.stopOnError,
    timeoutMs = parallelDefaults.timeoutMs,
    signal,
    onProgress,
    clock = systemClock,
  } = options;
  if (maxConcurrency !== Number.POSITIVE_INFINITY) integer("maxConcurrency", maxConcurrency, 1);
  if (typeof stopOnError !== "boolean") reject("stopOnError", "true or false", stopOnError);
  if (!(durationMs("timeoutMs", timeoutMs) > 0)) reject("timeoutMs", "milliseconds > 0", timeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) reject("signal", "an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function")
    reject("onProgress", "a function", onProgress);
  return { maxConcurrency, stopOnError, timeoutMs, signal, onProgress, clock };
}
