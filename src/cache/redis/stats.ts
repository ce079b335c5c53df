import type { MetricSample } from "../../metrics/metric.ts";
import type { LinkCounts } from "./link.ts";

export interface RedisTierStats {
  /** Commands sent, those of heartbeats aside. */
  readonly commands: number;
  /** Commands without an answer in time. */
  readonly timeouts: number;
  /** Commands that were refused or lost. */
  readonly failures: number;
  /** Connections made. */
  readonly connections: number;
  /** Connections lost. */
  readonly lost: number;
  /** Changes that the server told of. */
  readonly invalidations: number;
  readonly hits: number;
  readonly misses: number;
  /** Values found that something had made outdated; among the misses. */
  readonly outdated: number;
  /** Values found that couldn't be read; among the misses. */
  readonly damaged: number;
  readonly isConnected: boolean;
  /** Does the server tell of changes, or has it to be asked? */
  readonly isTelling: boolean;
  /** Keys that it tells of. */
  readonly tracked: number;
}

/** What is counted. */
export class RedisCounts implements LinkCounts {
  commands = 0;
  timeouts = 0;
  failures = 0;
  connections = 0;
  invalidations = 0;
  hits = 0;
  misses = 0;
  outdated = 0;
  damaged = 0;
  lost = 0;
}

type Counted = Exclude<keyof RedisTierStats, "isConnected" | "isTelling" | "tracked">;

const counters: readonly (readonly [field: Counted, help: string, unit: string])[] = [
  ["commands", "Commands sent to the server", "{command}"],
  ["timeouts", "Commands without an answer in time", "{command}"],
  ["failures", "Commands that were refused or lost", "{command}"],
  ["connections", "Connections made", "{connection}"],
  ["lost", "Connections lost", "{connection}"],
  ["invalidations", "Changes that the server told of", "{change}"],
  ["hits", "Look-ups that found a current value", "{lookup}"],
  ["misses", "Look-ups that found none", "{lookup}"],
  ["outdated", "Values found that something had made outdated", "{value}"],
  ["damaged", "Values found that couldn't be read", "{value}"],
];

/** The figures of a tier for the metrics registry. */
export function* redisSamples(stats: RedisTierStats): Iterable<MetricSample> {
  const labels = { "cache.tier": "redis" };
  for (const [field, help, unit] of counters)
    yield { type: "counter", name: `cache.tier.${field}`, help, unit, labels, value: stats[field] };
  const gauge = (name: string, help: string, unit: string, value: number): MetricSample => ({
    type: "gauge",
    name,
    help,
    unit,
    labels,
    value,
  });
  yield gauge(
    "cache.tier.connected",
    "1 while the server can be asked and is trusted",
    "1",
    Number(stats.isConnected),
  );
  yield gauge("cache.tier.tracked", "Keys that the server tells of", "{key}", stats.tracked);
}
