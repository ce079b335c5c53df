import type { Dispatcher } from "undici";
import { settleInParallel } from "../concurrency/execute-in-parallel.ts";
import { ClosedError, ResponseTooLargeError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { integer, knownKeys, rejectType } from "../options.ts";
import type { CachedResponse } from "./cache/cached-response.ts";
import { Exchange, type ExchangeBounds } from "./exchange.ts";
import { FaceCall } from "./face-call.ts";
import { fetchOver } from "./fetch.ts";
import { currentHandler } from "./legacy-handler.ts";
import { LiveCalls } from "./live-calls.ts";
import { type NetworkParts, networkParts, type PartsStats } from "./network-parts.ts";
import type { RequestStats } from "./network-stats.ts";
import {
  type NetworkDefaults,
  type NetworkOptimizerOptions,
  type ResolvedNetworkOptions,
  resolveNetworkOptions,
} from "./optimizer-options.ts";
import { type ContextualOptions, type Dispatch, requestContext } from "./policy.ts";
import { redactUrl } from "./redaction.ts";
import { isRedirect } from "./redirect-rules.ts";
import { type RequestBody, requestBody } from "./request-body.ts";
import {
  checkMethod,
  credentialHeaders,
  harmlessHeaders,
  ownHeaders,
  type RequestHeaders,
} from "./request-headers.ts";
import {
  type BatchRequest,
  batchRequest,
  checkRequestOptions,
  type RequestOptions,
} from "./request-options.ts";
import { type RequestTarget, RequestTargets } from "./request-target.ts";
import { NetworkResponse } from "./response.ts";
import { isStream, SentStreams } from "./sent-streams.ts";
import { StoredBody } from "./stored-body.ts";
import { fail } from "./transport/waiting-requests.ts";

const noOptions: RequestOptions = Object.freeze({});

/** Options of `batchRequests`. */
export interface BatchRequestsOptions {
  /** Requests under way at once, ≥ 1. @default 10 */
  readonly maxConcurrency?: number;
  /** Ends the batch: what hasn't come by then is given up, and the call fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Sends HTTP requests: over kept connections, from a cache by RFC 9111 where that may be, again where that helps.
 *
 * ```ts
 * await using http = new NetworkOptimizer();
 * await http.initialize({ baseUrl: "https://api.example.com", headers: { authorization: `Bearer ${token}` } });
 * const user = await (await http.request("GET", "/users/7")).json();
 * ```
 * A response of any status is a response. Own errors: `RequestError`, `BodyTruncatedError`, `ResponseTooLargeError`,
 * `RedirectError`, `ForbiddenAddressError`, `DeadlineError`, `ClosedError`, `CircuitOpenError`, `LimitExceededError`; none of them
 * shows credentials or a query. A caller's mistake is a `TypeError` or `RangeError`, before anything is sent.
 */
export class NetworkOptimizer implements MetricSource, AsyncDisposable {
  readonly name = "network";
  /**
   * `fetch` as by undici, over this optimizer: its connections, cache, retries and redirects, without its default headers. A call
   * may take `timeoutMs`, its body included: a stream that is to last longer is for an optimizer whose `timeoutMs` is `Infinity`.
   * For libraries that take a `fetch`.
   */
  readonly fetch: typeof globalThis.fetch;
  readonly #options: ResolvedNetworkOptions;
  readonly #parts: NetworkParts;
  readonly #calls: LiveCalls;
  #targets = new RequestTargets();
  #given: RequestHeaders = {};
  /** For the base URL's origin, and for others. */
  #baseHeaders: RequestHeaders;
  #otherHeaders: RequestHeaders;
  #closing: Promise<void> | undefined = undefined;

  /** @throws {TypeError | RangeError} naming the wrong option */
  constructor(options: NetworkOptimizerOptions = {}) {
    this.#options = resolveNetworkOptions(options);
    const secret = new Set(this.#options.secretHeaders);
    const isSecret = (name: string): boolean =>
      secret.has(name) || (name in this.#given && !harmlessHeaders.has(name));
    this.#parts = networkParts(this.#options, isSecret);
    this.#calls = new LiveCalls(this.#options.clock, this.#parts.decoder);
    const { acceptEncoding } = this.#parts;
    this.#otherHeaders = Object.freeze(
      acceptEncoding === undefined ? {} : { "accept-encoding": acceptEncoding },
    );
    this.#baseHeaders = this.#otherHeaders;
    if (options.baseUrl !== undefined || options.headers !== undefined) this.#setDefaults(options);
    // So that it can be handed on alone, as `fetch` can.
    this.request = this.request.bind(this);
    this.fetch = fetchOver(this.#face, () => this.#open());
  }

  /**
   * Loads what the first request would have to, and says what all requests have in common: both anew, in place of what the
   * constructor or an earlier call said. Need not be called; without `defaults`, they stay as they are.
   * @throws {TypeError | RangeError} when the base URL or a header is none; {ClosedError} after `close`
   */
  async initialize(defaults?: NetworkDefaults): Promise<void> {
    this.#open();
    if (defaults !== undefined) {
      knownKeys("initialize", defaults, ["baseUrl", "headers"]);
      this.#setDefaults(defaults);
    }
    await this.#parts.load();
  }

  /**
   * Sends a request. Needs no `this`.
   * @param method `GET`, `POST`…, in any case
   * @param url absolute http or https, or relative to `baseUrl`
   * @returns the response when its head has come, whatever its status
   */
  request(method: string, url: string | URL, options: RequestOptions = noOptions): Promise<NetworkResponse> {
    try {
      return this.#request(method, url, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends many requests, some at once, and waits until all have come in whole or failed. A URL alone is a GET.
   * @returns in the order of the requests, what became of each, as `Promise.allSettled` does; the bodies have come
   */
  async batchRequests(
    requests: readonly (BatchRequest | string | URL)[],
    options: BatchRequestsOptions = {},
  ): Promise<PromiseSettledResult<NetworkResponse>[]> {
    knownKeys("batchRequests", options, ["maxConcurrency", "signal"]);
    if (!Array.isArray(requests)) rejectType("requests", "an array of requests", requests);
    const maxConcurrency = integer("maxConcurrency", options.maxConcurrency ?? 10, 1);
    const one =
      ({ method = "GET", url, ...rest }: BatchRequest) =>
      async (signal: AbortSignal): Promise<NetworkResponse> => {
        const both = rest.signal === undefined ? signal : AbortSignal.any([signal, rest.signal]);
        const response = await this.request(method, url, { ...rest, signal: both });
        await response.arrived();
        return response;
      };
    return await settleInParallel(requests.map(batchRequest).map(one), {
      maxConcurrency,
      ...(options.signal !== undefined && { signal: options.signal }),
    });
  }

  /**
   * An undici dispatcher with all that this optimizer does but its default headers: for `undici.request(url, { dispatcher })` and
   * the like, and for the platform's own `fetch`. A call may take `timeoutMs`, as one of `fetch`.
   */
  async dispatcher(): Promise<Dispatcher> {
    this.#open();
    const inner = await this.#parts.dispatcher();
    return inner.compose(() => this.#face);
  }

  /** Figures of requests, and of each part that is on. */
  getStats(): NetworkStats {
    return { ...this.#calls.counts.stats(), ...this.#parts.stats() };
  }

  *collect(): Iterable<MetricSample> {
    yield* this.#calls.counts.collect();
    yield* this.#parts.collect();
  }

  /** Forgets what the response cache has of a URL. @throws {TypeError} when it is none of http or https */
  invalidate(url: string | URL): void {
    this.#parts.forget(this.#targets.resolve(url).href);
  }

  /** Forgets all that the response cache has. */
  clearCache(): void {
    this.#parts.forget();
  }

  /**
   * Ends all requests under way, by whichever face they came, and closes the connections at once; new requests are refused. For a
   * shutdown that `close` would hold up too long; it may be called after that.
   * @param error what the requests fail with
   * @returns when the connections are closed
   */
  async destroy(error: Error = new ClosedError("NetworkOptimizer")): Promise<void> {
    this.#closing ??= Promise.resolve();
    this.#calls.fail(error);
    await this.#parts.destroy(error);
  }

  /** Lets requests under way end, then closes their connections. New ones are refused with `ClosedError`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#calls.none();
    await this.#parts.close();
  }

  #open(): void {
    if (this.#closing !== undefined) throw new ClosedError("NetworkOptimizer");
  }

  /** What `fetch` and `dispatcher()` send by. */
  readonly #face: Dispatch = (request, handler) => {
    if (this.#closing === undefined) {
      const { clock, timeoutMs } = this.#options;
      return new FaceCall(this.#calls, request, handler, clock.now(), timeoutMs).send(this.#parts.dispatch);
    }
    fail(currentHandler(handler), new ClosedError("NetworkOptimizer"));
    return true;
  };

  #setDefaults(defaults: NetworkDefaults): void {
    const targets = new RequestTargets(defaults.baseUrl);
    const given = defaults.headers === undefined ? {} : ownHeaders("headers", defaults.headers);
    const anywhere = targets.baseOrigin === undefined;
    const credential = Object.keys(given).find((name) => this.#isCredential(name));
    if (anywhere && credential !== undefined)
      throw new TypeError(
        `headers.${credential}: expected a baseUrl beside it, whose origin alone it is sent to`,
      );
    const byDefault = this.#acceptEncoding();
    this.#targets = targets;
    this.#given = given;
    this.#baseHeaders = Object.freeze({ ...byDefault, ...given });
    this.#otherHeaders = anywhere ? this.#baseHeaders : Object.freeze(byDefault);
  }

  #acceptEncoding(): RequestHeaders {
    const { acceptEncoding } = this.#parts;
    return acceptEncoding === undefined ? {} : { "accept-encoding": acceptEncoding };
  }

  #isCredential(name: string): boolean {
    return credentialHeaders.has(name) || this.#options.secretHeaders.includes(name);
  }

  #request(given: string, url: string | URL, options: RequestOptions): Promise<NetworkResponse> {
    this.#open();
    const method = given === "GET" ? given : checkMethod(given);
    if (options !== noOptions) checkRequestOptions(options);
    const target = this.#targets.resolve(url, options.params);
    if (options.signal?.aborted) throw options.signal.reason;
    const body = requestBody(method, options);
    const headers = this.#headers(target, options, body);
    if (options.useCache !== false && (method === "GET" || method === "HEAD")) {
      const hit = this.#parts.lookup(method, target.href, headers);
      // What a stored redirect leads to may have to be fetched.
      if (hit !== undefined && (options.followRedirects === false || !isRedirect(hit.status)))
        return Promise.resolve(this.#stored(target.href, hit, options));
    }
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(this.#calls, method, target.href, this.#bounds(options), resolve, reject);
      // What has to be read first is bytes then.
      if (!(body instanceof Promise) && isStream(body.content))
        exchange.streams = new SentStreams(body.content);
      if (!this.#calls.began(exchange)) return;
      if (!(body instanceof Promise)) {
        this.#send(exchange, target, headers, body, options);
        return;
      }
      body
        .then((ready) => this.#send(exchange, target, this.#headers(target, options, ready), ready, options))
        // Also where what the caller gave as headers throws at the second look.
        .catch((error) => exchange.fail(error));
    });
  }

  #stored(url: string, hit: CachedResponse, options: RequestOptions): NetworkResponse {
    const maxBytes = options.maxResponseBytes ?? this.#options.maxResponseBytes;
    if (hit.body.length > maxBytes) throw new ResponseTooLargeError(redactUrl(url), maxBytes);
    this.#calls.counts.hits++;
    const head = {
      status: hit.status,
      statusText: hit.statusText ?? "",
      headers: hit.headers,
      url,
      redirected: false,
      fromCache: true,
    };
    return new NetworkResponse(head, new StoredBody(hit.body), this.#calls.decoder, hit);
  }

  #bounds({ timeoutMs = this.#options.timeoutMs, signal, maxResponseBytes }: RequestOptions): ExchangeBounds {
    const startMs = this.#options.clock.now();
    const maxBytes = maxResponseBytes ?? this.#options.maxResponseBytes;
    return { deadline: startMs + timeoutMs, timeoutMs, startMs, maxBytes, signal };
  }

  #headers(
    target: RequestTarget,
    { headers }: RequestOptions,
    body: RequestBody | Promise<RequestBody>,
  ): RequestHeaders {
    const shared = target.ofBase ? this.#baseHeaders : this.#otherHeaders;
    const contentType = body instanceof Promise ? undefined : body.contentType;
    const { authorization } = target;
    if (headers === undefined && contentType === undefined && authorization === undefined) return shared;
    const leftOut: string[] = [];
    const own = headers === undefined ? undefined : ownHeaders("headers", headers, leftOut);
    const all: Record<string, string> = {
      ...(contentType !== undefined && { "content-type": contentType }),
      ...(authorization !== undefined && { authorization }),
      ...shared,
      ...own,
    };
    for (const name of leftOut) if (!Object.hasOwn(own!, name)) delete all[name];
    return all;
  }

  #send(
    exchange: Exchange,
    target: RequestTarget,
    headers: RequestHeaders,
    body: RequestBody,
    options: RequestOptions,
  ): void {
    // It may have run out of time, or been aborted, while its body was made ready.
    if (exchange.isOver) return;
    const { make } = body;
    const { streams } = exchange;
    const { bounds } = exchange;
    const request = {
      origin: target.origin,
      path: target.path,
      method: exchange.method,
      headers,
      body: body.content,
      [requestContext]: {
        deadline: bounds.deadline,
        timeoutMs: bounds.timeoutMs,
        signal: bounds.signal,
        bounded: true,
        maxRetries: options.maxRetries,
        idempotent: options.idempotent,
        useCache: options.useCache,
        followRedirects: options.followRedirects,
        makeBody: streams === undefined || make === undefined ? make : () => streams.add(make()),
        outcome: exchange,
      },
    };
    try {
      this.#parts.dispatch(request as ContextualOptions, exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }
}

/** What an optimizer has done, at one moment. */
export type NetworkStats = RequestStats & PartsStats;
