import { type BloomKeys, ByteHash } from "../kernels/index.ts";
import { integer, rejectType } from "../options.ts";

/** What a filter holds. */
export type FilterItem = string | number | bigint | Uint8Array;

/** UTF-16 units that share one set of keys. */
const partUnits = 64;
/** Where the keys stand that tell kinds of items apart, two lanes each. */
const stringKey = partUnits + 4;
const integerKey = stringKey + 2;
const doubleKey = integerKey + 2;
const bigintKey = doubleKey + 2;
const longBigintKey = bigintKey + 2;
const bytesKey = longBigintKey + 2;
const textKey = bytesKey + 2;
const keyCount = textKey + 2;

/** From so many UTF-16 units on, encoding a string and hashing its bytes by SIMD is faster. */
const textFromUnits = 64;

/** The upper half of the usual NaN. */
const nanHigh = 0x7ff80000;

const double = new Float64Array(1);
const bigint = new BigInt64Array(double.buffer);
// Which half comes first depends on the machine.
const words = new Int32Array(double.buffer);
double[0] = 1;
const first = words[0] === 0 ? 0 : 1;
const second = 1 - first;

function scrambled(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

function mixed(value: number, factor: number): number {
  const product = Math.imul(value ^ (value >>> 16), factor);
  return product ^ (product >>> 15);
}

/** @returns a seed that nobody can guess: 53 bits */
export function randomSeed(): number {
  const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

/**
 * Seeded hash of a filter's items: 64 bits in two lanes of 32, the same on every machine and in every release.
 * With secret keys k made from the seed, modulo 2³²:
 * - 16-bit units u: low = Σ (uᵢ + kᵢ) · (uᵢ₊₁ + kᵢ₊₁), i = 0, 2, …; high the same with k shifted by 2 (NH, of UMAC);
 *   plus a key of the item's kind for each lane, times the length + 1 where it varies. After 64 units the lanes go
 *   through `finish`, and the keys start again.
 * - Units of a signed 32-bit integer: its halves, the lower first. Of another number: the four parts of its 64 bits, the
 *   lowest first. Of a bigint: the same in two's complement, or those of its hexadecimal digits where 64 bits are too few.
 * - Bytes, and strings of 64 units or more that are well-formed: the lanes of `ByteHash`, plus the keys of the kind.
 * - In the end `finish`, two rounds of a Feistel network.
 *
 * There is no chain of multiplications to wait for, and none that a hostile set could steer: two items, chosen by
 * somebody who doesn't know the seed, are the same in one lane with a probability of about 2⁻¹⁷ at most, in both of about
 * 2⁻³⁴, and of 2⁻⁶⁴ when nobody chose them. Chains like those of FNV or Murmur have collisions for every seed.
 * @see https://doi.org/10.1007/3-540-48405-1_14 (UMAC)
 */
export class FilterHash {
  /** 32 bits, signed, of the last item. */
  low = 0;
  high = 0;
  readonly seed: number;
  readonly keys: Int32Array;
  #byteHash: ByteHash | undefined;

  /**
   * @param seed a safe integer ≥ 0
   * @throws {RangeError} on another seed
   */
  constructor(seed: number) {
    this.seed = integer("seed", seed, 0);
    const high = Math.floor(seed / 2 ** 32);
    this.keys = Int32Array.from({ length: keyCount }, (_, i) =>
      scrambled(scrambled((seed | 0) + Math.imul(i + 1, 0x9e3779b9)) + high),
    );
  }

  /** What hashes integers and bytes elsewhere just as here. */
  get bulkKeys(): BloomKeys {
    const { keys, seed } = this;
    return {
      seed,
      units: keys.subarray(0, 4),
      integer: [keys[integerKey]!, keys[integerKey + 1]!],
      bytes: [keys[bytesKey]!, keys[bytesKey + 1]!],
    };
  }

  /**
   * @returns `low`; `high` holds the other lane until the next call
   * @throws {TypeError} on anything but a `FilterItem`
   */
  hash(item: FilterItem): number {
    if (typeof item === "string") return this.hashString(item);
    if (typeof item === "number") return this.hashNumber(item);
    if (typeof item === "bigint") return this.hashBigint(item);
    if (item instanceof Uint8Array) return this.#hashBytes(item);
    return rejectType("item", "a string, a number, a bigint or a Uint8Array", item);
  }

  hashString(item: string): number {
    const { length } = item;
    if (length >= textFromUnits) return this.#hashLong(item);
    // `#hashUnits`, for what fits in one part: most strings, and the hot path of every filter.
    const { keys } = this;
    let low = Math.imul(length + 1, keys[stringKey]! | 1);
    let high = Math.imul(length + 1, keys[stringKey + 1]! | 1);
    let k0 = keys[0]!;
    let k1 = keys[1]!;
    let i = 1;
    for (; i < length; i += 2) {
      const a = item.charCodeAt(i - 1);
      const b = item.charCodeAt(i);
      const k2 = keys[i + 1]!;
      const k3 = keys[i + 2]!;
      low = (low + Math.imul(a + k0, b + k1)) | 0;
      high = (high + Math.imul(a + k2, b + k3)) | 0;
      k0 = k2;
      k1 = k3;
    }
    if (i === length) {
      const a = item.charCodeAt(i - 1);
      low = (low + Math.imul(a + k0, k1)) | 0;
      high = (high + Math.imul(a + keys[i + 1]!, keys[i + 2]!)) | 0;
    }
    return this.finish(low, high);
  }

  #hashLong(item: string): number {
    // Lone surrogates would all be U+FFFD.
    if (!item.isWellFormed()) return this.#hashUnits(item, stringKey);
    const bytes = this.#bytes();
    return this.#finishKind(bytes.hashText(item), bytes.high, textKey);
  }

  hashNumber(item: number): number {
    const word = item | 0;
    if (word !== item) return this.#hashDouble(item);
    const { keys } = this;
    const a = word & 0xffff;
    const b = word >>> 16;
    return this.finish(
      (keys[integerKey]! + Math.imul(a + keys[0]!, b + keys[1]!)) | 0,
      (keys[integerKey + 1]! + Math.imul(a + keys[2]!, b + keys[3]!)) | 0,
    );
  }

  hashBigint(item: bigint): number {
    bigint[0] = item;
    if (bigint[0] === item) return this.#hashPair(words[first]!, words[second]!, bigintKey);
    return this.#hashUnits(item.toString(16), longBigintKey);
  }

  #hashDouble(item: number): number {
    // The bits of NaN may differ from machine to machine.
    if (Number.isNaN(item)) return this.#hashPair(0, nanHigh, doubleKey);
    double[0] = item;
    return this.#hashPair(words[first]!, words[second]!, doubleKey);
  }

  #hashBytes(item: Uint8Array): number {
    const bytes = this.#bytes();
    return this.#finishKind(bytes.hash(item), bytes.high, bytesKey);
  }

  #bytes(): ByteHash {
    this.#byteHash ??= new ByteHash(this.seed);
    return this.#byteHash;
  }

  #hashUnits(item: string, kind: number): number {
    const { keys } = this;
    const { length } = item;
    let low = Math.imul(length + 1, keys[kind]! | 1);
    let high = Math.imul(length + 1, keys[kind + 1]! | 1);
    let i = 0;
    let k = 0;
    for (const last = length - 1; i < last; i += 2, k += 2) {
      if (k === partUnits) {
        k = 0;
        low = this.finish(low, high);
        high = this.high;
      }
      const a = item.charCodeAt(i);
      const b = item.charCodeAt(i + 1);
      low = (low + Math.imul(a + keys[k]!, b + keys[k + 1]!)) | 0;
      high = (high + Math.imul(a + keys[k + 2]!, b + keys[k + 3]!)) | 0;
    }
    if (i < length) {
      const a = item.charCodeAt(i);
      low = (low + Math.imul(a + keys[k]!, keys[k + 1]!)) | 0;
      high = (high + Math.imul(a + keys[k + 2]!, keys[k + 3]!)) | 0;
    }
    return this.finish(low, high);
  }

  #hashPair(a: number, b: number, kind: number): number {
    const { keys } = this;
    const a0 = a & 0xffff;
    const a1 = a >>> 16;
    const b0 = b & 0xffff;
    const b1 = b >>> 16;
    return this.finish(
      (keys[kind]! + Math.imul(a0 + keys[0]!, a1 + keys[1]!) + Math.imul(b0 + keys[2]!, b1 + keys[3]!)) | 0,
      (keys[kind + 1]! + Math.imul(a0 + keys[2]!, a1 + keys[3]!) + Math.imul(b0 + keys[4]!, b1 + keys[5]!)) |
        0,
    );
  }

  #finishKind(low: number, high: number, kind: number): number {
    return this.finish((low + this.keys[kind]!) | 0, (high + this.keys[kind + 1]!) | 0);
  }

  /** A bijection of the two lanes, in which every bit of both depends on both. */
  finish(low: number, high: number): number {
    this.high = high ^ mixed(low, 0x2c1b3c6d);
    this.low = low ^ mixed(this.high, 0x297a2d39);
    return this.low;
  }
}
