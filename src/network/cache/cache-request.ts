import type { Dispatcher } from "undici";
import { credentialHeaders } from "../request-headers.ts";
import { type Directives, noDirectives, parseCacheControl, pragmaNoCache } from "./cache-control.ts";
import { type HeaderFields, lowerCased, tokens } from "./header-fields.ts";

type HeaderSource = Readonly<Record<string, string | readonly string[] | number | undefined>>;

/** Any of these means that there is more to look at than the URL. */
const special = new Set([
  "host",
  "cache-control",
  "pragma",
  "range",
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-unmodified-since",
]);

/** What a cache has to know about a request; read as far as it is asked. */
export class CacheRequest {
  readonly method: string;
  readonly directives: Directives = noDirectives;
  /** Its own `Host`, which a client seldom gives. */
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** All that says who asks, `Authorization` included; `undefined` for what anybody could ask. */
  readonly credentials: string | undefined;
  readonly range: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  /** `If-Match` or `If-Unmodified-Since`: for the origin alone to judge. */
  readonly hasOriginCondition: boolean = false;
  readonly #source: HeaderSource;
  readonly #secrets: ReadonlySet<string>;
  /** Whether the names are in lower case as they came. */
  readonly #isLower: boolean;
  #fields: HeaderFields | undefined;

  /** @param secrets names, in lower case, of the fields that say who asks */
  constructor(method: string, headers: HeaderSource, secrets = credentialHeaders) {
    this.method = method;
    this.#source = headers;
    this.#secrets = secrets;
    this.host = undefined;
    this.authorization = undefined;
    this.credentials = undefined;
    this.range = undefined;
    this.ifNoneMatch = undefined;
    this.ifModifiedSince = undefined;
    let isPlain = true;
    let isLower = true;
    let told: Set<string> | undefined;
    for (const name in headers) {
      const lower = name.toLowerCase();
      if (lower !== name) isLower = false;
      if (special.has(lower)) isPlain = false;
      else if (secrets.has(lower)) {
        told ??= new Set();
        told.add(lower);
      }
    }
    this.#isLower = isLower;
    if (told !== undefined) {
      this.authorization = this.value("authorization");
      this.credentials = [...told]
        .sort()
        .flatMap((name) => [name, this.value(name) ?? ""])
        .join("\n");
    }
    if (isPlain) return;
    this.host = this.value("host");
    this.ifNoneMatch = this.value("if-none-match");
    this.ifModifiedSince = this.value("if-modified-since");
    this.hasOriginCondition =
      this.value("if-match") !== undefined || this.value("if-unmodified-since") !== undefined;
    if (method === "GET") this.range = this.value("range");
    const cacheControl = this.value("cache-control");
    if (cacheControl !== undefined) this.directives = parseCacheControl(cacheControl);
    else if (tokens(this.value("pragma")).some((token) => token.toLowerCase() === "no-cache"))
      this.directives = pragmaNoCache;
  }

  /** All header fields, by names in lower case. */
  get fields(): HeaderFields {
    this.#fields ??= lowerCased(this.#source);
    return this.#fields;
  }

  /** @returns a field's value, several lines joined */
  value(name: string): string | undefined {
    if (this.#isLower && this.#fields === undefined) {
      // Most callers write names so, and need no other object made of them.
      if (!Object.hasOwn(this.#source, name)) return undefined;
      const own = this.#source[name];
      if (typeof own === "string") return own;
    }
    const value = this.fields[name];
    return value === undefined || typeof value === "string" ? value : value.join(", ");
  }

  /** Whether a field's value isn't to be kept, only what tells it apart. */
  isSecret(name: string): boolean {
    return this.#secrets.has(name);
  }

  get isConditional(): boolean {
    return this.ifNoneMatch !== undefined || this.ifModifiedSince !== undefined;
  }

  /** Whether all that it asks for is the resource, as it is. */
  get isPlain(): boolean {
    return !this.isConditional && !this.hasOriginCondition && this.range === undefined;
  }
}

/** @returns a dispatch's header fields as an object, whatever form they have; what can be read only once is read here */
export function headerSource(headers: Dispatcher.DispatchOptions["headers"]): HeaderSource {
  if (headers === null || headers === undefined) return {};
  if (Array.isArray(headers)) {
    const pairs: [string, string][] = [];
    for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([String(headers[i]), String(headers[i + 1])]);
    return fromPairs(pairs);
  }
  if (Symbol.iterator in headers) return fromPairs(headers as Iterable<[string, string]>);
  return headers as HeaderSource;
}

function fromPairs(pairs: Iterable<readonly [string, string | readonly string[] | undefined]>): HeaderSource {
  const fields: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    const former = fields[key];
    fields[key] = former === undefined ? value : [former, value].flat();
  }
  return fields;
}
