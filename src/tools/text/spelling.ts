/** Longer words are not corrected, so the distance fits into rows of fixed length. */
const maxLength = 24;
/** One edit is allowed from here, two from {@link twoEditsFrom}. */
const minLength = 5;
const twoEditsFrom = 9;

interface Bucket {
  terms: number[];
  /** For each term the letters in it, a bit each: an edit changes two bits at most. */
  letters: number[];
}

/**
 * Finds the known word that an unknown one was meant to be: same first letter, one edit (insertion, deletion, substitution, or
 * two neighbours swapped) at 5 to 8 letters, two above. Words are kept by first letter and length, so few are looked at.
 */
export class Spelling {
  readonly #buckets = new Map<number, Bucket>();
  readonly #nameOf: (term: number) => string;
  readonly #countOf: (term: number) => number;

  /** @param countOf how often a term occurs */
  constructor(nameOf: (term: number) => string, countOf: (term: number) => number) {
    this.#nameOf = nameOf;
    this.#countOf = countOf;
  }

  add(word: string, term: number): void {
    if (!isWithinReach(word)) return;
    const key = keyOf(word.charCodeAt(0), word.length);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { terms: [], letters: [] };
      this.#buckets.set(key, bucket);
    }
    bucket.terms.push(term);
    bucket.letters.push(lettersOf(word));
  }

  remove(word: string, term: number): void {
    if (!isWithinReach(word)) return;
    const bucket = this.#buckets.get(keyOf(word.charCodeAt(0), word.length));
    const at = bucket?.terms.indexOf(term) ?? -1;
    if (bucket === undefined || at < 0) return;
    const lastTerm = bucket.terms.pop()!;
    const lastLetters = bucket.letters.pop()!;
    if (at < bucket.terms.length) {
      bucket.terms[at] = lastTerm;
      bucket.letters[at] = lastLetters;
    }
  }

  /** @returns the nearest term, of equally near ones the most frequent; −1 when none is near */
  nearest(word: string): number {
    const { length } = word;
    if (length < minLength || length > maxLength) return -1;
    const letters = lettersOf(word);
    let best = -1;
    let bestDistance = length >= twoEditsFrom ? 2 : 1;
    let bestCount = 0;
    let bestName = "";
    for (let near = length - bestDistance, to = length + bestDistance; near <= to; near++) {
      const bucket = this.#buckets.get(keyOf(word.charCodeAt(0), near));
      if (bucket === undefined) continue;
      const { terms, letters: all } = bucket;
      for (let i = 0; i < terms.length; i++) {
        if (bitCount(letters ^ all[i]!) > 2 * bestDistance) continue;
        const count = this.#countOf(terms[i]!);
        const name = this.#nameOf(terms[i]!);
        const distance = editDistance(word, name, bestDistance);
        if (distance > bestDistance) continue;
        // By name at last, so that the answer doesn't depend on the order of adding.
        if (distance === bestDistance && (count < bestCount || (count === bestCount && name > bestName)))
          continue;
        best = terms[i]!;
        bestDistance = distance;
        bestCount = count;
        bestName = name;
      }
    }
    return best;
  }
}

/** Could an unknown word be taken for this one? */
function isWithinReach(word: string): boolean {
  return word.length >= minLength - 1 && word.length <= maxLength;
}

function keyOf(first: number, length: number): number {
  return first * 64 + length;
}

function lettersOf(word: string): number {
  let bits = 0;
  for (let i = 0; i < word.length; i++) bits |= 1 << (word.charCodeAt(i) & 31);
  return bits;
}

function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

let before = new Uint8Array(maxLength + 3);
let previous = new Uint8Array(maxLength + 3);
let current = new Uint8Array(maxLength + 3);

/**
 * Optimal string alignment: edits of single letters and swaps of neighbours.
 * @param limit gives up above it @returns the distance, or `limit` + 1
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  for (let j = 0; j <= b.length; j++) previous[j] = j;
  for (let i = 1; i <= a.length; i++) {
    const char = a.charCodeAt(i - 1);
    current[0] = i;
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const other = b.charCodeAt(j - 1);
      let cost = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (char === other ? 0 : 1));
      if (i > 1 && j > 1 && char === b.charCodeAt(j - 2) && other === a.charCodeAt(i - 2))
        cost = Math.min(cost, before[j - 2]! + 1);
      current[j] = cost;
      if (cost < least) least = cost;
    }
    if (least > limit) return limit + 1;
    [before, previous, current] = [previous, current, before];
  }
  return Math.min(previous[b.length]!, limit + 1);
}
