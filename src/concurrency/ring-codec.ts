/**
 * How items become bytes of a ring and items again. Each step is apart, so that what can fail or takes long (encode,
 * decode) happens while no place in the ring is held.
 */
export interface RingCodec<T, One = unknown, Many = unknown> {
  /**
   * Checks an item, and makes of it what can be written.
   * @throws {TypeError} when it can't be carried
   */
  encode(item: T): One;
  /** @returns the same, so that it stays as it is whatever becomes of the item */
  keep(encoded: One): One;
  /** @returns the record's head: length of the payload in the lowest 29 bits, never negative */
  head(encoded: One): number;
  /** Copies the payload to byte `at`. */
  write(encoded: One, head: number, at: number): void;
  /** Copies one payload out. */
  read(head: number, at: number): One;
  decode(one: One): T;
  /** Copies `count` payloads out, the first entries of `places`, which stand one after the other in memory. */
  readMany(places: RecordPlaces, count: number): Many;
  decodeMany(many: Many): T[];
}

/** The length in a record's head. */
export const lengthMask = 2 ** 29 - 1;

/** Set in the head of a text that is pure ASCII. */
export const asciiFlag = 2 ** 29;

/** So many records are taken at a time. */
export const mostAtOnce = 256;

/** But no more than one record that goes beyond these: as one text they must stay well below the longest that V8 can make. */
export const mostBytesAtOnce = 2 ** 24;

/** Where records are that were found. */
export class RecordPlaces {
  readonly heads = new Int32Array(mostAtOnce);
  /** Byte index of each payload. */
  readonly ats = new Int32Array(mostAtOnce);
}
