import type { Word } from "../text/analyzer.ts";
import { groupCount, groupsOf } from "../text/related-groups.ts";
import { nearestRelated } from "../text/related-spelling.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import { weights } from "./weights.ts";

/** So many different words of a query count; those after are passed over. */
export const maxQueryTerms = 256;
/** So many words that aren't in the catalogue are looked at for a typing error. */
const maxCorrections = 8;
const maxRemembered = 4096;
/** A query looks at so many entries of lists: in catalogues of many thousands the longest lists, which tell least, are left out. */
export const maxPostings = 16_384;

/** What a word that no tool has was taken for. */
interface Correction {
  /** A term of the index, or −1. */
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

  readonly #index: LexicalIndex;
  /** For each different word its term, −1 for none, how often it comes, and its share, less than 1 when it was corrected. */
  readonly #termAt = new Int32Array(maxQueryTerms);
  readonly #countAt = new Uint16Array(maxQueryTerms);
  readonly #shareAt = new Float64Array(maxQueryTerms);
  /** For each term the query that had it last, and its place there. */
  #queryOf = new Uint32Array(256);
  #placeOf = new Uint16Array(256);
  #query = 0;
  /** Places of stems that no tool has. */
  readonly #unknown = new Map<string, number>();
  /** For each group the words that speak for it; groups that have some. */
  readonly #groups = new Float64Array(groupCount);
  readonly #touched: number[] = [];
  readonly #corrections = new Map<string, Correction>();
  /** The index's version that the corrections are of. */
  #version = -1;
  /** What all words of the query are worth, known or not. */
  #bound = 0;
  #documents = 0;
  #correctionsLeft = 0;

  constructor(index: LexicalIndex) {
    this.#index = index;
  }

  /**
   * Reads words `start` to `end` − 1.
   * @param documents how many there are
   * @param postings entries of lists that may be looked at
   */
  read(words: readonly Word[], start: number, end: number, documents: number, postings = maxPostings): void {
    this.#begin(documents);
    for (let i = start; i < end && this.stems.length < maxQueryTerms; i++) this.#countWord(words[i]!);
    for (let place = 0; place < this.stems.length; place++) {
      const count = this.#countAt[place]!;
      const repeated = count === 1 ? 1 : 1 + weights.repetition * Math.log(count);
      this.#bound += this.#weigh(this.#termAt[place]!, repeated * this.#shareAt[place]!);
    }
    this.#weighGroups();
    this.#scale();
    this.#leaveOutLongest(postings);
  }

  #begin(documents: number): void {
    this.#documents = documents;
    this.#bound = 0;
    this.count = 0;
    this.stems.length = 0;
    this.#correctionsLeft = maxCorrections;
    if (this.#unknown.size > 0) this.#unknown.clear();
    const { terms } = this.#index.postings;
    if (terms > this.#queryOf.length) {
      this.#queryOf = new Uint32Array(terms * 2);
      this.#placeOf = new Uint16Array(terms * 2);
    }
    // Marks of 2³² queries ago would be taken for this one's.
    if (++this.#query > 0xffff_ffff) {
      this.#queryOf.fill(0);
      this.#query = 1;
    }
  }

  #countWord(word: Word): void {
    const term = this.#index.termOf(word);
    if (term >= 0) this.#countTerm(word.stem, term, word.groups, 1);
    else this.#countUnknown(word);
  }

  #countTerm(stem: string, term: number, groups: readonly number[], share: number): void {
    if (this.#queryOf[term] === this.#query) this.#repeat(this.#placeOf[term]!);
    else {
      this.#queryOf[term] = this.#query;
      this.#placeOf[term] = this.stems.length;
      this.#place(stem, term, groups, share);
    }
  }

  #countUnknown({ stem, groups }: Word): void {
    const place = this.#unknown.get(stem);
    if (place !== undefined) {
      this.#repeat(place);
      return;
    }
    if (groups.length > 0 || this.#correctionsLeft <= 0) {
      this.#unknown.set(stem, this.stems.length);
      this.#place(stem, -1, groups, 1);
      return;
    }
    const correction = this.#correct(stem);
    const related = correction.stem === stem ? groups : groupsOf(correction.stem);
    if (correction.term >= 0) this.#countTerm(correction.stem, correction.term, related, weights.correction);
    else {
      this.#unknown.set(stem, this.stems.length);
      this.#place(correction.stem, -1, related, weights.correction);
    }
    this.#correctionsLeft--;
  }

  #repeat(place: number): void {
    this.#countAt[place] = this.#countAt[place]! + 1;
  }

  #place(stem: string, term: number, groups: readonly number[], share: number): void {
    const place = this.stems.push(stem) - 1;
    this.#termAt[place] = term;
    this.#countAt[place] = 1;
    this.#shareAt[place] = share;
    this.#countGroups(groups, share);
  }

  /** A word of several groups counts for each the less. */
  #countGroups(groups: readonly number[], weight: number): void {
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!;
      if (this.#groups[group] === 0) this.#touched.push(group);
      this.#groups[group] = this.#groups[group]! + weight / groups.length;
    }
  }

  #weighGroups(): void {
    for (let i = 0; i < this.#touched.length; i++) {
      const group = this.#touched[i]!;
      this.#weigh(group, weights.group * Math.min(weights.groupWords, this.#groups[group]!));
      this.#groups[group] = 0;
    }
    this.#touched.length = 0;
  }

  #weigh(term: number, weight: number): number {
    const frequency = term < 0 ? 0 : this.#index.postings.count(term);
    const value = weight * idf(this.#documents, frequency);
    if (frequency === 0) return value;
    this.terms[this.count] = term;
    this.weights[this.count++] = value;
    return value;
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

  #leaveOutLongest(limit: number): void {
    const { postings } = this.#index;
    let total = 0;
    for (let i = 0; i < this.count; i++) total += postings.count(this.terms[i]!);
    if (total <= limit) return;
    const lengths = Array.from(this.terms.subarray(0, this.count), (term) => postings.count(term));
    lengths.sort((a, b) => b - a);
    let longest = lengths[0]!;
    for (let i = 0; i + 1 < lengths.length && total > limit; i++) {
      total -= lengths[i]!;
      longest = lengths[i + 1]!;
    }
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (postings.count(this.terms[i]!) > longest) continue;
      this.terms[kept] = this.terms[i]!;
      this.weights[kept++] = this.weights[i]!;
    }
    this.count = kept;
  }

  #correct(stem: string): Correction {
    if (this.#version !== this.#index.version || this.#corrections.size >= maxRemembered) {
      this.#corrections.clear();
      this.#version = this.#index.version;
    }
    let correction = this.#corrections.get(stem);
    if (correction === undefined) {
      const term = this.#index.nearest(stem);
      correction = { term, stem: term >= 0 ? this.#index.stem(term) : (nearestRelated(stem) ?? stem) };
      this.#corrections.set(stem, correction);
    }
    return correction;
  }
}

/** Inverse document frequency after Robertson and Spärck Jones, never negative. */
function idf(documents: number, frequency: number): number {
  return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
}
