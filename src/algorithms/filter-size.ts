import { blockWords } from "./filter-blocks.ts";

/** Rounds beyond which nothing is gained at any rate that can be asked for. */
export const maxRounds = 8;

/**
 * Share of items not added that a split-block filter takes for added: items spread over blocks as by Poisson, and in a
 * block of i items a bit of a word is set with 1 − (31/32)ⁱ, in each of 8 words.
 * @param load items × rounds / blocks, ≥ 0
 * @see https://arxiv.org/abs/2101.01719
 */
export function falsePositiveRateAt(load: number, rounds: number): number {
  if (load === 0) return 0;
  const end = load + 12 * Math.sqrt(load) + 30;
  let rate = 0;
  for (let i = 0; i < end; i++) {
    // In logarithms, since e^−load is 0 for a load of some hundreds.
    const chance = Math.exp(i * Math.log(load) - load - logFactorial(i));
    rate += chance * (1 - (31 / 32) ** i) ** blockWords;
  }
  return Math.min(1, rate) ** rounds;
}

/** The smallest filter, in blocks, that has at most `rate` of false positives with `items` added. */
export function filterSize(
  items: number,
  rate: number,
): { readonly blocks: number; readonly rounds: number } {
  let best = { blocks: Number.POSITIVE_INFINITY, rounds: 1 };
  for (let rounds = 1; rounds <= maxRounds; rounds++) {
    let low = 0;
    let high = 1000;
    for (let i = 0; i < 50; i++) {
      const load = (low + high) / 2;
      if (falsePositiveRateAt(load, rounds) <= rate) low = load;
      else high = load;
    }
    const blocks = Math.ceil((items * rounds) / low);
    if (blocks < best.blocks) best = { blocks, rounds };
  }
  return best;
}

const logFactorials = [0];
function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push(logFactorials[i - 1]! + Math.log(i));
  return logFactorials[n]!;
}
