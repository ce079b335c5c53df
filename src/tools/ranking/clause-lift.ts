import type { Word } from "../text/analyzer.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import { maxPostings, QueryTerms } from "./query-terms.ts";
import { TopK } from "./top-k.ts";
import { weights } from "./weights.ts";

/** More wishes are not told apart; the rest belongs to the last. */
const maxClauses = 8;

/**
 * For a query of several wishes lifts the best tools for each, which the wishes together may have buried: "find a flight to Rome
 * and remind me of my passport".
 */
export class ClauseLift {
  readonly #index: LexicalIndex;
  readonly #terms: QueryTerms;
  readonly #top: TopK;
  readonly #ends: number[] = [];
  readonly #best: number[] = [];
  readonly #bestScores: number[] = [];
  /** Share of the best score that each document gets. */
  readonly #shares = new Map<number, number>();
  /** All 0 between two clauses. */
  #scores = new Float32Array(0);

  constructor(index: LexicalIndex, orderOf: (document: number) => number) {
    this.#index = index;
    this.#terms = new QueryTerms(index);
    this.#top = new TopK(orderOf);
  }

  /**
   * @param joints where in `words` a wish may begin
   * @param scores of the whole query, which this raises
   * @param limit above all documents' numbers
   * @param documents how many there are
   */
  apply(
    words: readonly Word[],
    joints: readonly number[],
    scores: Float32Array,
    limit: number,
    documents: number,
  ): void {
    this.#split(words, joints);
    if (this.#ends.length < 2) return;
    if (this.#scores.length < scores.length) this.#scores = new Float32Array(scores.length);
    this.#shares.clear();
    let start = 0;
    for (const end of this.#ends) {
      this.#terms.read(words, start, end, documents, maxPostings / this.#ends.length);
      this.#rank();
      start = end;
    }
    let best = 0;
    for (let id = 0; id < limit; id++) if (scores[id]! > best) best = scores[id]!;
    for (const [id, share] of this.#shares) scores[id] = scores[id]! + weights.clause * share * best;
  }

  /** Walks over the lists of the clause alone: many clauses then cost about as much as the whole query. */
  #rank(): void {
    const { terms, weights: values, count } = this.#terms;
    const scores = this.#scores;
    const { postings } = this.#index;
    for (let i = 0; i < count; i++) postings.accumulate(terms[i]!, values[i]!, scores);
    this.#top.reset(weights.clauseTools);
    for (let i = 0; i < count; i++) postings.collect(terms[i]!, scores, this.#top);
    this.#top.drain(this.#best, this.#bestScores);
    for (let i = 0; i < this.#best.length; i++)
      this.#raise(this.#best[i]!, this.#bestScores[i]! / this.#bestScores[0]!);
  }

  #raise(id: number, share: number): void {
    this.#shares.set(id, Math.max(this.#shares.get(id) ?? 0, share));
  }

  /** A part that says too little to stand alone goes with the next, or at the end with the one before. */
  #split(words: readonly Word[], joints: readonly number[]): void {
    const ends = this.#ends;
    ends.length = 0;
    let start = 0;
    for (let i = 0; i <= joints.length; i++) {
      const end = i < joints.length ? joints[i]! : words.length;
      if (!isEnough(words, start, end)) continue;
      ends.push(end);
      start = end;
    }
    if (ends.length > maxClauses) ends.length = maxClauses;
    if (ends.length > 0) ends[ends.length - 1] = words.length;
  }
}

/** Are there as many different words as make a wish? */
function isEnough(words: readonly Word[], start: number, end: number): boolean {
  let different = 0;
  for (let i = start; i < end; i++) {
    let isNew = true;
    for (let j = start; j < i && isNew; j++) isNew = words[j]!.stem !== words[i]!.stem;
    if (isNew && ++different === weights.clauseWords) return true;
  }
  return false;
}
