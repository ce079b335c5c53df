import type { Dispatcher } from "undici";
import { ClosedError, TransportOriginsError } from "../../errors.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { rejectType } from "../../options.ts";
import type { Dispatch } from "../policy.ts";
import { Dialer } from "./dialer.ts";
import { loadDispatcher, loadUndici, type UndiciParts } from "./load-undici.ts";
import { OriginPool } from "./origin-pool.ts";
import { type TransportOptions, type TransportSettings, transportSettings } from "./transport-options.ts";
import { addCounts, noCounts, type TransportCounts, type TransportStats } from "./transport-stats.ts";
import { fail } from "./waiting-requests.ts";

type Request = readonly [Dispatcher.DispatchOptions, Dispatcher.DispatchHandler];

/**
 * Sends requests over undici's clients, on as few connections as do.
 *
 * - A request goes to the open connection used last; else it waits for the first that becomes free or is opened. A cold
 *   burst waits for one connection; when that speaks HTTP/2 it carries all, else more are opened by and by.
 * - A first connection that hangs doesn't hold up the others: another is tried beside it.
 * - When an attempt fails and there is no other connection, the requests that waited for it fail with its error.
 * - A certificate that can't be trusted fails with `TlsCertificateError`.
 * - Requests that a server refused without processing them (GOAWAY, REFUSED_STREAM) are sent once more, by undici; nothing else
 *   is sent twice.
 *
 * Signal and deadline of a request's context bound its wait for a connection.
 */
export class Transport implements MetricSource {
  readonly name = "transport";
  readonly #settings: TransportSettings;
  /** By origin as callers spell it; several spellings may be of one pool. */
  readonly #spellings = new Map<string, OriginPool>();
  readonly #pools = new Map<string, OriginPool>();
  /** Those that came while undici is being loaded. */
  #early: Request[] | undefined;
  #loading: Promise<void> | undefined;
  #parts: UndiciParts | undefined;
  #dialer: Dialer | undefined;
  #turn = 0;
  /** Of origins that were forgotten. */
  #past: TransportCounts = noCounts;
  #closedBy: Error | undefined;
  #closing: Promise<void> | undefined;
  #dispatcher: Promise<Dispatcher> | undefined;

  /** @throws {TypeError|RangeError} for a bad option */
  constructor(options: TransportOptions = {}) {
    this.#settings = transportSettings(options);
  }

