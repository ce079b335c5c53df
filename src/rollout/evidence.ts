/** A wealth beyond this, as logarithm, proves no more, and would overflow. */
const richest = 600;

/**
 * Evidence against a null hypothesis that may be looked at any time: an e-process. While the null hypothesis holds, the
 * probability that `value` ever reaches 1 / α is at most α, however often one looks (Ville's inequality).
 *
 * A bet on each alternative multiplies its wealth by the likelihood ratio of what came. Harm may begin late, when a bet
 * that ran from the start would have lost all; so of 1 unit, 1 / (j (j + 1)) is put in at step j:
 *
 * wealthₙ = (wealthₙ₋₁ + 1 / (n (n + 1))) × ratioₙ, value = 1 / (n + 1) + mean of the wealths
 *
 * which is the mixture of e-processes that begin at each step, in constant memory.
 * @see Ramdas, Grünwald, Vovk, Shafer, Game-theoretic statistics and safe anytime-valid inference (2023), https://arxiv.org/abs/2210.01948
 * @see Shin, Ramdas, Rinaldo, E-detectors (2022), https://arxiv.org/abs/2203.03532, for the starts
 */
export class Evidence {
  readonly #logWealth: Float64Array;
  #steps = 0;
  #value = 1;
  #most = 1;

  /** @param alternatives bets, ≥ 1 */
  constructor(alternatives: number) {
    this.#logWealth = new Float64Array(alternatives).fill(Number.NEGATIVE_INFINITY);
  }

  /** The e-value now, ≥ 0; 1 at the start. */
  get value(): number {
    return this.#value;
  }

  /** The highest so far: what was proven stays proven. */
  get most(): number {
    return this.#most;
  }

  /**
   * @param logRatios for each alternative, the logarithm of the likelihood ratio of what came; their mean ratio under the
   * null hypothesis, given all that came before, must be at most 1
   */
  update(logRatios: ArrayLike<number>): void {
    const n = ++this.#steps;
    const logStake = -Math.log(n) - Math.log(n + 1);
    const wealth = this.#logWealth;
    let sum = 0;
    for (let i = 0; i < wealth.length; i++) {
      const before = wealth[i]!;
      const high = Math.max(before, logStake);
      const staked = high + Math.log1p(Math.exp(Math.min(before, logStake) - high));
      const after = Math.min(richest, staked + logRatios[i]!);
      wealth[i] = after;
      sum += Math.exp(after);
    }
    this.#value = 1 / (n + 1) + sum / wealth.length;
    if (this.#value > this.#most) this.#most = this.#value;
  }
}
