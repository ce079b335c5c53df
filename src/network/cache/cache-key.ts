import { stringify } from "node:querystring";
import type { Dispatcher } from "undici";

/**
 * What a response is stored under: its target URI, normalised as URLs are (case of scheme and host, default port, dots
 * in the path), without the fragment, which is never sent.
 * @returns `undefined` when it is no URL of HTTP
 */
export function urlKey(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
  parsed.hash = "";
  return parsed.href;
}

/**
 * @param host    the request's own `Host`, if it has one
 * @param isKnown whether something is stored under a key: then it needs no normalising
 * @returns the key of what a dispatch asks for; `undefined` without an origin
 */
export function dispatchKey(
  options: Dispatcher.DispatchOptions,
  host: string | undefined,
  isKnown: (key: string) => boolean,
): string | undefined {
  const { origin, path, query } = options;
  // A URL takes "\\" for "/", which the wire doesn't: two resources would be one.
  if (origin === undefined || !path.startsWith("/") || path.includes("\\")) return undefined;
  const base = typeof origin === "string" ? origin : origin.origin;
  const asked = query ? `${path}${path.includes("?") ? "&" : "?"}${stringify(query)}` : path;
  const url = base.endsWith("/") ? `${base.slice(0, -1)}${asked}` : `${base}${asked}`;
  if (host === undefined && !url.includes("#") && isKnown(url)) return url;
  const key = urlKey(url);
  // A server may answer by the name that it is asked for, whoever it is that is asked: such answers stay apart.
  if (key === undefined || host === undefined || host === URL.parse(base)?.host) return key;
  return `${key}#${host}`;
}

/** @returns the key of a URI that stands in a response, when it is of the same origin; else `undefined` */
export function sameOriginKey(reference: string, key: string): string | undefined {
  const at = key.indexOf("#");
  const base = at === -1 ? key : key.slice(0, at);
  const target = URL.parse(reference, base);
  if (target === null || target.origin !== URL.parse(base)?.origin) return undefined;
  const other = urlKey(target.href);
  return other === undefined || at === -1 ? other : `${other}${key.slice(at)}`;
}
