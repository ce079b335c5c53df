import { type Clock, systemClock } from "../../clock.ts";
import { callable, durationMs, finite, integer, knownKeys, rejectType } from "../../options.ts";
import type { LeakReport } from "./leak-report.ts";

export interface LeakDetectorOptions {
  /** Nothing is looked at before, since programs grow when they start; milliseconds ≥ 0. @default 30_000 */
  readonly warmupMs?: number | undefined;
  /** Part of one processor that readings may take, above 0 to 1; the sampling itself comes on top. @default 0.0025 */
  readonly cpuShare?: number | undefined;
  /** Growth of less than this, and of less than 1 % of the heap, isn't called a leak, in bytes from 65,536. @default 524_288 */
  readonly minBytes?: number | undefined;
  /** Mean distance of heap samples, in bytes allocated from 4096. @default 131_072 */
  readonly samplingBytes?: number | undefined;
  /**
   * Whether the heap is read, which says where it leaks. Each reading collects garbage: V8's profiler does so by itself. Without, only
   * the collections that happen anyhow are looked at, and no site is named.
   * @default true
   */
  readonly profiling?: boolean | undefined;
  /** Called when a leak shows that didn't before. What it throws becomes a process warning. */
  readonly onLeak?: ((report: LeakReport) => void) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

export interface ResolvedWatchOptions {
  readonly warmupMs: number;
  readonly cpuShare: number;
  readonly minBytes: number;
  readonly samplingBytes: number;
  readonly profiling: boolean;
  readonly onLeak: ((report: LeakReport) => void) | undefined;
  readonly clock: Clock;
}

const names = ["warmupMs", "cpuShare", "minBytes", "samplingBytes", "profiling", "onLeak", "clock"];

/** @throws {TypeError | RangeError} which option is wrong, and how */
export function resolveWatchOptions(options: LeakDetectorOptions): ResolvedWatchOptions {
  knownKeys("LeakDetector", options, names);
  const {
    warmupMs = 30_000,
    cpuShare = 0.0025,
    minBytes = 524_288,
    samplingBytes = 131_072,
    profiling = true,
    onLeak,
    clock = systemClock,
  } = options;
  durationMs("warmupMs", warmupMs);
  finite("cpuShare", cpuShare, 1e-6, 1);
  integer("minBytes", minBytes, 65_536);
  integer("samplingBytes", samplingBytes, 4096);
  if (typeof profiling !== "boolean") rejectType("profiling", "true or false", profiling);
  if (onLeak !== undefined) callable("onLeak", onLeak);
  return { warmupMs, cpuShare, minBytes, samplingBytes, profiling, onLeak, clock };
}
