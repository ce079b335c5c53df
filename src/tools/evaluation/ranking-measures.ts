import { integer, rejectType } from "../../options.ts";

/** How deep `reciprocalRank` looks. */
const deepest = 10;

/**
 * Share of the right tools that are among the first k: |G ∩ r[:k]| / |G|.
 * @param ranking names, best first, each once
 * @param gold the right tools, at least one, each once
 * @param k ≥ 1
 * @returns 0 to 1
 * @throws {RangeError} when `gold` is empty or k is no integer ≥ 1
 */
export function recallAt(ranking: readonly string[], gold: readonly string[], k: number): number {
  return foundIn(ranking, gold, k) / gold.length;
}

/**
 * Whether all right tools are among the first k (comp@k).
 * @returns 1 or 0
 * @throws {RangeError} as `recallAt`
 */
export function completeAt(ranking: readonly string[], gold: readonly string[], k: number): 0 | 1 {
  return foundIn(ranking, gold, k) === gold.length ? 1 : 0;
}

/**
 * 1 / rank of the first right tool when it is among the first 10, else 0.
 * @throws {RangeError} when `gold` is empty
 */
export function reciprocalRank(ranking: readonly string[], gold: readonly string[]): number {
  checkGold(gold);
  const at = ranking.slice(0, deepest).findIndex((name) => gold.includes(name));
  return at < 0 ? 0 : 1 / (at + 1);
}

/** Means over queries, 0 to 1; `undefined` while there was none. */
export interface RankingSummary {
  readonly queries: number;
  /** Mean recall at each k asked for, in the order asked. */
  readonly recall: ReadonlyMap<number, number>;
  /** Share of queries of which all right tools were among the first k. */
  readonly complete: ReadonlyMap<number, number>;
  /** Mean reciprocal rank of the first right tool within the first 10. */
  readonly mrr: number | undefined;
}

/** Sums up how right rankings are, query by query. */
export class RankingEvaluation {
  readonly #ks: readonly number[];
  readonly #recall: Float64Array;
  readonly #complete: Float64Array;
  #reciprocal = 0;
  #queries = 0;

  /**
   * @param ks depths to look at, integers ≥ 1 @default [1, 3, 5, 10]
   * @throws {RangeError} on another depth, {TypeError} when it is no array
   */
  constructor(ks: readonly number[] = [1, 3, 5, 10]) {
    if (!Array.isArray(ks)) rejectType("ks", "an array of integers", ks);
    this.#ks = ks.map((k, i) => integer(`ks[${i}]`, k, 1));
    this.#recall = new Float64Array(ks.length);
    this.#complete = new Float64Array(ks.length);
  }

  /** @throws {RangeError} when `gold` is empty; nothing has been counted then */
  add(ranking: readonly string[], gold: readonly string[]): void {
    this.#reciprocal += reciprocalRank(ranking, gold);
    for (const [i, k] of this.#ks.entries()) {
      this.#recall[i]! += recallAt(ranking, gold, k);
      this.#complete[i]! += completeAt(ranking, gold, k);
    }
    this.#queries++;
  }

  summary(): RankingSummary {
    const queries = this.#queries;
    const means = (sums: Float64Array) =>
      new Map(queries === 0 ? [] : this.#ks.map((k, i) => [k, sums[i]! / queries]));
    return {
      queries,
      recall: means(this.#recall),
      complete: means(this.#complete),
      mrr: queries === 0 ? undefined : this.#reciprocal / queries,
    };
  }
}

function foundIn(ranking: readonly string[], gold: readonly string[], k: number): number {
  checkGold(gold);
  const first = ranking.slice(0, integer("k", k, 1));
  return gold.filter((name) => first.includes(name)).length;
}

function checkGold(gold: readonly string[]): void {
  if (gold.length === 0) throw new RangeError("gold: expected at least one right tool, got none");
}
