/** Weights that are compared; that of a trusted embedder before any feedback is the one at `initial`. */
export const weights: readonly number[] = [0, 0.1, 0.2, 0.4, 0.8, 1.2];
const initial = 2;
/** Outcomes before the comparison counts. */
const fewest = 20;
/** A weight takes over when its mean is better by so many standard errors of the difference; it is looked at again and again. */
const margin = 3;

/** Evidence for one of the tools that a selection considered. */
export interface FusedCandidate {
  readonly name: string;
  /** 0 to 1. */
  readonly lexical: number;
  /** 0 to 1. */
  readonly vector: number;
}

/** Sums that can be saved: for each weight, of the differences from the one in use before feedback, and of their squares. */
export interface FusionWeightState {
  readonly outcomes: number;
  readonly sums: readonly number[];
  readonly squares: readonly number[];
}

/**
 * How much vectors count beside words: score = lexical + weight × vector. Begins with a small weight, which can break ties
 * and fill gaps but seldom overrules words, and learns from outcomes: for each of some weights, at which rank would the
 * used tool have been? Paired differences of reciprocal ranks decide, so that chance alone changes nothing.
 */
export class FusionWeight {
  #outcomes = 0;
  readonly #sums = new Float64Array(weights.length);
  readonly #squares = new Float64Array(weights.length);
  #best = initial;

  /** From 0: vectors are left out. */
  get value(): number {
    return weights[this.#best] as number;
  }

  /** Whether outcomes speak for another weight than the one at first. */
  get isLearned(): boolean {
    return this.#best !== initial;
  }

  get outcomes(): number {
    return this.#outcomes;
  }

  /** @param used names of the tools that were of use; without effect when none of them is a candidate */
  record(candidates: readonly FusedCandidate[], used: readonly string[]): void {
    const right = candidates.filter(({ name }) => used.includes(name));
    if (right.length === 0) return;
    const ranks = weights.map((weight) => reciprocalRank(candidates, right, weight));
    this.#outcomes++;
    for (const [i, rank] of ranks.entries()) {
      const difference = rank - (ranks[initial] as number);
      this.#sums[i]! += difference;
      this.#squares[i]! += difference * difference;
    }
    this.#decide();
  }

  state(): FusionWeightState {
    return { outcomes: this.#outcomes, sums: Array.from(this.#sums), squares: Array.from(this.#squares) };
  }

  /** Adds what another learned. */
  add({ outcomes, sums, squares }: FusionWeightState): void {
    const own = this.state();
    this.restore({
      outcomes: own.outcomes + outcomes,
      sums: own.sums.map((sum, i) => sum + sums[i]!),
      squares: own.squares.map((square, i) => square + squares[i]!),
    });
  }

  restore({ outcomes, sums, squares }: FusionWeightState): void {
    this.#outcomes = outcomes;
    this.#sums.set(sums);
    this.#squares.set(squares);
    this.#decide();
  }

  #decide(): void {
    const count = this.#outcomes;
    this.#best = initial;
    if (count < fewest) return;
    let bestMean = 0;
    for (const i of weights.keys()) {
      const mean = this.#sums[i]! / count;
      const error = Math.sqrt(Math.max(0, this.#squares[i]! / count - mean * mean) / count);
      if (mean > bestMean && mean > margin * error) {
        bestMean = mean;
        this.#best = i;
      }
    }
  }
}

/** Of the best of the `right` ones. */
function reciprocalRank(
  candidates: readonly FusedCandidate[],
  right: readonly FusedCandidate[],
  weight: number,
): number {
  const scoreOf = ({ lexical, vector }: FusedCandidate): number => lexical + weight * vector;
  const score = Math.max(...right.map(scoreOf));
  return 1 / (1 + candidates.filter((candidate) => scoreOf(candidate) > score).length);
}
