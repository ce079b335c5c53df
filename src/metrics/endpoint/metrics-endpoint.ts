import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { thrownText } from "../../thrown-text.ts";
import type { Exposed } from "../exposition.ts";
import { contentTypes } from "../exposition-format.ts";
import type { MetricSample, MetricSource } from "../metric.ts";
import { TimeSlices } from "../time-slices.ts";
import { BearerToken } from "./bearer-token.ts";
import { acceptsGzip, formatFor } from "./content-negotiation.ts";
import {
  endpointOptions,
  type MetricsEndpointOptions,
  type ResolvedEndpointOptions,
} from "./endpoint-options.ts";
import { SharedScrapes } from "./shared-scrape.ts";

/** An endpoint at one moment. Counts run from its construction. */
export interface MetricsEndpointStats {
  /** Requests being answered. */
  readonly active: number;
  /** Scrapes answered in full. */
  readonly served: number;
  /** Collections made for them: fewer than scrapes, where several asked at once. */
  readonly collections: number;
  /** Requests refused for want of the token. */
  readonly unauthorized: number;
  /** Requests refused because `maxConcurrent` others were being answered. */
  readonly overloaded: number;
  /** Clients that hung up before the end. */
  readonly aborted: number;
  /** Clients cut off after `timeoutMs`. */
  readonly timedOut: number;
  /** Collections that failed. */
  readonly failed: number;
}

/** Why a request is given up; told by identity. */
const timedOut = new Error("the scrape took too long");
const hungUp = new Error("the client hung up");
const closed = new Error("the endpoint was closed");

/**
 * Answers scrapes of a registry: in OpenMetrics or in Prometheus' text as `Accept` asks, with gzip where it is taken.
 * Only GET and HEAD. The event loop is held for some 5 ms at a time however many series there are, as long as no single
 * source takes longer. Scrapes that come while another is being collected share it.
 *
 * What it counts can be registered as any other source: `registry.register(endpoint)`.
 */
export class MetricsEndpoint implements MetricSource {
  readonly name = "victor.metrics.endpoint";
  readonly #options: ResolvedEndpointOptions;
  readonly #token: BearerToken | undefined;
  readonly #scrapes: SharedScrapes;
  readonly #live = new Set<AbortController>();
  #isClosed = false;
  #served = 0;
  #unauthorized = 0;
  #overloaded = 0;
  #aborted = 0;
  #timedOut = 0;
  #failed = 0;

  /** @throws {TypeError | RangeError} when an option is not valid */
  constructor(registry: Exposed, options: MetricsEndpointOptions = {}) {
    if (typeof registry?.collectInSteps !== "function")
      throw new TypeError("metrics endpoint: expected a MetricRegistry");
    this.#options = endpointOptions("metrics endpoint", options);
    this.#token = this.#options.token === undefined ? undefined : new BearerToken(this.#options.token);
    this.#scrapes = new SharedScrapes(registry);
  }

  /** For `createServer(endpoint.handle)` of node:http, or a route of a framework; answers whatever the path. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    // What throws here was called on a response that somebody has begun already.
    this.#answer(request, response).catch((error: unknown) => this.#fail(response, error));
  };

  stats(): MetricsEndpointStats {
    return {
      active: this.#live.size,
      served: this.#served,
      collections: this.#scrapes.started,
      unauthorized: this.#unauthorized,
      overloaded: this.#overloaded,
      aborted: this.#aborted,
      timedOut: this.#timedOut,
      failed: this.#failed,
    };
  }

  *collect(): Iterable<MetricSample> {
    const { active, collections, ...outcomes } = this.stats();
    const common = { type: "counter", unit: "{scrape}" } as const;
    for (const [outcome, value] of Object.entries(outcomes))
      yield {
        ...common,
        name: "victor.metrics.endpoint.scrapes",
        help: "Scrapes by how they ended.",
        labels: { outcome: outcome.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) },
        value,
      };
    yield {
      ...common,
      name: "victor.metrics.endpoint.collections",
      help: "Collections made for scrapes.",
      labels: {},
      value: collections,
    };
    yield {
      type: "gauge",
      unit: "{scrape}",
      name: "victor.metrics.endpoint.active",
      help: "Scrapes being answered.",
      labels: {},
      value: active,
    };
  }

  /** Cuts off whoever is being answered; later requests get status 503. */
  close(): void {
    this.#isClosed = true;
    for (const ending of this.#live) ending.abort(closed);
  }
  [Symbol.dispose](): void {
    this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return refuse(response, 405, "Only GET and HEAD.");
    }
    if (this.#token && !this.#token.isIn(request.headers.authorization)) {
      this.#unauthorized++;
      response.setHeader("WWW-Authenticate", 'Bearer realm="metrics"');
      return refuse(response, 401, "A token is needed.");
    }
    const isGzip = acceptsGzip(asText(request.headers["accept-encoding"]));
    const format = formatFor(request.headers.accept);
    response.setHeader("Vary", "Accept, Accept-Encoding");
    if (this.#isClosed || this.#live.size >= this.#options.maxConcurrent) {
      this.#overloaded++;
      response.setHeader("Retry-After", "1");
      return refuse(response, 503, "Too many scrapes at a time.");
    }
    response.setHeader("Content-Type", contentTypes[format]);
    if (isGzip) response.setHeader("Content-Encoding", "gzip");
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const ending = new AbortController();
    this.#live.add(ending);
    const { clock, timeoutMs } = this.#options;
    const timer =
      timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : clock.setTimeout(() => ending.abort(timedOut), timeoutMs);
    const leave = (): void => {
      if (!response.writableFinished) ending.abort(hungUp);
    };
    response.once("close", leave);
    try {
      const { pieces, sizeBytes } = await this.#scrapes.get(format, isGzip, ending.signal);
      response.setHeader("Content-Length", sizeBytes);
      await pipeline(inTurns(pieces), response, { signal: ending.signal });
      this.#served++;
    } catch (error) {
      this.#giveUp(response, ending.signal, error);
    } finally {
      clock.clearTimeout(timer);
      response.off("close", leave);
      this.#live.delete(ending);
    }
  }

  #giveUp(response: ServerResponse, { reason }: AbortSignal, error: unknown): void {
    if (reason === timedOut) this.#timedOut++;
    else if (reason === hungUp || response.destroyed) this.#aborted++;
    else if (reason !== closed) {
      this.#fail(response, error);
      return;
    }
    response.destroy();
  }

  #fail(response: ServerResponse, error: unknown): void {
    this.#failed++;
    process.emitWarning(`a scrape failed: ${thrownText(error)}`, {
      code: "VICTOR_METRICS_ENDPOINT",
    });
    if (response.headersSent) response.destroy();
    else {
      response.removeHeader("Content-Encoding");
      refuse(response, 500, "The metrics can't be collected.");
    }
  }
}

/**
 * A request listener that answers with a registry's metrics: `createServer(metricsHandler(registry))`.
 * @throws {TypeError | RangeError} when an option is not valid
 * @see MetricsEndpoint for what it does, its counts and its end
 */
export function metricsHandler(
  registry: Exposed,
  options: MetricsEndpointOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return new MetricsEndpoint(registry, options).handle;
}

/** A fast client takes a piece at once, so without pauses megabytes would be copied to it in one go. */
async function* inTurns(pieces: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  const slices = new TimeSlices();
  for (const piece of pieces) {
    yield piece;
    if (slices.isOver) await slices.pause();
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${why}\n`);
}

const asText = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === "object" ? header.join(",") : header;
