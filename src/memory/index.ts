export { BufferPool, type BufferPoolOptions } from "./buffer-pool.ts";
export { ObjectPool, type ObjectPoolOptions } from "./object-pool.ts";
export type { ObjectPoolStats } from "./object-pool-stats.ts";
export type { PoolLease } from "./pool-lease.ts";
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
