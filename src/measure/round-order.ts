import { type Random, shuffled } from "./random.ts";

/**
 * The order of the arms in each round: a fresh shuffle, then its mirror, and so on (A B, B A, …), so that over a pair
 * of rounds every arm stands equally early on average and a steady drift of the machine cancels out.
 * @param arms how many, ≥ 1
 * @returns one permutation of 0 … arms − 1 at each step, without end
 */
export function* roundOrders(arms: number, random: Random): Generator<readonly number[], never, void> {
  const indexes = Array.from({ length: arms }, (_, i) => i);
  for (;;) {
    const order = shuffled(indexes, random);
    yield order;
    yield order.toReversed();
  }
}
