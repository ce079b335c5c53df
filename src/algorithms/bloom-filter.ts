import { FilterMismatchError } from "../errors.ts";
import { BloomBulk, bloomWords } from "../kernels/index.ts";
import { finite, integer, knownKeys, reject, rejectType } from "../options.ts";
import { type BloomSize, bloomSize, estimatedItems, maxRounds } from "./bloom-size.ts";
import { blockBits, FilterBlocks, maxBlocks } from "./filter-blocks.ts";
import { bytesOfWords, encodeFilter, FilterReader, filterKinds, wordBytes } from "./filter-encoding.ts";
import { FilterHash, type FilterItem, randomSeed } from "./filter-hash.ts";
import { asIntegers, isNumbers, type Numbers, partNumbers } from "./typed-integers.ts";

export interface BloomFilterOptions {
  /** Different items that it should hold, an integer ≥ 1. */
  readonly expectedItems: number;
  /** Share of other items that it takes for its own when it holds `expectedItems`; > 0, < 1. @default 0.01 */
  readonly falsePositiveRate?: number | undefined;
  /**
   * Of the hash, a safe integer ≥ 0; filters to be united must have the same. Who knows it can make items that the filter
   * takes for its own. @default one that nobody can guess
   */
  readonly seed?: number | undefined;
  /**
   * Grow when there are more items than expected, by layers of twice the size, so that `falsePositiveRate` holds for any
   * number? Takes 16 % more memory to begin with; a look-up asks every layer. @default false
   */
  readonly scalable?: boolean | undefined;
}

interface Parameters {
  readonly expectedItems: number;
  readonly falsePositiveRate: number;
  readonly seed: number;
  readonly scalable: boolean;
}

export const bloomFilterDefaults = Object.freeze({ falsePositiveRate: 0.01, scalable: false });

const known = ["expectedItems", "falsePositiveRate", "seed", "scalable"];

/** Growing from less would take many layers. */
const leastLayerItems = 64;
/** The last one would be larger than all memory. */
const maxLayers = 32;

/** @throws {RangeError | TypeError} naming the option, what was expected and what came */
export function createBloomFilter(options: BloomFilterOptions): BloomFilter {
  return BloomFilter.create(options);
}

/**
 * A set that answers "surely not" or "probably", in about 10.7 bits an item for 1 % of false positives; what was added is
 * never denied. Items are strings, numbers, bigints and bytes, each kind apart: `1`, `"1"`, `1n` and `Uint8Array.of(1)` are
 * four items. Within a kind the value counts: `0` and `-0` are one number, every `NaN` is the same, `Buffer` and
 * `Uint8Array` of the same bytes are one item, and strings differ as soon as one UTF-16 unit does.
 *
 * Split blocks: an item has one bit in each of the 8 words of a block, half a cache line, that its hash picks (for low rates
 * in several blocks); see `FilterBlocks`. Items can't be removed or listed. One instance serves one thread.
 */
export class BloomFilter {
  readonly expectedItems: number;
  /** The one asked for. */
  readonly targetFalsePositiveRate: number;
  readonly seed: number;
  readonly scalable: boolean;
  readonly #hash: FilterHash;
  /** The newest one last; items are added to it alone. */
  readonly #layers: FilterBlocks[];
  #newest: FilterBlocks;
  #bulk: BloomBulk | undefined;
  /** Items until the next layer is made, when it is scalable. */
  #room: number;

  /** @throws {RangeError | TypeError} as `createBloomFilter` */
  static create(options: BloomFilterOptions): BloomFilter {
    const parameters = resolve(options);
    return new BloomFilter(parameters, [blocksOf(layerSize(parameters, 0))]);
  }

  /**
   * What `toBytes` wrote, on any machine. The checksum finds damage, not forgery: take bytes only from who may choose what
   * is in the filter.
   * @throws {FilterFormatError | TypeError} allocating no more than the bytes are long
   */
  static fromBytes(bytes: Uint8Array): BloomFilter {
    const reader = new FilterReader(filterKinds.bloom, bytes);
    const parameters = {
      expectedItems: reader.number("expectedItems", 1, Number.MAX_SAFE_INTEGER),
      falsePositiveRate: reader.number("falsePositiveRate", Number.MIN_VALUE, 1 - 2 ** -53, false),
      seed: reader.number("seed", 0, Number.MAX_SAFE_INTEGER),
      scalable: reader.number("scalable", 0, 1) === 1,
    };
    const layers = reader.number("layers", 1, parameters.scalable ? maxLayers : 1);
    const sizes = Array.from({ length: layers }, () => ({
      blocks: reader.number("blocks", 1, maxBlocks),
      rounds: reader.number("rounds", 1, maxRounds),
    }));
    // All cells are known to be there before any are copied.
    const cells = sizes.map(({ blocks }) => reader.cells(blocks * (blockBits / 8)));
    reader.finish();
    return new BloomFilter(
      parameters,
      sizes.map((size, i) => {
        const layer = blocksOf(size);
        layer.words.set(new Int32Array(bytesOfWords(cells[i]!, 4).buffer));
        return layer;
      }),
    );
  }

