import type { Dispatcher } from "undici";
import { RedirectError, type RedirectRefusal } from "../errors.ts";
import { integer, knownKeys, rejectType } from "../options.ts";
import {
  type ContextualOptions,
  contextOf,
  type Dispatch,
  type NetworkPolicy,
  requestContext,
} from "./policy.ts";
import { redactUrl } from "./redaction.ts";
import { isRedirect, type RedirectedRequest, redirected, requestUrl } from "./redirect-rules.ts";
import { credentialHeaders } from "./request-headers.ts";

export interface RedirectOptions {
  /** Redirects followed in one call, ≥ 0. @default 10 */
  readonly maxRedirects?: number;
  /** Follow one from https to http, too. @default false */
  readonly allowDowngrade?: boolean;
}

/** @internal What an optimizer knows beside. */
export interface RedirectSettings extends RedirectOptions {
  /** Further header fields that never go to another origin, by lower-case name. */
  readonly isSecret?: (name: string) => boolean;
  /** Whether what is found on another origin may come from the cache. @default true */
  readonly cacheAcrossOrigins?: boolean;
}

export const redirectDefaults = Object.freeze({ maxRedirects: 10, allowDowngrade: false });

/** A redirect's own body is read up to here, so that its connection can be used again; beyond, the connection is given up. */
const drainedBytes = 64 * 1024;
const contentHeaders = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "content-language",
  "content-location",
  "content-md5",
  "digest",
  "content-digest",
]);

/**
 * Follows redirects (RFC 9110, 15.4). `Authorization`, `Cookie` and their like stay behind when the origin changes, and so
 * does `Host`. What isn't followed ends the call with a `RedirectError`; a redirect without `Location` is an ordinary response.
 * @throws {TypeError | RangeError} naming the wrong option
 */
export function redirectPolicy(options: RedirectSettings = {}): NetworkPolicy {
  knownKeys("redirects", options, ["maxRedirects", "allowDowngrade", "isSecret", "cacheAcrossOrigins"]);
  const rules: Rules = {
    maxRedirects: integer("redirects.maxRedirects", options.maxRedirects ?? redirectDefaults.maxRedirects, 0),
    allowDowngrade: options.allowDowngrade ?? redirectDefaults.allowDowngrade,
    isSecret: options.isSecret ?? (() => false),
    cacheAcrossOrigins: options.cacheAcrossOrigins ?? true,
  };
  if (typeof rules.allowDowngrade !== "boolean")
    rejectType("redirects.allowDowngrade", "a boolean", rules.allowDowngrade);
  return (dispatch) => (request, handler) => {
    if (contextOf(request).followRedirects === false) return dispatch(request, handler);
    return dispatch(request, new RedirectHandler(dispatch, rules, request, handler));
  };
}

type Rules = Required<RedirectSettings>;
type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

class RedirectHandler implements Dispatcher.DispatchHandler {
  readonly #dispatch: Dispatch;
  readonly #rules: Rules;
  readonly #handler: Dispatcher.DispatchHandler;
  #request: ContextualOptions;
  #visited: Set<string> | undefined = undefined;
  /** What to send when the redirect has been read. */
  #next: ContextualOptions | undefined = undefined;
  #drained = 0;
  #refused = false;

  constructor(
    dispatch: Dispatch,
    rules: Rules,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ) {
    this.#dispatch = dispatch;
    this.#rules = rules;
    this.#request = request;
    this.#handler = handler;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Dispatcher.DispatchHandler["onRequestUpgrade"]>>): void {
    this.#handler.onRequestUpgrade?.(...args);
  }

