import { bucketBounds } from "../bucket-bounds.ts";
import type { HistogramSnapshot, Labels, MetricSample } from "../metric.ts";
import { exponentialBuckets } from "./exponential-buckets.ts";

/** Seconds and nanoseconds since 1970. */
export type EpochTime = [number, number];

/** One series, as OpenTelemetry's SDK has it. */
export interface DataPoint<T> {
  readonly startTime: EpochTime;
  readonly endTime: EpochTime;
  readonly attributes: Record<string, string>;
  readonly value: T;
}

export interface ExplicitHistogramValue {
  readonly buckets: { readonly boundaries: number[]; readonly counts: number[] };
  readonly sum: number;
  readonly count: number;
  readonly min?: number;
  readonly max?: number;
}

export interface ExponentialHistogramValue {
  readonly count: number;
  readonly sum: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: { readonly offset: number; readonly bucketCounts: number[] };
  readonly negative: { readonly offset: number; readonly bucketCounts: number[] };
  readonly min?: number;
  readonly max?: number;
}

interface Described {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    /** DOUBLE */
    readonly valueType: 1;
  };
  /** CUMULATIVE */
  readonly aggregationTemporality: 1;
}

/** All series of one metric, in the shape of `MetricData` of `@opentelemetry/sdk-metrics` 2 and 3. */
export type MetricData = Described &
  (
    | { readonly dataPointType: 0; readonly dataPoints: DataPoint<ExplicitHistogramValue>[] }
    | { readonly dataPointType: 1; readonly dataPoints: DataPoint<ExponentialHistogramValue>[] }
    | { readonly dataPointType: 2; readonly dataPoints: DataPoint<number>[] }
    | { readonly dataPointType: 3; readonly dataPoints: DataPoint<number>[]; readonly isMonotonic: true }
  );

/** How a histogram's distribution is told. */
export type HistogramForm = "explicit" | "exponential";

/** A metric without series yet, of the type of `sample`. */
export function emptyMetric(sample: MetricSample, form: HistogramForm): MetricData {
  const { name, help, unit = "" } = sample;
  const common = {
    descriptor: { name, description: help, unit, valueType: 1 },
    aggregationTemporality: 1,
  } as const;
  if (sample.type === "counter") return { ...common, dataPointType: 3, isMonotonic: true, dataPoints: [] };
  if (sample.type === "gauge") return { ...common, dataPointType: 2, dataPoints: [] };
  return form === "explicit"
    ? { ...common, dataPointType: 0, dataPoints: [] }
    : { ...common, dataPointType: 1, dataPoints: [] };
}

/** Adds a series to the metric that was made for its type. */
export function addPoint(
  to: MetricData,
  sample: MetricSample,
  startTime: EpochTime,
  endTime: EpochTime,
): void {
  const common = { startTime, endTime, attributes: attributes(sample.labels) };
  if (sample.type !== "histogram") {
    if (to.dataPointType === 2 || to.dataPointType === 3)
      to.dataPoints.push({ ...common, value: sample.value });
  } else if (to.dataPointType === 0)
    to.dataPoints.push({ ...common, value: explicitValue(sample.histogram, bucketBounds(sample.unit)) });
  else if (to.dataPointType === 1)
    to.dataPoints.push({ ...common, value: exponentialValue(sample.histogram) });
}

function explicitValue(histogram: HistogramSnapshot, bounds: readonly number[]): ExplicitHistogramValue {
  const { count } = histogram;
  const counts: number[] = [];
  let below = 0;
  for (const bound of bounds) {
    const total = histogram.countAtOrBelow(bound);
    counts.push(total - below);
    below = total;
  }
  counts.push(count - below);
  return { buckets: { boundaries: [...bounds], counts }, ...exact(histogram) };
}

function exponentialValue(histogram: HistogramSnapshot): ExponentialHistogramValue {
  const { scale, zeroCount, offset, bucketCounts } = exponentialBuckets(histogram);
  return {
    ...exact(histogram),
    scale,
    zeroCount,
    positive: { offset, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

const exact = ({ count, sum, min, max }: HistogramSnapshot) =>
  count === 0 ? { count, sum } : { count, sum, min, max };

const attributes = (labels: Labels): Record<string, string> => ({ ...labels });
