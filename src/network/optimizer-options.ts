import type { TierOption } from "../cache/tier-option.ts";
import { type Clock, systemClock } from "../clock.ts";
import { durationMs, integer, knownKeys, oneOf, optionsObject, rejectType } from "../options.ts";
import type { ResponseCacheOptions } from "./cache/cache-options.ts";
import type { DecodeLimits } from "./compression/decode-limits.ts";
import type { RequestCompressionOptions } from "./compression/request-compression.ts";
import type { RedirectOptions } from "./redirect.ts";
import type { HeadersInput } from "./request-headers.ts";
import { byteLimit } from "./request-options.ts";
import type { HedgePolicyOptions } from "./resilience/hedge-options.ts";
import type { OriginCircuitsOptions } from "./resilience/origin-circuits.ts";
import type { OriginLimitsOptions } from "./resilience/origin-limits.ts";
import type { RetryPolicyOptions } from "./resilience/retry-options.ts";
import type { DnsCacheOptions } from "./transport/dns-cache-options.ts";
import type { TransportOptions } from "./transport/transport-options.ts";

/** Which requests may go to public addresses alone. */
export type AddressGuard = boolean | "redirects";

export interface NetworkOptimizerOptions extends NetworkDefaults {
  // Essential
  /** Responses that the cache keeps at most; 0 turns it off. @default 1000 */
  readonly cacheSize?: number;
  /**
   * Milliseconds for which a response to a GET counts as fresh that says nothing of its own: no `Cache-Control`, no `Expires`, no
   * `Set-Cookie`, and no credentials in the request. What a response does say always counts; 0 adds nothing to RFC 9111.
   * @default 0
   */
  readonly cacheTtlMs?: number;
  /** Connections to one origin at most. @default 100 */
  readonly connectionPoolSize?: number;
  /** Milliseconds that a request may take in all, the reading of its body included; `Infinity` for ever. @default 30_000 */
  readonly timeoutMs?: number;

  // Frequent
  /** HTTP/2 where it is offered over TLS: wherever (`true`), nowhere (`false`), or where it costs less. @default "auto" */
  readonly http2?: boolean | "auto";
  /** Further options of the response cache; `false` turns it off. @default {} */
  readonly cache?: Omit<ResponseCacheOptions, "maxUrls" | "defaultLifetimeMs" | "tier" | "clock"> | false;
  /**
   * A server behind the response cache's memory that all nodes of a fleet share, such as `{ url: "redis://localhost" }`, or an
   * open tier for this optimizer alone, which closes it. Only what is for everybody lies there. @default none
   */
  readonly tier?: TierOption;
  /** Limits of decoding; `false` asks for no encoding, and gives bodies as they come. @default {} */
  readonly compression?: DecodeLimits | false;
  /** Encoding of request bodies, by default for origins that say they take it (RFC 7694); `false` sends them as they are. @default {} */
  readonly requestCompression?: RequestCompressionOptions | false;
  /** A short memory of names' addresses; `false` looks them up for each connection. @default {} */
  readonly dns?: DnsCacheOptions | false;
  /** Following of redirects; `false` gives them back as they are. @default {} */
  readonly redirects?: RedirectOptions | false;
  /** Further attempts after failures that pass, under a budget; `false` for none. @default {} */
  readonly retry?: Omit<RetryPolicyOptions, "clock"> | false;
  /** A second request beside a GET or HEAD that is late, paid from `retry`'s budget; `false` for none. @default false */
  readonly hedge?: Omit<HedgePolicyOptions, "clock"> | false;
  /** A circuit breaker for each origin; `false` for none. @default {} */
  readonly circuit?: Omit<OriginCircuitsOptions, "clock"> | false;
  /** An adaptive limit for each origin on requests under way; `false` for none. @default {} */
  readonly limit?: Omit<OriginLimitsOptions, "clock"> | false;
  /** Bytes of a body as it comes over the network, also of one that is streamed; `Infinity` for no limit. @default 268_435_456 */
  readonly maxResponseBytes?: number;

  // Rare
  /**
   * Refuses connections to loopback, private, link-local and reserved addresses, by the address that is connected to: `true`
   * for all requests, `"redirects"` for what a redirect leads to on another origin. @default false
   */
  readonly forbidPrivateAddresses?: AddressGuard;
  /**
   * Names of further header fields that, like `Authorization` and `Cookie`, never follow a redirect to another origin, and tell
   * apart whom the cache may give a response. @default []
   */
  readonly secretHeaders?: readonly string[];
  /** Further options of the connections: TLS, time-outs, HTTP/2 streams. @default {} */
  readonly transport?: Omit<
    TransportOptions,
    "connectionsPerOrigin" | "protocol" | "dns" | "publicAddressesOnly" | "clock"
  >;
  /** Source of time; for tests. @default the system's monotonic clock */
  readonly clock?: Clock;
}

