/** Of a text that isn't hashed whole: places spread over it, and its last characters, where texts differ most. */
const spreadPlaces = 32;
const lastPlaces = 16;
/** The same of a text of which a glance is enough. */
const glancePlaces = 4;
/** A query is hashed whole up to so many characters: queries made from a template differ in the middle. */
const wholeUpTo = 512;

/** One thing that a selection depends on. */
export type KeyPart = string | number;

/** A key that is kept. */
export interface TakenKey {
  readonly hash: number;
  readonly units: number;
  readonly parts: readonly KeyPart[];
}

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
    if (text.length <= wholeUpTo) this.#text(text, 0, 0);
    else this.text(text);
  }

  /** A text of which the hash reads 48 characters. */
  text(text: string): void {
    const { length } = text;
    if (length <= spreadPlaces + lastPlaces) this.#text(text, 0, 0);
    else this.#text(text, spreadPlaces, length - lastPlaces);
  }

  /** A text of which the hash reads 8 characters: one of many, the later of which tell more. */
  glance(text: string): void {
    const { length } = text;
    if (length <= 2 * glancePlaces) this.#text(text, 0, 0);
    else this.#text(text, glancePlaces, length - glancePlaces);
  }

  /** Do all parts agree, in full? */
  equals(parts: readonly KeyPart[]): boolean {
    const length = this.#length;
    if (parts.length !== length) return false;
    // From the end: conversations about one catalogue begin alike.
    for (let i = length - 1; i >= 0; i--) if (parts[i] !== this.#parts[i]) return false;
    return true;
  }

  /** A copy, to keep; texts of the present key don't stay in memory for the next one's sake. */
  taken(): TakenKey {
    const parts = this.#parts.slice(0, this.#length);
    this.#parts.length = 0;
    return { hash: this.hash, units: this.units, parts };
  }

  /** @param spread places before `from` that are read; all are from there on */
  #text(text: string, spread: number, from: number): void {
    const { length } = text;
    this.#parts[this.#length++] = text;
    this.units += length;
    let hash = this.hash ^ length;
    const step = Math.trunc(from / (spread || 1));
    for (let i = 0; i < spread; i++) hash = Math.imul(hash ^ text.charCodeAt(i * step), 0x01000193);
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
