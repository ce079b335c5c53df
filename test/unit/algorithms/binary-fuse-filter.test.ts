import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BinaryFuseFilter } from "../../../src/algorithms/binary-fuse-filter.ts";
import { BloomFilter, createBloomFilter } from "../../../src/algorithms/bloom-filter.ts";
import { fuseShape } from "../../../src/algorithms/fuse-arrangement.ts";
import { FilterFormatError } from "../../../src/errors.ts";

describe("BinaryFuseFilter", () => {
  test("has all that it was made of, repeats included, of any size down to none", () => {
    for (let size = 0; size < 200; size++) {
      const items = Array.from({ length: size }, (_, i) => `item ${i}`);
      const filter = BinaryFuseFilter.from([...items, ...items.slice(0, size % 7)], { seed: size });
      expect(filter.size).toBe(size);
      for (const item of items) expect(filter.has(item)).toBe(true);
    }
    expect(BinaryFuseFilter.from([]).has("anything")).toBe(false);
  });

  test("has all that it was made of, whatever it is, and after a trip through bytes", () => {
    const item = fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.bigInt(), fc.uint8Array());
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 300 }),
        fc.constantFrom(8 as const, 16 as const),
        (items, bits) => {
          const filter = BinaryFuseFilter.from(new Set(items), { bits });
          const copy = BinaryFuseFilter.fromBytes(filter.toBytes());
          expect([copy.bits, copy.size, copy.seed]).toEqual([bits, filter.size, filter.seed]);
          for (const each of items) expect([filter.has(each), copy.has(each)]).toEqual([true, true]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("takes 9.1 bits an item, and one stranger in 256 for its own", () => {
    const size = 200_000;
    const filter = BinaryFuseFilter.from(
      Int32Array.from({ length: size }, (_, i) => i),
      { seed: 1 },
    );
    expect(filter.bitCount / size).toBeLessThan(9.4);
    expect((fuseShape(1e6).cells * 8) / 1e6).toBeLessThan(9.05);
    let wrong = 0;
    for (let i = size; i < 2 * size; i++) wrong += Number(filter.has(i));
    expect(wrong).toBeLessThan(size / 256 + 3.1 * Math.sqrt(size / 256));
    expect(wrong).toBeGreaterThan(size / 256 - 3.1 * Math.sqrt(size / 256));
  });

  test("with 16 bits is wrong once in 65,536", () => {
    const size = 100_000;
    const filter = BinaryFuseFilter.from(
      Array.from({ length: size }, (_, i) => `key ${i}`),
      { bits: 16, seed: 2 },
    );
    let wrong = 0;
    for (let i = size; i < 4 * size; i++) wrong += Number(filter.has(`key ${i}`));
    expect(wrong).toBeLessThan(3 * (size / 65_536) + 3.1 * Math.sqrt(3 * (size / 65_536)));
  });

  test("refuses bytes of which any is changed, or that are cut off, or of another filter", () => {
    const bytes = BinaryFuseFilter.from(["a", "b", "c"], { seed: 3 }).toBytes();
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i]! ^= 4;
      expect(() => BinaryFuseFilter.fromBytes(damaged)).toThrow(FilterFormatError);
      expect(() => BinaryFuseFilter.fromBytes(bytes.slice(0, i))).toThrow(FilterFormatError);
    }
    expect(() => BinaryFuseFilter.fromBytes(createBloomFilter({ expectedItems: 1 }).toBytes())).toThrow(
      FilterFormatError,
    );
    expect(() => BloomFilter.fromBytes(bytes)).toThrow(FilterFormatError);
  });

  test("refuses wrong options and items", () => {
    expect(() => BinaryFuseFilter.from([], { bits: 12 as never })).toThrow(RangeError);
    expect(() => BinaryFuseFilter.from([], { seed: -1 })).toThrow(RangeError);
    expect(() => BinaryFuseFilter.from([], { size: 1 } as never)).toThrow(TypeError);
    expect(() => BinaryFuseFilter.from([null as never])).toThrow(TypeError);
  });
});
