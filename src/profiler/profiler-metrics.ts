import type { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { HistogramSnapshot, MetricSample } from "../metrics/metric.ts";
import { byCategory } from "./category-stats.ts";
import type { ProfilerStats } from "./profiler-stats.ts";
import type { SpanName } from "./span-names.ts";

/** A profiler's metrics: durations by category, and what it couldn't keep. */
export function* profilerMetrics(
  { open, lost, overflowed }: ProfilerStats,
  names: readonly SpanName[],
): Iterable<MetricSample> {
  const categories = byCategory(names);
  for (const { category, durations } of categories)
    yield {
      type: "histogram",
      name: "victor.profiler.span.duration",
      help: "Spans that ended, by category.",
      unit: "s",
      labels: { category },
      histogram: inSeconds(durations),
    };
  for (const { category, failed } of categories)
    yield {
      type: "counter",
      name: "victor.profiler.span.failures",
      help: "Spans that failed, by category.",
      labels: { category },
      value: failed,
    };
  yield {
    type: "gauge",
    name: "victor.profiler.spans.open",
    help: "Spans that have begun and not ended.",
    labels: {},
    value: open,
  };
  for (const [reason, value] of Object.entries({ lost, overflowed }))
    yield {
      type: "counter",
      name: "victor.profiler.spans.unattributed",
      help: "Spans of other threads that were lost, and spans whose name found no room.",
      labels: { reason },
      value,
    };
}

function inSeconds(ms: LatencyHistogram): HistogramSnapshot {
  return {
    count: ms.count,
    sum: ms.sum / 1000,
    min: ms.min / 1000,
    max: ms.max / 1000,
    quantile(q) {
      const value = ms.quantile(q);
      return value === undefined ? undefined : value / 1000;
    },
    countAtOrBelow: (bound) => ms.countAtOrBelow(bound * 1000),
  };
}
