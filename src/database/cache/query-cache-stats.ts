import type { MetricSample } from "../../metrics/metric.ts";

/** What a query cache has done since it was made. */
export interface QueryCacheStats {
  /** Lookups served from the cache, stale ones included. */
  readonly hits: number;
  /** Lookups that had to wait for a load. */
  readonly misses: number;
  /** hits / (hits + misses), 0–1; 0 before the first lookup. */
  readonly hitRate: number;
  readonly size: number;
  /** Estimated. */
  readonly sizeBytes: number;
  /** Results that left to make room. */
  readonly evictions: number;
  /** Hits on results past their expiry. */
  readonly staleHits: number;
  /** Misses that joined a load under way. */
  readonly coalesced: number;
  /** Results not kept because what they depend on was written while they were loaded. */
  readonly rejectedFills: number;
  /** Results not kept because they, or their parameters, or their statement, can't be. */
  readonly uncacheable: number;
  /** Background loads that failed; the stale result stayed. */
  readonly failedRefreshes: number;
  /** Invalidations told to the generations, by writes, by other processes and by hand. */
  readonly invalidations: number;
}

/** The same as samples, for the metrics registry. */
export function* cacheSamples(stats: QueryCacheStats): Iterable<MetricSample> {
  for (const { type, name, help, unit, field } of metrics)
    yield { type, name, help, unit, labels: noLabels, value: stats[field] };
}

const noLabels = Object.freeze({});

const metrics = [
  counter("hits", "Reads served from the query cache", "{read}"),
  counter("misses", "Reads that had to wait for the database", "{read}"),
  counter("staleHits", "Reads served past expiry while loading anew", "{read}", "stale_hits"),
  counter("coalesced", "Reads that joined a load under way", "{read}"),
  counter("evictions", "Results dropped to make room", "{result}"),
  counter("rejectedFills", "Results not kept: written to while loading", "{result}", "rejected_fills"),
  counter("uncacheable", "Results that can't be kept", "{result}"),
  counter("failedRefreshes", "Background loads that failed", "{load}", "failed_refreshes"),
  counter("invalidations", "Invalidations of rows, tables or everything", "{invalidation}"),
  gauge("size", "Results kept", "{result}"),
  gauge("sizeBytes", "Estimated memory of the results kept", "By", "size_bytes"),
] as const;

function counter(field: keyof QueryCacheStats, help: string, unit: string, name: string = field) {
  return { type: "counter", name: `victor.db.cache.${name}`, help, unit, field } as const;
}

function gauge(field: keyof QueryCacheStats, help: string, unit: string, name: string = field) {
  return { type: "gauge", name: `victor.db.cache.${name}`, help, unit, field } as const;
}
