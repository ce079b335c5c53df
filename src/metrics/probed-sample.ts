import { LatencyHistogram } from "./latency-histogram.ts";
import type { MetricSample } from "./metric.ts";

/**
 * For `MetricRegistry.collect`: asks a histogram of other hands what will be asked of it later, so that one that throws is
 * left out with its source, and doesn't cost all others.
 */
export function probed(sample: MetricSample): void {
  if (sample.type !== "histogram" || sample.histogram instanceof LatencyHistogram) return;
  const { histogram } = sample;
  for (const q of [0.5, 0.95, 0.99]) histogram.quantile(q);
  histogram.countAtOrBelow(histogram.max);
}
