export { AdaptiveLimit } from "./adaptive-limit.ts";
export { AdaptiveSemaphore } from "./adaptive-semaphore.ts";
export { AimdLimit, type AimdLimitOptions, aimdDefaults } from "./aimd-limit.ts";
export type { BlockingFrame } from "./blocking-profile.ts";
export {
  type BlockedReport,
  type BlockingStats,
  BlockingWatchdog,
  type BlockingWatchdogOptions,
} from "./blocking-watchdog.ts";
export { type ChunkedOptions, chunked } from "./chunked.ts";
export {
  CircuitBreaker,
  type CircuitCall,
  type CircuitCallOptions,
  type CircuitResult,
  type CircuitStats,
} from "./circuit-breaker.ts";
export type { CircuitState } from "./circuit-core.ts";
export { type CircuitBreakerOptions, circuitDefaults } from "./circuit-options.ts";
export {
  closeDefaultWorkerPool,
  configureDefaultThreadPools,
  type ThreadPoolsChange,
  type ThreadPoolsOptions,
} from "./default-thread-pools.ts";
export type { DurationStats } from "./duration-stats.ts";
export { type BatchOptions, type BatchRate, executeBatch } from "./execute-batch.ts";
export {
  executeInParallel,
  mapConcurrent,
  type ResultsOf,
  type SettledOf,
  type SettleOptions,
  settleInParallel,
  type Task,
  type Tasks,
} from "./execute-in-parallel.ts";
export { fixedLimit } from "./fixed-limit.ts";
export { Gradient2Limit, type Gradient2LimitOptions, gradient2Defaults } from "./gradient2-limit.ts";
export type { LibuvThreads } from "./libuv-threads.ts";
export { type Limit, type LimitBounds, type LimitSample, limitBounds } from "./limit.ts";
export { MpmcRing, type MpmcRingOptions } from "./mpmc-ring.ts";
export { ConcurrencyOptimizer, type ConcurrencyStats } from "./optimizer.ts";
export { type ParallelOptions, type ParallelProgress, parallelDefaults } from "./parallel-options.ts";
export { type ParallelResult, type ParallelResultsOptions, parallelResults } from "./parallel-results.ts";
export type { Permit, ReleaseOptions } from "./permit.ts";
export type { RingHandle, RingPayload } from "./ring-layout.ts";
export type { RingMemberOptions, RingSyncWait, RingWait } from "./ring-options.ts";
export type { RingStats } from "./ring-queue.ts";
export { runInWorker } from "./run-in-worker.ts";
export {
  type AcquireOptions,
  type AdaptiveSemaphoreOptions,
  type Admission,
  type RejectionReason,
  semaphoreDefaults,
  type TryAcquireOptions,
} from "./semaphore-options.ts";
export type { PartitionStats, SemaphoreStats } from "./semaphore-stats.ts";
export { SpscRing, type SpscRingOptions } from "./spsc-ring.ts";
export type { TaskContext, TaskContextSource } from "./task-context.ts";
export type { TaskStats } from "./task-counts.ts";
export { VegasLimit } from "./vegas-limit.ts";
export { WorkerPool } from "./worker-pool.ts";
export {
  type RunOptions,
  type WorkerPoolOptions,
  type WorkerPoolSize,
  workerPoolDefaults,
} from "./worker-pool-options.ts";
export type { WorkerPoolStats } from "./worker-pool-stats.ts";
export { availableCpus } from "./worker-sizing.ts";
export { yieldToEventLoop } from "./yield-to-event-loop.ts";
