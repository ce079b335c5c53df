import { Evidence } from "./evidence.ts";

/** Rates bet on, as multiples of the limit. */
const alternatives = Object.freeze([1.3, 2, 4, 10, 40]);
const nearlyAll = 0.999;

/**
 * Is a rate above a limit? Null hypothesis: each trial is an event with a probability of at most `maxRate`, given all before.
 * Bets on rates above it: (p₁ / p₀)ᵏ × ((1 − p₁) / (1 − p₀))ⁿ⁻ᵏ.
 * @see Waudby-Smith, Ramdas, Estimating means of bounded random variables by betting (2024), https://arxiv.org/abs/2010.09686
 */
export class RateEvidence {
  readonly #rates: readonly number[];
  readonly #evidence: Evidence;
  readonly #maxRate: number;
  readonly #ratios: Float64Array;
  #hasEvents = false;

  /** @param maxRate 0 to 1; with 0, one event is proof */
  constructor(maxRate: number) {
    this.#maxRate = maxRate;
    this.#rates = alternatives.map((times) => Math.min(Math.max(nearlyAll, maxRate), times * maxRate));
    this.#evidence = new Evidence(this.#rates.length);
    this.#ratios = new Float64Array(this.#rates.length);
  }

  /** The e-value, ≥ 0. */
  get value(): number {
    return this.#isCertain ? Number.POSITIVE_INFINITY : this.#evidence.value;
  }

  /** The highest so far. */
  get most(): number {
    return this.#isCertain ? Number.POSITIVE_INFINITY : this.#evidence.most;
  }

  /** @param events of those trials, 0 to `trials` */
  add(events: number, trials: number): void {
    if (events > 0) this.#hasEvents = true;
    const p = this.#maxRate;
    if (p === 0 || p === 1 || trials === 0) return;
    for (const [i, rate] of this.#rates.entries())
      this.#ratios[i] = events * Math.log(rate / p) + (trials - events) * Math.log((1 - rate) / (1 - p));
    this.#evidence.update(this.#ratios);
  }

  get #isCertain(): boolean {
    return this.#maxRate === 0 && this.#hasEvents;
  }
}
