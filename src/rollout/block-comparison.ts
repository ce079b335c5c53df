import type { RolloutArm } from "./arm.ts";
import { Evidence } from "./evidence.ts";

/** Odds ratios bet on, as multiples of the null hypothesis's. */
const alternatives = Object.freeze([1.15, 1.5, 2.2, 4, 10, 40]);
/** Outcomes of a block: few, so that traffic is alike within it, and that a disaster is seen at once. */
export const blockSize = 32;

const logRatios = new Float64Array(alternatives.length);

/**
 * Does an outcome (an error, a latency beyond a bound) come more often in one arm than in the other, at the same time?
 * Null hypothesis: its odds are at most `maxOddsRatio` times the other's.
 *
 * Outcomes are taken in blocks of 32 by the order in which they came. Whatever the traffic did, given a block's margins
 * (n outcomes, t of them of the suspected arm, e events) each choice of t out of n was as likely if the arms are alike, so k,
 * the events among those t, follows Fisher's noncentral hypergeometric distribution with the odds ratio ψ:
 *
 * f(ψ) = wₖ ψᵏ / Σⱼ wⱼ ψʲ, wⱼ = C(t, j) C(n − t, e − j), ratio = f(ψ₁) / f(ψ₀)
 *
 * Waves and bursts that meet both arms alike cancel, and the share of the traffic need not be known.
 * @see Fisher, The Logic of Inductive Inference (1935), https://doi.org/10.2307/2342435
 * @see Turner, Ly, Grünwald, Generic E-variables for exact sequential k-sample tests (2021), https://arxiv.org/abs/2106.02693
 */
export class BlockComparison {
  readonly evidence = new Evidence(alternatives.length);
  readonly #suspect: RolloutArm;
  readonly #maxOddsRatio: number;
  #outcomes = 0;
  #suspected = 0;
  #events = 0;
  #suspectedEvents = 0;

  /**
   * @param suspect the arm in which events are evidence
   * @param maxOddsRatio > 0
   */
  constructor(suspect: RolloutArm = "on", maxOddsRatio = 1) {
    this.#suspect = suspect;
    this.#maxOddsRatio = maxOddsRatio;
  }

  /** @returns whether a block is complete, so that the evidence may have changed */
  add(arm: RolloutArm, isEvent: boolean): boolean {
    this.#outcomes++;
    if (arm === this.#suspect) {
      this.#suspected++;
      if (isEvent) this.#suspectedEvents++;
    }
    if (isEvent) this.#events++;
    if (this.#outcomes < blockSize) return false;
    this.close();
    return true;
  }

  /** Ends the block before its time: to be called when the share changes, for a block must be of one share. */
  close(): void {
    const [n, t, e, k] = [this.#outcomes, this.#suspected, this.#events, this.#suspectedEvents];
    this.#outcomes = this.#suspected = this.#events = this.#suspectedEvents = 0;
    // A block with one arm, or in which all outcomes are alike, says nothing.
    if (t === 0 || t === n || e === 0 || e === n) return;
    const least = Math.max(0, e - (n - t));
    const most = Math.min(e, t);
    const likelihood = (odds: number): number =>
      (k - least) * Math.log(odds) - Math.log(tiltedSum(n, t, e, least, most, odds));
    const allowed = likelihood(this.#maxOddsRatio);
    for (let i = 0; i < alternatives.length; i++)
      logRatios[i] = likelihood(alternatives[i]! * this.#maxOddsRatio) - allowed;
    this.evidence.update(logRatios);
  }
}

/** Σⱼ wⱼ ψʲ, relative to its first term: below 1e60 for a block of 32 and the odds bet on. */
function tiltedSum(n: number, t: number, e: number, least: number, most: number, odds: number): number {
  let term = 1;
  let sum = 1;
  for (let j = least; j < most; j++) {
    term *= (odds * (t - j) * (e - j)) / ((j + 1) * (n - t - e + j + 1));
    sum += term;
  }
  return sum;
}
