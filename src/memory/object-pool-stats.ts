import type { MetricSample } from "../metrics/metric.ts";

/** What a pool counts. */
export interface PoolCounts {
  readonly created: number;
  readonly acquired: number;
  readonly released: number;
  readonly dropped: number;
  readonly highWaterMark: number;
  readonly idle: number;
}

/** A pool at one moment. Counts run from its construction. */
export interface ObjectPoolStats {
  readonly name: string;
  /** Objects that were made, because none was idle. */
  readonly created: number;
  readonly acquired: number;
  /** Of `acquired`, those that had been used before. */
  readonly reused: number;
  /** `reused / acquired`, 0–1; 0 before the first. */
  readonly reuseRate: number;
  /** Acquired and not yet released. */
  readonly inUse: number;
  /** Most that were in use at once. */
  readonly highWaterMark: number;
  readonly idle: number;
  /** Not kept: released to a full pool, or found unfit, or cleared. */
  readonly dropped: number;
}

export function objectPoolStats(
  name: string,
  { created, acquired, released, dropped, highWaterMark, idle }: PoolCounts,
): ObjectPoolStats {
  const reused = acquired - created;
  const reuseRate = acquired === 0 ? 0 : reused / acquired;
  return {
    name,
    created,
    acquired,
    reused,
    reuseRate,
    inUse: acquired - released,
    highWaterMark,
    idle,
    dropped,
  };
}

export function* poolSamples(stats: ObjectPoolStats): Iterable<MetricSample> {
  const labels = { "pool.name": stats.name };
  const sample = (type: "counter" | "gauge", name: string, help: string, value: number): MetricSample => ({
    type,
    name: `victor.object_pool.${name}`,
    help,
    unit: "{object}",
    labels,
    value,
  });
  yield sample("counter", "created", "Objects made because none was idle.", stats.created);
  yield sample("counter", "acquired", "Objects handed out.", stats.acquired);
  yield sample("counter", "dropped", "Objects not kept.", stats.dropped);
  yield sample("gauge", "in_use", "Objects handed out and not released.", stats.inUse);
  yield sample("gauge", "idle", "Objects that wait to be used again.", stats.idle);
  yield sample("gauge", "high_water_mark", "Most objects in use at once.", stats.highWaterMark);
}
