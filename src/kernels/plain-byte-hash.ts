import { integer } from "../options.ts";

/** Bytes that share one set of keys. */
export const blockBytes = 256;
const stripeBytes = 32;
const tailKeys = blockBytes / 4;
const multiplier = tailKeys + stripeBytes / 4;
const lengthKey = multiplier + 2;
const keyCount = lengthKey + 1;

function scrambled(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

function keysOf(seed: number): Int32Array {
  const low = seed | 0;
  const high = (seed / 2 ** 32) | 0;
  const keys = Int32Array.from({ length: keyCount }, (_, i) =>
    scrambled(scrambled(low + Math.imul(i + 1, 0x9e3779b9)) + high),
  );
  // Odd, or each block would shift the ones before out of the 64 bits.
  keys[multiplier]! |= 1;
  keys[lengthKey]! |= 1;
  return keys;
}

/** Four bytes, little-endian. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The same where fewer are left: what lies behind the end counts as 0. */
function lastWord(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let i = end - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
  return word;
}

function mixed(value: number, factor: number): number {
  const product = Math.imul(value ^ (value >>> 16), factor);
  return product ^ (product >>> 15);
}

/**
 * The twin of the kernel byte-hash: a seeded hash of bytes, 64 bits in two lanes of 32.
 * Words w of 32 bits, little-endian, with secret keys k made from the seed:
 * - stripe of 32 bytes: Σ (wᵢ + kᵢ) · (wᵢ₊₄ + kᵢ₊₄) modulo 2⁶⁴, i = 0…3, sums in brackets modulo 2³²
 * - the last bytes, fewer than 32: Σ (wᵢ + kᵢ) · (wᵢ₊₁ + kᵢ₊₁), i = 0, 2, …, filled up with zeros
 * - block of 256 bytes: state ← state · p + its sum, p secret and odd; so at the end, with what is left
 * - lanes: the state's halves, the length + 1, times a key, added, mixed by three rounds of a Feistel network.
 * @see https://doi.org/10.1007/3-540-48405-1_14 (NH, of UMAC)
 */
export class PlainByteHash {
  /** 32 bits, signed, of the last call. */
  low = 0;
  /** 32 bits, signed, of the last call: the other half. */
  high = 0;
  readonly keys: Int32Array;

  /**
   * @param seed a safe integer ≥ 0
   * @throws {RangeError} on another seed
   */
  constructor(seed: number) {
    this.keys = keysOf(integer("seed", seed, 0));
  }

  /**
   * @param length only the first bytes, so many, are hashed
   * @returns `low`; `high` holds the other lane until the next call
   */
  hash(bytes: Uint8Array, length: number = bytes.length): number {
    const { keys } = this;
    const whole = length - (length % stripeBytes);
    this.low = 0;
    this.high = 0;
    // Products with the halves of a factor stay below 2⁴⁸, so that a block's 32 add up exactly.
    let sum = 0;
    let sumHigh = 0;
    let at = 0;
    while (at < whole) {
      const k = (at % blockBytes) >> 2;
      for (let i = 0; i < 4; i++, at += 4) {
        const a = (wordAt(bytes, at) + keys[k + i]!) >>> 0;
        const b = (wordAt(bytes, at + 16) + keys[k + i + 4]!) | 0;
        sum += a * (b & 0xffff);
        sumHigh += a * (b >>> 16);
      }
      at += 16;
      if (at % blockBytes === 0) {
        this.#fold(sum, sumHigh);
        sum = 0;
        sumHigh = 0;
      }
    }
    for (let k = tailKeys; at < length; at += 8, k += 2) {
      const a = ((at + 4 <= length ? wordAt(bytes, at) : lastWord(bytes, at, length)) + keys[k]!) >>> 0;
      const b =
        ((at + 8 <= length ? wordAt(bytes, at + 4) : lastWord(bytes, at + 4, length)) + keys[k + 1]!) | 0;
      sum += a * (b & 0xffff);
      sumHigh += a * (b >>> 16);
    }
    this.#fold(sum, sumHigh);
    const low = (this.low + Math.imul(length + 1, keys[lengthKey]!)) | 0;
    const high = this.high ^ mixed(low, 0x2c1b3c6d);
    this.low = low ^ mixed(high, 0x297a2d39);
    this.high = high ^ mixed(this.low, 0x7feb352d);
    return this.low;
  }

  /** state ← state · p + sum + 2¹⁶ · sumHigh, modulo 2⁶⁴ */
  #fold(sum: number, sumHigh: number): void {
    const { keys } = this;
    let carried = Math.floor(sum / 2 ** 32) + Math.floor(sumHigh / 2 ** 16);
    let low = sum >>> 0;
    let high = sumHigh & 0xffff;
    if (this.low !== 0 || this.high !== 0) {
      const state = this.low >>> 0;
      const factor = keys[multiplier]!;
      low += state * (factor & 0xffff);
      high += state * (factor >>> 16);
      carried += Math.floor(low / 2 ** 32) + Math.floor(high / 2 ** 16);
      carried += Math.imul(this.high, factor) + Math.imul(state, keys[multiplier + 1]!);
    }
    const last = (low >>> 0) + (high & 0xffff) * 2 ** 16;
    this.low = last | 0;
    this.high = (carried + Math.floor(last / 2 ** 32)) | 0;
  }
}
