import type { Analyzer, Word } from "../text/analyzer.ts";
import { clausesOf } from "../text/clauses.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import { QueryTerms } from "./query-terms.ts";
import { TopK } from "./top-k.ts";
import { weights } from "./weights.ts";

/**
 * For a query of several wishes lifts the best tools for each, which the wishes together may have buried: "find a flight to Rome
 * and remind me of my passport".
 */
export class ClauseLift {
  readonly #analyzer: Analyzer;
  readonly #index: LexicalIndex;
  readonly #terms: QueryTerms;
  readonly #top: TopK;
  readonly #words: Word[] = [];
  readonly #stems = new Set<string>();
  readonly #best: number[] = [];
  /** Share of the best score that each document gets. */
  readonly #shares = new Map<number, number>();
  #scores = new Float32Array(0);

  constructor(analyzer: Analyzer, index: LexicalIndex, orderOf: (document: number) => number) {
    this.#analyzer = analyzer;
    this.#index = index;
    this.#terms = new QueryTerms(analyzer, index);
    this.#top = new TopK(orderOf);
  }

  /** To be called when the index has changed. */
  forget(): void {
    this.#terms.forget();
  }

  /**
   * @param scores of the whole query, which this raises
   * @param limit above all documents' numbers
   * @param documents how many there are
   * @returns how many wishes were told apart; 1 when the query wasn't split
   */
  apply(query: string, scores: Float32Array, limit: number, documents: number): number {
    const clauses = this.#clauses(query);
    if (clauses.length < 2) return 1;
    if (this.#scores.length < scores.length) this.#scores = new Float32Array(scores.length);
    this.#shares.clear();
    for (const clause of clauses) this.#rank(clause, limit, documents);
    let best = 0;
    for (let id = 0; id < limit; id++) if (scores[id]! > best) best = scores[id]!;
    for (const [id, share] of this.#shares) scores[id] = scores[id]! + weights.clause * share * best;
    return clauses.length;
  }

  #rank(clause: string, limit: number, documents: number): void {
    const { terms, weights: values } = this.#terms;
    this.#terms.read(clause, documents);
    const scores = this.#scores.fill(0);
    for (let i = 0; i < this.#terms.count; i++)
      this.#index.postings.accumulate(terms[i]!, values[i]!, scores);
    this.#top.fill(scores, limit, weights.clauseTools);
    this.#top.drain(this.#best);
    const best = scores[this.#best[0] ?? 0]!;
    for (const id of this.#best)
      this.#shares.set(id, Math.max(this.#shares.get(id) ?? 0, scores[id]! / best));
  }

  /** Parts that say enough to stand alone; what says too little goes with the next, or at the end with the one before. */
  #clauses(query: string): readonly string[] {
    const parts = clausesOf(query);
    if (parts.length < 2) return parts;
    const clauses: string[] = [];
    let open = "";
    for (const part of parts) {
      open = open === "" ? part : `${open} ${part}`;
      if (!this.#isEnough(open)) continue;
      clauses.push(open);
      open = "";
    }
    if (open !== "" && clauses.length > 0) clauses.push(`${clauses.pop()} ${open}`);
    return clauses;
  }

  #isEnough(clause: string): boolean {
    this.#analyzer.analyze(clause, this.#words);
    this.#stems.clear();
    for (const { stem } of this.#words) this.#stems.add(stem);
    return this.#stems.size >= weights.clauseWords;
  }
}
