import type { Dispatcher } from "undici";
import type { CacheRequest } from "./cache-request.ts";
import { parseEntityTags } from "./entity-tag.ts";
import { type HeaderFields, handedOut } from "./header-fields.ts";
import type { StoredResponse } from "./stored-response.ts";

/** Whether asking the origin about a stored response can tell what to answer this request. */
export function canValidate(stored: StoredResponse, request: CacheRequest): boolean {
  if (!stored.hasValidator || request.hasOriginCondition) return false;
  const { ifNoneMatch } = request;
  // The client's tags count before all dates, so there must be a tag to put beside them.
  return ifNoneMatch === undefined || (stored.etag !== undefined && parseEntityTags(ifNoneMatch) !== "*");
}

/**
 * @returns the request's header fields with the stored response's validators; a client's own tags stay among them
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-4.3.1
 */
export function conditionalHeaders(
  stored: StoredResponse,
  request: CacheRequest,
): NonNullable<Dispatcher.DispatchOptions["headers"]> {
  const headers = handedOut(request.fields);
  const { ifNoneMatch } = request;
  if (stored.etag !== undefined) {
    const tags = ifNoneMatch === undefined ? [] : parseEntityTags(ifNoneMatch);
    const all = tags === "*" ? [] : tags.filter((tag) => tag !== stored.etag);
    headers["if-none-match"] = [...all, stored.etag].join(", ");
  }
  if (ifNoneMatch === undefined && stored.lastModified !== undefined)
    headers["if-modified-since"] = stored.lastModified;
  return headers;
}

/** @returns whether a 304 doesn't tell which it confirms: what is stored, or something else that the client has */
export function isAmbiguous(stored: StoredResponse, request: CacheRequest, received: HeaderFields): boolean {
  if (received.etag !== undefined || request.ifNoneMatch === undefined) return false;
  const tags = parseEntityTags(request.ifNoneMatch);
  return tags === "*" || tags.some((tag) => tag !== stored.etag);
}

/** @returns whether a 304 with that tag is about what the client has, and not about what is stored */
export function isClientsOwn(request: CacheRequest, etag: string | undefined): boolean {
  if (request.ifNoneMatch === undefined || etag === undefined) return false;
  const tags = parseEntityTags(request.ifNoneMatch);
  return tags === "*" || tags.includes(etag);
}
