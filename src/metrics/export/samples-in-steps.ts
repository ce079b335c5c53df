import { frozenHistogram } from "../frozen-histogram.ts";
import type { MetricSample } from "../metric.ts";

/** What is used of a registry. */
export interface SampledRegistry {
  /** All series as they are now. */
  collect(): readonly MetricSample[];
  /** The same one by one, with live histograms; `undefined` where there is nothing but a chance to pause. */
  collectInSteps?<T>(
    read: (sample: MetricSample) => T,
  ): Iterable<{ readonly sample: MetricSample } | undefined>;
}

/**
 * All series of a registry, one by one where it can, so that whoever walks them may pause in between. Histograms are
 * copies, and may be kept.
 * @param read as of `MetricRegistry.collect`
 */
export function* samplesInSteps(
  registry: SampledRegistry,
  read: (sample: MetricSample) => void = () => undefined,
): Iterable<MetricSample> {
  if (registry.collectInSteps === undefined) {
    yield* registry.collect();
    return;
  }
  for (const step of registry.collectInSteps(read)) if (step) yield kept(step.sample);
}

function kept(sample: MetricSample): MetricSample {
  return sample.type === "histogram" ? { ...sample, histogram: frozenHistogram(sample.histogram) } : sample;
}
