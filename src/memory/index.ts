export { BufferPool, type BufferPoolOptions } from "./buffer-pool.ts";
export { ObjectPool, type ObjectPoolOptions } from "./object-pool.ts";
export type { ObjectPoolStats } from "./object-pool-stats.ts";
export type { PoolLease } from "./pool-lease.ts";
