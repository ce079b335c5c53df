import type { Analyzer, Word } from "../text/analyzer.ts";
import { groupCount } from "../text/related-groups.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import { weights } from "./weights.ts";

/** A longer query is cut to its beginning and its end, of half this each. */
export const maxQueryLength = 8192;
/** So many different words of a query count; those after are passed over. */
export const maxQueryTerms = 256;
/** So many words that aren't in the catalogue are looked at for a typing error. */
const maxCorrections = 8;
const maxRemembered = 4096;

/** @returns what of a query is looked at */
export function clipped(query: string): string {
  if (query.length <= maxQueryLength) return query;
  return `${query.slice(0, maxQueryLength / 2)} ${query.slice(-maxQueryLength / 2)}`;
}

/** The terms of one query after the other, each with its weight; it allocates nothing for words that it has met. */
export class QueryTerms {
  /** Number of a term in the index: groups first, then stems. */
  readonly terms = new Uint32Array(maxQueryTerms + groupCount);
  /** Weight times inverse document frequency. */
  readonly weights = new Float64Array(maxQueryTerms + groupCount);
  count = 0;
  /** What a document that had all words of the query, in full, would score. */
  bound = 0;
  readonly stems: string[] = [];

  readonly #analyzer: Analyzer;
  readonly #index: LexicalIndex;
  readonly #words: Word[] = [];
  readonly #counts = new Map<string, number>();
  readonly #groups = new Float64Array(groupCount);
  /** Corrections since the last change of the index. */
  readonly #corrected = new Map<string, number>();

  constructor(analyzer: Analyzer, index: LexicalIndex) {
    this.#analyzer = analyzer;
    this.#index = index;
  }

  /** To be called when the index has changed. */
  forget(): void {
    this.#corrected.clear();
  }

  /** @param documents how many there are */
  read(query: string, documents: number): void {
    this.#analyzer.analyze(clipped(query), this.#words);
    const counts = this.#counts;
    counts.clear();
    this.count = 0;
    this.bound = 0;
    this.stems.length = 0;
    const groups = this.#groups.fill(0);
    for (const { stem, groups: own } of this.#words) {
      const count = counts.get(stem);
      if (count === undefined) {
        if (counts.size === maxQueryTerms) break;
        for (let i = 0; i < own.length; i++) groups[own[i]!] = groups[own[i]!]! + 1 / own.length;
      }
      counts.set(stem, (count ?? 0) + 1);
    }
    let corrections = 0;
    for (const [stem, count] of counts) {
      const weight = count === 1 ? 1 : 1 + weights.repetition * Math.log(count);
      let term = this.#index.term(stem) ?? -1;
      let share = 1;
      if (term < 0 || this.#index.postings.count(term) === 0) {
        term = corrections++ < maxCorrections ? this.#correct(stem) : -1;
        share = weights.correction;
      }
      this.stems.push(term >= 0 && share !== 1 ? this.#index.stem(term) : stem);
      if (term < 0) this.bound += weight * idf(documents, 0);
      else this.#push(term, weight * share, documents);
    }
    for (let group = 0; group < groupCount; group++)
      if (groups[group]! > 0)
        this.#push(group, weights.group * Math.min(weights.groupWords, groups[group]!), documents);
  }

  #push(term: number, weight: number, documents: number): void {
    const count = this.#index.postings.count(term);
    const value = weight * idf(documents, count);
    this.bound += value;
    if (count === 0) return;
    this.terms[this.count] = term;
    this.weights[this.count++] = value;
  }

  #correct(stem: string): number {
    const known = this.#corrected.get(stem);
    if (known !== undefined) return known;
    const term = this.#index.spelling.nearest(stem);
    if (this.#corrected.size >= maxRemembered) this.#corrected.clear();
    this.#corrected.set(stem, term);
    return term;
  }
}

/** Inverse document frequency after Robertson and Spärck Jones, never negative, flattened. */
function idf(documents: number, count: number): number {
  return Math.log(1 + (documents - count + 0.5) / (count + 0.5)) ** weights.idfPower;
}
