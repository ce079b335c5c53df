import type { DnsStats } from "./dns-cache.ts";
import type { Protocol } from "./protocol-choice.ts";

/** What was counted, of one origin or of all. */
export interface TransportCounts {
  /** Requests given to the transport. */
  readonly requests: number;
  /** Requests that went to a connection that was open when they came. */
  readonly poolHits: number;
  /** Requests on a connection that had carried one before. */
  readonly reused: number;
  readonly connectionsOpened: number;
  readonly connectionsClosed: number;
  /** Attempts to connect that failed. */
  readonly connectionsFailed: number;
}

export interface OriginStats extends TransportCounts {
  readonly origin: string;
  /** What new connections are to speak; `undefined` until a first one tells. */
  readonly protocol: Protocol | undefined;
  /** Why that protocol, for people. */
  readonly reason: string;
  /** Shortest seen, milliseconds. */
  readonly roundTripMs: number | undefined;
  /** Open now; `http2Connections` of them speak HTTP/2. */
  readonly connections: number;
  readonly http2Connections: number;
  readonly idleConnections: number;
  readonly connecting: number;
  readonly inFlight: number;
  readonly waiting: number;
}

export interface TransportStats extends TransportCounts {
  /** `poolHits` of `requests`, 0 to 1; 0 before the first request. */
  readonly poolHitRate: number;
  /** Open now. */
  readonly connections: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Those remembered now. */
  readonly origins: readonly OriginStats[];
  /** `undefined` without a DNS cache. */
  readonly dns: DnsStats | undefined;
}

const countNames = [
  "requests",
  "poolHits",
  "reused",
  "connectionsOpened",
  "connectionsClosed",
  "connectionsFailed",
] as const;

export const noCounts: TransportCounts = Object.freeze({
  requests: 0,
  poolHits: 0,
  reused: 0,
  connectionsOpened: 0,
  connectionsClosed: 0,
  connectionsFailed: 0,
});

export function addCounts(some: TransportCounts, others: TransportCounts): TransportCounts {
  const sum = { ...noCounts } as { -readonly [K in keyof TransportCounts]: number };
  for (const name of countNames) sum[name] = some[name] + others[name];
  return sum;
}
