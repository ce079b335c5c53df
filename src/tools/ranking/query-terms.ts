import type { Analyzer, Word } from "../text/analyzer.ts";
import { groupCount, groupsOf } from "../text/related-groups.ts";
import { nearestRelated } from "../text/related-spelling.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import { weights } from "./weights.ts";

/** So many different words of a query count; those after are passed over. */
export const maxQueryTerms = 256;
/** So many words that aren't in the catalogue are looked at for a typing error. */
const maxCorrections = 8;
const maxRemembered = 4096;

/** A word of the query that no tool has: what it was taken for. */
interface Correction {
  /** A stem of the index, or −1. */
  readonly term: number;
  readonly stem: string;
}

/** The terms of one query after the other, each with its weight; for words that it has met it allocates nothing. */
export class QueryTerms {
  /** Numbers of terms in the index: stems, then groups. */
  readonly terms = new Uint32Array(maxQueryTerms + groupCount);
  /** What a full impact of each would add to a score. */
  readonly weights = new Float64Array(maxQueryTerms + groupCount);
  count = 0;
  /** The query's different stems, in order, as corrected. */
  readonly stems: string[] = [];

  readonly #analyzer: Analyzer;
  readonly #index: LexicalIndex;
  readonly #words: Word[] = [];
  readonly #counts = new Map<string, number>();
  readonly #groups = new Float64Array(groupCount);
  /** Since the last change of the index. */
  readonly #corrections = new Map<string, Correction>();
  /** What all words of the query are worth, known or not. */
  #bound = 0;
  #documents = 0;

  constructor(analyzer: Analyzer, index: LexicalIndex) {
    this.#analyzer = analyzer;
    this.#index = index;
  }

  /** To be called when the index has changed. */
  forget(): void {
    this.#corrections.clear();
  }

  /**
   * @param query at most some thousands of characters
   * @param documents how many there are
   */
  read(query: string, documents: number): void {
    this.#documents = documents;
    this.#bound = 0;
    this.count = 0;
    this.stems.length = 0;
    this.#groups.fill(0);
    this.#countStems(query);
    let corrections = 0;
    for (const [stem, count] of this.#counts) {
      const weight = count === 1 ? 1 : 1 + weights.repetition * Math.log(count);
      const term = this.#index.term(stem);
      if (term !== undefined) this.#push(stem, term, weight);
      else if (groupsOf(stem).length > 0 || corrections++ >= maxCorrections) this.#push(stem, -1, weight);
      else this.#pushCorrected(stem, weight);
    }
    this.#pushGroups();
    this.#scale();
  }

  #countStems(query: string): void {
    const counts = this.#counts;
    counts.clear();
    this.#analyzer.analyze(query, this.#words);
    for (const { stem, groups } of this.#words) {
      const count = counts.get(stem);
      if (count === undefined) {
        if (counts.size === maxQueryTerms) break;
        this.#countGroups(groups, 1);
      }
      counts.set(stem, (count ?? 0) + 1);
    }
  }

  /** A word of several groups counts for each the less. */
  #countGroups(groups: readonly number[], weight: number): void {
    const share = weight / groups.length;
    for (let i = 0; i < groups.length; i++) this.#groups[groups[i]!] = this.#groups[groups[i]!]! + share;
  }

  #push(stem: string, term: number, weight: number): void {
    this.stems.push(stem);
    this.#weigh(term, weight);
  }

  #pushCorrected(stem: string, weight: number): void {
    const correction = this.#correct(stem);
    this.#push(correction.stem, correction.term, weight * weights.correction);
    if (correction.stem !== stem) this.#countGroups(groupsOf(correction.stem), weights.correction);
  }

  #pushGroups(): void {
    for (let group = 0; group < groupCount; group++) {
      const words = this.#groups[group]!;
      if (words > 0 && this.#index.postings.count(group) > 0)
        this.#weigh(group, weights.group * Math.min(weights.groupWords, words));
    }
  }

  #weigh(term: number, weight: number): void {
    const frequency = term < 0 ? 0 : this.#index.postings.count(term);
    const value = weight * idf(this.#documents, frequency);
    if (term < 0 || term >= groupCount) this.#bound += value;
    if (frequency === 0) return;
    this.terms[this.count] = term;
    this.weights[this.count++] = value;
  }

  /**
   * Makes scores of different queries, and of catalogues of different sizes, comparable: a long query finds more evidence by
   * chance, but not in proportion.
   */
  #scale(): void {
    if (this.#bound === 0) return;
    const scale = 1 / Math.sqrt(this.#bound * idf(this.#documents, 0));
    for (let i = 0; i < this.count; i++) this.weights[i] = this.weights[i]! * scale;
  }

  #correct(stem: string): Correction {
    let correction = this.#corrections.get(stem);
    if (correction !== undefined) return correction;
    const term = this.#index.spelling.nearest(stem);
    correction = { term, stem: term >= 0 ? this.#index.stem(term) : (nearestRelated(stem) ?? stem) };
    if (this.#corrections.size >= maxRemembered) this.#corrections.clear();
    this.#corrections.set(stem, correction);
    return correction;
  }
}

/** Inverse document frequency after Robertson and Spärck Jones, never negative. */
function idf(documents: number, frequency: number): number {
  return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
}
