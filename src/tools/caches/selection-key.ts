/** Of a text that isn't hashed whole: places spread over it, and its last characters, where conversations differ. */
const spreadPlaces = 32;
const lastPlaces = 16;
/** A query is hashed whole up to so many characters: queries made from a template differ in the middle. */
const wholeUpTo = 512;

/** One thing that a selection depends on. */
export type KeyPart = string | number;

/**
 * What a cached selection depends on, part by part: catalogue, configuration, query, messages. Its hash reads a sample
 * of long texts, which keeps it cheap; so a hash alone proves nothing, and `equals` compares every part in full before
 * anything is served. One instance is written anew for each call, so that a look-up allocates nothing.
 */
export class SelectionKey {
  /** 32 bits. */
  hash = 0;
  /** UTF-16 units of all texts. */
  units = 0;
  readonly #parts: KeyPart[] = [];
  #length = 0;

  reset(): void {
    this.hash = 0;
    this.units = 0;
    this.#length = 0;
  }

  number(value: number): void {
    this.#parts[this.#length++] = value;
    this.#mix(value | 0);
  }

  /** A text whose every character counts for the hash, up to 512. */
  whole(text: string): void {
    this.#text(text, text.length <= wholeUpTo);
  }

  /** A text of which the hash reads a sample. */
  text(text: string): void {
    this.#text(text, text.length <= spreadPlaces + lastPlaces);
  }

  /** Do all parts agree, in full? */
  equals(parts: readonly KeyPart[]): boolean {
    const length = this.#length;
    if (parts.length !== length) return false;
    // From the end: conversations about one catalogue begin alike.
    for (let i = length - 1; i >= 0; i--) if (parts[i] !== this.#parts[i]) return false;
    return true;
  }

  /** A copy of all parts, to keep. */
  parts(): readonly KeyPart[] {
    return this.#parts.slice(0, this.#length);
  }

  /** Forgets the texts of the last call, which would stay in memory otherwise. */
  release(): void {
    this.reset();
    this.#parts.length = 0;
  }

  #text(text: string, whole: boolean): void {
    const { length } = text;
    this.#parts[this.#length++] = text;
    this.units += length;
    let hash = this.hash ^ length;
    let from = 0;
    if (!whole) {
      from = length - lastPlaces;
      const step = from / spreadPlaces;
      for (let i = 0; i < spreadPlaces; i++) hash = Math.imul(hash ^ text.charCodeAt(i * step), 0x01000193);
    }
    for (let i = from; i < length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.hash = hash;
    this.#mix(0);
  }

  /** The finisher of MurmurHash3, a bijection: spreads what differs over all bits. */
  #mix(value: number): void {
    let hash = this.hash ^ value;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    this.hash = ((hash ^ (hash >>> 16)) + 0x9e3779b9) | 0;
  }
}
