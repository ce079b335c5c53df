import { createBloomFilter } from "../../../algorithms/bloom-filter.ts";
import type { Arm } from "../../../measure/arm.ts";
import { retainedBytes } from "../retained-bytes.ts";
import { freshKeys, keysUpTo } from "./sample-keys.ts";

/** What all arms of the row are told. */
export interface FilterSizeWork {
  /** Strings added. */
  readonly keys: number;
  readonly falsePositiveRate: number;
  /** Strings that are not added, looked up to see how many are taken for members. */
  readonly strangers: number;
}

interface Filter {
  add(key: string): unknown;
  has(key: string): boolean;
}

/** A `Set`, and what its strings take where nothing else holds them. */
export async function hashSet(work: FilterSizeWork): Promise<Arm> {
  const { made, bytes } = await retainedBytes(() => keysUpTo(work.keys));
  // What the array of references takes is not the strings'.
  const stringBytes = bytes - 8 * made.length;
  const arm = filterArm(work, () => new Set<string>());
  return { ...arm, counters: () => ({ ...arm.counters(), stringBytes }) };
}

interface BloomFilterModule {
  readonly BloomFilter: {
    withTargetError(items: number, rate: number): { add(key: string): void; test(key: string): boolean };
  };
}

/** `bloomfilter`. */
export async function bloomFilterPackage(work: FilterSizeWork & { readonly peerUrl: string }): Promise<Arm> {
  const { BloomFilter } = (await import(work.peerUrl)) as BloomFilterModule;
  return filterArm(work, () => {
    const filter = BloomFilter.withTargetError(work.keys, work.falsePositiveRate);
    return { add: (key) => filter.add(key), has: (key) => filter.test(key) };
  });
}

/** `createBloomFilter`. */
export function bloomFilter(work: FilterSizeWork): Arm {
  const { keys, falsePositiveRate } = work;
  return filterArm(work, () => createBloomFilter({ expectedItems: keys, falsePositiveRate }));
}

/** Filters that are measured at once, so that what else the heap does in the meantime weighs little. */
const measuredFilters = 4;

function filterArm(work: FilterSizeWork, make: () => Filter) {
  const { strangers, falsePositiveRate } = work;
  const keys = keysUpTo(work.keys);
  const fill = (): Filter => {
    const filling = make();
    for (const key of keys) filling.add(key);
    return filling;
  };
  let bytes = 0;
  let firstBytes = 0;
  let filter: Filter;
  let taken = 0;
  return {
    run: async () => {
      // The first of a process loads code, which later ones share. It stays held: were it freed while the others are
      // measured, its bytes would be missing from theirs.
      ({ made: filter, bytes: firstBytes } = await retainedBytes(fill));
      const others = await retainedBytes(() => Array.from({ length: measuredFilters }, fill));
      bytes = Math.round(others.bytes / others.made.length);
      const unseen = freshKeys(Int32Array.from({ length: strangers }, (_, i) => work.keys + i));
      taken = unseen.filter((key) => filter.has(key)).length;
    },
    answer: () => {
      const found = keys.filter((key) => filter.has(key)).length;
      // More than five standard deviations above the rate that was asked for.
      const atMost = strangers * falsePositiveRate + 5 * Math.sqrt(strangers * falsePositiveRate);
      return `${found} of ${keys.length} members found, others ${taken <= atMost ? "within" : "ABOVE"} the rate`;
    },
    counters: () => ({ bytes, codeBytes: Math.max(0, firstBytes - bytes), taken }),
  };
}
