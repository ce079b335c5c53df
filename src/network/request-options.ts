import { abortSignal, durationMs, integer, knownKeys, rejectType } from "../options.ts";
import type { BodyOptions } from "./request-body.ts";
import type { HeadersInput } from "./request-headers.ts";
import type { ParamsInput } from "./request-target.ts";

/** Options of one request. At most one of `json`, `form` and `body`, and none with GET and HEAD. */
export interface RequestOptions extends BodyOptions {
  /** Added to the URL's query. */
  readonly params?: ParamsInput;
  /** Beside, or instead of, the optimizer's own; `undefined` leaves one of those out. */
  readonly headers?: HeadersInput;
  /** `false` neither looks in the response cache nor fills it. @default true */
  readonly useCache?: boolean;
  /** Further attempts after the first. @default the optimizer's */
  readonly maxRetries?: number;
  /** Whether it may be sent twice. @default by its method (RFC 9110, 9.2.2) */
  readonly idempotent?: boolean;
  /** Milliseconds for all of it: waiting, connecting, attempts, redirects, and reading the body. @default the optimizer's */
  readonly timeoutMs?: number;
  /** Ends it, also while its body is being read; the call fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Bytes of the body as it comes over the network. @default the optimizer's */
  readonly maxResponseBytes?: number;
  /** `false` gives a redirect back as it is. @default true */
  readonly followRedirects?: boolean;
}

/** A request of a batch. */
export interface BatchRequest extends RequestOptions {
  /** @default "GET" */
  readonly method?: string;
  readonly url: string | URL;
}

/** @param i its place, for messages @throws {TypeError} when it has no URL @internal */
export function batchRequest(given: unknown, i: number): BatchRequest {
  if (typeof given === "string" || given instanceof URL) return { url: given };
  const url = typeof given === "object" && given !== null && "url" in given ? given.url : undefined;
  if (typeof url === "string" || url instanceof URL) return given as BatchRequest;
  throw new TypeError(`requests[${i}]: expected a URL, or an object with a url`);
}

const known = [
  "json",
  "form",
  "body",
  "params",
  "headers",
  "useCache",
  "maxRetries",
  "idempotent",
  "timeoutMs",
  "signal",
  "maxResponseBytes",
  "followRedirects",
];

/** @throws {TypeError | RangeError} naming the option, what was expected and what came */
export function checkRequestOptions(options: RequestOptions): void {
  knownKeys("request", options, known);
  const { timeoutMs, maxRetries, maxResponseBytes, signal } = options;
  if (timeoutMs !== undefined) durationMs("timeoutMs", timeoutMs);
  if (maxRetries !== undefined) integer("maxRetries", maxRetries, 0);
  if (maxResponseBytes !== undefined) byteLimit("maxResponseBytes", maxResponseBytes);
  for (const name of ["useCache", "idempotent", "followRedirects"] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean") rejectType(name, "a boolean", value);
  }
  abortSignal(signal);
}

/** @returns bytes ≥ 0; `Infinity` for no limit */
export function byteLimit(name: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : integer(name, value, 0);
}
