import { abortSignal, callable, durationMs, finite, integer, knownKeys, rejectType } from "../../options.ts";
import type { AnyConstructor } from "./constructor-census.ts";

export interface DetectLeaksOptions {
  /**
   * What is suspected: called over and over, awaited each time, with the number of the call from 0. Garbage collection is forced
   * between calls, so this is for tests and not for a service.
   */
  readonly operation: (call: number) => unknown;
  /**
   * Operations of the first measurement, from 60. As many are run before it to warm up, and twice as many after it when the
   * first sees growth, so that what merely fills up is full by then: a cache should hold fewer than twice this number.
   * @default 2000
   */
  readonly iterations?: number | undefined;
  /** Operations before measuring, ≥ 0. @default iterations */
  readonly warmup?: number | undefined;
  /** Growth slower than this isn't called a leak, in bytes by operation, ≥ 1. @default 16 */
  readonly minBytes?: number | undefined;
  /**
   * Also finds what holds the leaked objects, by two heap snapshots. Each stops the program for about a second per 100 MiB, and
   * both need some 13 times the heap; without that much room it is left out, and `notes` says so.
   * @default false
   */
  readonly retainingPaths?: boolean | undefined;
  /** Classes whose live objects are counted. @default all, by name, once it grows */
  readonly classes?: readonly AnyConstructor[] | undefined;
  /** Mean distance of heap samples in bytes allocated, from 64. Smaller sees smaller leaks, and takes longer. @default 4096 */
  readonly samplingBytes?: number | undefined;
  /** Time given to timers and sockets before each collection, in milliseconds ≥ 0. @default 0 */
  readonly settleMs?: number | undefined;
  /** Stops it between two operations, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedDetectOptions {
  readonly operation: (call: number) => unknown;
  readonly iterations: number;
  readonly warmup: number;
  readonly minBytes: number;
  readonly retainingPaths: boolean;
  readonly classes: readonly AnyConstructor[] | undefined;
  readonly samplingBytes: number;
  readonly settleMs: number;
  readonly signal: AbortSignal | undefined;
}

const names = [
  "operation",
  "iterations",
  "warmup",
  "minBytes",
  "retainingPaths",
  "classes",
  "samplingBytes",
  "settleMs",
  "signal",
];

/** @throws {TypeError | RangeError} which option is wrong, and how */
export function resolveDetectOptions(options: DetectLeaksOptions): ResolvedDetectOptions {
  knownKeys("detectLeaks", options, names);
  const {
    operation,
    iterations = 2000,
    warmup = iterations,
    minBytes = 16,
    retainingPaths = false,
    classes,
    samplingBytes = 4096,
    settleMs = 0,
    signal,
  } = options;
  callable("operation", operation);
  integer("iterations", iterations, 60);
  integer("warmup", warmup, 0);
  finite("minBytes", minBytes, 1);
  integer("samplingBytes", samplingBytes, 64);
  durationMs("settleMs", settleMs);
  if (typeof retainingPaths !== "boolean") rejectType("retainingPaths", "true or false", retainingPaths);
  checkClasses(classes);
  abortSignal(signal);
  return {
    operation,
    iterations,
    warmup,
    minBytes,
    retainingPaths,
    classes,
    samplingBytes,
    settleMs,
    signal,
  };
}

/** @throws {TypeError} unless it is a list of classes, or nothing */
export function checkClasses(classes: unknown): void {
  if (classes === undefined) return;
  if (!Array.isArray(classes)) rejectType("classes", "an array of classes", classes);
  for (const [i, one] of (classes as unknown[]).entries()) callable(`classes[${i}]`, one);
}
