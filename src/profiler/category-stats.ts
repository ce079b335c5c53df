import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { SpanName } from "./span-names.ts";

/** What is known of many spans. Milliseconds; percentiles are within 1 %, all else is exact. */
export interface SpanStats {
  readonly count: number;
  readonly failed: number;
  /** Of all durations. A span within another of the same kind counts in both, so it may exceed the time that passed. */
  readonly totalMs: number;
  /** Of all spans' own times, without those of their children. */
  readonly selfMs: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface CategoryStats extends SpanStats {
  readonly category: string;
}

export interface NameStats extends CategoryStats {
  readonly name: string;
}

interface Category {
  readonly category: string;
  readonly durations: LatencyHistogram;
  selfMs: number;
  failed: number;
}

/** Those that have spans, in the order in which they came up; the histograms are copies. */
export function byCategory(names: readonly SpanName[]): readonly Readonly<Category>[] {
  const categories = new Map<string, Category>();
  for (const { category, durations, selfMs, failed } of names) {
    if (durations.count === 0) continue;
    let all = categories.get(category);
    if (all === undefined) {
      all = { category, durations: new LatencyHistogram(), selfMs: 0, failed: 0 };
      categories.set(category, all);
    }
    all.durations.merge(durations);
    all.selfMs += selfMs;
    all.failed += failed;
  }
  return [...categories.values()];
}

/** The one that took most time by itself first. */
export function categoryStats(names: readonly SpanName[]): readonly CategoryStats[] {
  return byCategory(names)
    .map((all) => ({ category: all.category, ...spanStats(all) }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

/** The one that took most time by itself first. */
export function nameStats(names: readonly SpanName[]): readonly NameStats[] {
  return names
    .filter(({ durations }) => durations.count > 0)
    .map((all) => ({ name: all.name, category: all.category, ...spanStats(all) }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

function spanStats({ durations, selfMs, failed }: Omit<Category, "category">): SpanStats {
  const { count, sum, min, max } = durations;
  return {
    count,
    failed,
    totalMs: sum,
    selfMs,
    meanMs: sum / count,
    minMs: min,
    maxMs: max,
    p95Ms: durations.quantile(0.95)!,
    p99Ms: durations.quantile(0.99)!,
  };
}
