import type { MetricSample } from "../metrics/metric.ts";
import type { CacheStats } from "./cache.ts";

export interface CacheSummary extends CacheStats {
  /** Look-ups answered from the cache over all, stale ones included, 0–1; 0 before the first look-up. */
  readonly hitRate: number;
}

export interface CacheSummaries {
  /** Sums over all caches; the hit rate is that of all look-ups together. */
  readonly total: CacheSummary;
  readonly caches: Readonly<Record<string, CacheSummary>>;
}

const none: CacheStats = Object.freeze({
  hits: 0,
  misses: 0,
  evictions: 0,
  expirations: 0,
  loads: 0,
  loadFailures: 0,
  coalesced: 0,
  staleHits: 0,
  discardedLoads: 0,
  size: 0,
  weight: 0,
});

/** Adds the hit rate. */
export function summarized(stats: CacheStats): CacheSummary {
  const found = stats.hits + stats.staleHits;
  const lookups = found + stats.misses;
  return { ...stats, hitRate: lookups === 0 ? 0 : found / lookups };
}

/** @returns the sums of all figures */
export function summed(all: readonly CacheStats[]): CacheSummary {
  const sums = { ...none } as Record<keyof CacheStats, number>;
  for (const stats of all)
    for (const field of Object.keys(none) as (keyof CacheStats)[]) sums[field] += stats[field];
  return summarized(sums);
}

/** One cache's figures as samples, for the metrics registry. */
export function* cacheSamples(cacheName: string, stats: CacheStats): Iterable<MetricSample> {
  const labels = { "cache.name": cacheName };
  for (const { type, name, help, unit, field } of metrics)
    yield { type, name, help, unit, labels, value: stats[field] };
}

const metrics = [
  counter("hits", "Look-ups that found a fresh value", "{lookup}"),
  counter("misses", "Look-ups that found none", "{lookup}"),
  counter("staleHits", "Look-ups served an expired value while it was loaded anew", "{lookup}", "stale_hits"),
  counter("coalesced", "Look-ups that joined a load under way", "{lookup}"),
  counter("evictions", "Entries that left to make room", "{entry}"),
  counter("expirations", "Entries that left by age", "{entry}"),
  counter("loads", "Loads begun", "{load}"),
  counter("loadFailures", "Loads that failed", "{load}", "load_failures"),
  counter("discardedLoads", "Loads whose value was not kept", "{load}", "discarded_loads"),
  gauge("size", "Entries held", "{entry}"),
  gauge("weight", "Sum of the entries' weights", "{weight}"),
] as const;

function counter(field: keyof CacheStats, help: string, unit: string, name: string = field) {
  return { type: "counter", name: `victor.cache.${name}`, help, unit, field } as const;
}

function gauge(field: keyof CacheStats, help: string, unit: string) {
  return { type: "gauge", name: `victor.cache.${field}`, help, unit, field } as const;
}
