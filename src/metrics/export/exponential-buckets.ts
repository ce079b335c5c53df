import type { HistogramSnapshot } from "../metric.ts";

/** OpenTelemetry's exponential histogram: bucket `offset + i` holds what is above base^(offset + i), up to base^(offset + i + 1). */
export interface ExponentialBuckets {
  /** base = 2^(2^−scale); 0 to 5. */
  readonly scale: number;
  /** Values that are 0. */
  readonly zeroCount: number;
  readonly offset: number;
  readonly bucketCounts: number[];
}

/** As many as OpenTelemetry's SDK keeps by default. */
const maxBuckets = 160;
/** 32 buckets for each power of two: 2.2 % wide, about as fine as what is recorded. */
const maxScale = 5;
/** Outside of these, `LatencyHistogram` tells nothing apart. */
const [leastPower, greatestPower] = [-64, 64];

/**
 * A distribution in exponential buckets: as fine as 160 of them allow, from the smallest value above 0 to the largest.
 * Each count is exact for bounds that are off by at most 1 %; all together are `count`.
 * Values above 2⁶⁴ count in the last bucket.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export function exponentialBuckets(histogram: HistogramSnapshot): ExponentialBuckets {
  const { count, min, max } = histogram;
  const zeroCount = count > 0 && min === 0 ? histogram.countAtOrBelow(0) : 0;
  if (count === zeroCount) return { scale: 0, zeroCount: count, offset: 0, bucketCounts: [] };
  const lowest = lowestPower(histogram, zeroCount);
  const highest = Math.max(lowest + 1, powerAbove(Math.min(max, 2 ** greatestPower)));
  const scale = Math.min(maxScale, Math.floor(Math.log2(maxBuckets / (highest - lowest))));
  const perPower = 2 ** scale;
  const bucketCounts: number[] = [];
  const offset = lowest * perPower;
  let below = zeroCount;
  for (let index = offset + 1; index <= highest * perPower; index++) {
    const total = index === highest * perPower ? count : histogram.countAtOrBelow(2 ** (index / perPower));
    bucketCounts.push(Math.max(0, total - below));
    below = Math.max(below, total);
  }
  return trimmed({ scale, zeroCount, offset, bucketCounts });
}

/** The largest power of two at or below which there is nothing but zeroes. */
function lowestPower(histogram: HistogramSnapshot, zeroCount: number): number {
  let [low, high] = [leastPower - 1, powerAbove(Math.min(histogram.max, 2 ** greatestPower))];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (histogram.countAtOrBelow(2 ** middle) > zeroCount) high = middle;
    else low = middle;
  }
  return low;
}

const powerAbove = (value: number): number => Math.max(leastPower, Math.ceil(Math.log2(value)));

/** Without the empty buckets at either end. */
function trimmed({ scale, zeroCount, offset, bucketCounts }: ExponentialBuckets): ExponentialBuckets {
  const first = bucketCounts.findIndex((count) => count > 0);
  const last = bucketCounts.findLastIndex((count) => count > 0);
  return { scale, zeroCount, offset: offset + first, bucketCounts: bucketCounts.slice(first, last + 1) };
}
