/** 32-bit words of a block; an item has one bit in each. */
export const blockWords = 8;
/** Bits of a block: half a cache line, so that a look-up waits for memory once. */
export const blockBits = 32 * blockWords;
/** So that an index of a word is a signed 32-bit integer; 8 GiB. */
export const maxBlocks = 2 ** 28 - 1;

const salt = 0x47b6137b;
const nextLow = 0x2c1b3c6d;
const nextHigh = 0x297a2d39;

/**
 * The bits of a Bloom filter in split blocks. An item comes as two lanes of 32 bits, `low` and `high`:
 * - block = ⌊low · blocks / 2³²⌋, low unsigned, reckoned in 64-bit floating point; its words are `words[8 · block …]`
 * - bit in word i = high · saltᵢ mod 2³² >>> 27, that is: bits 5i … 5i + 4 of `high` for i = 0 … 5, and bits 27 … 31 and
 *   22 … 26 of `high` · 0x47b6137b mod 2³² for i = 6 and 7. So salts = 2²⁷, 2²², 2¹⁷, 2¹², 2⁷, 2², 0x47b6137b and 32
 *   times that.
 * - For a rate below about 0.2 %, an item has bits in 2 or more blocks ("rounds"), since one would have to stay nearly
 *   empty. The lanes of the next round: low ← (low ^ low >>> 15) · 0x2c1b3c6d, high ← (high ^ high >>> 15) · 0x297a2d39.
 *
 * Words are 32 bits each, in the machine's order here and little-endian where they are written to bytes.
 * @see https://arxiv.org/abs/2101.01719 (Apple, Split block Bloom filters)
 */
export class FilterBlocks {
  readonly blocks: number;
  readonly rounds: number;
  /** `blocks` · 8 words. */
  readonly words: Int32Array;

  /**
   * @param blocks ≥ 1, ≤ `maxBlocks`
   * @param rounds ≥ 1
   * @param words  to use instead of new ones, for instance in the memory of a kernel
   */
  constructor(blocks: number, rounds: number, words: Int32Array = new Int32Array(blocks * blockWords)) {
    this.blocks = blocks;
    this.rounds = rounds;
    this.words = words;
  }

  has(low: number, high: number): boolean {
    return this.#hasBits(low, high) && (this.rounds === 1 || this.#hasRest(low, high));
  }

  /** @returns whether any bit was new */
  add(low: number, high: number): boolean {
    if (this.#hasBits(low, high)) return this.rounds > 1 && this.#addRest(low, high);
    this.#setBits(low, high);
    if (this.rounds > 1) this.#addRest(low, high);
    return true;
  }

  /** How many bits are set. */
  get setBits(): number {
    let sum = 0;
    for (const word of this.words) sum += bitsIn(word);
    return sum;
  }

  /** Share of items that `has` takes for present, if their hashes are random: 0 to 1. */
  get hitRate(): number {
    const { blocks, words } = this;
    let sum = 0;
    for (let block = 0; block < blocks; block++) {
      let share = 1;
      for (let i = block * blockWords, end = i + blockWords; i < end; i++) share *= bitsIn(words[i]!) / 32;
      sum += share;
    }
    return (sum / blocks) ** this.rounds;
  }

  /** Adds what another of the same size has. */
  unite({ words }: FilterBlocks): void {
    for (let i = 0; i < words.length; i++) this.words[i]! |= words[i]!;
  }

  #hasRest(low: number, high: number): boolean {
    let x = low;
    let y = high;
    for (let round = 1; round < this.rounds; round++) {
      x = Math.imul(x ^ (x >>> 15), nextLow);
      y = Math.imul(y ^ (y >>> 15), nextHigh);
      if (!this.#hasBits(x, y)) return false;
    }
    return true;
  }

  #addRest(low: number, high: number): boolean {
    let x = low;
    let y = high;
    let isNew = false;
    for (let round = 1; round < this.rounds; round++) {
      x = Math.imul(x ^ (x >>> 15), nextLow);
      y = Math.imul(y ^ (y >>> 15), nextHigh);
      if (this.#hasBits(x, y)) continue;
      this.#setBits(x, y);
      isNew = true;
    }
    return isNew;
  }

  #hasBits(low: number, high: number): boolean {
    const { words } = this;
    const at = (((low >>> 0) * this.blocks) / 2 ** 32) << 3;
    if (
      ((words[at]! >>> high) &
        (words[at + 1]! >>> (high >>> 5)) &
        (words[at + 2]! >>> (high >>> 10)) &
        (words[at + 3]! >>> (high >>> 15)) &
        1) ===
      0
    )
      return false;
    const last = Math.imul(high, salt);
    return (
      ((words[at + 4]! >>> (high >>> 20)) &
        (words[at + 5]! >>> (high >>> 25)) &
        (words[at + 6]! >>> (last >>> 27)) &
        (words[at + 7]! >>> (last >>> 22)) &
        1) !==
      0
    );
  }

  #setBits(low: number, high: number): void {
    const { words } = this;
    const at = (((low >>> 0) * this.blocks) / 2 ** 32) << 3;
    const last = Math.imul(high, salt);
    words[at]! |= 1 << high;
    words[at + 1]! |= 1 << (high >>> 5);
    words[at + 2]! |= 1 << (high >>> 10);
    words[at + 3]! |= 1 << (high >>> 15);
    words[at + 4]! |= 1 << (high >>> 20);
    words[at + 5]! |= 1 << (high >>> 25);
    words[at + 6]! |= 1 << (last >>> 27);
    words[at + 7]! |= 1 << (last >>> 22);
  }
}

function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
