import type { Dispatcher } from "undici";
import { LruCache } from "../../algorithms/lru-cache.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { type ContextualOptions, contextOf, type Dispatch, type NetworkPolicy } from "../policy.ts";
import { credentialHeaders } from "../request-headers.ts";
import { answerFrom, isAnswer, unavailable } from "./answer.ts";
import { BackgroundValidations } from "./background-validations.ts";
import { boundWait } from "./bound-wait.ts";
import { noDirectives } from "./cache-control.ts";
import { dispatchKey, UrlKeys, urlKey } from "./cache-key.ts";
import { type ResponseCacheOptions, resolveCacheOptions } from "./cache-options.ts";
import { CacheRequest, headerSource } from "./cache-request.ts";
import { cacheSamples, type ResponseCacheStats } from "./cache-stats.ts";
import { CachedResponse } from "./cached-response.ts";
import { Caller } from "./caller.ts";
import { checkedHit } from "./checked-hit.ts";
import { canValidate, conditionalHeaders } from "./conditional-request.ts";
import type { Errand } from "./errand.ts";
import type { FleetTicket } from "./fleet/fleet-ticket.ts";
import type { ResponseFleet } from "./fleet/response-fleet.ts";
import { Flight } from "./flight.ts";
import type { FlightHost, FlightPlan } from "./flight-plan.ts";
import { Replay } from "./replay.ts";
import { ResponseShelf } from "./response-shelf.ts";
import { choose, usability } from "./reuse.ts";
import { sendShared } from "./shared-flight.ts";
import { mayWaitFor } from "./sharing.ts";
import type { StoredResponse } from "./stored-response.ts";
import { isUnsafe } from "./unsafe-methods.ts";

export type { ResponseCacheOptions } from "./cache-options.ts";

type Options = Dispatcher.DispatchOptions;

/** URLs of which it is remembered that their responses can't be shared. */
const maxUnshared = 4096;

/**
 * Keeps responses of HTTP, by RFC 9111. `policy` goes in front of a dispatcher; `lookup` answers at once, where that is
 * possible, without a dispatch. Private by default, that is for the user of one client: even so, what was asked for with
 * credentials (`Authorization`, `Cookie`, `X-Api-Key` and their like) is only given to who asks with the same, unless the
 * response is `public`.
 * @see https://www.rfc-editor.org/rfc/rfc9111
 */
export class ResponseCache implements MetricSource, Disposable {
  readonly name = "http.client.cache";
  readonly policy: NetworkPolicy;
  readonly #shelf: ResponseShelf<Flight>;
  readonly #unshared = new LruCache<string, true>({ maxSize: maxUnshared });
  readonly #keys = new UrlKeys();
  readonly #validations: BackgroundValidations;
  readonly #host: FlightHost;
  readonly #secrets: ReadonlySet<string>;
  #isClosed = false;
  /** Whether the next hit is to be held against its origin. */
  #isCheckDue = false;

