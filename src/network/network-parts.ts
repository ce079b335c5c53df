import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { MetricSample } from "../metrics/metric.ts";
import { refusePrivateHosts } from "./address-guard.ts";
import type { ResponseCacheStats } from "./cache/cache-stats.ts";
import type { CachedResponse } from "./cache/cached-response.ts";
import { ResponseCache } from "./cache/response-cache.ts";
import { CodingCounts, type CodingStats } from "./compression/compression-counts.ts";
import { acceptEncoding } from "./compression/content-coding.ts";
import { decodeBody } from "./compression/decode-body.ts";
import { type DecodeLimits, resolveDecodeLimits } from "./compression/decode-limits.ts";
import { decodeStream } from "./compression/decode-stream.ts";
import { RequestCompression, type RequestCompressionStats } from "./compression/request-compression.ts";
import type { ResolvedNetworkOptions } from "./optimizer-options.ts";
import { contextOf, type Dispatch, type NetworkPolicy } from "./policy.ts";
import { redirectPolicy } from "./redirect.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { HedgeStats } from "./resilience/hedge-call.ts";
import { HedgePolicy } from "./resilience/hedge-policy.ts";
import { OriginCircuits, type OriginCircuitsStats } from "./resilience/origin-circuits.ts";
import { OriginLimits, type OriginLimitsStats } from "./resilience/origin-limits.ts";
import type { RetryStats } from "./resilience/retry-counts.ts";
import { RetryPolicy } from "./resilience/retry-policy.ts";
import type { BodyDecoder } from "./response-body.ts";
import { loadUndici } from "./transport/load-undici.ts";
import { Transport } from "./transport/transport.ts";
import type { TransportStats } from "./transport/transport-stats.ts";

/** What an optimizer consists of. @internal */
export interface NetworkParts {
  /** All policies over the transport. */
  readonly dispatch: Dispatch;
  readonly decoder: BodyDecoder;
  /** `Accept-Encoding` of requests that name none. */
  readonly acceptEncoding: string | undefined;
  /** The response cache's fast path. */
  lookup(method: string, url: string, headers: RequestHeaders): CachedResponse | undefined;
  /** undici's own dispatcher, below all policies. */
  dispatcher(): Promise<Dispatcher>;
  /** Loads what the first request would have to. */
  load(): Promise<void>;
  stats(): PartsStats;
  collect(): Iterable<MetricSample>;
  /** Forgets what is stored of a URL, or of all of them. */
  forget(url?: string | URL): void;
  close(): Promise<void>;
  destroy(error: Error): Promise<void>;
}

/** What a part that is on says of itself. */
interface Part {
  stats(): object;
  collect(): Iterable<MetricSample>;
}

/** Figures of the parts that are on. */
export interface PartsStats {
  readonly cache?: ResponseCacheStats;
  readonly retry?: RetryStats;
  readonly hedge?: HedgeStats;
  readonly circuit?: OriginCircuitsStats;
  readonly limit?: OriginLimitsStats;
  /** Of response bodies that were encoded. */
  readonly compression?: CodingStats;
  /** Of request bodies that were encoded. */
  readonly requestCompression?: RequestCompressionStats;
  /** Connections and names; `poolHitRate` is among them. */
  readonly transport: TransportStats;
}

/**
 * Puts the parts together, from the outside: redirects, cache, encoding of bodies, retries, hedging, circuits, limits, connections. What
 * is switched off isn't there.
 * @throws {TypeError | RangeError} naming the wrong option @internal
 */