  private constructor(parameters: Parameters, layers: FilterBlocks[]) {
    // JavaScript knows nothing of `private`.
    if (!Array.isArray(layers))
      throw new TypeError("BloomFilter: expected BloomFilter.create(options), got new BloomFilter(…)");
    this.expectedItems = parameters.expectedItems;
    this.targetFalsePositiveRate = parameters.falsePositiveRate;
    this.seed = parameters.seed;
    this.scalable = parameters.scalable;
    this.#hash = new FilterHash(parameters.seed);
    this.#layers = layers;
    this.#newest = layers.at(-1)!;
    this.#room = this.#roomLeft();
  }

  /**
   * @returns whether it is surely new; `false` when it may have been there
   * @throws {TypeError} on an item of another kind
   * @throws {RangeError} when a scalable filter would have to grow beyond memory; it is as before then
   */
  add(item: FilterItem): boolean {
    const hash = this.#hash;
    const low = typeof item === "string" ? hash.hashString(item) : hash.hash(item);
    const { high } = hash;
    if (this.scalable) return this.#addScaling(low, high);
    return this.#newest.add(low, high);
  }

  /**
   * @returns `false`: it surely was not added; `true`: it probably was
   * @throws {TypeError} on an item of another kind
   */
  has(item: FilterItem): boolean {
    const hash = this.#hash;
    const low = typeof item === "string" ? hash.hashString(item) : hash.hash(item);
    const { high } = hash;
    return this.#newest.has(low, high) || (this.#layers.length > 1 && this.#isInOlder(low, high));
  }

  /**
   * Adds each; the elements of a typed array are numbers (or bigints), `Uint8Array` and `Buffer` included, and the fastest
   * by far.
   * @returns how many were surely new
   * @throws {TypeError} at the first item of another kind; those before it stay
   */
  addAll(items: Iterable<FilterItem>): number {
    if (typeof items === "string") throw new TypeError("items: expected an iterable of items, got a string");
    let added = 0;
    if (!isNumbers(items)) {
      for (const item of items) if (this.add(item)) added++;
      return added;
    }
    for (let from = 0; from < items.length; from += partNumbers) {
      const part = items.subarray(from, from + partNumbers);
      const integers = this.#takesInBulk(part.length) ? asIntegers(part) : undefined;
      if (integers === undefined) for (const item of part) added += this.add(item) ? 1 : 0;
      else {
        const fresh = this.#inBulk().addIntegers(integers);
        this.#room -= fresh;
        added += fresh;
      }
    }
    return added;
  }

  /**
   * Asks for each; fastest for typed arrays, whose elements are numbers (or bigints) as for `addAll`.
   * @param found where to write the answers; at least as long as `items`
   * @returns `found`: 1 where `has` says `true`, else 0
   * @throws {TypeError} on an item of another kind, and when `items` is no array
   * @throws {RangeError} when `found` is too short
   */
  hasEach(
    items: readonly FilterItem[] | Numbers | BigInt64Array | BigUint64Array,
    found: Uint8Array = new Uint8Array(lengthOf(items)),
  ): Uint8Array {
    if (found.length < lengthOf(items)) reject("found.length", `≥ ${items.length}`, found.length);
    if (!isNumbers(items)) {
      for (let i = 0; i < items.length; i++) found[i] = this.has(items[i]!) ? 1 : 0;
      return found;
    }
    for (let from = 0; from < items.length; from += partNumbers) {
      const part = items.subarray(from, from + partNumbers);
      const integers = this.#layers.length === 1 ? asIntegers(part) : undefined;
      if (integers !== undefined) this.#inBulk().hasIntegers(integers, found.subarray(from));
      else for (let i = 0; i < part.length; i++) found[from + i] = this.has(part[i]!) ? 1 : 0;
    }
    return found;
  }

