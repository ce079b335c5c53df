import { parseContentRange } from "./byte-range.ts";
import { type Directives, parseCacheControl } from "./cache-control.ts";
import type { CacheRequest } from "./cache-request.ts";
import {
  allowsHeuristic,
  type ExchangeTimes,
  type FreshnessRules,
  hasExplicitLifetime,
  initialAge,
} from "./freshness.ts";
import { fieldValue, type HeaderFields, singleValue, storableFields } from "./header-fields.ts";
import type { ResponseRecord } from "./stored-response.ts";
import { fingerprint, selectingNames, selectionOf } from "./vary.ts";

const noBody = new Uint8Array(0);

/** Status codes whose meaning for a cache we know, for `must-understand`. */
const understood = new Set([
  200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407,
  408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505,
]);

/**
 * Judges whether a response may be stored, by RFC 9111, 3.
 * @param received its fields, as received, by names in lower case
 * @returns what to store, its body still missing; `undefined` when nothing may or need be
 */
export function storableRecord(
  request: CacheRequest,
  status: number,
  statusText: string,
  received: HeaderFields,
  times: ExchangeTimes,
  rules: FreshnessRules,
): ResponseRecord | undefined {
  const { isShared } = rules;
  const directives = parseCacheControl(fieldValue(received, "cache-control") ?? "");
  if (status < 200 || status === 304 || !mayStore(request, status, received, directives, isShared))
    return undefined;
  const range = status === 206 ? rangeOf(request, received) : undefined;
  if (status === 206 && range === undefined) return undefined;
  const names = selectingNames(received);
  if (names === "*") return undefined;
  return {
    ...times,
    status,
    statusText,
    fields: storableFields(received, [
      ...directives.noCacheFields,
      ...(isShared ? directives.privateFields : []),
    ]),
    trailers: undefined,
    body: noBody,
    range,
    isHead: request.method === "HEAD",
    selection: selectionOf(names, request),
    ...ownership(request, received, directives, isShared),
    initialAgeMs: initialAge(received, times),
  };
}

/** Without any of these a response can be neither fresh nor validated. */
const useful = new Set(["cache-control", "expires", "etag", "last-modified"]);

/**
 * Tells at a glance that nobody will ever have a response again: it says nothing of its freshness and has no validator, or
 * must not be stored. Most that aren't made for caches are so, and are spared all further judging and recording.
 * @param received as they came, names in any case
 * @returns `false` also where it takes a closer look to tell
 */
export function isOfNoUse(received: HeaderFields, rules: FreshnessRules): boolean {
  for (const name in received) {
    // Of all field names only those of three lengths have to be looked at.
    const { length } = name;
    if (length !== 13 && length !== 7 && length !== 4) continue;
    if (!useful.has(name.toLowerCase())) continue;
    const said = received["cache-control"];
    if (typeof said !== "string") return false;
    const { noStore, mustUnderstand } = parseCacheControl(said);
    return noStore && !mustUnderstand;
  }
  return rules.defaultLifetimeMs === 0 && rules.staleIfErrorMs === 0;
}

/**
 * Whom a response is for. A private cache too may serve a process that acts for several users: only what is said to be
 * for everybody is for those with other credentials, or none. Servers say `private` to a browser, which has one user, and
 * don't say `Vary: Cookie` then. A shared cache goes by what is said, and shares nothing of which nothing is said.
 */
export function ownership(
  request: CacheRequest,
  fields: HeaderFields,
  directives: Directives,
  isShared: boolean,
): Pick<ResponseRecord, "isPersonal" | "credentials"> {
  const { isPrivate, isPublic, sMaxAge } = directives;
  const { credentials } = request;
  const isPersonal = isShared
    ? credentials !== undefined &&
      !mayServeOthers(directives) &&
      !hasExplicitLifetime(fields, directives, isShared)
    : isPrivate || !(isPublic || sMaxAge !== undefined);
  return {
    isPersonal,
    credentials: isPersonal && credentials !== undefined ? fingerprint(credentials) : undefined,
  };
}

/** Whether as many bytes came in as the response says. @see https://www.rfc-editor.org/rfc/rfc9111#section-3.3 */
export function isComplete({ fields, range, isHead }: ResponseRecord, receivedBytes: number): boolean {
  if (isHead) return true;
  const announced = singleValue(fields, "content-length");
  if (announced !== undefined && announced !== String(receivedBytes)) return false;
  return range === undefined || range.end - range.start + 1 === receivedBytes;
}

function mayStore(
  request: CacheRequest,
  status: number,
  received: HeaderFields,
  directives: Directives,
  isShared: boolean,
): boolean {
  if (request.directives.noStore) return false;
  if (directives.mustUnderstand ? !understood.has(status) : directives.noStore) return false;
  if (isShared) {
    if (directives.isPrivate || received["set-cookie"] !== undefined) return false;
    if (request.authorization !== undefined && !mayServeOthers(directives)) return false;
  }
  return (
    directives.isPublic ||
    (directives.isPrivate && !isShared) ||
    hasExplicitLifetime(received, directives, isShared) ||
    allowsHeuristic(status, directives)
  );
}

/** What allows a response to a request with `Authorization` for other requests. @see https://www.rfc-editor.org/rfc/rfc9111#section-3.5 */
export function mayServeOthers({ isPublic, sMaxAge, mustRevalidate, isPrivate }: Directives): boolean {
  return !isPrivate && (isPublic || sMaxAge !== undefined || mustRevalidate);
}

function rangeOf(request: CacheRequest, received: HeaderFields) {
  const value = fieldValue(received, "content-range");
  return request.range === undefined || value === undefined ? undefined : parseContentRange(value);
}
