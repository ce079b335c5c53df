import { stemmer } from "stemmer";
import { ownText } from "./own-text.ts";
import { groupsOf } from "./related-groups.ts";
import { stopWords } from "./stop-words.ts";
import { scanWords, sentenceEnd } from "./word-scanner.ts";

/** What is known of a word, whatever the catalogue. */
export interface Word {
  /** Porter's stem of an English word; another word as it is. */
  readonly stem: string;
  /** Groups of related words that it belongs to, by number. */
  readonly groups: readonly number[];
  /** Its number in the index that has this analyzer, −1 for none, as of the index's `version`; kept here to be found without a search. */
  term: number;
  version: number;
}

/** Words of each generation; both together bound the memory that hostile text can take. */
const maxWords = 8192;
const latin = /^[a-z]+$/;
const joining: ReadonlySet<string> = new Set(["and", "then", "also", "plus", "finally"]);

/** Takes the place of a word that says nothing, and of one that says no more than that a new wish begins. */
const silent: Word = { stem: "", groups: [], term: -1, version: -1 };
const joint: Word = { stem: "", groups: [], term: -1, version: -1 };

/**
 * Turns text into stems without stop words, and remembers words, since stemming takes a microsecond and looking up 30 ns.
 * @see https://tartarus.org/martin/PorterStemmer/
 */
export class Analyzer {
  #young = new Map<string, Word>();
  #old = new Map<string, Word>();
  readonly #scanned: string[] = [];

  /**
   * Replaces what `into` held by the words of `text`, in order, repeated ones too.
   * @param joints gets the places in `into` where a sentence, or what follows "and" or "then", begins, ascending
   */
  analyze(text: string, into: Word[], joints?: number[]): void {
    const scanned = this.#scanned;
    scanned.length = 0;
    scanWords(text, scanned);
    let count = 0;
    if (joints !== undefined) joints.length = 0;
    for (let i = 0; i < scanned.length; i++) {
      const word = this.#wordOf(scanned[i]!);
      if (word === silent) continue;
      if (word !== joint) into[count++] = word;
      else if (joints !== undefined && count > 0 && joints.at(-1) !== count) joints.push(count);
    }
    into.length = count;
  }

  #wordOf(text: string): Word {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    // What is kept must not be a slice of the query.
    const own = ownText(text);
    const word = this.#old.get(own) ?? make(own);
    if (this.#young.size >= maxWords) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(own, word);
    return word;
  }
}

function make(text: string): Word {
  if (text === sentenceEnd || joining.has(text)) return joint;
  if (stopWords.has(text)) return silent;
  const stem = latin.test(text) ? stemmer(text) : text;
  return { stem, groups: groupsOf(stem), term: -1, version: -1 };
}
