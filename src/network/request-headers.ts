import { reject, rejectType } from "../options.ts";

/** Header fields as a caller gives them: an object, a `Headers`, a `Map`, or pairs. `undefined` leaves one out. */
export type HeadersInput =
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [string, string | number | readonly string[] | undefined]>;

/** Header fields by lower-case name, each with its whole value. */
export type RequestHeaders = Readonly<Record<string, string>>;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The connection's own business (RFC 9110, 7.6.1, 10.1.1). */
const notCallers = new Set([
  "connection",
  "transfer-encoding",
  "keep-alive",
  "upgrade",
  "expect",
  "te",
  "trailer",
]);

/** @returns `method` in the case that it has on the wire @throws {TypeError | RangeError} when it is none that can be sent */
export function checkMethod(method: unknown): string {
  if (typeof method !== "string") return rejectType("method", "a string", method);
  const upper = method.toUpperCase();
  if (knownMethods.has(upper)) return upper;
  if (!token.test(method) || upper === "CONNECT")
    return reject("method", "an HTTP method other than CONNECT", method);
  return method;
}
const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]);

/**
 * Copies and checks header fields.
 * @param leftOut takes the names of those that are `undefined`
 * @throws {TypeError | RangeError} naming the field, never showing its value
 */
export function ownHeaders(where: string, input: unknown, leftOut?: string[]): Record<string, string> {
  const own: Record<string, string> = {};
  if (typeof input !== "object" || input === null)
    return rejectType(where, "an object of header fields", input);
  const pairs = Symbol.iterator in input ? (input as Iterable<unknown>) : Object.entries(input);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return rejectType(where, "pairs of name and value", pair);
    const [name, value] = pair as [unknown, unknown];
    if (value === undefined && typeof name === "string") leftOut?.push(name.toLowerCase());
    add(where, own, name, value);
  }
  return own;
}

function add(where: string, own: Record<string, string>, given: unknown, value: unknown): void {
  if (typeof given !== "string" || !token.test(given)) reject(where, "names that are HTTP tokens", given);
  if (value === undefined) return;
  const name = given.toLowerCase();
  if (notCallers.has(name)) reject(where, "no field that is the connection's own", name);
  const text = Array.isArray(value) ? value.join(name === "cookie" ? "; " : ", ") : value;
  if (typeof text !== "string" && typeof text !== "number")
    rejectType(`${where}.${name}`, "a string, a number or an array of strings", typeof text);
  // Never in the message: it may be a secret.
  if (!fieldValue.test(String(text)))
    reject(`${where}.${name}`, "Latin-1 text without CR, LF and NUL", "other characters");
  // `constructor` is a name as any other.
  const before = Object.hasOwn(own, name) ? own[name] : undefined;
  own[name] = before === undefined ? String(text) : `${before}${name === "cookie" ? "; " : ", "}${text}`;
}

/** @internal Those that a request to another origin never takes along. */
export const credentialHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "proxy-authorization",
  "x-api-key",
  "x-auth-token",
  "x-csrf-token",
  "x-xsrf-token",
]);

/** @internal Those that say nothing about who asks. */
export const harmlessHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-encoding",
  "content-language",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "range",
  "user-agent",
]);
