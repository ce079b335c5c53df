import type { ConnectionOptions } from "node:tls";
import { type Clock, systemClock } from "../../clock.ts";
import { durationMs, integer, knownKeys, oneOf, optionsObject, rejectType } from "../../options.ts";
import { DnsCache } from "./dns-cache.ts";
import type { DnsCacheOptions } from "./dns-cache-options.ts";
import type { ProtocolMode } from "./protocol-choice.ts";

/** How a TLS connection is made: `ca`, `cert`, `key`, `servername`, `rejectUnauthorized` and the like, as `tls.connect` takes them. */
export type TlsOptions = Omit<
  ConnectionOptions,
  "ALPNProtocols" | "host" | "lookup" | "path" | "port" | "socket"
>;

export interface TransportOptions {
  /** Connections to one origin, integer ≥ 1; for HTTP/2, `sessionsPerOrigin` holds. @default 64 */
  readonly connectionsPerOrigin?: number;
  /**
   * HTTP/2 connections to one origin, integer ≥ 1. More of them, up to `connectionsPerOrigin`, come about only while the
   * server allows so few streams on each that fewer than `connectionsPerOrigin` requests could be under way. @default 4
   */
  readonly sessionsPerOrigin?: number;
  /** Streams on one HTTP/2 connection, integer ≥ 1; the server may allow fewer. @default 100 */
  readonly streamsPerSession?: number;
  /** Requests to one origin that wait for a connection, integer ≥ 1. @default 10_000 */
  readonly waitingPerOrigin?: number;
  /** Origins remembered, integer ≥ 1; the least recently used that has nothing to do gives way. @default 1_000 */
  readonly maxOrigins?: number;
  /**
   * `"auto"` takes HTTP/2 where it is offered, and HTTP/1.1 for an origin on a fast link that gets its requests one after
   * the other, where that costs less CPU. `"http2"` takes HTTP/2 wherever offered, `"http1"` never. Without TLS it is
   * HTTP/1.1 always. @default "auto"
   */
  readonly protocol?: ProtocolMode;
  /** Time to connect, the TLS handshake included, whole milliseconds ≥ 1. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** While a first connection hangs, another is tried beside it after this time, then after twice as long, three at most; milliseconds ≥ 0. @default 250 */
  readonly coldWaitMs?: number;
  /** A connection without requests is closed after this time, or sooner if the server says so; whole milliseconds ≥ 1. @default 4_000 */
  readonly keepAliveTimeoutMs?: number;
  /** How often an HTTP/2 peer must show that it lives, whole milliseconds; 0 for never. @default 60_000 */
  readonly pingIntervalMs?: number;
  /** Longest silence before the response's headers, whole milliseconds; 0 for no bound. @default 300_000 */
  readonly headersTimeoutMs?: number;
  /** Longest silence within the response's body, whole milliseconds; 0 for no bound. @default 300_000 */
  readonly bodyTimeoutMs?: number;
  /** A Unix socket, or a Windows pipe, that all requests go to. */
  readonly socketPath?: string;
  readonly tls?: TlsOptions;
  /** A cache, options for one, or `false` for `dns.lookup` each time. @default {} */
  readonly dns?: DnsCache | DnsCacheOptions | false;
  /** Connects to no address that is loopback, private, link-local or reserved; such an attempt fails with `ForbiddenAddressError`. @default false */
  readonly publicAddressesOnly?: boolean;
  /** @default the system's */
  readonly clock?: Clock;
}

export type TransportSettings = Required<Omit<TransportOptions, "dns" | "socketPath">> & {
  readonly dns: DnsCache | undefined;
  readonly socketPath: string | undefined;
};

export const transportDefaults: Omit<TransportSettings, "dns"> = Object.freeze({
  connectionsPerOrigin: 64,
  sessionsPerOrigin: 4,
  streamsPerSession: 100,
  waitingPerOrigin: 10_000,
  maxOrigins: 1_000,
  protocol: "auto",
  connectTimeoutMs: 10_000,
  coldWaitMs: 250,
  keepAliveTimeoutMs: 4_000,
  pingIntervalMs: 60_000,
  headersTimeoutMs: 300_000,
  bodyTimeoutMs: 300_000,
  socketPath: undefined,
  tls: Object.freeze({}),
  publicAddressesOnly: false,
  clock: systemClock,
});

const counts = [
  "connectionsPerOrigin",
  "sessionsPerOrigin",
  "streamsPerSession",
  "waitingPerOrigin",
  "maxOrigins",
] as const;
const positive = ["connectTimeoutMs", "keepAliveTimeoutMs"] as const;
const whole = ["pingIntervalMs", "headersTimeoutMs", "bodyTimeoutMs"] as const;
/** Node's timers take no more. */
const longestMs = 2_147_483_647;

/** @throws {TypeError|RangeError} with `name: expected …, got …` */
export function transportSettings(options: TransportOptions): TransportSettings {
  knownKeys("Transport", options, [...Object.keys(transportDefaults), "dns"]);
  const { dns = {}, ...given } = options;
  const settings = { ...transportDefaults, ...given };
  for (const name of counts) integer(name, settings[name], 1);
  for (const name of positive) integer(name, settings[name], 1, longestMs);
  for (const name of whole) integer(name, settings[name], 0, longestMs);
  durationMs("coldWaitMs", settings.coldWaitMs);
  oneOf("protocol", settings.protocol, ["auto", "http1", "http2"]);
  oneOf("publicAddressesOnly", settings.publicAddressesOnly, [true, false]);
  optionsObject("tls", settings.tls);
  if (settings.socketPath !== undefined && typeof settings.socketPath !== "string")
    rejectType("socketPath", "a path", settings.socketPath);
  return { ...settings, dns: dns === false ? undefined : dns instanceof DnsCache ? dns : new DnsCache(dns) };
}
