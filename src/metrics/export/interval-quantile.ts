import type { HistogramSnapshot } from "../metric.ts";

/** A step of the search is done when it is this narrow: well below the 1 % of the histogram itself. */
const narrow = 1.002;

/**
 * The quantile of the values recorded between two snapshots of one histogram.
 * Found by bisection on `countAtOrBelow`, whose buckets cost less than 1 %, so within about 1 % of the value at that rank.
 * @param before the earlier one; `undefined` when there was none
 * @param q 0 < q ≤ 1
 * @returns `undefined` when nothing was recorded in between
 */
export function intervalQuantile(
  now: HistogramSnapshot,
  before: HistogramSnapshot | undefined,
  q: number,
): number | undefined {
  const count = now.count - (before?.count ?? 0);
  if (count <= 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * count * (1 - 2 ** -50)));
  const reaches = (bound: number): boolean =>
    now.countAtOrBelow(bound) - (before?.countAtOrBelow(bound) ?? 0) >= rank;
  let [low, high] = [now.min, Math.min(now.max, Number.MAX_VALUE)];
  if (reaches(low)) return low;
  // Zeroes have no logarithm: the search begins at the least that the histogram tells apart.
  low = Math.max(low, 2 ** -64);
  if (reaches(low)) return low;
  while (high > low * narrow) {
    // The root of each: their product may be beyond all numbers, and the search would never end.
    const middle = Math.sqrt(low) * Math.sqrt(high);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}
