import type { RedirectRefusal } from "../errors.ts";

/** A request as far as a redirect changes it. */
export interface RedirectedRequest {
  readonly method: string;
  readonly url: URL;
  /** Whether the body goes along. */
  readonly keepsBody: boolean;
  readonly crossesOrigin: boolean;
}

const followed = new Set([301, 302, 303, 307, 308]);

/**
 * @param path as it is sent: one that begins with two slashes is still a path of that origin, and no host
 * @returns what a request's redirect is relative to; always of the request's own origin
 */
export function requestUrl(origin: string | URL | undefined, path: string): URL {
  const base = new URL(String(origin)).origin;
  return new URL(path.startsWith("/") ? `${base}${path}` : base);
}

/** @returns whether a response of that status is to be followed, if it says where to */
export function isRedirect(status: number): boolean {
  return followed.has(status);
}

/**
 * What to send after a redirect. 303 makes a GET of everything but a HEAD; 301 and 302 make one of a POST, as all
 * clients do; 307 and 308 change nothing.
 * @see RFC 9110, 15.4
 */
export function redirected(
  status: number,
  location: string,
  from: URL,
  method: string,
  allowDowngrade: boolean,
): RedirectedRequest | RedirectRefusal {
  const url = URL.parse(location, from.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return "bad-location";
  if (from.protocol === "https:" && url.protocol === "http:" && !allowDowngrade) return "downgrade";
  const toGet =
    (status === 303 && method !== "HEAD" && method !== "GET") ||
    ((status === 301 || status === 302) && method === "POST");
  // Whoever answers chooses the URL, and has no business to choose a user.
  url.username = "";
  url.password = "";
  url.hash = "";
  return {
    method: toGet ? "GET" : method,
    url,
    keepsBody: !toGet,
    crossesOrigin: url.origin !== from.origin,
  };
}
