export type { Batcher, LoadOptions as BatchLoadOptions } from "./batch/batcher.ts";
export { createBatcher } from "./batch/batcher.ts";
export type { BatcherOptions, SendContext } from "./batch/batcher-options.ts";
export type { BatcherStats } from "./batch/batcher-stats.ts";
export { type GraphqlOperation, type GraphqlResult, graphqlKey, graphqlSender } from "./batch/graphql.ts";
export type { SenderOptions } from "./batch/json-post.ts";
export { type JsonRpcCall, jsonRpcKey, jsonRpcSender } from "./batch/json-rpc.ts";
export type { SqliteStoreOptions } from "./cache/cache-options.ts";
export type { ResponseCacheStats } from "./cache/cache-stats.ts";
export type { CachedResponse } from "./cache/cached-response.ts";
export type { FleetStats } from "./cache/fleet/fleet-stats.ts";
export { ResponseCache, type ResponseCacheOptions } from "./cache/response-cache.ts";
export type { CodingStats } from "./compression/compression-counts.ts";
export { acceptEncoding, type ContentCoding } from "./compression/content-coding.ts";
export { decodeBody } from "./compression/decode-body.ts";
export type { DecodeLimits } from "./compression/decode-limits.ts";
export { decodeStream } from "./compression/decode-stream.ts";
export { encodeBody } from "./compression/encode-body.ts";
export {
  RequestCompression,
  type RequestCompressionOptions,
  type RequestCompressionStats,
} from "./compression/request-compression.ts";
export type { RequestStats } from "./network-stats.ts";
export { type BatchRequestsOptions, NetworkOptimizer, type NetworkStats } from "./optimizer.ts";
export {
  type AddressGuard,
  type NetworkDefaults,
  type NetworkOptimizerOptions,
  networkDefaults,
} from "./optimizer-options.ts";
export { type Dispatch, type NetworkPolicy, type RequestContext, requestContext } from "./policy.ts";
export { type RedirectOptions, redirectPolicy } from "./redirect.ts";
export type { BatchRequest, RequestOptions } from "./request-options.ts";
export type { HedgeStats } from "./resilience/hedge-call.ts";
export type { HedgePolicyOptions } from "./resilience/hedge-options.ts";
export { HedgePolicy } from "./resilience/hedge-policy.ts";
export {
  OriginCircuits,
  type OriginCircuitsOptions,
  type OriginCircuitsStats,
} from "./resilience/origin-circuits.ts";
export {
  OriginLimits,
  type OriginLimitsOptions,
  type OriginLimitsStats,
} from "./resilience/origin-limits.ts";
export { idempotentMethods, retriedErrorCodes, retriedStatuses } from "./resilience/repeatable.ts";
export { RetryBudget, type RetryBudgetOptions, type RetryBudgetStats } from "./resilience/retry-budget.ts";
export type { RetryStats } from "./resilience/retry-counts.ts";
export type { RetryPolicyOptions } from "./resilience/retry-options.ts";
export { RetryPolicy } from "./resilience/retry-policy.ts";
export { NetworkResponse, type ResponseHeaders } from "./response.ts";
export { DnsCache, type DnsStats } from "./transport/dns-cache.ts";
export type { DnsCacheOptions } from "./transport/dns-cache-options.ts";
export { Transport } from "./transport/transport.ts";
export type { TransportOptions } from "./transport/transport-options.ts";
export type { TransportStats } from "./transport/transport-stats.ts";
