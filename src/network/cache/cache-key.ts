import { stringify } from "node:querystring";
import type { Dispatcher } from "undici";

/** URLs whose keys are remembered, and characters of the longest such. */
const remembered = 2000;
const longestRemembered = 2048;

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

/** Keys of the URLs that were asked for lately: to parse one costs more than to look up what is stored for it. */
export class UrlKeys {
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  /** @returns as `urlKey` */
  of(url: string): string | undefined {
    const known = this.#young.get(url);
    if (known !== undefined) return known;
    const key = this.#old.get(url) ?? urlKey(url);
    if (key === undefined || url.length > longestRemembered) return key;
    if (this.#young.size >= remembered / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    // One text for both, where they are alike.
    this.#young.set(url, key === url ? url : key);
    return key;
  }
}

/**
 * @param host the request's own `Host`, if it has one
 * @returns the key of what a dispatch asks for; `undefined` without an origin
 */
export function dispatchKey(
  options: Dispatcher.DispatchOptions,
  host: string | undefined,
  keys: UrlKeys,
): string | undefined {
  const { origin, path, query } = options;
  // A URL takes "\\" for "/", which the wire doesn't: two resources would be one.
  if (origin === undefined || !path.startsWith("/") || path.includes("\\")) return undefined;
  const base = typeof origin === "string" ? origin : origin.origin;
  const asked = query ? `${path}${path.includes("?") ? "&" : "?"}${stringify(query)}` : path;
  const url = base.endsWith("/") ? `${base.slice(0, -1)}${asked}` : `${base}${asked}`;
  const key = keys.of(url);
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
