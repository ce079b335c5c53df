/** Other ways to learn from feedback, as plain as they can be; tuned by hand on the development split. */
import { seededRandom } from "../../../src/measure/index.ts";
import { LearnedRanking } from "../../../src/tools/learning/learned-ranking.ts";
import { ids, type Learner, names } from "./learning-stream.ts";

const tools = names.length;
const idOf = (name: string): number => ids.idOf(name)!;

export function ours(): Learner & { readonly ranking: LearnedRanking } {
  const ranking = new LearnedRanking();
  return {
    ranking,
    lift: (terms, scores) => ranking.lift(terms, scores, ids),
    record: (terms, shown, used) => ranking.record(terms, { shown, used }),
  };
}

/** "Ever used": the tools that are used most, whatever the query. */
function popularity(): Learner {
  const uses = new Float64Array(tools);
  return {
    lift(_terms, scores) {
      for (let id = 0; id < tools; id++) scores[id]! += 0.3 * Math.log(1 + uses[id]!);
    },
    record(_terms, _shown, used) {
      for (const name of used) uses[idOf(name)]!++;
    },
  };
}

/** Thompson sampling of each tool's rate of use among those shown: Beta(uses + 1, others + 1), by its normal approximation. */
function thompson(seed: number): Learner {
  const random = seededRandom(seed);
  const uses = new Float64Array(tools).fill(1);
  const others = new Float64Array(tools).fill(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {
    lift(_terms, scores) {
      for (let id = 0; id < tools; id++) {
        if (scores[id] === 0) continue;
        const all = uses[id]! + others[id]!;
        const mean = uses[id]! / all;
        scores[id]! += 2 * (mean + normal() * Math.sqrt((mean * (1 - mean)) / (all + 1)));
      }
    },
    record(_terms, shown, used) {
      for (const name of shown) (used.includes(name) ? uses : others)[idOf(name)]!++;
    },
  };
}

/** Weights for each term with each tool. */
class Weights {
  readonly #rows = new Map<string, Float64Array>();
  row(term: string): Float64Array {
    let row = this.#rows.get(term);
    if (row === undefined) {
      row = new Float64Array(tools);
      this.#rows.set(term, row);
    }
    return row;
  }
  sum(term: string, factor: number, scores: Float32Array | Float64Array): void {
    const row = this.#rows.get(term);
    if (row !== undefined) for (let id = 0; id < tools; id++) scores[id]! += factor * row[id]!;
  }
}

/** Each different term, and each two neighbours. */
function featuresOf(terms: readonly string[]): Set<string> {
  return new Set([...terms, ...terms.slice(1).map((term, i) => `${terms[i]} ${term}`)]);
}

/** Logistic regression (softmax over those shown) of terms and neighbours, AdaGrad, step 2. */
function logisticRegression(): Learner {
  const weights = new Weights();
  const squares = new Weights();
  const lift = (terms: readonly string[], scores: Float32Array | Float64Array): void => {
    const features = featuresOf(terms);
    for (const feature of features) weights.sum(feature, 1 / Math.sqrt(features.size), scores);
  };
  return {
    lift,
    record(terms, shown, used) {
      const scores = new Float64Array(tools);
      lift(terms, scores);
      const odds = shown.map((name) => Math.exp(scores[idOf(name)]!));
      const sum = odds.reduce((total, odd) => total + odd, 0);
      const features = featuresOf(terms);
      for (const feature of features) {
        const row = weights.row(feature);
        const past = squares.row(feature);
        for (const [i, name] of shown.entries()) {
          const id = idOf(name);
          const gradient = (Number(used.includes(name)) - odds[i]! / sum) / Math.sqrt(features.size);
          past[id]! += gradient ** 2;
          row[id]! += (2 * gradient) / Math.sqrt(past[id]! + 1e-6);
        }
      }
    },
  };
}

/** Passive-aggressive ranking (PA-I, C = 0.3, margin 1) of terms and neighbours: the used tool against the best of the others. */
function passiveAggressive(): Learner {
  const weights = new Weights();
  const lift = (terms: readonly string[], scores: Float32Array | Float64Array): void => {
    for (const feature of featuresOf(terms)) weights.sum(feature, 1, scores);
  };
  return {
    lift,
    record(terms, shown, used) {
      const scores = new Float64Array(tools);
      lift(terms, scores);
      const right = idOf(used[0]!);
      const others = shown.map(idOf).filter((id) => id !== right);
      if (others.length === 0) return;
      const best = others.reduce((a, b) => (scores[b]! > scores[a]! ? b : a));
      const loss = 1 - (scores[right]! - scores[best]!);
      const features = featuresOf(terms);
      if (loss <= 0 || features.size === 0) return;
      const step = Math.min(0.3, loss / (2 * features.size));
      for (const feature of features) {
        weights.row(feature)[right]! += step;
        weights.row(feature)[best]! -= step;
      }
    },
  };
}

/** The 10 nearest queries by TF-IDF cosine vote with its square. */
function nearestQueries(): Learner {
  const queriesOf = new Map<string, number[]>();
  const tool: number[] = [];
  const lengths: number[] = [];
  const idf = (term: string): number => Math.log(1 + tool.length / (1 + (queriesOf.get(term)?.length ?? 0)));
  return {
    lift(terms, scores) {
      const products = new Float64Array(tool.length);
      let length = 0;
      for (const term of new Set(terms)) {
        const square = idf(term) ** 2;
        length += square;
        for (const query of queriesOf.get(term) ?? []) products[query]! += square;
      }
      const near: number[] = [];
      for (let query = 0; query < tool.length; query++) {
        if (products[query] === 0) continue;
        products[query]! /= Math.sqrt(length) * lengths[query]!;
        if (near.length === 10 && products[query]! <= products[near[9]!]!) continue;
        near.push(query);
        near.sort((a, b) => products[b]! - products[a]!);
        near.length = Math.min(10, near.length);
      }
      for (const query of near) scores[tool[query]!]! += 10 * products[query]! ** 2;
    },
    record(terms, _shown, used) {
      const different = new Set(terms);
      if (different.size === 0) return;
      let length = 0;
      for (const term of different) {
        const queries = queriesOf.get(term);
        if (queries === undefined) queriesOf.set(term, [tool.length]);
        else queries.push(tool.length);
        length += Math.max(1e-3, idf(term)) ** 2;
      }
      tool.push(idOf(used[0]!));
      lengths.push(Math.sqrt(length));
    },
  };
}

/** Puts what a way adds in points of plain BM25 on the lexical ranking's scale. */
function scaled(learner: Learner): Learner {
  const added = new Float32Array(tools);
  return {
    lift(terms, scores) {
      // Thompson sampling looks at which tools have a score.
      for (let id = 0; id < tools; id++) added[id] = scores[id]! > 0 ? 1 : 0;
      learner.lift(terms, added);
      const point = 1.24 / (Math.log(2 * tools + 2) * Math.sqrt(Math.max(1, terms.length)));
      for (let id = 0; id < tools; id++) scores[id]! += point * (added[id]! - Number(scores[id]! > 0));
    },
    record: (terms, shown, used) => learner.record(terms, shown, used),
  };
}

export const everUsed = (): Learner => scaled(popularity());

/** By the names that the tables give them; what draws lots takes a seed. */
export const ways: Readonly<Record<string, (seed: number) => Learner>> = {
  "LearnedRanking (likelihood ratios)": ours,
  "ever used": everUsed,
  "Thompson sampling": (seed) => scaled(thompson(seed)),
  "logistic regression, AdaGrad": () => scaled(logisticRegression()),
  "passive-aggressive": () => scaled(passiveAggressive()),
  "10 nearest queries": () => scaled(nearestQueries()),
};
