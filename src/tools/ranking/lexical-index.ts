import type { ToolText } from "../catalogue/tool-text.ts";
import type { Analyzer, Word } from "../text/analyzer.ts";
import { groupCount } from "../text/related-groups.ts";
import { Spelling } from "../text/spelling.ts";
import { PostingLists, storedImpact } from "./posting-lists.ts";
import { weights } from "./weights.ts";

/** Of a tool's text. */
export const fields = ["name", "description", "parameters"] as const;

type Field = (typeof fields)[number];

/** What a term would be worth in a document. */
export interface TermImpact {
  /** From 0 to 1. */
  readonly impact: number;
  /** What comes from each field, as a share. */
  readonly fields: Readonly<Partial<Record<Field, number>>>;
}

/**
 * Terms of documents. Terms 0 to `groupCount` − 1 are groups of related words, above are stems. A document's impacts depend on
 * nothing but its own text, and document frequencies are counts of what is there, so that an index after any additions and
 * removals scores as one built anew.
 */
export class LexicalIndex {
  readonly postings: PostingLists;
  /** Numbers of stems. */
  readonly #terms = new Map<string, number>();
  readonly #stems: string[] = [];
  /** For each document its terms. */
  #documents: (Uint32Array | undefined)[] = [];
  /** Numbers of stems that no document has any more. */
  readonly #free: number[] = [];
  /** Made when it is first needed: most programs load an index more often than they meet a typing error. */
  #spelling: Spelling | undefined;
  #version = 0;

  readonly #analyzer: Analyzer;
  readonly #words: Word[] = [];
  /** False after loading, until a document is to go: few programs need it. */
  #areDocumentsKnown: boolean;
  readonly #gathered = new Map<number, number>();

  /**
   * @param postings lists of an index that was saved, which this takes over
   * @param stems by number less {@link groupCount}; a free one is empty
   */
  constructor(analyzer: Analyzer, postings = new PostingLists(), stems: readonly string[] = []) {
    this.#analyzer = analyzer;
    this.postings = postings;
    this.#areDocumentsKnown = postings.terms === 0;
    for (let term = this.postings.terms; term < groupCount; term++) this.postings.addTerm();
    for (const stem of stems) this.#take(stem);
  }

  /** Changes whenever a document does. */
  get version(): number {
    return this.#version;
  }

  /** By number less {@link groupCount}; a free one is empty. */
  get stems(): readonly string[] {
    return this.#stems;
  }

  /** @returns the number of the word's stem; −1 when no document has it */
  termOf(word: Word): number {
    if (word.version !== this.#version) {
      word.term = this.#terms.get(word.stem) ?? -1;
      word.version = this.#version;
    }
    return word.term;
  }

  /** @returns the stem of a term that is no group */
  stem(term: number): string {
    return this.#stems[term - groupCount]!;
  }

  /** @returns the term that an unknown stem was meant to be; −1 when none is near */
  nearest(stem: string): number {
    if (this.#spelling === undefined) {
      this.#spelling = new Spelling(
        (term) => this.stem(term),
        (term) => this.postings.count(term),
      );
      for (const [known, term] of this.#terms) this.#spelling.add(known, term);
    }
    return this.#spelling.nearest(stem);
  }

  /** Adds a document under a number that is free. */
  add(document: number, text: ToolText): void {
    const gathered = this.#gather(text, this.#numberOf);
    const terms = new Uint32Array(gathered.size);
    let i = 0;
    for (const [term, weight] of gathered) {
      terms[i++] = term;
      this.postings.add(term, document, impactOf(weight));
    }
    this.#documents[document] = terms;
    this.#version++;
  }

  remove(document: number): void {
    if (!this.#areDocumentsKnown) this.#readDocuments();
    for (const term of this.#documents[document] ?? []) {
      this.postings.remove(term, document);
      if (term >= groupCount && this.postings.count(term) === 0) this.#forget(term);
    }
    this.#documents[document] = undefined;
    this.#version++;
  }

  /** @returns by term what a text is found by; terms that no document has are left out */
  impactsOf(text: ToolText): Map<number, TermImpact> {
    const sums = this.#gather(text, (stem) => this.#terms.get(stem))
      .entries()
      .toArray();
    const byField = fields.map(
      (field) => new Map(this.#gather(text, (stem) => this.#terms.get(stem), [field])),
    );
    return new Map(
      sums.map(([term, sum]) => {
        const shares = fields.flatMap((field, i): [Field, number][] => {
          const weight = byField[i]!.get(term);
          return weight === undefined ? [] : [[field, weight / sum]];
        });
        return [term, { impact: storedImpact(impactOf(sum)), fields: Object.fromEntries(shares) }];
      }),
    );
  }

  /** @returns the weights of a text's terms, until the next call */
  #gather(
    text: ToolText,
    termOf: (stem: string) => number | undefined,
    of: readonly Field[] = fields,
  ): Map<number, number> {
    const gathered = this.#gathered;
    gathered.clear();
    for (const field of of) {
      this.#analyzer.analyze(text[field], this.#words);
      const { weight, lengthShare, pivot } = weights[field];
      const each = weight / (1 - lengthShare + (lengthShare * this.#words.length) / pivot);
      for (const { stem, groups } of this.#words) {
        const term = termOf(stem);
        if (term === undefined) continue;
        add(gathered, term, each);
        for (const group of groups) add(gathered, group, weight);
      }
    }
    return gathered;
  }

  readonly #numberOf = (stem: string): number => this.#number(stem);

  #number(stem: string): number {
    const known = this.#terms.get(stem);
    if (known !== undefined) return known;
    const free = this.#free.pop();
    if (free === undefined) {
      const term = this.postings.addTerm();
      this.#take(stem);
      return term;
    }
    this.#stems[free - groupCount] = stem;
    this.#terms.set(stem, free);
    this.#spelling?.add(stem, free);
    return free;
  }

  /** Numbers the next stem. */
  #take(stem: string): void {
    const term = this.#stems.length + groupCount;
    this.#stems.push(stem);
    if (stem === "") this.#free.push(term);
    else {
      this.#terms.set(stem, term);
      this.#spelling?.add(stem, term);
    }
  }

  #forget(term: number): void {
    const stem = this.stem(term);
    this.#terms.delete(stem);
    this.#spelling?.remove(stem, term);
    this.#stems[term - groupCount] = "";
    this.#free.push(term);
  }

  #readDocuments(): void {
    // Documents that were added after loading are in the lists as well.
    this.#documents = this.postings.byDocument();
    this.#areDocumentsKnown = true;
  }
}

function impactOf(weight: number): number {
  return weight / (weight + weights.saturation);
}

function add(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
