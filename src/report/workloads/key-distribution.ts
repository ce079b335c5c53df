import { seededRandom, shuffled } from "../../measure/random.ts";

/** Chooses keys from 1 to `size`. */
export type KeyChooser = () => number;

/**
 * Zipf's law: the k-th most wanted key is wanted in proportion to 1 / k^exponent; exponent 0 wants all alike.
 * Which key has which rank is shuffled, so that wanted keys don't lie side by side on the same page.
 * @param size     keys, ≥ 1
 * @param exponent ≥ 0; 0.99 is what the YCSB benchmark calls "zipfian"
 * @param seed     of the shuffle; `random` draws the ranks
 * @see https://doi.org/10.1145/1807128.1807152 YCSB
 */
export function zipfKeys(size: number, exponent: number, seed: number, random: () => number): KeyChooser {
  const cumulative = new Float64Array(size);
  let sum = 0;
  for (let k = 0; k < size; k++) {
    sum += 1 / (k + 1) ** exponent;
    cumulative[k] = sum;
  }
  const keys = Array.from({ length: size }, (_, i) => i + 1);
  const keyOfRank = shuffled(keys, seededRandom(seed));
  return () => {
    const target = random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] as number) > target) high = middle;
      else low = middle + 1;
    }
    return keyOfRank[low] as number;
  };
}