export function networkParts(
  options: ResolvedNetworkOptions,
  isSecret: (name: string) => boolean,
): NetworkParts {
  const { clock, cache: cacheOptions, redirects, compression } = options;
  const parts = new Map<keyof PartsStats, Part>();
  const connections = openTransports(options);
  parts.set("transport", connections.transport);
  let dispatch = connections.dispatch;
  const put = (name: keyof PartsStats, part: Part & { readonly policy: NetworkPolicy }): void => {
    parts.set(name, part);
    dispatch = part.policy(dispatch);
  };
  const retry = options.retry && new RetryPolicy({ ...options.retry, clock });
  if (options.limit) put("limit", new OriginLimits({ ...options.limit, clock }));
  if (options.circuit) put("circuit", new OriginCircuits({ ...options.circuit, clock }));
  if (options.hedge) {
    const budget = options.hedge.budget ?? (retry ? retry.budget : undefined);
    put("hedge", new HedgePolicy({ ...options.hedge, budget, clock }));
  }
  if (retry) put("retry", retry);
  if (options.requestCompression)
    put("requestCompression", new RequestCompression(options.requestCompression));
  const cache = cacheOptions && new ResponseCache({ ...cacheOptions, clock }, options.secretHeaders);
  if (cache) put("cache", cache);
  if (redirects) {
    const cacheAcrossOrigins = options.forbidPrivateAddresses !== "redirects";
    dispatch = redirectPolicy({ ...redirects, isSecret, cacheAcrossOrigins })(dispatch);
  }
  const decoded = new CodingCounts();
  if (compression)
    parts.set("compression", { stats: () => decoded.stats(), collect: () => decoded.collect("decode") });
  return {
    dispatch,
    decoder: compression ? decoderOf(compression, decoded) : asReceived,
    acceptEncoding: compression ? acceptEncoding : undefined,
    lookup: (method, url, headers) => (cache ? cache.lookup(method, url, headers) : undefined),
    dispatcher: () => connections.transport.dispatcher(),
    async load() {
      await loadUndici();
    },
    stats: () =>
      Object.fromEntries(Array.from(parts, ([name, part]) => [name, part.stats()])) as unknown as PartsStats,
    *collect() {
      for (const part of parts.values()) yield* part.collect();
    },
    forget(url) {
      if (!cache) return;
      if (url === undefined) cache.clear();
      else cache.invalidate(url);
    },
    async close() {
      if (cache) cache.close();
      await connections.close();
      if (cache) await cache.closed();
    },
    async destroy(error) {
      if (cache) cache.close();
      await connections.destroy(error);
      if (cache) await cache.closed();
    },
  };
}

interface Transports {
  readonly transport: Transport;
  readonly dispatch: Dispatch;
  close(): Promise<void>;
  destroy(error: Error): Promise<void>;
}

/** Where only redirects are guarded, they have connections of their own: one that is open already asks for no address. */
function openTransports(options: ResolvedNetworkOptions): Transports {
  const { clock, connectionPoolSize, http2, dns, forbidPrivateAddresses } = options;
  const open = (publicAddressesOnly: boolean): Transport =>
    new Transport({
      ...options.transport,
      connectionsPerOrigin: connectionPoolSize,
      protocol: http2 === "auto" ? http2 : http2 ? "http2" : "http1",
      dns,
      clock,
      publicAddressesOnly,
    });
  const transport = open(forbidPrivateAddresses === true);
  const ends = {
    close: () => transport.close(),
    destroy: (error: Error) => transport.destroy(error),
  };
  if (forbidPrivateAddresses === false) return { transport, dispatch: transport.dispatch, ...ends };
  if (forbidPrivateAddresses === true)
    return { transport, dispatch: refusePrivateHosts(transport.dispatch), ...ends };
  const guarded = open(true);
  const redirected = refusePrivateHosts(guarded.dispatch);
  return {
    transport,
    dispatch: (request, handler) =>
      contextOf(request).redirected ? redirected(request, handler) : transport.dispatch(request, handler),
    async close() {
      await Promise.all([transport.close(), guarded.close()]);
    },
    async destroy(error) {
      await Promise.all([transport.destroy(error), guarded.destroy(error)]);
    },
  };
}

const asReceived: BodyDecoder = { whole: (_, body) => body, pieces: (_, pieces) => pieces };

function decoderOf(limits: DecodeLimits, counts: CodingCounts): BodyDecoder {
  const resolved = resolveDecodeLimits(limits);
  return {
    whole: (encoding, body) => decodeBody(encoding, body, resolved, counts),
    pieces: (encoding, pieces) =>
      decodeStream(encoding, Readable.from(pieces, { objectMode: false }), resolved, counts),
  };
}
