import type { HistogramSnapshot } from "./metric.ts";

/**
 * What can be kept of a collected histogram. A source may give the one that it records into, which would change under
 * our hands, so that nothing would ever seem to have been recorded in between; of another copy of this library, too.
 */
export function frozenHistogram(histogram: HistogramSnapshot): HistogramSnapshot {
  const { snapshot } = histogram as { snapshot?: () => HistogramSnapshot };
  return typeof snapshot === "function" ? snapshot.call(histogram) : histogram;
}
