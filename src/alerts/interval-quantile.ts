import type { HistogramSnapshot } from "../metrics/index.ts";

/** The answer is within this share of the histogram's own. */
const precision = 1 / 256;

/**
 * Quantile of what was recorded between two snapshots of one histogram.
 * @param before the earlier one; `undefined` for an empty one
 * @param q 0 to 1, nearest rank
 * @returns within 1.5 % for a `LatencyHistogram`; `undefined` when nothing was recorded between
 */
export function intervalQuantile(
  before: HistogramSnapshot | undefined,
  after: HistogramSnapshot,
  q: number,
): number | undefined {
  const recorded = after.count - (before?.count ?? 0);
  if (!(recorded > 0)) return undefined;
  if (!before || before.count === 0) return after.quantile(q);
  const rank = Math.max(1, Math.ceil(q * recorded * (1 - 2 ** -50)));
  const below = (bound: number): number => after.countAtOrBelow(bound) - before.countAtOrBelow(bound);
  // 2⁻⁶⁴ is the smallest that the histogram tells from 0.
  const smallest = Math.max(after.min, 2 ** -64);
  if (below(smallest) >= rank) return after.min;
  let low = smallest;
  let high = Math.min(after.max, Number.MAX_VALUE);
  while (high > low * (1 + precision)) {
    const middle = Math.sqrt(low) * Math.sqrt(high);
    if (below(middle) >= rank) high = middle;
    else low = middle;
  }
  return high;
}
