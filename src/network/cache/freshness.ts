import type { Directives } from "./cache-control.ts";
import { parseDeltaSeconds } from "./cache-control.ts";
import { fieldValue, type HeaderFields, singleValue } from "./header-fields.ts";
import { parseHttpDate } from "./http-date.ts";

/** How a cache judges; milliseconds. */
export interface FreshnessRules {
  /** Whether the cache serves several users. */
  readonly isShared: boolean;
  /** Share of the time since `Last-Modified` that a response without other information is fresh. */
  readonly heuristicFraction: number;
  /** Longest time that a heuristic gives. */
  readonly maxHeuristicMs: number;
  /** Lifetime of a response that says nothing at all, to a request without credentials, where heuristics are allowed. */
  readonly defaultLifetimeMs: number;
  /** How long after its lifetime a response may stand in for an error when nobody has said so. */
  readonly staleIfErrorMs: number;
}

/** When a response was on its way; milliseconds of the epoch. */
export interface ExchangeTimes {
  readonly requestTime: number;
  readonly responseTime: number;
}

/** Status codes whose responses may be reused without explicit freshness. @see https://www.rfc-editor.org/rfc/rfc9110#section-15.1 */
const heuristicStatuses = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);

export function allowsHeuristic(status: number, { isPublic }: Directives): boolean {
  return heuristicStatuses.has(status) || isPublic;
}

/** @returns when the origin made the response: its `Date`, or when it came in */
export function dateOf(fields: HeaderFields, responseTime: number): number {
  const date = singleValue(fields, "date");
  return (date === undefined ? undefined : parseHttpDate(date, responseTime)) ?? responseTime;
}

/**
 * `corrected_initial_age` of RFC 9111, 4.2.3
 * @param fields with `Age`, as received
 * @returns milliseconds, ≥ 0
 */
export function initialAge(fields: HeaderFields, { requestTime, responseTime }: ExchangeTimes): number {
  const apparentAge = Math.max(0, responseTime - dateOf(fields, responseTime));
  // Of several values the first counts, and one that is no number counts for nothing (5.1).
  const age = parseDeltaSeconds((fieldValue(fields, "age") ?? "").split(",", 1)[0]!.trim()) ?? 0;
  return Math.max(apparentAge, age * 1000 + Math.max(0, responseTime - requestTime));
}

/** @returns whether the response says for how long it is fresh, rightly or wrongly */
export function hasExplicitLifetime(
  fields: HeaderFields,
  directives: Directives,
  isShared: boolean,
): boolean {
  return (
    directives.maxAge !== undefined ||
    (isShared && directives.sMaxAge !== undefined) ||
    fields.expires !== undefined
  );
}

/**
 * `freshness_lifetime` of RFC 9111, 4.2.1 and 4.2.2
 * @param isForAnybody whether the request had no credentials
 * @returns milliseconds, ≥ 0
 */
export function freshnessLifetime(
  status: number,
  fields: HeaderFields,
  directives: Directives,
  responseTime: number,
  rules: FreshnessRules,
  isForAnybody: boolean,
): number {
  if (rules.isShared && directives.sMaxAge !== undefined) return directives.sMaxAge * 1000;
  if (directives.maxAge !== undefined) return directives.maxAge * 1000;
  const date = dateOf(fields, responseTime);
  const expires = singleValue(fields, "expires");
  if (expires !== undefined) return Math.max(0, (parseHttpDate(expires, responseTime) ?? 0) - date);
  if (!allowsHeuristic(status, directives)) return 0;
  const modified = singleValue(fields, "last-modified");
  if (modified === undefined) {
    // Only of what says nothing is it the caller who says for how long.
    const saysNothing = fields["cache-control"] === undefined && fields["set-cookie"] === undefined;
    return saysNothing && isForAnybody ? rules.defaultLifetimeMs : 0;
  }
  const sinceModified = date - (parseHttpDate(modified, responseTime) ?? date);
  return Math.min(rules.maxHeuristicMs, Math.max(0, sinceModified * rules.heuristicFraction));
}
