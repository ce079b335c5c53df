export type {
  Cache,
  CacheBounds,
  CacheDump,
  CacheOptions,
  CacheStats,
  DumpedEntry,
  EntryOptions,
  EvictionReason,
  Loader,
  LoadOptions,
} from "./cache.ts";
export { LruCache } from "./lru-cache.ts";
export { LruList, LruNode } from "./lru-list.ts";
export { type FlightOptions, type Loaded, type SingleFlight, singleFlight } from "./single-flight.ts";
export { TimedCache, type TimedCacheOptions } from "./timed-cache.ts";
