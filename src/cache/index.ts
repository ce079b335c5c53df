export { bytesCodec } from "./codec/bytes-codec.ts";
export { type Codec, codecOf } from "./codec/codec.ts";
export type { CompressionMark, CompressionOptions } from "./codec/compression.ts";
export { jsonCodec } from "./codec/json-codec.ts";
export { v8Codec } from "./codec/v8-codec.ts";
export type { MemcachedTierOptions } from "./memcached/memcached-options.ts";
export { MemcachedTier } from "./memcached/memcached-tier.ts";
export { MemoryHub, type MemoryHubOptions } from "./memory-hub.ts";
export type { MemoryTier } from "./memory-tier.ts";
export { openTier, type TierOptions } from "./open-tier.ts";
export type { RedisTierOptions } from "./redis/options.ts";
export { openRedisTier, type RedisTier } from "./redis/tier.ts";
export type { Lease, SharedEntry, SharedTier, Stamp } from "./shared-tier.ts";
export { type TierContractCase, type TierContractSetup, tierContract } from "./tier-contract.ts";
export type { TierOption } from "./tier-option.ts";
export type { Reach } from "./tiered/tier-link.ts";
export type {
  TieredCacheEvent,
  TieredCacheOptions,
  TieredEntryOptions,
  TieredGetOptions,
  TieredLoader,
  TieredLoadOptions,
} from "./tiered/tiered-options.ts";
export type { TieredCacheStats } from "./tiered/tiered-stats.ts";
export { TieredCache } from "./tiered-cache.ts";
