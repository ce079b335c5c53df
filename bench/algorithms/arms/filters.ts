import { BinaryFuseFilter, createBloomFilter } from "../../../src/algorithms/index.ts";

/** What a benchmark asks of a filter. */
export interface BenchFilter {
  add(item: string | number): unknown;
  has(item: string | number): boolean;
  /** Bits it takes; `undefined` when only the collector knows. */
  readonly bits: number | undefined;
}

export type FilterId = "bloomFilter" | "fuse8" | "fuse16" | "bloomfilter" | "bloom-filters" | "set";

interface JasonDaviesFilter {
  readonly m: number;
  add(item: string | number): void;
  test(item: string | number): boolean;
}

/**
 * An empty filter for so many items at 1 %, or for the fuse filters one that holds all of `items`.
 * `bloomfilter` takes a number of bits and of hashes; it gets those of the classic formula.
 */
export async function openFilter(
  id: FilterId,
  expectedItems: number,
  items: readonly (string | number)[] = [],
): Promise<BenchFilter> {
  const make = await filterMaker(id, expectedItems, items);
  return make();
}

/** The same, to be called when a filter is full. */
export async function filterMaker(
  id: FilterId,
  expectedItems: number,
  items: readonly (string | number)[] = [],
): Promise<() => BenchFilter> {
  switch (id) {
    case "bloomFilter":
      return () => {
        const filter = createBloomFilter({ expectedItems, falsePositiveRate: 0.01 });
        return {
          add: (item) => filter.add(item),
          has: (item) => filter.has(item),
          bits: filter.bitCount,
        };
      };
    case "fuse8":
    case "fuse16":
      return () => {
        const filter = BinaryFuseFilter.from(items, { bits: id === "fuse8" ? 8 : 16 });
        return {
          add: () => {
            throw new Error("a fuse filter can't be added to");
          },
          has: (item) => filter.has(item),
          bits: filter.bitCount,
        };
      };
    case "bloomfilter": {
      // Without types of its own.
      const { BloomFilter } = (await import("bloomfilter" as string)) as {
        BloomFilter: new (bits: number, hashes: number) => JasonDaviesFilter;
      };
      const bits = Math.ceil((expectedItems * -Math.log(0.01)) / Math.LN2 ** 2);
      return () => {
        const filter = new BloomFilter(bits, 7);
        return { add: (item) => filter.add(item), has: (item) => filter.test(item), bits: filter.m };
      };
    }
    case "bloom-filters": {
      const { BloomFilter } = (await import("bloom-filters")).default;
      return () => {
        const filter = BloomFilter.create(expectedItems, 0.01);
        return {
          add: (item) => filter.add(String(item)),
          has: (item) => filter.has(String(item)),
          bits: filter.size,
        };
      };
    }
    case "set":
      return () => {
        const set = new Set<string | number>();
        return { add: (item) => set.add(item), has: (item) => set.has(item), bits: undefined };
      };
  }
}
