import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BloomFilter, createBloomFilter } from "../../../src/algorithms/bloom-filter.ts";
import type { FilterItem } from "../../../src/algorithms/filter-hash.ts";
import { FilterFormatError, FilterMismatchError } from "../../../src/errors.ts";

const item: fc.Arbitrary<FilterItem> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 80 }),
);

/** Most hits that 99.9 % of samples have, by the normal approximation of the binomial. */
const bound = (asked: number, rate: number) => asked * rate + 3.1 * Math.sqrt(asked * rate * (1 - rate));

describe("BloomFilter", () => {
  test("never denies what was added, after a trip through bytes and a union neither", () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 60 }),
        fc.array(item, { maxLength: 60 }),
        fc.boolean(),
        (some, others, scalable) => {
          const options = { expectedItems: 5, falsePositiveRate: 0.05, scalable, seed: 7 };
          const filter = createBloomFilter(options);
          const second = createBloomFilter(options);
          filter.addAll(some);
          second.addAll(others);
          const united = BloomFilter.fromBytes(filter.union(second).toBytes());
          for (const each of some) expect([filter.has(each), united.has(each)]).toEqual([true, true]);
          for (const each of others) expect(united.has(each)).toBe(true);
          expect(Buffer.compare(BloomFilter.fromBytes(filter.toBytes()).toBytes(), filter.toBytes())).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("keeps the rate asked for, over many seeds, for strings, integers and bytes", () => {
    const items = 2000;
    for (const [falsePositiveRate, seeds] of [
      [0.01, 40],
      [0.1, 10],
      [0.001, 10],
    ] as const) {
      const wrong = { string: 0, integer: 0, bytes: 0 };
      for (let seed = 1; seed <= seeds; seed++) {
        const filters = Object.keys(wrong).map(() =>
          createBloomFilter({ expectedItems: items, falsePositiveRate, seed }),
        );
        const [strings, integers, bytes] = filters as [BloomFilter, BloomFilter, BloomFilter];
        for (let i = 0; i < 2 * items; i++) {
          const each = [`user:${i}`, i, Buffer.from(`user:${i}`)] as const;
          if (i < items) for (const [k, filter] of filters.entries()) filter.add(each[k]!);
          else {
            wrong.string += Number(strings.has(each[0]));
            wrong.integer += Number(integers.has(each[1]));
            wrong.bytes += Number(bytes.has(each[2]));
          }
        }
      }
      for (const count of Object.values(wrong))
        expect(count).toBeLessThanOrEqual(bound(items * seeds, falsePositiveRate));
    }
  });

  test("takes at most 10.9 bits an item at 1 %", () => {
    for (const expectedItems of [1e4, 1e5, 1e6])
      expect(createBloomFilter({ expectedItems }).bitCount / expectedItems).toBeLessThanOrEqual(10.9);
  });

  test("isn't misled by items made to collide in hashes without a secret", () => {
    // Flipping the top bit of one unit and a cancelling bit of the next collides in rotate-multiply hashes, whatever the seed.
    const hostile = Array.from({ length: 4096 }, (_, i) =>
      Array.from({ length: 12 }, (_, bit) =>
        (i >> bit) & 1 ? "\u0041\u8041\u0051\u0041" : "\u0041\u0041\u0041\u0041",
      ).join(""),
    );
    for (let seed = 1; seed <= 5; seed++) {
      const filter = createBloomFilter({ expectedItems: 2048, seed });
      filter.addAll(hostile.slice(0, 2048));
      const wrong = hostile.slice(2048).filter((each) => filter.has(each)).length;
      expect(wrong).toBeLessThanOrEqual(bound(2048, 0.01) + 10);
    }
  });

  test("tells kinds of items apart, and takes equal values of one kind for one", () => {
    const filter = createBloomFilter({ expectedItems: 1000, falsePositiveRate: 1e-9 });
    expect(filter.add(1)).toBe(true);
    expect(filter.add(1)).toBe(false);
    expect([filter.has("1"), filter.has(1n), filter.has(Uint8Array.of(1)), filter.has(-1)]).toEqual(
      Array(4).fill(false),
    );
    filter.addAll([0, Number.NaN, 2 ** 53, 0.5, "", 10n ** 40n]);
    expect([-0, Number.NaN, 2 ** 53, 0.5, "", 10n ** 40n].map((each) => filter.has(each))).toEqual(
      Array(6).fill(true),
    );
    expect(() => filter.add(undefined as never)).toThrow(TypeError);
    expect(() => filter.has({} as never)).toThrow(TypeError);
  });

  test("adds and asks for many integers at a time as it does one by one", () => {
    const values = Int32Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 0x9e3779b9));
    for (const expectedItems of [100, 20_000]) {
      const [one, many] = [1, 2].map(() => createBloomFilter({ expectedItems, seed: 3 })) as [
        BloomFilter,
        BloomFilter,
      ];
      for (const value of values.subarray(0, 10_000)) one.add(value);
      many.addAll(values.subarray(0, 10_000));
      expect(Buffer.compare(one.toBytes(), many.toBytes())).toBe(0);
      expect([...many.hasEach(values)]).toEqual([...values].map((value) => Number(one.has(value))));
      expect([...many.hasEach(Float64Array.of(0.5, 1), new Uint8Array(2))]).toEqual([
        Number(one.has(0.5)),
        Number(one.has(1)),
      ]);
    }
    expect(() => createBloomFilter({ expectedItems: 9 }).hasEach(values, new Uint8Array(1))).toThrow(
      RangeError,
    );
  });

  test("grows when it is asked to, and stays below the rate", () => {
    const filter = createBloomFilter({ expectedItems: 100, scalable: true, seed: 11 });
    const fixed = createBloomFilter({ expectedItems: 100, seed: 11 });
    for (let i = 0; i < 10_000; i++) {
      filter.add(i);
      fixed.add(i);
    }
    let wrong = 0;
    for (let i = 10_000; i < 30_000; i++) wrong += Number(filter.has(i));
    expect(wrong).toBeLessThanOrEqual(bound(20_000, 0.01));
    expect(fixed.bitCount).toBeLessThan(2000);
    expect(fixed.falsePositiveRate).toBeGreaterThan(0.9);
    expect(Math.abs(filter.estimatedCount() - 10_000)).toBeLessThan(500);
  });

  test("says how full it is", () => {
    const filter = createBloomFilter({ expectedItems: 1000, seed: 5 });
    expect([filter.setBitCount, filter.fillRatio, filter.estimatedCount(), filter.falsePositiveRate]).toEqual(
      [0, 0, 0, 0],
    );
    filter.add("a");
    expect(filter.setBitCount).toBe(8);
    expect(filter.estimatedCount()).toBe(1);
    for (let i = 0; i < 1000; i++) filter.add(i);
    expect(filter.fillRatio).toBe(filter.setBitCount / filter.bitCount);
    expect(Math.abs(filter.estimatedCount() - 1001)).toBeLessThan(50);
    expect(filter.falsePositiveRate).toBeLessThan(0.012);
  });

  test("unites only filters of the same options", () => {
    const base = { expectedItems: 100, seed: 1 };
    for (const other of [
      { seed: 2 },
      { expectedItems: 101 },
      { falsePositiveRate: 0.02 },
      { scalable: true },
    ])
      expect(() => createBloomFilter(base).union(createBloomFilter({ ...base, ...other }))).toThrow(
        FilterMismatchError,
      );
  });

  test("refuses bytes of which any is changed, or that are cut off or too many", () => {
    const filter = createBloomFilter({ expectedItems: 20, seed: 9 });
    filter.addAll(["a", "b", "c"]);
    const bytes = filter.toBytes();
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of [1, 0x80]) {
        const damaged = bytes.slice();
        damaged[i]! ^= bit;
        expect(() => BloomFilter.fromBytes(damaged)).toThrow(FilterFormatError);
      }
      expect(() => BloomFilter.fromBytes(bytes.slice(0, i))).toThrow(FilterFormatError);
    }
    expect(() => BloomFilter.fromBytes(Buffer.concat([bytes, Buffer.alloc(8)]))).toThrow(FilterFormatError);
    expect(() => BloomFilter.fromBytes("x" as never)).toThrow(TypeError);
  });

  test.each([
    [{ expectedItems: 0 }],
    [{ expectedItems: -1 }],
    [{ expectedItems: Number.NaN }],
    [{ expectedItems: 1.5 }],
    [{ expectedItems: 10, falsePositiveRate: 0 }],
    [{ expectedItems: 10, falsePositiveRate: 1 }],
    [{ expectedItems: 10, falsePositiveRate: Number.NaN }],
    [{ expectedItems: 10, seed: -1 }],
    [{ expectedItems: 1e15 }],
  ])("refuses %o", (options) => {
    expect(() => createBloomFilter(options)).toThrow(RangeError);
  });
});