  /** As undici's; bound to this transport. Errors go to the handler; it always takes a request, and returns `true`. */
  readonly dispatch: Dispatch = (options, handler) => {
    if (this.#closedBy !== undefined) fail(handler, this.#closedBy);
    else if (this.#parts === undefined) this.#keepEarly(options, handler);
    else {
      const origin = options.origin;
      const pool = typeof origin === "string" ? this.#spellings.get(origin) : undefined;
      if (pool !== undefined) {
        pool.lastUsed = ++this.#turn;
        pool.dispatch(options, handler);
      } else this.#dispatchNew(options, handler);
    }
    return true;
  };

  /** An undici dispatcher over this transport, with `request`, `stream`, `compose` and the rest. Closing it closes the transport. */
  dispatcher(): Promise<Dispatcher> {
    this.#dispatcher ??= loadDispatcher().then((Base) => asDispatcher(Base, this));
    return this.#dispatcher;
  }

  stats(): TransportStats {
    const origins = Array.from(this.#pools.values(), (pool) => pool.stats());
    const total = (of: "connections" | "inFlight" | "waiting") =>
      origins.reduce((sum, origin) => sum + origin[of], 0);
    const counts = origins.reduce<TransportCounts>(addCounts, this.#past);
    return {
      ...counts,
      poolHitRate: counts.requests === 0 ? 0 : counts.poolHits / counts.requests,
      connections: total("connections"),
      inFlight: total("inFlight"),
      waiting: total("waiting") + (this.#early?.length ?? 0),
      origins,
      dns: this.#settings.dns?.stats(),
    };
  }

  *collect(): Iterable<MetricSample> {
    const { connections, inFlight, waiting, ...counts } = this.stats();
    const sample = (type: "counter" | "gauge", name: string, help: string, value: number): MetricSample => ({
      type,
      name,
      help,
      labels: {},
      value,
    });
    yield sample("gauge", "http.client.open_connections", "Open connections", connections);
    yield sample("gauge", "victor.transport.requests_in_flight", "Requests on a connection", inFlight);
    yield sample("gauge", "http.client.waiting_requests", "Requests that wait for a connection", waiting);
    yield sample("counter", "http.client.requests", "Requests given to the transport", counts.requests);
    yield sample(
      "counter",
      "http.client.pool_hits",
      "Requests sent on a connection that was open before",
      counts.poolHits,
    );
    yield sample("counter", "http.client.connections_opened", "Connections opened", counts.connectionsOpened);
    yield sample("counter", "http.client.connections_closed", "Connections closed", counts.connectionsClosed);
    yield sample(
      "counter",
      "http.client.connections_failed",
      "Attempts that failed",
      counts.connectionsFailed,
    );
    if (this.#settings.dns !== undefined) yield* this.#settings.dns.collect();
  }

  /** Takes no more requests; resolves when those under way are done and the connections closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Fails all that waits or is under way with `error`, and closes the connections. */
  async destroy(error: Error = new ClosedError("transport")): Promise<void> {
    this.#closedBy ??= error;
    this.#closing ??= Promise.resolve();
    const early = this.#early;
    this.#early = undefined;
    for (const [, handler] of early ?? []) fail(handler, error);
    await Promise.all(Array.from(this.#pools.values(), (pool) => pool.destroy(error)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const closed = new ClosedError("transport");
    this.#closedBy ??= closed;
    if (this.#early !== undefined) await this.#loading;
    await Promise.all(Array.from(this.#pools.values(), (pool) => pool.close()));
  }

  #keepEarly(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    if (this.#early === undefined) {
      this.#early = [];
      this.#loading = loadUndici().then(
        (parts) => {
          this.#parts = parts;
          this.#dialer = new Dialer(parts, this.#settings);
          this.#endEarly((early) => this.#dispatchNew(...early));
        },
        (error: Error) => this.#endEarly(([, early]) => fail(early, error)),
      );
    }
    this.#early.push([options, handler]);
  }

  #endEarly(settle: (request: Request) => void): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const request of early) settle(request);
  }

  #dispatchNew(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    let pool: OriginPool;
    try {
      pool = this.#pool(options.origin);
    } catch (error) {
      fail(handler, error as Error);
      return;
    }
    pool.lastUsed = ++this.#turn;
    pool.dispatch(options, handler);
  }

  #pool(origin: string | URL | undefined): OriginPool {
    const spelling = String(origin);
    const known = this.#spellings.get(spelling);
    if (known !== undefined) return known;
    const url = parsedOrigin(origin);
    let pool = this.#pools.get(url.origin);
    if (pool === undefined) {
      this.#makeRoom(url.origin);
      pool = new OriginPool(url, this.#parts!, this.#dialer!, this.#settings);
      this.#pools.set(url.origin, pool);
    }
    // Spellings of one origin are few, unless somebody makes them up.
    if (this.#spellings.size >= 2 * this.#settings.maxOrigins) this.#spellings.clear();
    this.#spellings.set(spelling, pool);
    return pool;
  }

  #makeRoom(origin: string): void {
    const { maxOrigins } = this.#settings;
    if (this.#pools.size < maxOrigins) return;
    let oldest: OriginPool | undefined;
    for (const pool of this.#pools.values())
      if ((oldest === undefined || pool.lastUsed < oldest.lastUsed) && pool.isIdle) oldest = pool;
    if (oldest === undefined) throw new TransportOriginsError(origin, maxOrigins);
    this.#past = addCounts(this.#past, oldest.stats());
    this.#pools.delete(oldest.origin.origin);
    for (const [spelling, pool] of this.#spellings) if (pool === oldest) this.#spellings.delete(spelling);
    void oldest.close();
  }
}

function parsedOrigin(origin: string | URL | undefined): URL {
  const url = origin instanceof URL ? origin : URL.parse(String(origin));
  const isOrigin =
    url !== null &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "";
  return isOrigin ? new URL(url.origin) : rejectType("origin", "an http or https origin", origin);
}

function asDispatcher(Base: typeof Dispatcher, transport: Transport): Dispatcher {
  const closes = (work: Promise<void>, callback: (() => void) | undefined) =>
    callback === undefined ? work : void work.then(callback, callback);
  class TransportDispatcher extends Base {
    override dispatch = transport.dispatch as Dispatcher["dispatch"];
    override close(callback?: () => void) {
      return closes(transport.close(), callback) as Promise<void>;
    }
    override destroy(...given: unknown[]) {
      const error = given.find((value) => value instanceof Error);
      const callback = given.find((value) => typeof value === "function") as (() => void) | undefined;
      return closes(transport.destroy(error), callback) as Promise<void>;
    }
  }
  return new TransportDispatcher();
}
