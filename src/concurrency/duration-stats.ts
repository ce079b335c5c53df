import type { HistogramSnapshot } from "../metrics/metric.ts";

/** A distribution of durations in milliseconds; all but `count` are `undefined` while it is empty. */
export interface DurationStats {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}

/** @param seconds its values @internal */
export function durationStats(seconds: HistogramSnapshot): DurationStats {
  const ms = (q: number): number | undefined => {
    const value = seconds.quantile(q);
    return value === undefined ? undefined : value * 1000;
  };
  return { count: seconds.count, p50: ms(0.5), p90: ms(0.9), p99: ms(0.99), max: ms(1) };
}
