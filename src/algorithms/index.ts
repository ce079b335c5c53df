export type { Clock, TimerHandle } from "../clock.ts";
export { AdaptiveCache } from "./adaptive-cache.ts";
export { AsyncLazy, lazyAsync } from "./async-lazy.ts";
export { BinaryFuseFilter, type BinaryFuseFilterOptions } from "./binary-fuse-filter.ts";
export { BloomFilter, type BloomFilterOptions, createBloomFilter } from "./bloom-filter.ts";
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
export type { CacheSummaries, CacheSummary } from "./cache-summary.ts";
export type { ComponentUse } from "./component-use.ts";
export type { FilterItem } from "./filter-hash.ts";
export type { FilterSummary } from "./filter-summary.ts";
export { Lazy, LazyCounters, type LazyOptions, lazy } from "./lazy.ts";
export type { ComponentDefinition, ComponentStats, LoadStrategy } from "./lazy-component.ts";
export { LazyComponentLoader, type LazyComponentLoaderOptions } from "./lazy-component-loader.ts";
export { LruCache } from "./lru-cache.ts";
export { LruList, LruNode } from "./lru-list.ts";
export type { MemoCounters } from "./memo.ts";
export {
  type MemoizeControls,
  type MemoizeDecorator,
  type Memoized,
  type MemoizedMethodControls,
  type MemoizeInfo,
  type MemoizeOptions,
  memoize,
} from "./memoize.ts";
export { AlgorithmOptimizer, type LazyStats, type MemoizeStats } from "./optimizer.ts";
export { type FlightOptions, type Loaded, type SingleFlight, singleFlight } from "./single-flight.ts";
export { TimedCache, type TimedCacheOptions } from "./timed-cache.ts";
export type { CheckedHit, TruthCheck } from "./truth-check.ts";
