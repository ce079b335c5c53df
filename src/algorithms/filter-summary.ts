import type { MetricSample } from "../metrics/metric.ts";
import type { BloomFilter } from "./bloom-filter.ts";

/** How full a filter is. */
export interface FilterSummary {
  /** Items that it was made for; of a scalable one, its first layer. */
  readonly expectedItems: number;
  /** How many different items were added, estimated by the bits that are set. */
  readonly estimatedCount: number;
  /** Share of other items that it takes for its own now, 0–1, estimated likewise. */
  readonly falsePositiveRate: number;
  /** Share of the bits that are set, 0–1. */
  readonly fillRatio: number;
  readonly sizeBytes: number;
}

/** Counts the filter's bits, so in O(bits). */
export const filterSummary = (filter: BloomFilter): FilterSummary => ({
  expectedItems: filter.expectedItems,
  estimatedCount: filter.estimatedCount(),
  falsePositiveRate: filter.falsePositiveRate,
  fillRatio: filter.fillRatio,
  sizeBytes: filter.bitCount / 8,
});

/** One filter's figures as samples, for the metrics registry. */
export function* filterSamples(filterName: string, summary: FilterSummary): Iterable<MetricSample> {
  const labels = { "filter.name": filterName };
  for (const { name, help, unit, field } of metrics)
    yield { type: "gauge", name, help, unit, labels, value: summary[field] };
}

const metrics = [
  gauge("estimatedCount", "estimated_count", "Different items added, estimated", "{item}"),
  gauge("falsePositiveRate", "false_positive", "Share of others taken for members, estimated", "1"),
  gauge("fillRatio", "fill_ratio", "Share of the bits that are set", "1"),
  gauge("sizeBytes", "size", "Memory of the bits", "By"),
] as const;

function gauge(field: keyof FilterSummary, name: string, help: string, unit: string) {
  return { name: `victor.bloom_filter.${name}`, help, unit, field } as const;
}