  /**
   * @param secretHeaders what an optimizer knows beside: further fields that say who asks @internal
   * @throws {RangeError | TypeError} naming the option, what was expected and what came
   */
  constructor(options: ResponseCacheOptions = {}, secretHeaders: readonly string[] = []) {
    this.#secrets =
      secretHeaders.length === 0 ? credentialHeaders : credentialHeaders.union(new Set(secretHeaders));
    const shelf = new ResponseShelf<Flight>(resolveCacheOptions(options));
    this.#shelf = shelf;
    this.#host = {
      shelf,
      again: (caller, own, ignored) => {
        if (ignored === undefined) this.#find(own, caller, false);
        else this.#ask(own, caller, undefined, false, false);
      },
      noteSharable: (key, isSharable) => {
        if (isSharable) this.#unshared.delete(key);
        else this.#unshared.set(key, true);
      },
    };
    this.#validations = new BackgroundValidations(this.#host, this.#secrets);
    this.policy = (dispatch) => (dispatchOptions, handler) =>
      this.#dispatch(dispatch, dispatchOptions, handler);
  }

  /**
   * A fresh response from memory, if there is one for a plain GET or HEAD: anything else is for `policy`. Counts as a hit;
   * a miss isn't counted, for it will be when it is dispatched.
   * @param url absolute; quickest when it is normalised as `URL.href` is, without a fragment
   */
  lookup(method: string, url: string, headers: Readonly<Record<string, string>>): CachedResponse | undefined {
    if (method !== "GET" && method !== "HEAD") return undefined;
    const { memory } = this.#shelf;
    let key = url;
    let held = url.includes("#") ? undefined : memory.get(url);
    if (held === undefined) {
      const normal = this.#keys.of(url);
      if (normal === undefined || normal === url) return undefined;
      key = normal;
      held = memory.get(normal);
      if (held === undefined) return undefined;
    }
    const request = new CacheRequest(method, headers, this.#secrets);
    if (!request.isPlain || request.host !== undefined) return undefined;
    const stored = choose(held, request);
    const now = this.#shelf.options.now();
    if (stored === undefined || stored.record.range !== undefined) return undefined;
    if (usability(stored, request, now) !== "fresh") return undefined;
    const { fleet } = this.#shelf;
    if (fleet !== undefined && fleet.vouches(stored) !== true) return undefined;
    if (this.#shelf.options.truth?.isDue()) {
      // The dispatch that follows gives the same, and can ask the origin besides.
      this.#isCheckDue = true;
      return undefined;
    }
    this.#shelf.counts.hits++;
    return this.#view(key, stored, now, method);
  }

  stats(): ResponseCacheStats {
    const { counts, memory, budget, sqlite, options, fleet } = this.#shelf;
    return {
      ...counts,
      urls: memory.urls,
      bytes: memory.bytes,
      maxBytes: options.maxBytes,
      evictions: memory.evictions,
      recordingBytes: budget.used,
      sqlite: sqlite?.stats(),
      tier: fleet?.stats(),
    };
  }

  *collect(): Iterable<MetricSample> {
    yield* cacheSamples(this.stats());
    if (this.#shelf.fleet !== undefined) yield* this.#shelf.fleet.collect();
  }

  /** Forgets all, on every node of a fleet; what was asked for before isn't stored any longer. */
  clear(): void {
    this.#shelf.clear();
  }

  /**
   * Forgets all responses of a URL, on every node of a fleet; what was asked for before isn't stored any longer.
   * @throws {TypeError} when it is no URL of HTTP
   */
  invalidate(url: string | URL): void {
    const key = urlKey(String(url));
    if (key === undefined)
      throw new TypeError(`url: expected a URL of http or https, got ${JSON.stringify(String(url))}`);
    this.#shelf.invalidate(key);
  }

  /**
   * Resolves when the shared server knows all that was forgotten and stored here until now, or can't be told: then it will be,
   * before it is asked for anything again. At once without a tier.
   */
  async settled(): Promise<void> {
    await this.#shelf.fleet?.settled();
  }

  /** Ends what it does in the background, and closes its file, or its tier, which `closed` waits for. From then on `policy` passes everything through. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#validations.close();
    this.#shelf.memory.clear();
    this.#shelf.sqlite?.close();
    // A tier that fails to close is gone as well.
    this.closed().catch(() => undefined);
  }

  /** Resolves when the connections to the shared server have ended. To be called after `close`. */
  async closed(): Promise<void> {
    await this.#shelf.fleet?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #view(key: string, stored: StoredResponse, now: number, method: string): CachedResponse {
    const age = Math.floor(stored.age(now) / 1000);
    if (method === "GET" && stored.viewAge === age && stored.view !== undefined) return stored.view;
    const view = new CachedResponse(stored, now, method === "HEAD", (memo, weight) =>
      this.#shelf.keepMemo(key, stored, memo, weight),
    );
    if (method === "GET") {
      stored.view = view;
      stored.viewAge = age;
    }
    return view;
  }

  #dispatch(dispatch: Dispatch, given: Options, handler: Dispatcher.DispatchHandler): boolean {
    const { method, upgrade, body } = given;
    const { useCache } = contextOf(given);
    const changes = isUnsafe(method);
    const isRead = method === "GET" || method === "HEAD";
    if (this.#isClosed || upgrade || method === "CONNECT" || !(changes || isRead))
      return dispatch(given, handler);
    if (isRead && (useCache === false || hasContent(body))) return dispatch(given, handler);
    const headers = headerSource(given.headers);
    const isOneShot = given.headers != null && !Array.isArray(given.headers) && headers !== given.headers;
    const options: Options = isOneShot ? { ...given, headers: headers as Options["headers"] & {} } : given;
    const request = new CacheRequest(method, headers, this.#secrets);
    const key = dispatchKey(given, request.host, this.#keys);
    if (key === undefined) return dispatch(options, handler);
    const caller = new Caller(handler, contextOf(given).outcome);
    const errand = { dispatch, options, request, key };
    if (changes) return this.#change(errand, caller, useCache !== false);
    return this.#find(errand, caller, true);
  }

  #change(errand: Errand, caller: Caller, useCache: boolean): boolean {
    const { dispatch, options, request } = errand;
    // On a shared server nothing is stored that was asked for before it was told what is forgotten.
    const isStored = useCache && request.method === "POST" && this.#shelf.fleet === undefined;
    const plan = { ...this.#plan(errand, undefined, false), isUnsafe: true, mayStore: isStored };
    return new Flight(plan, caller).send(dispatch, options);
  }

  #find(errand: Errand, caller: Caller, mayJoin: boolean): boolean {
    const { fleet } = this.#shelf;
    if (fleet === undefined) return this.#read(errand, caller, mayJoin, this.#shelf.find(errand.key));
    return this.#findInFleet(errand, caller, mayJoin, fleet);
  }

  /** Answers at once from memory, where what is there is vouched for at once; else after a look at the server. */
  #findInFleet(errand: Errand, caller: Caller, mayJoin: boolean, fleet: ResponseFleet): boolean {
    const { key, request } = errand;
    const held = this.#shelf.find(key);
    const vouched = held.filter((stored) => fleet.vouches(stored) === true);
    if (!fleet.isUsable) return this.#read(errand, caller, mayJoin, vouched, fleet.outageTicket());
    const isEnough = (responses: readonly StoredResponse[]): boolean =>
      isAnswer(responses, request, this.#shelf.options.now());
    if (isEnough(vouched)) return this.#read(errand, caller, mayJoin, vouched);
    if (this.#isJoinable(errand, mayJoin) && this.#join(errand, caller)) {
      this.#shelf.counts.misses++;
      return true;
    }
    // The request begins for whoever waits: he leaves by its controller.
    caller.start(null);
    boundWait(errand.options, caller, this.#shelf.options.clock);
    const wish = {
      isEnough,
      mayWait: this.#isJoinable(errand, mayJoin),
      isReadOnly: request.directives.onlyIfCached,
    };
    fleet
      .ask(key, request, held, wish)
      .then(({ responses, ticket }) => {
        if (caller.isDone) ticket?.release();
        else {
          this.#shelf.learn(key, held, responses);
          this.#read(errand, caller, mayJoin, responses, ticket);
        }
      })
      .catch((error: Error) => caller.abort(error));
    return true;
  }

  #isJoinable({ request, key }: Errand, mayJoin: boolean): boolean {
    return (
      mayJoin &&
      this.#shelf.options.coalesces &&
      request.method === "GET" &&
      request.isPlain &&
      request.directives === noDirectives &&
      !this.#unshared.has(key)
    );
  }

  #read(
    errand: Errand,
    caller: Caller,
    mayJoin: boolean,
    found: readonly StoredResponse[],
    ticket?: FleetTicket,
  ): boolean {
    const { request } = errand;
    const { counts, options } = this.#shelf;
    const now = options.now();
    const stored = found.length === 0 ? undefined : choose(found, request);
    const answer = stored && answerFrom(stored, request, now);
    const use = stored && answer && usability(stored, request, now);
    if (stored !== undefined && answer !== undefined && use !== "afterValidation") {
      if (use === "fresh") counts.hits++;
      else counts.staleHits++;
      ticket?.release();
      caller.noteStored();
      new Replay(caller, answer);
      if (use === "fresh") this.#check(errand, stored);
      if (use === "whileRevalidating") this.#validations.start(errand, stored);
      return true;
    }
    if (request.directives.onlyIfCached) {
      ticket?.release();
      counts.unavailable++;
      new Replay(caller, { ...unavailable, headers: {} });
      return true;
    }
    counts.misses++;
    return this.#ask(errand, caller, answer && stored, mayJoin, found.length === 0, ticket);
  }

  #ask(
    errand: Errand,
    caller: Caller,
    stored: StoredResponse | undefined,
    mayJoin: boolean,
    isNew: boolean,
    ticket?: FleetTicket,
  ): boolean {
    const { dispatch, options, request } = errand;
    const isJoinable = this.#isJoinable(errand, mayJoin);
    if (isJoinable && this.#join(errand, caller)) {
      ticket?.release();
      return true;
    }
    const isValidating = stored !== undefined && canValidate(stored, request);
    if (isValidating) this.#shelf.counts.validations++;
    const plan: FlightPlan = {
      errand,
      host: this.#host,
      stored,
      isValidating,
      isUnsafe: false,
      isJoinable,
      mayStore: true,
      isNew: isNew && request.method === "GET",
      ticket,
    };
    const headers = isValidating ? conditionalHeaders(stored, request) : options.headers;
    const sent: ContextualOptions = isValidating ? { ...options, headers: headers ?? null } : options;
    if (isJoinable) return sendShared(plan, caller, dispatch, sent);
    return new Flight(plan, caller).send(dispatch, sent);
  }

  #join(errand: Errand, caller: Caller): boolean {
    const others = this.#shelf.underWay(errand.key);
    if (others === undefined) return false;
    for (const flight of others) {
      if (!mayWaitFor(errand.request, flight.request) || !flight.join(caller, errand)) continue;
      this.#shelf.counts.coalesced++;
      boundWait(errand.options, caller, this.#shelf.options.clock);
      return true;
    }
    return false;
  }

  #plan(errand: Errand, stored: StoredResponse | undefined, isValidating: boolean): FlightPlan {
    return {
      errand,
      host: this.#host,
      stored,
      isValidating,
      isUnsafe: false,
      isJoinable: false,
      mayStore: true,
      isNew: false,
    };
  }

  /** Has a hit held against its origin, when it is due. */
  #check(errand: Errand, stored: StoredResponse): void {
    const { truth } = this.#shelf.options;
    if (truth === undefined || errand.request.method !== "GET" || !errand.request.isPlain) return;
    if (!this.#isCheckDue && !truth.isDue()) return;
    this.#isCheckDue = false;
    truth.check(checkedHit(errand, stored, this.#shelf));
  }
}

function hasContent(body: Options["body"]): boolean {
  if (body === undefined || body === null || body === "") return false;
  return !(body instanceof Uint8Array && body.byteLength === 0);
}
