import { finite } from "../../options.ts";

/** Exact, of all samples, in their unit. */
export interface LatencyPercentiles {
  readonly samples: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Percentiles by nearest rank: the smallest sample that at least so many percent are not above.
 * @param samples finite, ≥ 0, in any order and unit; not changed
 * @returns `undefined` when there are none
 * @throws {RangeError} on another sample
 */
export function latencyPercentiles(samples: ArrayLike<number>): LatencyPercentiles | undefined {
  const sorted = Float64Array.from(samples, (value, i) => finite(`samples[${i}]`, value, 0)).sort();
  const { length } = sorted;
  if (length === 0) return undefined;
  const at = (percent: number): number => sorted[Math.ceil((percent * length) / 100) - 1]!;
  return { samples: length, p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}