/** What all requests have in common. */
export interface NetworkDefaults {
  /** Relative URLs are put behind it. Its userinfo becomes an `Authorization`, for its own origin alone. */
  readonly baseUrl?: string | URL;
  /** Sent to `baseUrl`'s origin alone; without a `baseUrl`, to all, and then there may be no credentials among them. */
  readonly headers?: HeadersInput;
}

export const networkDefaults = Object.freeze({
  cacheSize: 1000,
  cacheTtlMs: 0,
  connectionPoolSize: 100,
  timeoutMs: 30_000,
  maxResponseBytes: 256 * 2 ** 20,
});

const parts = [
  "redirects",
  "retry",
  "hedge",
  "circuit",
  "limit",
  "compression",
  "requestCompression",
  "dns",
] as const;

export type ResolvedNetworkOptions = Readonly<Record<keyof typeof networkDefaults, number>> & {
  readonly [P in (typeof parts)[number]]: Exclude<NetworkOptimizerOptions[P], undefined>;
} & {
  readonly cache: ResponseCacheOptions | false;
  readonly http2: boolean | "auto";
  readonly transport: NonNullable<NetworkOptimizerOptions["transport"]>;
  readonly forbidPrivateAddresses: AddressGuard;
  readonly secretHeaders: readonly string[];
  readonly clock: Clock;
};

const known = [
  ...Object.keys(networkDefaults),
  ...parts,
  "cache",
  "tier",
  "http2",
  "transport",
  "forbidPrivateAddresses",
  "secretHeaders",
  "clock",
  "baseUrl",
  "headers",
];

/** @throws {TypeError | RangeError} naming the option, what was expected and what came */
export function resolveNetworkOptions(options: NetworkOptimizerOptions): ResolvedNetworkOptions {
  knownKeys("NetworkOptimizer", options, known);
  const given = <K extends keyof typeof networkDefaults>(name: K): number =>
    options[name] ?? networkDefaults[name];
  const cacheSize = integer("cacheSize", given("cacheSize"), 0);
  const cacheTtlMs = durationMs("cacheTtlMs", given("cacheTtlMs"));
  return Object.freeze({
    cacheSize,
    cacheTtlMs,
    connectionPoolSize: integer("connectionPoolSize", given("connectionPoolSize"), 1),
    timeoutMs: durationMs("timeoutMs", given("timeoutMs")),
    maxResponseBytes: byteLimit("maxResponseBytes", given("maxResponseBytes")),
    redirects: part("redirects", options.redirects, {}),
    retry: part("retry", options.retry, {}),
    hedge: part("hedge", options.hedge, false),
    circuit: part("circuit", options.circuit, {}),
    limit: part("limit", options.limit, {}),
    compression: part("compression", options.compression, {}),
    requestCompression: part("requestCompression", options.requestCompression, {}),
    dns: part("dns", options.dns, {}),
    cache: cacheOptions(options, cacheSize, cacheTtlMs),
    http2: oneOf("http2", options.http2 ?? "auto", [true, false, "auto"]),
    transport: part("transport", options.transport, {}) || {},
    forbidPrivateAddresses: oneOf("forbidPrivateAddresses", options.forbidPrivateAddresses ?? false, [
      true,
      false,
      "redirects",
    ]),
    secretHeaders: names("secretHeaders", options.secretHeaders ?? []),
    clock: options.clock ?? systemClock,
  });
}

function part<T extends object>(name: string, value: T | false | undefined, byDefault: T | false): T | false {
  if (value === undefined) return byDefault;
  if (value !== false) optionsObject(name, value);
  return value;
}

function cacheOptions(
  { cache, tier }: NetworkOptimizerOptions,
  maxUrls: number,
  defaultLifetimeMs: number,
): ResponseCacheOptions | false {
  const options: ResponseCacheOptions | false = part("cache", cache, {});
  if (options === false || maxUrls === 0) {
    if (tier !== undefined) throw new TypeError("tier: is of no use while the cache is off");
    return false;
  }
  for (const [own, ours] of [
    ["maxUrls", "cacheSize"],
    ["defaultLifetimeMs", "cacheTtlMs"],
    ["tier", "tier"],
  ] as const)
    if (own in options) throw new TypeError(`cache.${own}: expected ${ours} instead`);
  return { ...options, maxUrls, defaultLifetimeMs, tier };
}

function names(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((each) => typeof each !== "string"))
    return rejectType(name, "an array of names", value);
  return value.map((each: string) => each.toLowerCase());
}
