import { integer, reject } from "../options.ts";
import { type BloomKeys, KernelBloom } from "./kernel-bloom.ts";

/** Blocks that a filter must have to get a memory of its own: 32 KiB; Node sets aside some GiB of addresses for each. */
const kernelFromBlocks = 1024;
/** So many integers at a time, and the kernel is faster (bench/kernels/bloom-bulk.ts). */
const kernelFromIntegers = 32;
/** The same for byte strings. */
const kernelFromStrings = 8;

const kernels = new WeakMap<ArrayBufferLike, KernelBloom>();

/**
 * Words for a Bloom filter of split blocks, all 0: where the kernel of `BloomBulk` reaches them, when there is one and the
 * filter isn't small.
 * @param blocks ≥ 1, of 32 bytes each
 * @returns `blocks` · 8 words, for good in this place
 * @throws {RangeError} on another number, or when the memory can't be had
 */
export function bloomWords(blocks: number): Int32Array {
  integer("blocks", blocks, 1, 2 ** 28 - 1);
  const kernel = blocks < kernelFromBlocks ? undefined : KernelBloom.create(blocks);
  if (kernel === undefined) return new Int32Array(blocks * 8);
  kernels.set(kernel.words.buffer, kernel);
  return kernel.words;
}

/** The bits of a filter: `FilterBlocks` of the room algorithms. */
export interface BloomBlocks {
  readonly words: Int32Array;
  /** Blocks that an item has bits in. */
  readonly rounds: number;
  has(low: number, high: number): boolean;
  /** @returns whether any bit was new */
  add(low: number, high: number): boolean;
}

/** The hash of a filter: `FilterHash` of the room algorithms. */
export interface BloomHash {
  readonly high: number;
  /** @returns the low lane, as `hash` */
  hashNumber(item: number): number;
  hash(item: Uint8Array): number;
}

/**
 * Adds or looks up many integers or byte strings in a Bloom filter at a time, by WebAssembly SIMD where the filter's words
 * came from `bloomWords` and are with a kernel; else one by one, with the same answers.
 */
export class BloomBulk {
  readonly #blocks: BloomBlocks;
  readonly #hash: BloomHash;
  readonly #keys: BloomKeys;
  readonly #kernel: KernelBloom | undefined;

  /** @param keys those of `hash` */
  constructor(blocks: BloomBlocks, hash: BloomHash, keys: BloomKeys) {
    this.#blocks = blocks;
    this.#hash = hash;
    this.#keys = keys;
    const kernel = kernels.get(blocks.words.buffer);
    this.#kernel = kernel?.words.length === blocks.words.length ? kernel : undefined;
  }

  /** @returns how many of them weren't there */
  addIntegers(values: Int32Array): number {
    return this.#integers(values, undefined);
  }

  /**
   * @param found set to 1 where the filter has the number, to 0 where it surely hasn't; at least as long as `values`
   * @returns how many the filter has
   * @throws {RangeError} when `found` is too short
   */
  hasIntegers(values: Int32Array, found: Uint8Array): number {
    if (found.length < values.length) reject("found.length", `at least ${values.length}`, found.length);
    return this.#integers(values, found);
  }

  /**
   * @param bytes all items, one behind the other
   * @param ends  where each of them ends, ascending; an item begins where the one before ends
   * @returns how many of them weren't there
   * @throws {RangeError} when an end is before the one before, or behind the bytes
   */
  addBytes(bytes: Uint8Array, ends: Uint32Array): number {
    return this.#bytes(bytes, ends, undefined);
  }

  /**
   * @param bytes as for `addBytes`, and so `ends`
   * @param found set to 1 where the filter has the item, to 0 where it surely hasn't; at least as long as `ends`
   * @returns how many the filter has
   * @throws {RangeError} as `addBytes`, and when `found` is too short
   */
  hasBytes(bytes: Uint8Array, ends: Uint32Array, found: Uint8Array): number {
    if (found.length < ends.length) reject("found.length", `at least ${ends.length}`, found.length);
    return this.#bytes(bytes, ends, found);
  }

  #integers(values: Int32Array, found: Uint8Array | undefined): number {
    if (!(values instanceof Int32Array)) throw new TypeError("values: expected an Int32Array");
    if (values.length >= kernelFromIntegers && this.#kernel !== undefined) {
      this.#kernel.useKeys(this.#keys);
      return this.#kernel.integers(values, this.#blocks.rounds, found);
    }
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += this.#one(this.#hash.hashNumber(values[i]!), found, i);
    return sum;
  }

  #bytes(bytes: Uint8Array, ends: Uint32Array, found: Uint8Array | undefined): number {
    checkEnds(bytes, ends);
    const kernel = ends.length >= kernelFromStrings ? this.#kernel : undefined;
    kernel?.useKeys(this.#keys);
    let sum = 0;
    for (let i = 0; i < ends.length; ) {
      const [taken, counted] = kernel?.bytes(bytes, ends, i, this.#blocks.rounds, found) ?? [0, 0];
      sum += counted;
      i += taken;
      if (taken > 0) continue;
      const item = bytes.subarray(i === 0 ? 0 : ends[i - 1]!, ends[i]!);
      sum += this.#one(this.#hash.hash(item), found, i);
      i++;
    }
    return sum;
  }

  #one(low: number, found: Uint8Array | undefined, at: number): number {
    const { high } = this.#hash;
    if (found === undefined) return this.#blocks.add(low, high) ? 1 : 0;
    const present = this.#blocks.has(low, high) ? 1 : 0;
    found[at] = present;
    return present;
  }
}

function checkEnds(bytes: Uint8Array, ends: Uint32Array): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("bytes: expected a Uint8Array");
  if (!(ends instanceof Uint32Array)) throw new TypeError("ends: expected a Uint32Array");
  let last = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    if (end < last || end > bytes.length)
      reject(`ends[${i}]`, `an integer from ${last} to ${bytes.length}`, end);
    last = end;
  }
}
