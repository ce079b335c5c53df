import type { CacheRequest } from "./cache-request.ts";
import { fieldValue, type HeaderFields } from "./header-fields.ts";
import { usability } from "./reuse.ts";
import type { StoredResponse } from "./stored-response.ts";

/** Fields by which a response varies most often: those who differ in them, or in credentials, don't wait for each other. */
const telling = ["accept", "accept-encoding", "accept-language"];

/** Fields that differ from request to request, and say nothing of what is asked for. */
const tracing = new Set(["traceparent", "tracestate", "baggage", "x-request-id", "x-correlation-id"]);

/** Whether one request may wait for the response to another. */
export function mayWaitFor(request: CacheRequest, other: CacheRequest): boolean {
  if (request.credentials !== other.credentials) return false;
  return telling.every((name) => request.value(name) === other.value(name));
}

/**
 * Whether a caller may have the response to another's request that was in flight: when it would be reused for it were
 * it stored, or else when it says nothing of freshness and both asked for the very same.
 */
export function isSharable(
  response: StoredResponse,
  request: CacheRequest,
  leader: CacheRequest,
  now: number,
): boolean {
  const { fields, status } = response.record;
  if (fields["set-cookie"] !== undefined || !response.isFor(request)) return false;
  if (usability(response, request, now) !== "afterValidation") return true;
  const saysNothing = fields["cache-control"] === undefined && fields.expires === undefined;
  return saysNothing && status < 400 && isSame(request.fields, leader.fields);
}

function isSame(a: HeaderFields, b: HeaderFields): boolean {
  const names = (fields: HeaderFields) => Object.keys(fields).filter((name) => !tracing.has(name));
  const ours = names(a);
  return ours.length === names(b).length && ours.every((name) => fieldValue(a, name) === fieldValue(b, name));
}
