import { FilterHash } from "../../algorithms/filter-hash.ts";

/** Terms of a query that count; what follows is not read. */
export const maxTerms = 48;
/** UTF-16 units; a longer term is left out. */
export const maxTermUnits = 128;

/** The same everywhere, so that what was learned can be saved, and merged between machines. */
const hash = new FilterHash(0x7e27);

/**
 * What a query's terms are to the evidence: each different term, then each different pair of neighbours, as 64 bits in
 * two lanes. Terms themselves are never kept, so that evidence takes the same room whatever they are, and a saved state
 * doesn't show what was asked.
 */
export class QueryFeatures {
  readonly low = new Int32Array(2 * maxTerms);
  readonly high = new Int32Array(2 * maxTerms);
  /** Which term of the query; for neighbours, the second of them. */
  readonly term = new Int32Array(2 * maxTerms);
  /** Of the second of two neighbours, the first. */
  readonly before = new Int32Array(2 * maxTerms);
  /** Features in all. */
  count = 0;
  /** Features that are single terms; they come first. */
  singles = 0;

  readonly #low = new Int32Array(maxTerms);
  readonly #high = new Int32Array(maxTerms);

  /** Holds until the next call. Empty terms, those of more than 128 units, and all after the 48th are left out. */
  read(terms: readonly string[]): void {
    const length = Math.min(terms.length, maxTerms);
    this.count = 0;
    for (let i = 0; i < length; i++) {
      const term = terms[i]!;
      if (!isRead(term)) continue;
      this.#low[i] = hash.hashString(term);
      this.#high[i] = hash.high;
      this.#put(this.#low[i]!, this.#high[i]!, i, -1, 0);
    }
    this.singles = this.count;
    let before = -1;
    for (let i = 0; i < length; i++) {
      if (!isRead(terms[i]!)) continue;
      if (before >= 0) this.#putPair(before, i);
      before = i;
    }
  }

  #putPair(first: number, second: number): void {
    // The factors tell "a b" from "b a".
    const low = hash.finish(
      (this.#low[first]! + Math.imul(this.#low[second]!, 0x9e3779b1)) | 0,
      (Math.imul(this.#high[first]!, 0x2c1b3c6d) + this.#high[second]!) | 0,
    );
    this.#put(low, hash.high, second, first, this.singles);
  }

  #put(low: number, high: number, term: number, before: number, from: number): void {
    const { count } = this;
    for (let i = from; i < count; i++) if (this.low[i] === low && this.high[i] === high) return;
    this.low[count] = low;
    this.high[count] = high;
    this.term[count] = term;
    this.before[count] = before;
    this.count = count + 1;
  }
}

function isRead({ length }: string): boolean {
  return length > 0 && length <= maxTermUnits;
}
