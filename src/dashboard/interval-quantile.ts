import type { HistogramSnapshot } from "../metrics/metric.ts";

/** What a histogram recorded between two looks at it. */
export interface Interval {
  /** `undefined` where there was nothing before, or the histogram has begun anew. */
  readonly before: HistogramSnapshot | undefined;
  readonly after: HistogramSnapshot;
  /** Values recorded in between. */
  readonly count: number;
}

/** @returns what came in between; all of `after` when it holds less than `before`, so must have begun anew */
export function intervalOf(before: HistogramSnapshot | undefined, after: HistogramSnapshot): Interval {
  const isGrown = before !== undefined && after.count >= before.count;
  return isGrown
    ? { before, after, count: after.count - before.count }
    : { before: undefined, after, count: after.count };
}

/** Halvings of the span between smallest and largest; 2⁻¹⁶ of 64 octaves is 0.07 %. */
const steps = 16;

/**
 * The value at rank ⌈q × n⌉ of the n values that were recorded in the given intervals together, found by halving the
 * span of values: the snapshots' own error (1 %) and at most 0.1 % more.
 * @param q above 0, to 1
 * @returns NaN when nothing was recorded
 */
export function intervalQuantile(intervals: readonly Interval[], q: number): number {
  const live = intervals.filter(({ count }) => count > 0);
  const total = live.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return Number.NaN;
  const rank = Math.ceil(q * total * (1 - 2 ** -50));
  const atOrBelow = (bound: number): number =>
    live.reduce(
      (sum, { before, after }) => sum + after.countAtOrBelow(bound) - (before?.countAtOrBelow(bound) ?? 0),
      0,
    );
  let high = Math.max(...live.map(({ after }) => after.max));
  const least = Math.min(...live.map(({ after }) => after.min));
  if (atOrBelow(least) >= rank) return least;
  // Values of 0 have no logarithm; nothing that is timed takes less than a trillionth of the longest.
  let low = Math.max(least, high * 1e-12);
  for (let step = 0; step < steps && high > low * 1.001; step++) {
    const middle = Math.sqrt(low * high);
    if (atOrBelow(middle) >= rank) high = middle;
    else low = middle;
  }
  return high;
}
