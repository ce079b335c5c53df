import { parseCacheControl } from "./cache-control.ts";
import { sameOriginKey } from "./cache-key.ts";
import { hasExplicitLifetime } from "./freshness.ts";
import { fieldValue, type HeaderFields, singleValue } from "./header-fields.ts";

/** Methods that change nothing. A method that isn't known might. @see https://www.iana.org/assignments/http-methods */
const safe = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY", "PRI"]);

export const isUnsafe = (method: string): boolean => !safe.has(method);

/** @returns what a response to an unsafe request invalidates. @see https://www.rfc-editor.org/rfc/rfc9111#section-4.4 */
export function invalidatedKeys(key: string, received: HeaderFields): ReadonlySet<string> {
  const keys = new Set([key]);
  for (const name of ["location", "content-location"]) {
    const reference = singleValue(received, name);
    const other = reference === undefined ? undefined : sameOriginKey(reference, key);
    if (other !== undefined) keys.add(other);
  }
  return keys;
}

/**
 * Whether the response to a POST may answer a later GET: it says for how long, and that it is what is at that URL.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.3
 */
export function isCacheablePost(
  method: string,
  status: number,
  key: string,
  received: HeaderFields,
  isShared: boolean,
): boolean {
  const location = singleValue(received, "content-location");
  if (method !== "POST" || status !== 200 || location === undefined) return false;
  const directives = parseCacheControl(fieldValue(received, "cache-control") ?? "");
  return hasExplicitLifetime(received, directives, isShared) && sameOriginKey(location, key) === key;
}
