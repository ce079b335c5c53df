export { type EvictionReason, LruCache, type LruCacheOptions, type LruCacheStats } from "./lru-cache.ts";
export { LruList, LruNode } from "./lru-list.ts";
export { type FlightOptions, type Loaded, type SingleFlight, singleFlight } from "./single-flight.ts";
