import { bloomBulkBinary } from "./binaries.ts";
import { instantiate } from "./instantiate.ts";
import { PlainByteHash } from "./plain-byte-hash.ts";

/** Items that are hashed and looked up at a time. */
const chunkItems = 2048;
/** Bytes of items at a time; a longer item is left to the twin. */
const chunkBytes = 16_384;

/** Addresses in the kernel's memory, as in assembly/bloom-bulk.ts. */
const unitKeysAt = 320;
const inputAt = 1024;
const endsAt = 18_432;
const foundAt = 43_008;
const wordsAt = 45_056;

/** Most blocks of 32 bytes beside the rest in the 4 GiB that WebAssembly can address. */
const maxBlocks = (2 ** 32 - 2 ** 17) / 32;

interface Exports {
  hashIntegers(count: number): void;
  hashBytes(count: number, base: number): void;
  has(count: number, blocks: number, rounds: number): number;
  add(count: number, blocks: number, rounds: number): number;
}

/** Keys of a filter's hash, as `FilterHash` makes them. */
export interface BloomKeys {
  /** Of the `ByteHash` of bytes. */
  readonly seed: number;
  /** The first four keys of units. */
  readonly units: Int32Array;
  /** What is added to the two lanes of an integer. */
  readonly integer: readonly [low: number, high: number];
  /** What is added to the two lanes of bytes. */
  readonly bytes: readonly [low: number, high: number];
}

/** The words of one Bloom filter in the memory of a WebAssembly instance, and what it does with many items at a time. */
export class KernelBloom {
  readonly words: Int32Array;
  readonly #exports: Exports;
  readonly #memory: ArrayBuffer;
  readonly #ends: Uint32Array;
  readonly #input: Uint8Array;
  readonly #integers: Int32Array;
  readonly #found: Uint8Array;
  #keys: BloomKeys | undefined;

  /** @returns `undefined` where the kernel can't run, or the words don't fit */
  static create(blocks: number): KernelBloom | undefined {
    const made =
      blocks > maxBlocks ? undefined : instantiate<Exports>(bloomBulkBinary, wordsAt + 32 * blocks);
    return made === undefined ? undefined : new KernelBloom(made.memory, made.exports, blocks);
  }

  private constructor(memory: ArrayBuffer, exports: Exports, blocks: number) {
    this.words = new Int32Array(memory, wordsAt, 8 * blocks);
    this.#exports = exports;
    this.#memory = memory;
    this.#ends = new Uint32Array(memory, endsAt, chunkItems);
    this.#input = new Uint8Array(memory, inputAt, chunkBytes);
    this.#integers = new Int32Array(memory, inputAt, chunkItems);
    this.#found = new Uint8Array(memory, foundAt, chunkItems);
  }

  useKeys(keys: BloomKeys): void {
    if (keys === this.#keys) return;
    new Int32Array(this.#memory).set(new PlainByteHash(keys.seed).keys);
    new Int32Array(this.#memory, unitKeysAt).set([
      ...keys.units.subarray(0, 4),
      ...keys.integer,
      ...keys.bytes,
    ]);
    this.#keys = keys;
  }

  /** @param found where to write 1 or 0 for each; without it, the items are added */
  integers(values: Int32Array, rounds: number, found: Uint8Array | undefined): number {
    let sum = 0;
    for (let at = 0; at < values.length; at += chunkItems) {
      const part = values.subarray(at, at + chunkItems);
      this.#integers.set(part);
      this.#exports.hashIntegers(part.length);
      sum += this.#run(part.length, rounds, found, at);
    }
    return sum;
  }

  /**
   * Items from `from` on, as many as fit.
   * @param ends of all items, ascending
   * @returns how many were taken, 0 when the first one is too long, and what `has` or `add` counted
   */
  bytes(
    bytes: Uint8Array,
    ends: Uint32Array,
    from: number,
    rounds: number,
    found: Uint8Array | undefined,
  ): readonly [taken: number, sum: number] {
    const base = from === 0 ? 0 : ends[from - 1]!;
    const most = Math.min(ends.length, from + chunkItems);
    let to = from;
    while (to < most && ends[to]! - base <= chunkBytes) to++;
    if (to === from) return [0, 0];
    this.#input.set(bytes.subarray(base, ends[to - 1]!));
    this.#ends.set(ends.subarray(from, to));
    this.#exports.hashBytes(to - from, base);
    return [to - from, this.#run(to - from, rounds, found, from)];
  }

  #run(count: number, rounds: number, found: Uint8Array | undefined, at: number): number {
    const blocks = this.words.length / 8;
    if (found === undefined) return this.#exports.add(count, blocks, rounds) >>> 0;
    const sum = this.#exports.has(count, blocks, rounds) >>> 0;
    found.set(this.#found.subarray(0, count), at);
    return sum;
  }
}
