import { stemmer } from "stemmer";
import { groupsOf } from "./related-groups.ts";
import { stopWords } from "./stop-words.ts";
import { scanWords } from "./word-scanner.ts";

/** What is known of a word, whatever the catalogue. */
export interface Word {
  /** Porter's stem of an English word; another word as it is. */
  readonly stem: string;
  /** Groups of related words that it belongs to, by number. */
  readonly groups: readonly number[];
}

/** Words of each generation; both together bound the memory that hostile text can take. */
const maxWords = 8192;
const latin = /^[a-z]+$/;

/**
 * Turns text into stems without stop words, and remembers words, since stemming takes a microsecond and looking up 30 ns.
 * @see https://tartarus.org/martin/PorterStemmer/
 */
export class Analyzer {
  #young = new Map<string, Word | null>();
  #old = new Map<string, Word | null>();
  readonly #scanned: string[] = [];

  /** Replaces what `into` held by the words of `text`, in order, repeated ones too. */
  analyze(text: string, into: Word[]): void {
    const scanned = this.#scanned;
    scanned.length = 0;
    scanWords(text, scanned);
    let count = 0;
    for (let i = 0; i < scanned.length; i++) {
      const word = this.#wordOf(scanned[i]!);
      if (word !== null) into[count++] = word;
    }
    into.length = count;
  }

  #wordOf(text: string): Word | null {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    let word = this.#old.get(text);
    if (word === undefined) word = stopWords.has(text) ? null : make(text);
    if (this.#young.size >= maxWords) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    // A slice would keep the whole text that it was cut from.
    this.#young.set(text.length > 12 ? ` ${text}`.slice(1) : text, word);
    return word;
  }
}

function make(text: string): Word {
  const stem = latin.test(text) ? stemmer(text) : text;
  return { stem, groups: groupsOf(stem) };
}
