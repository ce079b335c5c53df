import type { MetricSample } from "../../metrics/metric.ts";
import type { FleetStats } from "./fleet/fleet-stats.ts";
import type { SqliteStoreStats } from "./sqlite-store.ts";

/** What a response cache counts; each only grows. */
export class CacheCounts {
  /** Answered without the origin, from a fresh response. */
  hits = 0;
  /** Answered without the origin, from a stale response that the client or the origin allowed. */
  staleHits = 0;
  /** Nothing stored was of use. */
  misses = 0;
  /** Asked the origin whether a stored response is still good. */
  validations = 0;
  /** It was (304). */
  validated = 0;
  /** Joined another caller's request. */
  coalesced = 0;
  /** A stored response stood in for an error. */
  servedOnError = 0;
  stored = 0;
  /** Removed because of an unsafe request, or because somebody said so; URLs. */
  invalidations = 0;
  /** Not stored, because what it was asked for was invalidated meanwhile. */
  superseded = 0;
  /** Passed through because it was too large. */
  tooLarge = 0;
  /** Not stored, because the body was shorter or longer than announced. */
  incomplete = 0;
  /** Not in the cache, and the client wanted nothing else (504). */
  unavailable = 0;
  backgroundValidations = 0;
  backgroundFailures = 0;
}

/** A moment's view of a response cache. */
export type ResponseCacheStats = Readonly<CacheCounts> & {
  /** URLs in memory. */
  readonly urls: number;
  /** Bytes in memory. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** URLs that had to leave memory for want of room. */
  readonly evictions: number;
  /** Bytes of bodies that are on their way into the cache. */
  readonly recordingBytes: number;
  /** `undefined` without such a store. */
  readonly sqlite: SqliteStoreStats | undefined;
  /** `undefined` without a shared server. */
  readonly tier: FleetStats | undefined;
};

const help: Record<keyof CacheCounts, string> = {
  hits: "Requests answered from a fresh response",
  staleHits: "Requests answered from a stale response, as allowed",
  misses: "Requests for which nothing stored was of use",
  validations: "Conditional requests sent for stored responses",
  validated: "Stored responses that were still good",
  coalesced: "Requests that joined another one in flight",
  servedOnError: "Stored responses that stood in for an error",
  stored: "Responses stored",
  invalidations: "URLs invalidated",
  superseded: "Responses not stored because of an invalidation meanwhile",
  tooLarge: "Responses too large to be stored",
  incomplete: "Responses not stored because they were incomplete",
  unavailable: "Requests with only-if-cached that were not in the cache",
  backgroundValidations: "Validations in the background",
  backgroundFailures: "Validations in the background that failed",
};

/** @returns the counts and sizes as samples */
export function* cacheSamples(stats: ResponseCacheStats): Iterable<MetricSample> {
  for (const name of Object.keys(help) as (keyof CacheCounts)[])
    yield {
      type: "counter",
      name: `http.client.cache.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      help: help[name],
      unit: "1",
      labels: {},
      value: stats[name],
    };
  yield {
    type: "gauge",
    name: "http.client.cache.size",
    help: "Bytes of responses in memory",
    unit: "By",
    labels: {},
    value: stats.bytes,
  };
}
