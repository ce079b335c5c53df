import type { HistogramSnapshot } from "../metric.ts";

/** A step of the search is done when it is this narrow: well below the 1 % of the histogram itself. */
const narrow = 1.002;
/** Just over the width of a bucket of `LatencyHistogram`. */
const bucket = 1.017;
/** Searches at most, where the first was led astray. */
const attempts = 6;

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
  const most = Math.min(now.max, Number.MAX_VALUE);
  if (reaches(now.min)) return now.min;
  // Zeroes have no logarithm: the search begins at the least that the histogram tells apart.
  const least = Math.max(now.min, 2 ** -64);
  if (reaches(least)) return least;
  let found = halved(least, most, reaches);
  for (let attempt = 1; attempt < attempts; attempt++) {
    // A snapshot knows its smallest and its largest value exactly, all others by their bucket: the difference of two is
    // off by one close to those, and a search that falls in there goes wrong.
    if (found * bucket < most && !reaches(found * bucket)) found = halved(found * bucket, most, reaches);
    else if (found / bucket > least && reaches(found / bucket))
      found = halved(least, found / bucket, reaches);
    else break;
  }
  return found;
}

/** The smallest bound that reaches the rank, where `from` doesn't and `to` does. */
function halved(from: number, to: number, reaches: (bound: number) => boolean): number {
  let [low, high] = [from, to];
  while (high > low * narrow) {
    // The root of each: their product may be beyond all numbers, and the search would never end.
    const middle = Math.sqrt(low) * Math.sqrt(high);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}
