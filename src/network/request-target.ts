import { rejectType } from "../options.ts";

/** Values of a query or a form: an object, a `URLSearchParams`, a `Map`, or pairs. `undefined` and `null` leave one out, an array repeats it. */
export type ParamsInput = Readonly<Record<string, ParamValue>> | Iterable<readonly [string, ParamValue]>;
type Scalar = string | number | bigint | boolean | null | undefined;
export type ParamValue = Scalar | readonly Scalar[];

/** Where a request goes. */
export interface RequestTarget {
  /** Absolute, without userinfo and fragment. */
  readonly href: string;
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  /** Whether the base URL has this origin, so that what was given with it may go there. */
  readonly ofBase: boolean;
  /** `Authorization` by the URL's own userinfo. */
  readonly authorization: string | undefined;
}

const absolute = /^https?:/i;
/** RFC 3986, 3.1. */
const anyScheme = /^[a-z][a-z0-9+.-]*:/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const control = /[\0-\x1f\x7f]/;
const remembered = 1000;

/**
 * Resolves URLs, and remembers those lately used, since parsing one costs more than all else of a cache hit.
 * A relative one is put behind the base URL's path, so that it can't lead to another origin.
 */
export class RequestTargets {
  readonly #base: URL | undefined;
  readonly #baseAuthorization: string | undefined;
  #young = new Map<string, RequestTarget>();
  #old = new Map<string, RequestTarget>();

  /** @param baseUrl http or https, without query and fragment @throws {TypeError} when it is not */
  constructor(baseUrl?: string | URL) {
    if (baseUrl === undefined) return;
    const base = parse("baseUrl", String(baseUrl));
    if (base.search !== "" || base.hash !== "")
      throw new TypeError("baseUrl: expected no query and no fragment");
    this.#baseAuthorization = authorizationOf(base);
    base.username = "";
    base.password = "";
    this.#base = base;
  }

  get baseOrigin(): string | undefined {
    return this.#base?.origin;
  }

  /** @throws {TypeError} when there is no such URL; the message doesn't show it */
  resolve(url: string | URL, params?: ParamsInput): RequestTarget {
    const text =
      typeof url === "string"
        ? url
        : url instanceof URL
          ? url.href
          : rejectType("url", "a string or a URL", typeof url);
    const target = this.#young.get(text) ?? this.#resolved(text);
    if (params === undefined) return target;
    const query = encodeParams("params", params);
    if (query === "") return target;
    const added = `${target.path.includes("?") ? "&" : "?"}${query}`;
    return { ...target, href: target.href + added, path: target.path + added };
  }

  #resolved(text: string): RequestTarget {
    const target = this.#old.get(text) ?? this.#parsed(text);
    if (this.#young.size >= remembered / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, target);
    return target;
  }

  #parsed(text: string): RequestTarget {
    const url = parse("url", this.#absolute(text));
    const ofBase = url.origin === this.#base?.origin;
    const authorization = authorizationOf(url) ?? (ofBase ? this.#baseAuthorization : undefined);
    const path = `${url.pathname}${url.search}`;
    return Object.freeze({ href: url.origin + path, origin: url.origin, path, ofBase, authorization });
  }

  #absolute(text: string): string {
    if (control.test(text)) throw new TypeError("url: expected no control characters");
    if (absolute.test(text)) return text;
    const base = this.#base;
    if (anyScheme.test(text))
      throw new TypeError(
        'url: expected http or https; a relative one with a colon in its first segment is written "./a:b" or "/a:b"',
      );
    if (base === undefined) throw new TypeError("url: expected an absolute one, since there is no baseUrl");
    if (text === "" || text[0] === "?" || text[0] === "#") return base.href + text;
    return `${base.href.replace(/\/$/, "")}/${text.replace(/^\/+/, "")}`;
  }
}

function parse(name: string, text: string): URL {
  const url = absolute.test(text) && !control.test(text) ? URL.parse(text) : null;
  if (url === null || url.hostname === "") throw new TypeError(`${name}: expected a valid http or https URL`);
  return url;
}

function authorizationOf(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const plain = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

/** As `application/x-www-form-urlencoded`, so that no character of a value means anything. @throws {TypeError} naming the value that is none */
export function encodeParams(where: string, params: unknown): string {
  if (params instanceof URLSearchParams) return params.toString();
  if (typeof params !== "object" || params === null) return rejectType(where, "an object of values", params);
  const all = new URLSearchParams();
  const pairs = Symbol.iterator in params ? (params as Iterable<unknown>) : Object.entries(params);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return rejectType(where, "pairs of name and value", pair);
    const [name, value] = pair as [unknown, unknown];
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null)
        all.append(String(name), scalar(`${where}.${String(name)}`, each));
  }
  return all.toString();
}

function scalar(where: string, value: unknown): string {
  if (typeof value === "object" || typeof value === "function" || typeof value === "symbol")
    return rejectType(where, "a string, number or boolean", typeof value);
  return String(value);
}
