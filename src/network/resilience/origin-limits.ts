import { type Clock, systemClock } from "../../clock.ts";
import { AdaptiveLimit } from "../../concurrency/adaptive-limit.ts";
import { AdaptiveSemaphore } from "../../concurrency/adaptive-semaphore.ts";
import { type Limit, limitInteger } from "../../concurrency/limit.ts";
import type { SemaphoreStats } from "../../concurrency/semaphore-stats.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { callable, durationMs, integer, knownKeys, reject } from "../../options.ts";
import type { NetworkPolicy } from "../policy.ts";
import { LimitedRequest, WaitingCall } from "./limited-request.ts";
import { Origins } from "./origins.ts";

/** How many requests may be under way to each origin. */
export interface OriginLimitsOptions {
  /** Most requests under way to one origin, whatever its limit says; an integer from 1 to 2³⁰. @default 1000 */
  readonly maxConcurrent?: number;
  /** Makes the limit of an origin; a number is a fixed one. @default an `AdaptiveLimit` that starts at 100, or `maxConcurrent` if that is less */
  readonly limit?: (origin: string) => Limit | number;
  /** Requests that may wait for one origin, an integer ≥ 0. @default 10_000 */
  readonly queueLimit?: number;
  /** Longest that a request waits, in milliseconds > 0, besides its own deadline. @default Infinity */
  readonly queueDelayMs?: number;
  /** Origins that are known at most, an integer ≥ 1; some 3 kB each. Idle ones are forgotten first. @default 1000 */
  readonly maxOrigins?: number;
  /** For metrics. @default "origins" */
  readonly name?: string;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Defaults of `OriginLimits`. */
export const originLimitsDefaults = Object.freeze({
  maxConcurrent: 1000,
  queueLimit: 10_000,
  queueDelayMs: Number.POSITIVE_INFINITY,
  maxOrigins: 1000,
});

/** Where an adaptive limit starts here: a server's own pools take a first burst of this size, and a lower start would hold it up. */
const initialLimit = 100;

/** All origins that are known at one moment. */
export interface OriginLimitsStats {
  readonly origins: number;
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests that wait. */
  readonly queued: number;
  /** Requests that were turned away, by origins that are still known. */
  readonly rejected: number;
}

/**
 * A limit for each origin on how many requests are under way, found from how long they take. A request has its permit until its
 * response has ended, failed or been aborted, and gives it back exactly once. 429, 503, timeouts and failed connections tell the limit
 * of overload. Those above the limit wait in turn; who waits too long, or finds too many waiting, fails with
 * `LimitExceededError`.
 */
export class OriginLimits implements MetricSource {
  readonly name: string;
  /** For `compose` of a dispatcher, within all other policies of this folder. */
  readonly policy: NetworkPolicy;
  readonly #origins: Origins<AdaptiveSemaphore>;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: OriginLimitsOptions = {}) {
    knownKeys("OriginLimits", options, [...Object.keys(originLimitsDefaults), "limit", "name", "clock"]);
    const maxConcurrent = limitInteger(
      "maxConcurrent",
      options.maxConcurrent ?? originLimitsDefaults.maxConcurrent,
    );
    const queueLimit = integer("queueLimit", options.queueLimit ?? originLimitsDefaults.queueLimit, 0);
    const queueDelayMs = durationMs(
      "queueDelayMs",
      options.queueDelayMs ?? originLimitsDefaults.queueDelayMs,
      Number.MIN_VALUE,
    );
    const { name = "origins", clock = systemClock } = options;
    if (typeof name !== "string" || name === "") reject("name", "a name", name);
    const {
      limit = () =>
        new AdaptiveLimit({ initialLimit: Math.min(initialLimit, maxConcurrent), maxLimit: maxConcurrent }),
    } = options;
    callable("limit", limit);
    this.name = name;
    this.#origins = new Origins(
      integer("maxOrigins", options.maxOrigins ?? originLimitsDefaults.maxOrigins, 1),
      (origin) =>
        new AdaptiveSemaphore(origin || "origin", {
          maxConcurrent,
          queueLimit,
          queueDelayMs,
          limit: limit(origin),
          clock,
        }),
      (semaphore) => semaphore.inFlight === 0 && semaphore.queued === 0,
    );
    this.policy = (dispatch) => (request, handler) => {
      const semaphore = this.#origins.of(request.origin);
      const permit = semaphore.tryAcquire();
      if (permit === undefined) return new WaitingCall(dispatch, request, handler).begin(semaphore);
      try {
        return dispatch(request, new LimitedRequest(handler, permit));
      } catch (error) {
        permit[Symbol.dispose]();
        throw error;
      }
    };
  }

  /** @returns the limit of an origin and what it has seen; `undefined` for one that isn't known */
  statsOf(origin: string): SemaphoreStats | undefined {
    for (const [known, semaphore] of this.#origins) if (known === origin) return semaphore.stats();
    return undefined;
  }

  stats(): OriginLimitsStats {
    let [inFlight, queued, rejected] = [0, 0, 0];
    for (const [, semaphore] of this.#origins) {
      inFlight += semaphore.inFlight;
      queued += semaphore.queued;
      for (const count of Object.values(semaphore.stats().rejected)) rejected += count;
    }
    return { origins: this.#origins.size, inFlight, queued, rejected };
  }

  *collect(): Iterable<MetricSample> {
    const labels = { "victor.limits.name": this.name };
    const gauge = (name: string, unit: string, help: string, value: number): MetricSample => ({
      type: "gauge",
      name: `victor.limits.${name}`,
      help,
      unit,
      labels,
      value,
    });
    const { origins, inFlight, queued } = this.stats();
    yield gauge("origins", "{origin}", "Origins with a limit.", origins);
    yield gauge("in_flight", "{request}", "Requests under way.", inFlight);
    yield gauge("queued", "{request}", "Requests that wait.", queued);
  }
}
