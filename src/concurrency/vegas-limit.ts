import {
  checkSample,
  type Limit,
  type LimitBounds,
  type LimitSample,
  longestRttMs,
  resolveBounds,
} from "./limit.ts";
import { RttBaseline } from "./rtt-baseline.ts";

/**
 * Estimates from the shortest round trip how many requests queue in the service, and keeps that number small, as TCP
 * Vegas does. Once a round, which is as many samples as the limit:
 * ```
 * queue = limit × (1 − minRttMs / rttMs)                rttMs: mean of the round
 * slow start:  queue ≤ α  → limit × 2,  else slow start is over
 * after it:    queue < α  → limit + max(1, log₁₀ limit)
 *              queue > β  → limit − max(1, log₁₀ limit)
 * dropped:     limit × 0.9, once a round, and slow start is over
 *              α = 3 max(1, log₁₀ limit),  β = 2 α
 * ```
 * Slow start ends only when a queue shows, and begins anew after 8 rounds of growth without one: plain Vegas takes minutes to
 * follow a service that grows. It doesn't grow while less than half is in flight. `minRttMs` is probed for again
 * every 50 rounds with half the limit; plain Vegas takes the next sample instead, queue included, and drifts up.
 * @see https://doi.org/10.1145/190314.190317 (Brakmo, O'Malley, Peterson)
 * @see https://github.com/Netflix/concurrency-limits
 */
export class VegasLimit implements Limit {
  readonly #minLimit: number;
  readonly #maxLimit: number;
  readonly #baseline: RttBaseline;
  #current: number;
  #isSlowStart = true;
  #growths = 0;
  #count = 0;
  #sumMs = 0;
  #mostInFlight = 0;
  #deaf = 0;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: LimitBounds = {}) {
    const { initialLimit, minLimit, maxLimit } = resolveBounds("VegasLimit", options);
    this.#minLimit = minLimit;
    this.#maxLimit = maxLimit;
    this.#current = initialLimit;
    this.#baseline = new RttBaseline(initialLimit);
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
      if (this.#deaf === 0) this.#lose(inFlight);
      return this.#current;
    }
    this.#baseline.lower(rttMs);
    const probe = this.#baseline.next(rttMs, inFlight, this.#current, "minimum");
    if (probe !== undefined) this.#set(probe);
    if (this.#baseline.isProbing || probe !== undefined) return this.#current;
    this.#count++;
    this.#sumMs += rttMs;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    if (this.#count >= this.#current) this.#endRound();
    return this.#current;
  }

  #endRound(): void {
    const limit = this.#current;
    const rttMs = this.#sumMs / this.#count;
    const step = Math.max(1, Math.log10(limit));
    const queue = rttMs > 0 ? limit * (1 - this.#baseline.rttMs / rttMs) : 0;
    const mayGrow = 2 * this.#mostInFlight >= limit;
    if (this.#isSlowStart && queue > 3 * step) this.#isSlowStart = false;
    let next = limit;
    if (queue > 6 * step) next -= step;
    else if (queue < 3 * step && mayGrow) next += this.#isSlowStart ? limit : step;
    this.#growths = next > limit ? this.#growths + 1 : 0;
    if (this.#growths > 8) this.#isSlowStart = true;
    this.#set(Math.round(next));
  }

  #lose(inFlight: number): void {
    this.#isSlowStart = false;
    this.#growths = 0;
    this.#deaf = Math.ceil(inFlight);
    this.#set(Math.floor(this.#current * 0.9));
    this.#baseline.stop(this.#current);
  }

  #set(limit: number): void {
    this.#current = Math.min(this.#maxLimit, Math.max(this.#minLimit, limit));
    this.#count = 0;
    this.#sumMs = 0;
    this.#mostInFlight = 0;
  }
}
