import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BinaryFuseFilter,
  type BinaryFuseFilterOptions,
} from "../../../src/algorithms/binary-fuse-filter.ts";
import { BloomFilter } from "../../../src/algorithms/bloom-filter.ts";
import { encodeFilter } from "../../../src/algorithms/filter-encoding.ts";
import type { FilterItem } from "../../../src/algorithms/filter-hash.ts";
import { fuseShape } from "../../../src/algorithms/fuse-arrangement.ts";
import { hostileKeys } from "../../support/hostile-keys.ts";

const anyItem: fc.Arbitrary<FilterItem> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.uint8Array(),
);

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `item ${i}`);

const falsePositives = (filter: BinaryFuseFilter, asked: number): number => {
  let found = 0;
  for (let i = 0; i < asked; i++) if (filter.has(`other ${i}`)) found++;
  return found;
};

describe("BinaryFuseFilter", () => {
  it("never denies what it was made of, repeats included", () => {
    fc.assert(
      fc.property(
        fc.array(anyItem, { maxLength: 500, size: "max" }),
        fc.constantFrom<8 | 16>(8, 16),
        fc.maxSafeNat(),
        (items, bits, seed) => {
          const filter = BinaryFuseFilter.from([...items, ...items.slice(0, 20)], { bits, seed });
          expect(items.filter((item) => !filter.has(item))).toEqual([]);
          expect(filter.size).toBeLessThanOrEqual(items.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is found for every small size and several seeds", () => {
    const items = names(300);
    for (let size = 0; size <= 300; size++)
      for (let seed = 0; seed < 3; seed++) {
        const filter = BinaryFuseFilter.from(items.slice(0, size), { seed });
        expect(filter.size).toBe(size);
        for (let i = 0; i < size; i++)
          if (!filter.has(items[i]!)) expect.fail(`${size} items, seed ${seed}: ${i}`);
      }
  });

  it.each([
    [100, 15.36],
    [1000, 11.26],
    [10_000, 10.24],
    [100_000, 9.5],
    [1_000_000, 9.04],
  ])("of %i items takes %f bits an item, and twice that with 16 bits", (count, bitsPerItem) => {
    const items = Int32Array.from({ length: count }, (_, i) => i);
    const [small, exact] = ([8, 16] as const).map(
      (bits) => BinaryFuseFilter.from(items, { bits, seed: 1 }).bitCount,
    );
    expect(small! / count).toBeCloseTo(bitsPerItem, 2);
    expect(exact).toBe(2 * small!);
  });

  it.each([
    [200, 1 / 256],
    [10_000, 0.01],
  ])("of %i items is smaller than a Bloom filter that errs at a rate of %f", (count, falsePositiveRate) => {
    const items = Int32Array.from({ length: count }, (_, i) => i);
    const bloom = BloomFilter.create({ expectedItems: count, falsePositiveRate });
    expect(BinaryFuseFilter.from(items, { seed: 1 }).bitCount).toBeLessThan(bloom.bitCount);
  });

  it("refuses to be made by `new`, and names what makes it", () => {
    const create = BinaryFuseFilter as unknown as new (items?: unknown) => unknown;
    for (const items of [undefined, ["a"]])
      expect(() => new create(items)).toThrow(
        new TypeError("BinaryFuseFilter: expected BinaryFuseFilter.from(items), got new BinaryFuseFilter(…)"),
      );
  });

  it("has nothing when it is empty", () => {
    const filter = BinaryFuseFilter.from([]);
    expect([filter.size, filter.bitCount, falsePositives(filter, 1000)]).toEqual([0, 0, 0]);
    expect(() => filter.has({} as string)).toThrow(TypeError);
  });

  it("counts each item once, however often it comes", () => {
    const items = ["a", 1, 1n, "1", "a", 1, 1n, 0, -0];
    expect(BinaryFuseFilter.from(items).size).toBe(5);
    expect(BinaryFuseFilter.from(Array.from({ length: 10_000 }, () => "x")).size).toBe(1);
    const twice = names(5000).flatMap((name) => [name, name]);
    const filter = BinaryFuseFilter.from(twice, { seed: 1 });
    expect(filter.size).toBe(5000);
    expect(twice.every((item) => filter.has(item))).toBe(true);
  });

  it("errs in one of 256, or one of 65,536, over many seeds", () => {
    for (const bits of [8, 16] as const) {
      const [seeds, asked] = bits === 8 ? [20, 5000] : [10, 40_000];
      let found = 0;
      for (let seed = 0; seed < seeds; seed++)
        found += falsePositives(BinaryFuseFilter.from(names(1000), { bits, seed }), asked);
      const expected = (seeds * asked) / 2 ** bits;
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(3.3 * Math.sqrt(expected) + 1);
    }
  });

  it("takes 9.04 bits an item for a million, and twice that with 16", () => {
    expect((fuseShape(1_000_000).cells * 8) / 1e6).toBeCloseTo(9.04, 2);
    expect((fuseShape(100_000_000).cells * 8) / 1e8).toBeLessThan(9.05);
    const eight = BinaryFuseFilter.from(names(10_000), { bits: 8 });
    expect(eight.bitCount).toBe(fuseShape(10_000).cells * 8);
    expect(BinaryFuseFilter.from(names(10_000), { bits: 16 }).bitCount).toBe(2 * eight.bitCount);
    expect([eight.bits, BinaryFuseFilter.from([], { bits: 16 }).bits]).toEqual([8, 16]);
  });

  it("takes typed arrays, other iterables, and items that somebody chose without knowing the seed", () => {
    const integers = Int32Array.from({ length: 20_000 }, (_, i) => i << 12);
    const filter = BinaryFuseFilter.from(integers);
    expect(integers.every((item) => filter.has(item))).toBe(true);
    expect(BinaryFuseFilter.from(new Set(["a", "b"])).has("b")).toBe(true);
    expect(BinaryFuseFilter.from(BigInt64Array.of(1n, 2n)).has(2n)).toBe(true);
    const hostile = Array.from({ length: 4096 }, (_, mask) =>
      Array.from({ length: 12 }, (_, i) => ((mask >> i) & 1 ? "\u8000\u8000" : "\0\0")).join(""),
    );
    for (let seed = 0; seed < 5; seed++) {
      const made = BinaryFuseFilter.from(hostile, { seed });
      expect(made.size).toBe(4096);
      expect(hostile.every((item) => made.has(item))).toBe(true);
    }
  });

  it.each(Object.entries(hostileKeys))("is found for %s", (_name, make) => {
    const items = make(1024);
    for (let seed = 0; seed < 3; seed++) {
      const filter = BinaryFuseFilter.from(items, { seed });
      expect(filter.size).toBe(1024);
      expect(items.every((item) => filter.has(item))).toBe(true);
    }
  });

  it("is the same with the same seed, and has other errors with another", () => {
    const bytes = (seed?: number) => BinaryFuseFilter.from(names(100), { seed }).toBytes();
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
    expect(bytes()).not.toEqual(bytes());
    expect(BinaryFuseFilter.from([], { seed: 77 }).seed).toBe(77);
  });

  it("comes back from its bytes", () => {
    for (const bits of [8, 16] as const)
      for (const size of [0, 1, 2, 5, 30, 1000]) {
        const filter = BinaryFuseFilter.from(names(size), { bits });
        const bytes = filter.toBytes();
        const around = new Uint8Array(bytes.length + 5);
        around.set(bytes, 3);
        const copy = BinaryFuseFilter.fromBytes(around.subarray(3, 3 + bytes.length));
        expect([copy.size, copy.bits, copy.seed, copy.bitCount]).toEqual([
          size,
          bits,
          filter.seed,
          filter.bitCount,
        ]);
        expect(names(size).every((item) => copy.has(item))).toBe(true);
        expect(falsePositives(copy, 500)).toBe(falsePositives(filter, 500));
        expect(copy.toBytes()).toEqual(bytes);
      }
  });

  it("comes back from a Buffer, be it a part of a larger one, and doesn't share its memory", () => {
    for (const bits of [8, 16] as const)
      for (const pool of [true, false]) {
        const bytes = BinaryFuseFilter.from(names(300), { bits }).toBytes();
        const buffer = pool
          ? Buffer.from(bytes)
          : Buffer.alloc(bytes.length + 3)
              .fill(bytes, 3)
              .subarray(3);
        const copy = BinaryFuseFilter.fromBytes(buffer);
        expect(copy.toBytes()).toEqual(bytes);
        buffer.fill(0);
        expect(names(300).filter((item) => !copy.has(item))).toEqual([]);
      }
  });

  it("writes the same bytes on every machine and in every release", () => {
    const filter = BinaryFuseFilter.from(["a", 1, 1n], { seed: 42, bits: 16 });
    expect(Buffer.from(filter.toBytes()).toString("hex")).toBe(
      "56464c5401000200000000000000454000000000000030400000000000000840000000000000000000000000000000000000" +
        "00000000000000000000000000000000815900000000290c0000000000000000506e00000000a353153d943175a9",
    );
  });

  it("refuses bytes with any one changed, cut off anywhere, or too long", () => {
    const bytes = BinaryFuseFilter.from(names(20), { bits: 16, seed: 1 }).toBytes();
    const refused = expect.objectContaining({ code: "VICTOR_FILTER_FORMAT" });
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at]! ^= flip;
        expect(() => BinaryFuseFilter.fromBytes(damaged), `byte ${at}`).toThrow(refused);
      }
    for (let length = 0; length < bytes.length; length++)
      expect(() => BinaryFuseFilter.fromBytes(bytes.subarray(0, length)), `length ${length}`).toThrow(
        refused,
      );
    expect(() => BinaryFuseFilter.fromBytes(Buffer.concat([bytes, new Uint8Array(2)]))).toThrow(refused);
    expect(() => BinaryFuseFilter.fromBytes([] as unknown as Uint8Array)).toThrow(TypeError);
  });

  it("refuses sizes that are lies, though the checksum is right", () => {
    const { cells } = fuseShape(10);
    const good = [1, 8, 10, 0];
    const made = (numbers: number[], bytes = cells, kind = 2) =>
      BinaryFuseFilter.fromBytes(encodeFilter(kind, numbers, [new Uint8Array(bytes)]));
    expect(made(good).size).toBe(10);
    const lies = [
      [0, [-1, 0.5, Number.NaN]],
      [1, [0, 9, 15, 16, 32, Number.NaN]],
      [2, [-1, 1000, 2 ** 30, 2 ** 40, 0.5]],
      [3, [-1, 1e9, Number.NaN]],
    ] as const;
    const refused = expect.objectContaining({ code: "VICTOR_FILTER_FORMAT" });
    for (const [at, values] of lies)
      for (const value of values)
        expect(() => made(good.with(at, value)), `${at}: ${value}`).toThrow(refused);
    expect(() => made(good, cells + 1)).toThrow(refused);
    expect(() => made(good, cells, 1)).toThrow(refused);
    expect(() => made([], 0)).toThrow(refused);
  });

  it("refuses wrong items and options", () => {
    const refuse = (options: unknown, message: string | RegExp) =>
      expect(() => BinaryFuseFilter.from(["a"], options as BinaryFuseFilterOptions)).toThrow(message);
    for (const bits of [0, 7, 32, "8", Number.NaN]) refuse({ bits }, /^bits: expected one of 8, 16, got /);
    for (const seed of [-1, 0.5, Number.NaN]) refuse({ seed }, /^seed: expected /);
    refuse({ size: 1 }, 'unknown option "size"');
    expect(() => BinaryFuseFilter.from(["a", null as unknown as string])).toThrow(TypeError);
    expect(() => BinaryFuseFilter.from("abc")).toThrow("items: expected an iterable of items, got a string");
    expect(() => BinaryFuseFilter.from(new DataView(new ArrayBuffer(8)) as never)).toThrow(TypeError);
  });
});
