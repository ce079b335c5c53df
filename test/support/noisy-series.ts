import { type Random, seededRandom } from "../../src/measure/index.ts";

/** Standard normal draws (Box–Muller). */
export function normalDraws(random: Random): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Log-normal noise about a level of 20, seeded; `factor` says what the level is multiplied by at each sample. */
export function noisySeries(
  sigma: number,
  samples: number,
  seed: number,
  factor: (i: number) => number = () => 1,
): number[] {
  const draw = normalDraws(seededRandom(seed));
  return Array.from({ length: samples }, (_, i) => 20 * factor(i) * Math.exp(sigma * draw()));
}

/** @returns hits of so many trials */
export function binomial(trials: number, p: number, random: Random): number {
  let hits = 0;
  for (let i = 0; i < trials; i++) if (random() < p) hits++;
  return hits;
}
