export { BufferPool, type BufferPoolOptions } from "./buffer-pool.ts";
export {
  type ContainerEstimateOptions,
  type ContainerWeight,
  estimateContainer,
  estimateContainers,
} from "./container-weights.ts";
export { type EstimateOptions, estimateBytes } from "./estimate-bytes.ts";
export { adviseGc, type GcAdviceAfterOptions, type GcAdviceOptions } from "./gc/advise-gc.ts";
export {
  enableGcTuning,
  type GcTuning,
  type GcTuningApply,
  type GcTuningOptions,
} from "./gc/enable-gc-tuning.ts";
export type { GcAdvice, GcChange, GcExpectation } from "./gc/gc-advice.ts";
export {
  type GcObservation,
  type GcPauses,
  type GcRates,
  gcRates,
  type OldSpaceAfterMajor,
} from "./gc/gc-observation.ts";
export { GcWatch } from "./gc/gc-watch.ts";
export type { ReExecOutcome } from "./gc/re-exec.ts";
export { type AllocationSite, siteText } from "./leaks/allocation-site.ts";
export { describeLeaks, pathText } from "./leaks/describe-leaks.ts";
export { detectLeaks } from "./leaks/detect-leaks.ts";
export type { DetectLeaksOptions } from "./leaks/detect-options.ts";
export type { Holder } from "./leaks/holder-growth.ts";
export { type LeakCheckOptions, LeakDetector, type LeakDetectorStats } from "./leaks/leak-detector.ts";
export type {
  ClassGrowth,
  GrowthRate,
  LeakReport,
  LeakSeverity,
  LeakSuspect,
} from "./leaks/leak-report.ts";
export type { LeakDetectorOptions } from "./leaks/watch-options.ts";
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
