export { type BatchLoader, type BatchLoaderOptions, batchLoader } from "./batch-loader.ts";
export type { CachedQuery, CachedQueryOptions } from "./cached-query.ts";
export { ConnectionPool } from "./connection-pool.ts";
export type {
  Coherence,
  DatabaseDriver,
  DriverConnection,
  Operation,
  QueryResult,
  Row,
} from "./driver.ts";
export type { Engine, EngineTransaction, InvalidationSink } from "./engine.ts";
export { DatabaseOptimizer } from "./optimizer.ts";
export type {
  CoherenceMode,
  DatabaseOptimizerOptions,
  EngineFactory,
  QueryOptions,
} from "./optimizer-options.ts";
export type { PoolOptions } from "./pool-options.ts";
export { postgresDriver } from "./postgres/driver.ts";
export type { CachedResult } from "./query-cache.ts";
export type { QueryCacheStats } from "./query-cache-stats.ts";
export type { FingerprintStats, SlowQuery } from "./query-metrics.ts";
export type { PointAccess, StatementFacts } from "./statement-facts.ts";
export type { Transaction } from "./transaction.ts";
