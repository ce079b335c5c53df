import { reject } from "../options.ts";
import { blockWords, maxBlocks } from "./filter-blocks.ts";

const wordBits = 32;
/** Blocks that an item may have bits in. */
export const maxRounds = 8;
/** An item has bits in one block more only if this saves memory by so much, since each costs time. */
const worthARound = 0.95;
/** With few blocks, an item's would often be one and the same. */
const leastBlocksForRounds = 64;
/** So that a filter with a seed of little luck stays below the rate, too. */
const margin = 0.95;
/** Beyond it nearly all bits of a block are set. */
const maxLoad = 500;

/** How a filter is laid out. */
export interface BloomSize {
  readonly blocks: number;
  /** Blocks that an item has bits in. */
  readonly rounds: number;
}

/**
 * Expected rate of false positives: a block that got i items (binomial) has all 8 bits of another with the probability
 * (1 − (31/32)ⁱ)⁸. Blocks differ in load, so this is more than the classic formula says.
 * @returns from 0 to 1
 */
export function expectedRate(items: number, { blocks, rounds }: BloomSize): number {
  const thrown = items * rounds;
  if (thrown / blocks > maxLoad) return 1;
  if (blocks === 1) return allSet(thrown) ** rounds;
  let probability = Math.exp(thrown * Math.log1p(-1 / blocks));
  const load = thrown / blocks;
  const last = Math.min(thrown, Math.ceil(load + 12 * Math.sqrt(load) + 30));
  let sum = 0;
  for (let i = 0; i <= last; i++) {
    sum += probability * allSet(i);
    probability *= (thrown - i) / ((i + 1) * (blocks - 1));
  }
  return sum ** rounds;
}

function allSet(items: number): number {
  return (1 - (1 - 1 / wordBits) ** items) ** blockWords;
}

/**
 * The least memory that holds the items at the rate, or nearly, when that is faster.
 * @param items ≥ 1 @param rate > 0, < 1
 * @throws {RangeError} when it would be more than 8 GiB
 */
export function bloomSize(items: number, rate: number): BloomSize {
  let best: BloomSize | undefined;
  for (let rounds = 1; rounds <= maxRounds; rounds++) {
    const blocks = blocksFor(items, rate * margin, rounds);
    if (blocks !== undefined && (best === undefined || blocks < best.blocks * worthARound))
      best = { blocks, rounds };
    else if (best !== undefined) break;
  }
  return best ?? reject("expectedItems", "so few, or falsePositiveRate so high, that 8 GiB suffice", items);
}

function blocksFor(items: number, rate: number, rounds: number): number | undefined {
  let [low, high] = [rounds === 1 ? 0 : leastBlocksForRounds - 1, maxBlocks];
  if (expectedRate(items, { blocks: high, rounds }) > rate) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (expectedRate(items, { blocks: middle, rounds }) > rate) low = middle;
    else high = middle;
  }
  return high;
}

/** @returns the number of items that is likeliest, by the share of bits that are set, from 0 to 1 */
export function estimatedItems(fillRatio: number, { blocks, rounds }: BloomSize): number {
  // The expected share is 1 − (1 − 1/32)^load, to be exact for the load of every block, e^(−load/32) over all.
  const unset = Math.max(1 - fillRatio, 1 / (wordBits * blockWords * blocks * 2));
  return (-Math.log(unset) * wordBits * blocks) / rounds;
}
