import { LatencyHistogram } from "./latency-histogram.ts";
import type { HistogramSnapshot } from "./metric.ts";

/** Two looks at one histogram. */
export interface HistogramInterval {
  /** `undefined` where there was nothing before. */
  readonly before: HistogramSnapshot | undefined;
  readonly after: HistogramSnapshot;
}

/**
 * What histograms recorded between two looks at each, all together. One that holds less than before has begun anew, so all that
 * it holds is new. Of `LatencyHistogram`s the buckets are subtracted, so that quantiles are within 1 % as ever; of others they
 * are found by halving, as near as their own buckets allow.
 */
export function recordedBetween(intervals: readonly HistogramInterval[]): HistogramSnapshot {
  const own: LatencyHistogram[] = [];
  for (const { before, after } of intervals)
    if (after instanceof LatencyHistogram && (before === undefined || before instanceof LatencyHistogram))
      own.push(after.since(before));
    else return new Difference(intervals);
  const [first, ...others] = own;
  if (first === undefined) return new LatencyHistogram();
  for (const other of others) first.merge(other);
  return first;
}

/** A step of the search is done when it is this narrow. */
const narrow = 1.002;
/** The least that is told from 0, which has no logarithm. */
const least = 2 ** -64;

class Difference implements HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly #intervals: readonly HistogramInterval[];

  constructor(intervals: readonly HistogramInterval[]) {
    this.#intervals = intervals
      .map(({ before, after }) => ({
        before: before !== undefined && before.count <= after.count ? before : undefined,
        after,
      }))
      .filter(({ before, after }) => after.count > (before?.count ?? 0));
    this.count = this.#total(({ count }) => count);
    this.sum = this.#total(({ sum }) => sum);
    this.min = Math.min(...this.#intervals.map(({ after }) => after.min));
    this.max = Math.max(...this.#intervals.map(({ after }) => after.max));
  }

  quantile(q: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.count * (1 - 2 ** -50)));
    const reaches = (bound: number): boolean => this.countAtOrBelow(bound) >= rank;
    if (reaches(this.min)) return this.min;
    let low = Math.max(this.min, least);
    // A source of other hands may know no largest value.
    let high = Math.min(this.max, Number.MAX_VALUE);
    if (reaches(low)) return low;
    while (high > low * narrow) {
      // Two roots, since the product of two large numbers may be infinite.
      const middle = Math.sqrt(low) * Math.sqrt(high);
      if (reaches(middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  countAtOrBelow(bound: number): number {
    return this.#total((histogram) => histogram.countAtOrBelow(bound));
  }

  #total(of: (histogram: HistogramSnapshot) => number): number {
    return this.#intervals.reduce(
      (sum, { before, after }) => sum + of(after) - (before === undefined ? 0 : of(before)),
      0,
    );
  }
}
