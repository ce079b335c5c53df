import { LatencyHistogram } from "../../metrics/latency-histogram.ts";

/** Answers between two looks at the percentile. */
const lookEvery = 64;

/**
 * When an answer is late, from the times of the last answers, between `windowCalls` and twice as many of them:
 * ```
 * ms = max(percentile, 2 × median)
 * ```
 * A second request takes about a median time itself: where all answers take nearly the same, one sent at the percentile would mostly
 * lose to the first.
 * A call that was hedged counts with the time until it was, or until it was given up: that is at least the percentile, so the
 * percentile stays right as long as fewer are hedged than lie above it.
 */
export class HedgeDelay {
  readonly #percentile: number;
  readonly #windowCalls: number;
  readonly #minimumCalls: number;
  #now = new LatencyHistogram();
  #before = new LatencyHistogram();
  #unlooked = 0;
  #ms = Number.POSITIVE_INFINITY;

  /** @param percentile 0 to 1 @param windowCalls an integer ≥ 1 @param minimumCalls an integer ≥ 1; below, nothing is late */
  constructor(percentile: number, windowCalls: number, minimumCalls: number) {
    this.#percentile = percentile;
    this.#windowCalls = windowCalls;
    this.#minimumCalls = minimumCalls;
  }

  /** Milliseconds after which an answer is late; `Infinity` while too little is known. */
  get ms(): number {
    return this.#ms;
  }

  /** @param ms until the answer, ≥ 0 */
  record(ms: number): void {
    this.#now.record(ms);
    const known = this.#now.count + this.#before.count;
    if (++this.#unlooked < lookEvery && known !== this.#minimumCalls) return;
    this.#unlooked = 0;
    if (known < this.#minimumCalls) return;
    this.#ms = this.#look();
    if (this.#now.count < this.#windowCalls) return;
    this.#before = this.#now;
    this.#now = new LatencyHistogram();
  }

  #look(): number {
    const both = new LatencyHistogram();
    both.merge(this.#before);
    both.merge(this.#now);
    return Math.max(both.quantile(this.#percentile)!, 2 * both.quantile(0.5)!);
  }
}
