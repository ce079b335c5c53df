import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { Labels, MetricSample } from "../metrics/metric.ts";
import type { DurationStats } from "./duration-stats.ts";
import type { RejectionReason } from "./semaphore-options.ts";

/** A partition of a semaphore at one moment. */
export interface PartitionStats {
  /** "" for callers that name none. */
  readonly name: string;
  readonly share: number;
  readonly inFlight: number;
  readonly queued: number;
  /** Whether somebody has run out of time since the queue was empty last, so that the newest go first. */
  readonly isOverloaded: boolean;
}

/** A semaphore at one moment. Counts run from its construction. */
export interface SemaphoreStats {
  readonly name: string;
  readonly limit: number;
  readonly maxConcurrent: number;
  /** Weight of the permits that are out. */
  readonly inFlight: number;
  /** Callers that wait. */
  readonly queued: number;
  /** Permits given, and how many of them after a wait. */
  readonly acquired: number;
  readonly waited: number;
  readonly released: number;
  /** Permits that came back as dropped. */
  readonly dropped: number;
  /** Callers that left without a permit, by reason. */
  readonly rejected: Readonly<Record<RejectionReason, number>>;
  /** Those whose time was over, by their own deadline or by `queueDelayMs`. */
  readonly timeouts: number;
  /** Of those who got a permit after a wait. */
  readonly waitMs: DurationStats;
  /** From permit to release, of those that weren't ignored; with a fixed limit, of one permit in 16. */
  readonly runMs: DurationStats;
  readonly partitions: readonly PartitionStats[];
}

/** What a semaphore counts on its way, in the units of OpenTelemetry: seconds. @internal */
export class SemaphoreCounts {
  readonly waitTime = new LatencyHistogram();
  readonly runTime = new LatencyHistogram();
  acquired = 0;
  waited = 0;
  released = 0;
  dropped = 0;
  readonly rejected: Record<RejectionReason, number> = {
    "queue-full": 0,
    "queue-delay": 0,
    deadline: 0,
    aborted: 0,
    closed: 0,
  };
}

/** @internal */
export function* semaphoreSamples(stats: SemaphoreStats, counts: SemaphoreCounts): Iterable<MetricSample> {
  const labels: Labels = { "victor.semaphore.name": stats.name };
  const number = (
    type: "counter" | "gauge",
    name: string,
    unit: string,
    help: string,
    value: number,
    more?: Labels,
  ): MetricSample => ({
    type,
    name: `victor.semaphore.${name}`,
    help,
    unit,
    labels: more ? { ...labels, ...more } : labels,
    value,
  });
  yield number("gauge", "limit", "{permit}", "Weight that may be out at once.", stats.limit);
  for (const { name, inFlight, queued } of stats.partitions) {
    const partition: Labels = { "victor.semaphore.partition": name };
    yield number("gauge", "in_flight", "{permit}", "Weight that is out.", inFlight, partition);
    yield number("gauge", "queued", "{request}", "Callers that wait.", queued, partition);
  }
  yield number("counter", "acquired", "{permit}", "Permits given.", stats.acquired);
  yield number(
    "counter",
    "dropped",
    "{permit}",
    "Permits whose request was lost to overload.",
    stats.dropped,
  );
  for (const [reason, value] of Object.entries(stats.rejected))
    yield number("counter", "rejected", "{request}", "Callers that left without a permit.", value, {
      "victor.semaphore.reason": reason,
    });
  const histogram = (name: string, help: string, values: LatencyHistogram): MetricSample => ({
    type: "histogram",
    name: `victor.semaphore.${name}`,
    help,
    unit: "s",
    labels,
    histogram: values.snapshot(),
  });
  yield histogram("wait_time", "Time that callers waited who got a permit after a wait.", counts.waitTime);
  yield histogram("run_time", "Time from permit to release.", counts.runTime);
}
