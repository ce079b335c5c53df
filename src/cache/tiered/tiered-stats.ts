import type { MetricSample } from "../../metrics/index.ts";

/** A cache at one moment. Counts run from its construction. */
export interface TieredCacheStats {
  /** Reads answered from this process's memory, fresh. */
  readonly memoryHits: number;
  /** Loads that found a fresh value on the server. */
  readonly sharedHits: number;
  /** Reads that memory couldn't answer. */
  readonly misses: number;
  /** Reads served past `ttlMs`, within `staleMs`. */
  readonly staleHits: number;
  /** Reads and loads served past `ttlMs`, within `staleIfErrorMs`, since the source failed. */
  readonly staleErrors: number;
  /** `getOrLoad`s that joined a load under way. */
  readonly coalesced: number;
  /** Calls of loaders, those in the background included. */
  readonly loads: number;
  readonly loadFailures: number;
  /** Of the loads, those in the background. */
  readonly refreshes: number;
  /** Values not stored, since something that they depend on was forgotten meanwhile, or the lease was lost. */
  readonly discardedLoads: number;
  /** Times that another node's load was waited for. */
  readonly leaseWaits: number;
  /** Values not stored, since they can't be encoded or are too large. */
  readonly uncacheable: number;
  /** What lay on the server and couldn't be read: damaged, of another version or codec. */
  readonly unreadable: number;
  /** Values dropped from memory, since something that they depend on was forgotten elsewhere, or may have been. */
  readonly revoked: number;
  /** Calls of `delete`, `deleteByTag` and `clear`. */
  readonly invalidations: number;
  /** Calls to the server that failed or took too long. */
  readonly tierFailures: number;
  /** Calls to the server that weren't made, since it wouldn't have answered. */
  readonly tierRefusals: number;
  /** Changes that the server is still to be told. */
  readonly pending: number;
  /** Changes that it was told late. */
  readonly replayed: number;
  /** Times that the changes were too many to be kept, and became "forget all". */
  readonly overflows: number;
  /** Entries in memory. */
  readonly size: number;
  /** Estimate, where `memory.maxBytes` bounds it; else equal to `size`. */
  readonly weight: number;
  /** Entries that left memory to make room. */
  readonly evictions: number;
}

/** What loads and reads count. */
export class TieredCounts {
  memoryHits = 0;
  sharedHits = 0;
  misses = 0;
  staleHits = 0;
  staleErrors = 0;
  coalesced = 0;
  loads = 0;
  loadFailures = 0;
  refreshes = 0;
  discardedLoads = 0;
  leaseWaits = 0;
  uncacheable = 0;
  invalidations = 0;
}

type Series = readonly [field: keyof TieredCacheStats, name: string, help: string, unit: string];

const counters: readonly Series[] = [
  ["memoryHits", "memory_hits", "Reads answered from memory, fresh", "{read}"],
  ["sharedHits", "shared_hits", "Loads that found a fresh value on the server", "{load}"],
  ["misses", "misses", "Reads that memory couldn't answer", "{read}"],
  ["staleHits", "stale_hits", "Reads served past expiry while loading anew", "{read}"],
  ["staleErrors", "stale_errors", "Served past expiry since the source failed", "{read}"],
  ["coalesced", "coalesced", "Reads that joined a load under way", "{read}"],
  ["loads", "loads", "Calls of loaders", "{load}"],
  ["loadFailures", "load_failures", "Calls of loaders that failed", "{load}"],
  ["refreshes", "refreshes", "Loads in the background", "{load}"],
  ["discardedLoads", "discarded_loads", "Values not stored: changed while loading", "{load}"],
  ["leaseWaits", "lease_waits", "Times that another node's load was waited for", "{wait}"],
  ["uncacheable", "uncacheable", "Values that can't be encoded or are too large", "{value}"],
  ["unreadable", "unreadable", "Shared values that couldn't be read", "{value}"],
  ["revoked", "revoked", "Values dropped from memory: changed elsewhere", "{value}"],
  ["invalidations", "invalidations", "Invalidations of keys, tags or everything", "{invalidation}"],
  ["tierFailures", "tier_failures", "Calls to the server that failed", "{call}"],
  ["tierRefusals", "tier_refusals", "Calls to the server that weren't made", "{call}"],
  ["replayed", "replayed", "Changes that the server was told late", "{change}"],
  ["overflows", "overflows", "Times that pending changes became forget all", "{overflow}"],
  ["evictions", "evictions", "Values dropped from memory to make room", "{value}"],
];

const gauges: readonly Series[] = [
  ["pending", "pending", "Changes that the server is still to be told", "{change}"],
  ["size", "size", "Values in memory", "{value}"],
  ["weight", "weight", "Weight of the values in memory", "1"],
];

/** The same as samples, for the metrics registry. */
export function* tieredSamples(cache: string, stats: TieredCacheStats): Iterable<MetricSample> {
  const labels = { "victor.cache.name": cache };
  for (const [type, series] of [
    ["counter", counters],
    ["gauge", gauges],
  ] as const)
    for (const [field, name, help, unit] of series)
      yield { type, name: `victor.cache.${name}`, help, unit, labels, value: stats[field] };
}
