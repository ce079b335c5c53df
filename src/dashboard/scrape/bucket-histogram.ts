import type { HistogramSnapshot } from "../../metrics/metric.ts";

/** Values at or below a bound, all smaller ones included. */
export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/**
 * A histogram as a scrape tells of it: counts up to some bounds. Within a bucket values are taken to lie evenly, as
 * Prometheus' `histogram_quantile` does; above the last finite bound nothing is known, so that bound is the maximum.
 */
export class BucketHistogram implements HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Finite bounds alone, ascending. */
  readonly #buckets: readonly Bucket[];

  constructor(buckets: readonly Bucket[], count: number, sum: number) {
    this.#buckets = buckets.filter(({ bound }) => Number.isFinite(bound)).sort((a, b) => a.bound - b.bound);
    this.count = count;
    this.sum = sum;
    const first = this.#buckets.findIndex((bucket) => bucket.count > 0);
    this.min = first > 0 ? this.#buckets[first - 1]!.bound : Math.min(0, this.#buckets[0]?.bound ?? 0);
    const all = this.#buckets.find((bucket) => bucket.count >= count);
    this.max = (all ?? this.#buckets.at(-1))?.bound ?? 0;
  }

  quantile(q: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = q * this.count;
    let low = { bound: this.min, count: 0 };
    for (const bucket of this.#buckets) {
      if (bucket.count >= rank && bucket.count > low.count)
        return (
          low.bound +
          ((bucket.bound - low.bound) * Math.max(0, rank - low.count)) / (bucket.count - low.count)
        );
      low = { bound: Math.max(bucket.bound, this.min), count: bucket.count };
    }
    return this.max;
  }

  countAtOrBelow(bound: number): number {
    if (bound >= this.max) return this.count;
    let low = { bound: this.min, count: 0 };
    for (const bucket of this.#buckets) {
      if (bound < bucket.bound) {
        const share = (bound - low.bound) / (bucket.bound - low.bound);
        return low.count + Math.max(0, share) * (bucket.count - low.count);
      }
      low = { bound: Math.max(bucket.bound, this.min), count: bucket.count };
    }
    return this.count;
  }
}
