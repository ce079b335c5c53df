import { contentRange, parseRange, resolveRange } from "./byte-range.ts";
import type { CacheRequest } from "./cache-request.ts";
import { matchesStrongly, matchesWeakly, parseEntityTags } from "./entity-tag.ts";
import { type HeaderFields, handedOut, type IncomingFields } from "./header-fields.ts";
import { parseHttpDate } from "./http-date.ts";
import { choose, usability } from "./reuse.ts";
import type { StoredResponse } from "./stored-response.ts";

/** What is given to a client from a stored response. The bytes are the cache's own: to be read, or copied. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingFields;
  readonly body: Uint8Array;
  readonly trailers: HeaderFields | undefined;
}

const noBody = new Uint8Array(0);

/** Not in the cache, and nothing else is wanted. */
export const unavailable: Omit<Answer, "headers"> = {
  status: 504,
  statusText: "Gateway Timeout",
  body: noBody,
  trailers: undefined,
};
/** All that a 304 says. @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5 */
const notModifiedFields = [
  "cache-control",
  "content-location",
  "date",
  "etag",
  "expires",
  "last-modified",
  "vary",
];

/**
 * Answers a request from a stored response that may be used for it: in full, in part, or by saying that the client has
 * it already.
 * @returns `undefined` when what is stored doesn't suffice, or the origin alone can tell
 */
export function answerFrom(stored: StoredResponse, request: CacheRequest, now: number): Answer | undefined {
  const { record } = stored;
  if (request.hasOriginCondition) return undefined;
  const isPart = record.range !== undefined;
  if (record.status !== 200 && !isPart) return full(stored, request, now);
  if (request.isConditional && isNotModified(stored, request)) return notModified(stored, now);
  if (request.range !== undefined && satisfiesIfRange(stored, request))
    return part(stored, request.range, request, now);
  return isPart && !isWhole(stored) ? undefined : full(stored, request, now);
}

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-4.3.2 */
export function isNotModified(
  stored: StoredResponse,
  { ifNoneMatch, ifModifiedSince }: CacheRequest,
): boolean {
  if (ifNoneMatch !== undefined) {
    const tags = parseEntityTags(ifNoneMatch);
    if (tags === "*") return true;
    const { etag } = stored;
    return etag !== undefined && tags.some((tag) => matchesWeakly(tag, etag));
  }
  if (ifModifiedSince === undefined) return false;
  const since = parseHttpDate(ifModifiedSince.trim(), stored.record.responseTime);
  return since !== undefined && (stored.lastModifiedTime ?? stored.date) <= since;
}

function isWhole({ record: { range } }: StoredResponse): boolean {
  return range === undefined || (range.start === 0 && range.end === range.total - 1);
}

function full(stored: StoredResponse, request: CacheRequest, now: number): Answer {
  const { status, statusText, fields, body, range, trailers } = stored.record;
  const headers = withAge(fields, stored, now);
  if (range === undefined)
    return { status, statusText, headers, body: request.method === "HEAD" ? noBody : body, trailers };
  delete headers["content-range"];
  headers["content-length"] = String(range.total);
  return {
    status: 200,
    statusText: "OK",
    headers,
    body: request.method === "HEAD" ? noBody : body,
    trailers,
  };
}

function notModified(stored: StoredResponse, now: number): Answer {
  const headers: IncomingFields = {};
  for (const name of notModifiedFields) {
    const value = stored.record.fields[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : [...value];
  }
  headers.age = ageInSeconds(stored, now);
  return { status: 304, statusText: "Not Modified", headers, body: noBody, trailers: undefined };
}

function part(stored: StoredResponse, asked: string, request: CacheRequest, now: number): Answer | undefined {
  const { body, fields, range: held } = stored.record;
  const range = parseRange(asked);
  if (range === undefined) return undefined;
  const total = held?.total ?? body.byteLength;
  const meant = resolveRange(range, total);
  const headers = withAge(fields, stored, now);
  if (meant === undefined) {
    for (const name of Object.keys(headers)) if (name.startsWith("content-")) delete headers[name];
    headers["content-range"] = `bytes */${total}`;
    headers["content-length"] = "0";
    return { status: 416, statusText: "Range Not Satisfiable", headers, body: noBody, trailers: undefined };
  }
  const from = held?.start ?? 0;
  if (meant.start < from || meant.end > (held?.end ?? total - 1)) return undefined;
  headers["content-range"] = contentRange({ ...meant, total });
  headers["content-length"] = String(meant.end - meant.start + 1);
  const bytes = body.subarray(meant.start - from, meant.end - from + 1);
  return {
    status: 206,
    statusText: "Partial Content",
    headers,
    body: request.method === "HEAD" ? noBody : bytes,
    trailers: undefined,
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
function satisfiesIfRange(stored: StoredResponse, request: CacheRequest): boolean {
  const condition = request.value("if-range")?.trim();
  if (condition === undefined) return true;
  if (condition.endsWith('"')) return stored.etag !== undefined && matchesStrongly(condition, stored.etag);
  // A date is a strong validator only when it lay a while back as the response was made.
  return (
    condition === stored.lastModified &&
    stored.lastModifiedTime !== undefined &&
    stored.date - stored.lastModifiedTime >= 1000
  );
}

export function ageInSeconds(stored: StoredResponse, now: number): string {
  return String(Math.floor(stored.age(now) / 1000));
}

function withAge(fields: HeaderFields, stored: StoredResponse, now: number): IncomingFields {
  const headers = handedOut(fields);
  headers.age = ageInSeconds(stored, now);
  return headers;
}

/** @returns whether one of the responses may answer a request now, be it stale; or only while it is fresh */
export function isAnswer(
  responses: readonly StoredResponse[],
  request: CacheRequest,
  now: number,
  isFresh = false,
): boolean {
  const stored = choose(responses, request);
  if (stored === undefined || answerFrom(stored, request, now) === undefined) return false;
  const use = usability(stored, request, now);
  return isFresh ? use === "fresh" : use !== "afterValidation";
}
