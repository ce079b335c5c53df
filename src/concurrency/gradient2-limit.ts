import { finite } from "../options.ts";
import {
  checkSample,
  type Limit,
  type LimitBounds,
  type LimitSample,
  longestRttMs,
  resolveBounds,
} from "./limit.ts";
import { RttBaseline } from "./rtt-baseline.ts";

export interface Gradient2LimitOptions extends LimitBounds {
  /** How many times the time without a queue a round trip may take, ≥ 1. @default 1.5 */
  readonly rttTolerance?: number;
  /** Share of the new limit in the next, 0 (exclusive) to 1. @default 0.2 */
  readonly smoothing?: number;
}

/** Defaults of `Gradient2Limit`, beside the bounds. */
export const gradient2Defaults = Object.freeze({ rttTolerance: 1.5, smoothing: 0.2 });

/**
 * Follows the ratio between the round trip without a queue and the present one. Once a round, which is as many samples
 * as the limit:
 * ```
 * gradient = clamp(rttTolerance × baselineMs / rttMs, 0.5, 1)       rttMs: mean of the round
 * limit ← (1 − smoothing) × limit + smoothing × (gradient × limit + √limit)
 * dropped: limit × 0.9, once a round
 * ```
 * It doesn't grow while less than half is in flight. Plain Gradient2 compares with a long-term mean, which a lasting
 * modest overload pulls up until it calls the queue normal, so that the limit climbs on and on. Here the baseline rises only by a
 * probe with half the limit, every 50 rounds.
 * @see https://github.com/Netflix/concurrency-limits
 */
export class Gradient2Limit implements Limit {
  readonly #minLimit: number;
  readonly #maxLimit: number;
  readonly #rttTolerance: number;
  readonly #smoothing: number;
  readonly #baseline: RttBaseline;
  /** Not rounded. */
  #estimate: number;
  #current: number;
  #count = 0;
  #sumMs = 0;
  #mostInFlight = 0;
  #deaf = 0;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: Gradient2LimitOptions = {}) {
    const bounds = resolveBounds("Gradient2Limit", options, Object.keys(gradient2Defaults));
    this.#minLimit = bounds.minLimit;
    this.#maxLimit = bounds.maxLimit;
    this.#rttTolerance = finite("rttTolerance", options.rttTolerance ?? gradient2Defaults.rttTolerance, 1);
    this.#smoothing = finite(
      "smoothing",
      options.smoothing ?? gradient2Defaults.smoothing,
      Number.MIN_VALUE,
      1,
    );
    this.#estimate = bounds.initialLimit;
    this.#current = bounds.initialLimit;
    this.#baseline = new RttBaseline(this.#current);
  }

  get current(): number {
    return this.#current;
  }

  update(sample: LimitSample): number {
    checkSample(sample);
    const { inFlight, dropped } = sample;
    const rttMs = Math.min(longestRttMs, sample.rttMs);
    if (this.#deaf > 0) this.#deaf--;
    if (dropped) {
      if (this.#deaf === 0) {
        this.#deaf = Math.ceil(inFlight);
        this.#set(this.#current * 0.9, Math.floor);
        this.#baseline.stop(this.#current);
      }
      return this.#current;
    }
    const probe = this.#baseline.next(rttMs, inFlight, this.#current, "mean");
    if (probe !== undefined) this.#set(probe);
    if (this.#baseline.isProbing || probe !== undefined) return this.#current;
    this.#count++;
    this.#sumMs += rttMs;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    if (this.#count >= this.#current) this.#endRound();
    return this.#current;
  }

  #endRound(): void {
    const rttMs = this.#sumMs / this.#count;
    this.#baseline.lower(rttMs);
    const ratio = rttMs > 0 ? (this.#rttTolerance * this.#baseline.rttMs) / rttMs : 1;
    const gradient = Math.min(1, Math.max(0.5, ratio));
    const limit = this.#estimate;
    const next = (1 - this.#smoothing) * limit + this.#smoothing * (gradient * limit + Math.sqrt(limit));
    const mayGrow = 2 * this.#mostInFlight >= this.#current;
    this.#set(next > limit && !mayGrow ? limit : next);
  }

  #set(limit: number, round: (limit: number) => number = Math.round): void {
    this.#estimate = Math.min(this.#maxLimit, Math.max(this.#minLimit, limit));
    this.#current = Math.max(this.#minLimit, round(this.#estimate));
    this.#count = 0;
    this.#sumMs = 0;
    this.#mostInFlight = 0;
  }
}
