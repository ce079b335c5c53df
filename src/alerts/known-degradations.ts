import type { MetricSample } from "../metrics/index.ts";
import type { DegradationRule } from "./rule.ts";

/** Of all series that are watched by themselves: one false alarm of a series in three years of samples a second. */
const falseAlarmSamples = 100_000_000;

const latencyName = /(^|[._])(duration|latency|run_time)$/;
const isTime = (unit: string | undefined): boolean => unit === "s" || unit === "ms";

const hitRate = { direction: "down", minChange: 0.2, minDifference: 0.05, falseAlarmSamples } as const;
const errorRate = { direction: "up", minChange: 1, minDifference: 0.01, falseAlarmSamples } as const;
const rise = { direction: "up", minChange: 0.2, falseAlarmSamples } as const;

/** Shares whose parts don't tell by their names. */
const shares = [
  ["victor.network.cache_hits", "of", "victor.network.requests", hitRate],
  ["victor.network.failed", "of", "victor.network.requests", errorRate],
  ["victor.db.client.operation.errors", "of", "db.client.operation.duration", errorRate],
  ["victor.tasks.failed", "against", "victor.tasks.completed", errorRate],
] as const;

/**
 * What is worth watching by itself among the metrics that there are: latencies (histograms of time whose name ends in
 * `duration`, `latency` or `run_time`: their median and their 95th percentile), hit rates (`….hits` with `….misses`),
 * error rates (`….errors` or `….failed` with `….requests` or `….calls`), and the heap after garbage collection.
 * @returns rules whose names begin with `degradation: `; the same for the same metrics
 */
export function knownDegradations(samples: Iterable<MetricSample>): readonly DegradationRule[] {
  const types = new Map<string, MetricSample>();
  for (const sample of samples) types.set(sample.name, sample);
  const rules: DegradationRule[] = [];
  const add = (title: string, rule: Omit<DegradationRule, "kind" | "name">): void => {
    rules.push({ kind: "degradation", name: `degradation: ${title}`, ...rule });
  };
  const isCounter = (name: string): boolean => types.get(name)?.type === "counter";
  for (const [metric, sample] of types) {
    if (sample.type === "histogram" && latencyName.test(metric) && isTime(sample.unit)) {
      add(`${metric} p50`, { metric, quantile: 0.5, ...rise });
      add(`${metric} p95`, { metric, quantile: 0.95, ...rise });
    }
    if (metric === "victor.heap.used_after_gc") add("heap", { metric, ...rise });
    if (!isCounter(metric)) continue;
    const hits = /^(.*)\bhits$/.exec(metric)?.[1];
    if (hits !== undefined && isCounter(`${hits}misses`))
      add(`${metric} rate`, { metric, against: { metric: `${hits}misses` }, ...hitRate });
    const failed = /^(.*[._])(failed|errors)$/.exec(metric)?.[1];
    const total = ["requests", "calls"].map((name) => `${failed}${name}`).find(isCounter);
    const isListed = shares.some(([part]) => part === metric);
    if (failed !== undefined && total !== undefined && !isListed)
      add(`${metric} rate`, { metric, of: { metric: total }, ...errorRate });
  }
  for (const [metric, how, total, options] of shares)
    if (types.has(metric) && types.has(total))
      add(`${metric} rate`, { metric, [how]: { metric: total }, ...options });
  return rules;
}
