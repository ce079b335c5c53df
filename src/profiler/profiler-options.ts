import { type Clock, systemClock } from "../clock.ts";
import { callable, integer, knownKeys, rejectType } from "../options.ts";

export interface ProfilerOptions {
  /** Whether spans are recorded; may be changed at any time by `enabled`. @default true */
  readonly enabled?: boolean | undefined;
  /**
   * Spans kept one by one, the last that ended, an integer from 1 to 1,000,000; 64 bytes each, metadata aside. Statistics
   * count all spans, however many. @default 10_000
   */
  readonly maxSpans?: number | undefined;
  /**
   * Names (with their categories) that have statistics of their own, an integer from 1 to 100,000; some 4 kB each. Later
   * ones count as `(other)`. @default 500
   */
  readonly maxNames?: number | undefined;
  /** The slowest spans that are kept besides, an integer from 0 to 1,000. @default 20 */
  readonly slowest?: number | undefined;
  /** @default the system's monotonic clock, which is `performance.now()`'s */
  readonly clock?: Pick<Clock, "now"> | undefined;
}

export const profilerDefaults = Object.freeze({
  enabled: true,
  maxSpans: 10_000,
  maxNames: 500,
  slowest: 20,
});

export interface ResolvedProfilerOptions {
  readonly enabled: boolean;
  readonly maxSpans: number;
  readonly maxNames: number;
  readonly slowest: number;
  readonly clock: Pick<Clock, "now">;
}

export const profilerOptionKeys: readonly string[] = [...Object.keys(profilerDefaults), "clock"];

/** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
export function resolveProfilerOptions(options: ProfilerOptions): ResolvedProfilerOptions {
  knownKeys("PerformanceProfiler", options, profilerOptionKeys);
  const defaults = profilerDefaults;
  const clock = options.clock ?? systemClock;
  callable("clock.now", clock.now);
  return {
    enabled: flag("enabled", options.enabled ?? defaults.enabled),
    maxSpans: integer("maxSpans", options.maxSpans ?? defaults.maxSpans, 1, 1_000_000),
    maxNames: integer("maxNames", options.maxNames ?? defaults.maxNames, 1, 100_000),
    slowest: integer("slowest", options.slowest ?? defaults.slowest, 0, 1000),
    clock,
  };
}

/** @throws {TypeError} when it is neither */
export function flag(name: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : rejectType(name, "true or false", value);
}
