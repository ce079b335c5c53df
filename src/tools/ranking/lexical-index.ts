import type { ToolText } from "../catalogue/tool-text.ts";
import type { Analyzer, Word } from "../text/analyzer.ts";
import { groupCount } from "../text/related-groups.ts";
import { Spelling } from "../text/spelling.ts";
import { PostingLists } from "./posting-lists.ts";
import { weights } from "./weights.ts";

const fields = ["name", "description", "parameters"] as const;

/** A term with the evidence that it is for a document. */
export interface Impact {
  readonly term: number;
  /** From 0 to 1. */
  readonly impact: number;
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
  readonly #documents: (Uint32Array | undefined)[] = [];
  readonly spelling: Spelling;

  readonly #analyzer: Analyzer;
  readonly #words: Word[] = [];
  readonly #gathered = new Map<number, number>();

  constructor(analyzer: Analyzer, postings = new PostingLists()) {
    this.#analyzer = analyzer;
    this.postings = postings;
    for (let term = postings.terms; term < groupCount; term++) postings.addTerm();
    this.spelling = new Spelling(
      (term) => this.#stems[term - groupCount]!,
      (term) => this.postings.count(term),
    );
  }

  /** @returns the number of a stem that some document has or had */
  term(stem: string): number | undefined {
    return this.#terms.get(stem);
  }

  /** @returns the stem of a term that is no group */
  stem(term: number): string {
    return this.#stems[term - groupCount]!;
  }

  /** Adds a document under a number that is free. */
  add(document: number, text: ToolText): void {
    const gathered = this.#gather(text);
    const terms = new Uint32Array(gathered.size);
    let i = 0;
    for (const [term, weight] of gathered) {
      terms[i++] = term;
      this.postings.add(term, document, weight / (weight + weights.saturation));
    }
    this.#documents[document] = terms;
  }

  remove(document: number): void {
    const terms = this.#documents[document];
    if (terms === undefined) return;
    for (const term of terms) this.postings.remove(term, document);
    this.#documents[document] = undefined;
  }

  /** @returns the terms that a text would be found by */
  impactsOf(text: ToolText): Impact[] {
    return Array.from(this.#gather(text), ([term, weight]) => ({
      term,
      impact: weight / (weight + weights.saturation),
    }));
  }

  #gather(text: ToolText): Map<number, number> {
    const gathered = this.#gathered;
    gathered.clear();
    for (const field of fields) {
      this.#analyzer.analyze(text[field], this.#words);
      const { weight, lengthShare, pivot } = weights[field];
      const each = weight / (1 - lengthShare + (lengthShare * this.#words.length) / pivot);
      for (const { stem, groups } of this.#words) {
        add(gathered, this.#termOf(stem), each);
        for (const group of groups) add(gathered, group, weight);
      }
    }
    return gathered;
  }

  #termOf(stem: string): number {
    let term = this.#terms.get(stem);
    if (term === undefined) {
      term = this.postings.addTerm();
      this.#terms.set(stem, term);
      this.#stems.push(stem);
      this.spelling.add(stem, term);
    }
    return term;
  }
}

function add(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
