import type { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { MetricSample } from "../metrics/metric.ts";
import type { SelectionCacheStats } from "./caches/selection-cache.ts";
import type { ToolFleetStats } from "./fleet/tool-fleet.ts";
import type { LearnedRankingStats } from "./learning/learned-ranking.ts";
import type { FusionStats } from "./vectors/fusion.ts";
import type { VectorStats } from "./vectors/tool-vectors.ts";

/** Of a histogram, in milliseconds; `undefined` while it is empty. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** What a selector holds and did, at one moment. */
export interface SelectorStats {
  readonly tools: number;
  /** Grows with each change of the catalogue. */
  readonly catalogueVersion: number;
  readonly fingerprint: string;
  /** Selections made, from caches too. */
  readonly selections: number;
  /** Of selections from a cache. */
  readonly hitLatencyMs: LatencySummary;
  /** Of selections that were ranked. */
  readonly rankLatencyMs: LatencySummary;
  /** Outcomes that counted. */
  readonly outcomes: number;
  /** Outcomes whose selection was unknown, forgotten, or had its outcome already, or that named no tool but unknown ones. */
  readonly unknownOutcomes: number;
  readonly caches: Readonly<Record<"query" | "context" | "learned", SelectionCacheStats>>;
  /** `undefined` when nothing is learned. */
  readonly learning: LearnedRankingStats | undefined;
  /** `undefined` without an embedder. */
  readonly vectors: VectorStats | undefined;
  /** `undefined` without an embedder. */
  readonly fusion: FusionStats | undefined;
  /** `undefined` without a `tier`. */
  readonly fleet: ToolFleetStats | undefined;
}

const counters = [
  ["hits", "Selections found in a cache"],
  ["misses", "Selections not found in a cache"],
  ["evictions", "Cached selections that left to make room"],
  ["expirations", "Cached selections found too old"],
  ["outdated", "Cached selections found too far behind the feedback"],
  ["invalidations", "Cached selections removed by a change or by hand"],
] as const;

/** The same as samples, for the metrics registry. */
export function* selectorSamples(
  stats: SelectorStats,
  hitMs: LatencyHistogram,
  rankMs: LatencyHistogram,
): Iterable<MetricSample> {
  const none = {};
  yield gauge("victor.tools.catalogue.size", "Tools in the catalogue", "{tool}", none, stats.tools);
  for (const [cache, each] of Object.entries(stats.caches)) {
    const labels = { "victor.tools.cache": cache };
    for (const [field, help] of counters)
      yield {
        type: "counter",
        name: `victor.tools.cache.${field}`,
        help,
        unit: "{selection}",
        labels,
        value: each[field],
      };
    yield gauge("victor.tools.cache.entries", "Cached selections held", "{selection}", labels, each.entries);
    yield gauge("victor.tools.cache.size", "Bytes of cached selections, estimated", "By", labels, each.bytes);
    yield {
      type: "counter",
      name: "victor.tools.cache.saved_time",
      help: "Time that hits saved",
      unit: "ms",
      labels,
      value: each.latencySavedMs,
    };
  }
  const duration = (from: string, histogram: LatencyHistogram): MetricSample => ({
    type: "histogram",
    name: "victor.tools.select.duration",
    help: "Time of a selection",
    unit: "ms",
    labels: { "victor.tools.from": from },
    histogram,
  });
  yield duration("cache", hitMs);
  yield duration("ranking", rankMs);
  yield {
    type: "counter",
    name: "victor.tools.outcomes",
    help: "Outcomes recorded",
    unit: "{outcome}",
    labels: none,
    value: stats.outcomes,
  };
  if (stats.vectors === undefined) return;
  for (const field of ["calls", "failures", "fallbacks"] as const)
    yield {
      type: "counter",
      name: `victor.tools.embedder.${field}`,
      help: `Embedder: ${field}`,
      labels: none,
      value: stats.vectors[field],
    };
}

function gauge(
  name: string,
  help: string,
  unit: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): MetricSample {
  return { type: "gauge", name, help, unit, labels, value };
}

/** Count, mean and percentiles of a histogram, in its unit. */
export function summary(histogram: LatencyHistogram): LatencySummary {
  const { count, sum } = histogram;
  return {
    count,
    mean: count === 0 ? undefined : sum / count,
    p50: histogram.quantile(0.5),
    p99: histogram.quantile(0.99),
  };
}
