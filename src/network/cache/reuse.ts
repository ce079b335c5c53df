import type { CacheRequest } from "./cache-request.ts";
import type { FreshnessRules } from "./freshness.ts";
import type { StoredResponse } from "./stored-response.ts";

/**
 * How a stored response may serve a request now: as it is; stale, because the client takes it so; stale while it is
 * validated in the background; or not before the origin has been asked.
 */
export type Usability = "fresh" | "stale" | "whileRevalidating" | "afterValidation";

/** A clock that was set back further than this makes ages guesses: what came in "later" is validated. */
const clockStepMs = 1000;

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-4 */
export function usability(stored: StoredResponse, request: CacheRequest, now: number): Usability {
  const asked = request.directives;
  const said = stored.directives;
  if (said.noCache || asked.noCache || now + clockStepMs < stored.record.responseTime)
    return "afterValidation";
  const leftMs = stored.freshUntil - now;
  const isFresh = leftMs > 0;
  const { maxAge } = asked;
  if (maxAge !== undefined && (maxAge === 0 || stored.age(now) > maxAge * 1000)) {
    // To reload what never changes is in vain. https://www.rfc-editor.org/rfc/rfc8246#section-2
    if (!(isFresh && said.immutable)) return "afterValidation";
  }
  if (isFresh)
    return asked.minFresh === undefined || leftMs >= asked.minFresh * 1000 ? "fresh" : "afterValidation";
  if (stored.mustBeFresh || asked.minFresh !== undefined) return "afterValidation";
  if (asked.maxStale !== undefined && -leftMs <= asked.maxStale * 1000) return "stale";
  const { staleWhileRevalidate = 0 } = said;
  return -leftMs < staleWhileRevalidate * 1000 ? "whileRevalidating" : "afterValidation";
}

/** Errors of the origin, or on the way to it, for which a stored response may stand in. @see https://www.rfc-editor.org/rfc/rfc5861#section-4 */
export const errorStatuses = new Set([500, 502, 503, 504]);

/** Whether the response may stand in when the origin can't be reached or answers with a server error (RFC 5861, 4). */
export function mayServeOnError(
  stored: StoredResponse,
  request: CacheRequest,
  now: number,
  rules: FreshnessRules,
): boolean {
  const said = stored.directives.staleIfError ?? request.directives.staleIfError;
  const allowedMs = said === undefined ? rules.staleIfErrorMs : said * 1000;
  if (stored.mustBeFresh || request.directives.noCache || allowedMs === 0) return false;
  return now - stored.freshUntil <= allowedMs;
}

/**
 * Chooses among the responses of one URL: those that `Vary` go before those that don't, then the most recent by `Date`
 * (RFC 9111, 4.1).
 */
export function choose(
  responses: readonly StoredResponse[],
  request: CacheRequest,
): StoredResponse | undefined {
  if (responses.length === 1) {
    const only = responses[0]!;
    return isOfUse(only, request) && only.isFor(request) ? only : undefined;
  }
  let best: StoredResponse | undefined;
  let latestVarying = Number.NEGATIVE_INFINITY;
  for (const stored of responses) {
    if (!isOfUse(stored, request)) continue;
    const varies = stored.record.selection.names.length > 0;
    if (varies && stored.date > latestVarying) latestVarying = stored.date;
    if (stored.isFor(request) && (best === undefined || isBetter(stored, best))) best = stored;
  }
  // One without Vary is more likely to lack it by mistake than to be for everybody, when a later one has it.
  if (best !== undefined && best.record.selection.names.length === 0 && best.date < latestVarying)
    return undefined;
  return best;
}

function isOfUse({ record }: StoredResponse, request: CacheRequest): boolean {
  return record.isHead ? request.method === "HEAD" : true;
}

function isBetter(a: StoredResponse, b: StoredResponse): boolean {
  if (a.record.isHead !== b.record.isHead) return b.record.isHead;
  const isPartA = a.record.range !== undefined;
  if (isPartA !== (b.record.range !== undefined)) return !isPartA;
  const varies = a.record.selection.names.length > 0;
  if (varies !== b.record.selection.names.length > 0) return varies;
  return a.date >= b.date;
}
