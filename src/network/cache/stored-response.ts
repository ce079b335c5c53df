import type { ContentRange } from "./byte-range.ts";
import { type Directives, parseCacheControl } from "./cache-control.ts";
import type { CacheRequest } from "./cache-request.ts";
import type { CachedResponse } from "./cached-response.ts";
import type { FleetMark } from "./fleet/fleet-mark.ts";
import { dateOf, type ExchangeTimes, type FreshnessRules, freshnessLifetime } from "./freshness.ts";
import { fieldsWeight, fieldValue, type HeaderFields, singleValue } from "./header-fields.ts";
import { parseHttpDate } from "./http-date.ts";
import { fingerprint, noSelection, type Selection, selects } from "./vary.ts";

/** What is kept of a response, also beyond the process. */
export interface ResponseRecord extends ExchangeTimes {
  readonly status: number;
  readonly statusText: string;
  /** As far as they may be stored; `Age` is not among them. */
  readonly fields: HeaderFields;
  readonly trailers: HeaderFields | undefined;
  /** As received, still encoded. Never changed. */
  readonly body: Uint8Array;
  /** Of which part of the whole the body is (206); `undefined` for all of it. */
  readonly range: ContentRange | undefined;
  /** Whether it answered a HEAD, and has no body for a GET. */
  readonly isHead: boolean;
  readonly selection: Selection;
  /** Whether it is only for requests with the same credentials, or likewise none. */
  readonly isPersonal: boolean;
  /** Stands for the credentials of a personal response's request. */
  readonly credentials: string | undefined;
  /** `corrected_initial_age`, milliseconds. */
  readonly initialAgeMs: number;
}

/** A response in the cache, and what follows from its fields. */
export class StoredResponse {
  readonly record: ResponseRecord;
  readonly directives: Directives;
  readonly etag: string | undefined;
  /** As it came, for `If-Modified-Since`; `undefined` when it is no date. */
  readonly lastModified: string | undefined;
  readonly lastModifiedTime: number | undefined;
  readonly date: number;
  readonly lifetimeMs: number;
  /** Milliseconds of the epoch. */
  readonly freshUntil: number;
  /** Whether it must not be used stale, whoever would take it so. */
  readonly mustBeFresh: boolean;
  /** Bytes that it takes. */
  readonly weight: number;
  /** What a caller keeps beside it, and its bytes. */
  memo: unknown = undefined;
  memoWeight = 0;
  /** What lookups are given within one second of its age. */
  view: CachedResponse | undefined = undefined;
  /** With a shared server: what vouches for it. */
  mark: FleetMark | undefined = undefined;
  viewAge = -1;

  constructor(record: ResponseRecord, rules: FreshnessRules) {
    const { status, fields, responseTime, body } = record;
    this.record = record;
    this.directives = parseCacheControl(fieldValue(fields, "cache-control") ?? "");
    this.etag = singleValue(fields, "etag");
    const modified = singleValue(fields, "last-modified");
    this.lastModifiedTime = modified === undefined ? undefined : parseHttpDate(modified, responseTime);
    this.lastModified = this.lastModifiedTime === undefined ? undefined : modified;
    this.date = dateOf(fields, responseTime);
    const isForAnybody = record.credentials === undefined;
    this.lifetimeMs = freshnessLifetime(status, fields, this.directives, responseTime, rules, isForAnybody);
    this.freshUntil = responseTime + this.lifetimeMs - record.initialAgeMs;
    const { mustRevalidate, proxyRevalidate, sMaxAge, noCache } = this.directives;
    this.mustBeFresh =
      noCache || mustRevalidate || (rules.isShared && (proxyRevalidate || sMaxAge !== undefined));
    const trailersWeight = record.trailers === undefined ? 0 : fieldsWeight(record.trailers);
    this.weight =
      400 +
      fieldsWeight(fields) +
      trailersWeight +
      record.statusText.length +
      body.byteLength +
      selectionWeight(record.selection);
  }

  /** `current_age` of RFC 9111, 4.2.3. @returns milliseconds, ≥ 0 */
  age(now: number): number {
    return this.record.initialAgeMs + Math.max(0, now - this.record.responseTime);
  }

  get hasValidator(): boolean {
    return this.etag !== undefined || this.lastModified !== undefined;
  }

  /** Whether it is for that request, as far as credentials and `Vary` go. */
  isFor(request: CacheRequest): boolean {
    const { isPersonal, credentials, selection } = this.record;
    if (
      isPersonal &&
      credentials !== (request.credentials === undefined ? undefined : fingerprint(request.credentials))
    )
      return false;
    return selection === noSelection || selects(selection, request);
  }
}

function selectionWeight({ names, values }: Selection): number {
  let weight = 0;
  for (let i = 0; i < names.length; i++) weight += 32 + names[i]!.length + (values[i]?.length ?? 0);
  return weight;
}