  /**
   * A new filter that has what either has; both stay as they are. It is made for no more items than each of them: where
   * their numbers add up to more, look at `falsePositiveRate`.
   * @throws {FilterMismatchError} when they weren't made with the same options, `seed` included, or are laid out otherwise
   */
  union(other: BloomFilter): BloomFilter {
    const [mine, its] = [this.#parameters, other.#parameters];
    for (const option of known as (keyof Parameters)[])
      if (mine[option] !== its[option])
        throw new FilterMismatchError(option, Number(mine[option]), Number(its[option]));
    const [more, fewer] =
      this.#layers.length >= other.#layers.length
        ? [this.#layers, other.#layers]
        : [other.#layers, this.#layers];
    const layers = more.map((layer, i) => {
      const united = blocksOf(layer);
      united.unite(layer);
      const second = fewer[i];
      if (second === undefined) return united;
      // Bytes of another release may be laid out otherwise for the same options.
      for (const size of ["blocks", "rounds"] as const)
        if (layer[size] !== second[size]) throw new FilterMismatchError(size, layer[size], second[size]);
      united.unite(second);
      return united;
    });
    return new BloomFilter(mine, layers);
  }

  /** Bits that the filter takes; it grows only when scalable. */
  get bitCount(): number {
    return this.#layers.reduce((sum, { blocks }) => sum + blocks * blockBits, 0);
  }

  /** Bits that are set: counted at each call, a millisecond for some megabytes. */
  get setBitCount(): number {
    return this.#layers.reduce((sum, { setBits }) => sum + setBits, 0);
  }

  /** Share of bits that are set, from 0 to 1; counted at each call. */
  get fillRatio(): number {
    return this.setBitCount / this.bitCount;
  }

  /**
   * Share of other items that it takes for its own as it is now, from 0 to 1; by the bits that are set, counted at each
   * call. Not less than about the number of items · 2⁻⁶⁴, since the hash has 64 bits.
   */
  get falsePositiveRate(): number {
    return 1 - this.#layers.reduce((product, { hitRate }) => product * (1 - hitRate), 1);
  }

  /** @returns how many different items it has, likely; by the bits that are set, counted at each call */
  estimatedCount(): number {
    return Math.round(this.#layers.reduce((sum, layer) => sum + itemsIn(layer), 0));
  }

  /** Its options, seed included, and bits, for `fromBytes`; the same for the same items, in whatever order. */
  toBytes(): Uint8Array {
    const { expectedItems, falsePositiveRate, seed, scalable } = this.#parameters;
    return encodeFilter(
      filterKinds.bloom,
      [
        expectedItems,
        falsePositiveRate,
        seed,
        scalable ? 1 : 0,
        this.#layers.length,
        ...this.#layers.flatMap(({ blocks, rounds }) => [blocks, rounds]),
      ],
      this.#layers.map(({ words }) => wordBytes(words)),
    );
  }

  get #parameters(): Parameters {
    const { expectedItems, targetFalsePositiveRate: falsePositiveRate, seed, scalable } = this;
    return { expectedItems, falsePositiveRate, seed, scalable };
  }

  #addScaling(low: number, high: number): boolean {
    if (this.#layers.length > 1 && this.#isInOlder(low, high)) return false;
    if (this.#newest.has(low, high)) return false;
    // Before the item is added, so that all stays as it was when there is no memory.
    if (this.#room <= 0) {
      this.#newest = blocksOf(layerSize(this.#parameters, this.#layers.length));
      this.#layers.push(this.#newest);
      this.#bulk = undefined;
      this.#room = this.#roomLeft();
    }
    this.#newest.add(low, high);
    this.#room--;
    return true;
  }

  #isInOlder(low: number, high: number): boolean {
    for (let i = this.#layers.length - 2; i >= 0; i--) if (this.#layers[i]!.has(low, high)) return true;
    return false;
  }

  #roomLeft(): number {
    if (!this.scalable) return 0;
    return layerItems(this.expectedItems, this.#layers.length - 1) - Math.round(itemsIn(this.#newest));
  }

  #takesInBulk(items: number): boolean {
    return !this.scalable || (this.#layers.length === 1 && this.#room >= items);
  }

  #inBulk(): BloomBulk {
    this.#bulk ??= new BloomBulk(this.#newest, this.#hash, this.#hash.bulkKeys);
    return this.#bulk;
  }
}

/** @throws {TypeError} on what is no array; the length of a `Set`, say, would be taken for 0 */
function lengthOf(items: ArrayLike<unknown>): number {
  if (Array.isArray(items) || (ArrayBuffer.isView(items) && "length" in items)) return items.length;
  return rejectType("items", "an array or a typed array", items);
}

function resolve(options: BloomFilterOptions): Parameters {
  knownKeys("createBloomFilter", options, known);
  const falsePositiveRate = finite(
    "falsePositiveRate",
    options.falsePositiveRate ?? bloomFilterDefaults.falsePositiveRate,
    0,
    1,
  );
  if (falsePositiveRate === 0 || falsePositiveRate === 1)
    reject("falsePositiveRate", "a number > 0 and < 1", falsePositiveRate);
  const scalable = options.scalable ?? bloomFilterDefaults.scalable;
  if (typeof scalable !== "boolean") rejectType("scalable", "true or false", scalable);
  return {
    expectedItems: integer("expectedItems", options.expectedItems, 1),
    falsePositiveRate,
    seed: integer("seed", options.seed ?? randomSeed(), 0),
    scalable,
  };
}

/** Items that a layer of a scalable filter holds. */
function layerItems(expectedItems: number, layer: number): number {
  return Math.max(expectedItems, leastLayerItems) * 2 ** layer;
}

/** A scalable filter's layers get 1/2, 1/6, 1/12, … of the rate, which is all of it for ever so many. */
function layerSize({ expectedItems, falsePositiveRate, scalable }: Parameters, layer: number): BloomSize {
  if (!scalable) return bloomSize(expectedItems, falsePositiveRate);
  return bloomSize(layerItems(expectedItems, layer), falsePositiveRate / ((layer + 1) * (layer + 2)));
}

function blocksOf({ blocks, rounds }: BloomSize): FilterBlocks {
  return new FilterBlocks(blocks, rounds, bloomWords(blocks));
}

function itemsIn(layer: FilterBlocks): number {
  return estimatedItems(layer.setBits / (layer.blocks * blockBits), layer);
}