  onResponseStart(controller: Controller, status: number, headers: Headers, statusText?: string): void {
    const location = isRedirect(status) ? headers.location : undefined;
    if (location === undefined || location.length === 0) {
      this.#handler.onResponseStart?.(controller, status, headers, statusText);
      return;
    }
    const next = this.#follow(status, String(Array.isArray(location) ? location[0] : location));
    if (typeof next !== "string") {
      this.#next = next;
      return;
    }
    const from = requestUrl(this.#request.origin, this.#request.path);
    const error = new RedirectError(next, status, redactUrl(from.href));
    this.#refused = true;
    this.#handler.onResponseError?.(controller, error);
    controller.abort(error);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#refused) return;
    if (this.#next === undefined) {
      this.#handler.onResponseData?.(controller, chunk);
      return;
    }
    this.#drained += chunk.length;
    if (this.#drained > drainedBytes)
      controller.abort(new Error("the redirect's body is too long to be read"));
  }

  onResponseEnd(controller: Controller, trailers: Headers): void {
    if (this.#refused) return;
    if (this.#next === undefined) this.#handler.onResponseEnd?.(controller, trailers);
    else this.#send(controller);
  }

  onResponseError(controller: Controller, error: Error): void {
    if (this.#refused) return;
    if (this.#next !== undefined && this.#drained > drainedBytes) this.#send(controller);
    else this.#handler.onResponseError?.(controller, error);
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  #send(controller: Controller): void {
    const next = this.#next!;
    this.#next = undefined;
    this.#drained = 0;
    this.#request = next;
    try {
      this.#dispatch(next, this);
    } catch (error) {
      this.#handler.onResponseError?.(controller, error as Error);
    }
  }

  #follow(status: number, location: string): ContextualOptions | RedirectRefusal {
    const request = this.#request;
    const from = requestUrl(request.origin, request.path);
    this.#visited ??= new Set([`${request.method} ${from.href}`]);
    const visited = this.#visited;
    if (visited.size > this.#rules.maxRedirects) return "too-many";
    const step = redirected(status, location, from, request.method, this.#rules.allowDowngrade);
    if (typeof step === "string") return step;
    const key = `${step.method} ${step.url.href}`;
    if (visited.has(key)) return "loop";
    visited.add(key);
    const context = contextOf(request);
    const body = step.keepsBody ? bodyAgain(request.body, context.makeBody) : null;
    if (body === undefined) return "body-not-repeatable";
    if (context.outcome !== undefined) {
      context.outcome.url = step.url.href;
      context.outcome.redirects++;
      context.outcome.fromCache = false;
    }
    const crossed = context.redirected === true || step.crossesOrigin;
    // It was the first URL's, and the new path has its own.
    const { query: _, ...kept } = request;
    return {
      ...kept,
      method: step.method,
      origin: step.url.origin,
      path: `${step.url.pathname}${step.url.search}`,
      headers: this.#headers(request.headers, step),
      body,
      ...(step.method !== request.method && { idempotent: true }),
      [requestContext]: {
        ...context,
        redirected: crossed,
        ...(crossed && !this.#rules.cacheAcrossOrigins && { useCache: false }),
        ...(!step.keepsBody && { makeBody: undefined }),
        ...(step.method !== request.method && { idempotent: undefined }),
      },
    };
  }

  #headers(
    headers: Dispatcher.DispatchOptions["headers"],
    { keepsBody, crossesOrigin }: RedirectedRequest,
  ): Record<string, string | string[]> {
    const kept: Record<string, string | string[]> = {};
    for (const [given, value] of fieldsOf(headers)) {
      const name = given.toLowerCase();
      if (name === "host" || value === undefined) continue;
      if (!keepsBody && contentHeaders.has(name)) continue;
      if (crossesOrigin && (credentialHeaders.has(name) || this.#rules.isSecret(name))) continue;
      kept[given] = value;
    }
    return kept;
  }
}

type Body = Dispatcher.DispatchOptions["body"];

function bodyAgain(body: Body, make: (() => Body) | undefined): Body | undefined {
  if (body === null || body === undefined) return null;
  if (make !== undefined) return make();
  return typeof body === "string" || ArrayBuffer.isView(body) ? body : undefined;
}

type Field = readonly [string, string | string[] | undefined];

/** Header fields in any of the shapes that undici takes. */
function fieldsOf(headers: Dispatcher.DispatchOptions["headers"]): Iterable<Field> {
  if (headers === null || headers === undefined) return [];
  if (Array.isArray(headers)) {
    const flat = headers as readonly string[];
    return Array.from({ length: flat.length / 2 }, (_, i): Field => [flat[2 * i]!, flat[2 * i + 1]]);
  }
  return (Symbol.iterator in headers ? headers : Object.entries(headers)) as Iterable<Field>;
}
