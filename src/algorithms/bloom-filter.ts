import { BloomBulk, bloomWords } from "../kernels/index.ts";
import { finite, integer, knownKeys, reject } from "../options.ts";
import { type BloomSize, bloomSize, estimatedItems, maxRounds } from "./bloom-size.ts";
import { blockBits, blockWords, FilterBlocks, maxBlocks } from "./filter-blocks.ts";
import { DecodedFilter, encodeFilter, filterKinds } from "./filter-encoding.ts";
import { FilterBytesError, FilterMismatchError } from "./filter-errors.ts";
import { FilterHash, type FilterItem, randomSeed } from "./filter-hash.ts";
import { integersIn, isNumbers, type Numbers } from "./typed-integers.ts";

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
   * number? Takes 10 % more memory to begin with; a look-up asks every layer. @default false
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
  /** Items until the next layer is made. */
  #room: number;

  /** @throws {RangeError | TypeError} as `createBloomFilter` */
  static create(options: BloomFilterOptions): BloomFilter {
    const parameters = resolve(options);
    return new BloomFilter(parameters, [blocksOf(layerSize(parameters, 0))]);
  }

  /**
   * What `toBytes` wrote, on any machine. The checksum finds damage, not forgery: take bytes only from who may choose what
   * is in the filter.
   * @throws {FilterBytesError | TypeError} allocating no more than the bytes are long
   */
  static fromBytes(bytes: Uint8Array): BloomFilter {
    const decoded = new DecodedFilter(filterKinds.bloom, bytes);
    const [expectedItems, falsePositiveRate, seed, scalable, ...sizes] = decoded.fields;
    let parameters: Parameters;
    try {
      parameters = resolve({ expectedItems, falsePositiveRate, seed, scalable: scalable === 1 } as Parameters);
    } catch (error) {
      throw new FilterBytesError((error as Error).message);
    }
    const layers = sizesIn(sizes, parameters);
    decoded.mustHaveCellBytes(layers.reduce((sum, { blocks }) => sum + blocks * (blockBits / 8), 0));
    return new BloomFilter(
      parameters,
      layers.map((size) => {
        const blocks = blocksOf(size);
        decoded.read(blocks.words);
        return blocks;
      }),
    );
  }

  private constructor(parameters: Parameters, layers: FilterBlocks[], hash = new FilterHash(parameters.seed)) {
    this.expectedItems = parameters.expectedItems;
    this.targetFalsePositiveRate = parameters.falsePositiveRate;
    this.seed = parameters.seed;
    this.scalable = parameters.scalable;
    this.#hash = hash;
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
    const low = this.#hash.hash(item);
    const { high } = this.#hash;
    if (this.scalable) return this.#addScaling(low, high);
    return this.#newest.add(low, high);
  }

  /**
   * @returns `false`: it surely was not added; `true`: it probably was
   * @throws {TypeError} on an item of another kind
   */
  has(item: FilterItem): boolean {
    const low = this.#hash.hash(item);
    const { high } = this.#hash;
    return this.#newest.has(low, high) || (this.#layers.length > 1 && this.#isInOlder(low, high));
  }

  /**
   * Adds each; the elements of a typed array are numbers (or bigints), `Uint8Array` and `Buffer` included, and the fastest
   * by far.
   * @returns how many were surely new
   * @throws {TypeError} at the first item of another kind; those before it stay
   */
  addAll(items: Iterable<FilterItem>): number {
    if (typeof items === "string") reject_(items);
    let added = 0;
    if (isNumbers(items))
      for (const { integers, numbers } of integersIn(items)) added += this.#addNumbers(integers, numbers);
    else for (const item of items) if (this.add(item)) added++;
    return added;
  }
}
