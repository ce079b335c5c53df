export { type BatchLoader, type BatchLoaderOptions, batchLoader } from "./batch-loader.ts";
export type { CachedResult } from "./cache/query-cache.ts";
export type { QueryCacheStats } from "./cache/query-cache-stats.ts";
export type { CachedQuery, CachedQueryOptions } from "./cached-query.ts";
export type {
  Coherence,
  DatabaseDriver,
  DriverConnection,
  Operation,
  QueryResult,
  Row,
} from "./driver.ts";
export type { Engine, EngineTransaction, InvalidationSink } from "./engine.ts";
export type { FingerprintStats, SlowQuery } from "./monitoring/query-metrics.ts";
export { type MysqlCoherence, type MysqlDriverOptions, type MysqlTls, mysqlDriver } from "./mysql/index.ts";
export { DatabaseOptimizer } from "./optimizer.ts";
export type {
  CoherenceMode,
  DatabaseOptimizerOptions,
  EngineFactory,
  QueryOptions,
  SqliteSettings,
} from "./optimizer-options.ts";
export {
  ConnectionPool,
  type LeakReport,
  type Lease,
  type PoolOptions,
  type PoolStats,
  type PoolTarget,
} from "./pool/connection-pool.ts";
export {
  type InstalledTriggers,
  installNotifyTriggers,
  type NotifyTriggerOptions,
  type PostgresDriverOptions,
  postgresDriver,
  removeNotifyTriggers,
} from "./postgres/index.ts";
export type { PointAccess, StatementFacts } from "./statement-facts.ts";
export type { Transaction } from "./transaction.ts";
