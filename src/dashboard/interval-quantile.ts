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

/** Halvings of the span between smallest and largest; 2⁻¹⁶ of 40 octaves is 0.04 %. */
const steps = 16;
/** Just over the width of a bucket of `LatencyHistogram`. */
const bucket = 1.017;
/** Searches at most, where the first was led astray. */
const attempts = 6;

/**
 * The value at rank ⌈q × n⌉ of the n values that were recorded in the given intervals together, within 2.5 %: found by
 * halving the span of values, since snapshots tell no more than how many values are at or below a bound.
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
  const isReached = (bound: number): boolean => atOrBelow(bound) >= rank;
  const most = Math.max(...live.map(({ after }) => after.max));
  const least = Math.min(...live.map(({ after }) => after.min));
  if (isReached(least)) return least;
  let low = least;
  let high = most;
  let found = most;
  for (let attempt = 0; attempt < attempts; attempt++) {
    found = halved(low, high, isReached);
    // A snapshot knows its smallest and its largest value exactly, all others by their bucket: the difference of two is
    // off by one close to those, and a search that falls in there goes wrong.
    if (found * bucket < most && !isReached(found * bucket)) [low, high] = [found * bucket, most];
    else if (found / bucket > least && isReached(found / bucket)) [low, high] = [least, found / bucket];
    else break;
  }
  return found;
}

/** The smallest bound that reaches the rank, where `low` doesn't and `high` does. */
function halved(from: number, to: number, isReached: (bound: number) => boolean): number {
  // Values of 0 have no logarithm; nothing that is timed takes less than a trillionth of the longest.
  let low = Math.max(from, to * 1e-12);
  let high = to;
  for (let step = 0; step < steps && high > low * 1.001; step++) {
    const middle = Math.sqrt(low) * Math.sqrt(high);
    if (isReached(middle)) high = middle;
    else low = middle;
  }
  return high;
}
