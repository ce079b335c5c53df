export { BufferPool, type BufferPoolOptions } from "./buffer-pool.ts";
export {
  type ContainerEstimateOptions,
  type ContainerWeight,
  estimateContainer,
  estimateContainers,
} from "./container-weights.ts";
export { type EstimateOptions, estimateBytes } from "./estimate-bytes.ts";
export { ObjectPool, type ObjectPoolOptions } from "./object-pool.ts";
export type { ObjectPoolStats } from "./object-pool-stats.ts";
export { MemoryOptimizer, type MemoryStats, type ObjectCount } from "./optimizer.ts";
export type { PoolLease } from "./pool-lease.ts";
export { LifeCycle, type LifeCycleOptions, type LifeCycleStats } from "./profile/life-cycle.ts";
export {
  type GcProfile,
  type MemoryProfile,
  MemoryProfiler,
  type MemoryProfilerOptions,
  type SampleRange,
} from "./profile/memory-profiler.ts";
export type { GcTime, MemoryReading, MemorySample } from "./profile/memory-sample.ts";
export type { ConstructorSize } from "./snapshot/constructor-sizes.ts";
export type { DuplicatedString } from "./snapshot/duplicated-strings.ts";
export {
  analyseHeapSnapshot,
  type Growth,
  type HeapAnalysis,
  type HeapAnalysisOptions,
  type HeldObject,
} from "./snapshot/heap-analysis.ts";
export type { HeapObject } from "./snapshot/heap-snapshot.ts";
export type { PathStep } from "./snapshot/retaining-path.ts";
