import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BloomFilter,
  type BloomFilterOptions,
  createBloomFilter,
} from "../../../src/algorithms/bloom-filter.ts";
import { bloomSize, estimatedItems, expectedRate } from "../../../src/algorithms/bloom-size.ts";
import { encodeFilter } from "../../../src/algorithms/filter-encoding.ts";
import type { FilterItem } from "../../../src/algorithms/filter-hash.ts";
import { hostileKeys } from "../../support/hostile-keys.ts";

const anyItem: fc.Arbitrary<FilterItem> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 100, size: "max" }),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.uint8Array(),
);
const anyOptions = fc.record(
  {
    expectedItems: fc.integer({ min: 1, max: 300 }),
    falsePositiveRate: fc.constantFrom(0.9, 0.1, 0.01, 1e-4, 1e-8),
    seed: fc.maxSafeNat(),
    scalable: fc.boolean(),
  },
  { requiredKeys: ["expectedItems"] },
);

const fill = (filter: BloomFilter, from: number, to: number): BloomFilter => {
  for (let i = from; i < to; i++) filter.add(`item ${i}`);
  return filter;
};

const falsePositives = (filter: BloomFilter, asked: number): number => {
  let found = 0;
  for (let i = 0; i < asked; i++) if (filter.has(`other ${i}`)) found++;
  return found;
};

/** Not exceeded by a binomial of so many trials but once in a thousand times. */
const binomialBound = (trials: number, rate: number): number =>
  trials * rate + 3.1 * Math.sqrt(trials * rate * (1 - rate)) + 1;

describe("BloomFilter", () => {
  it("never denies what was added", () => {
    fc.assert(
      fc.property(anyOptions, fc.array(anyItem, { maxLength: 400, size: "max" }), (options, items) => {
        const filter = createBloomFilter(options);
        for (const [i, item] of items.entries()) {
          filter.add(item);
          if (i % 50 === 0) for (const earlier of items.slice(0, i)) expect(filter.has(earlier)).toBe(true);
        }
        expect(items.filter((item) => !filter.has(item))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("says of an empty filter that nothing is in it", () => {
    const filter = createBloomFilter({ expectedItems: 10 });
    expect(falsePositives(filter, 1000)).toBe(0);
    expect([filter.setBitCount, filter.fillRatio, filter.falsePositiveRate, filter.estimatedCount()]).toEqual(
      [0, 0, 0, 0],
    );
  });

  it("tells whether an item is new", () => {
    const filter = createBloomFilter({ expectedItems: 1000, falsePositiveRate: 1e-6 });
    expect([filter.add("a"), filter.add("b"), filter.add("a"), filter.add(1), filter.add(1)]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  for (const rate of [0.5, 0.1, 0.01, 0.001, 2e-4])
    it(`errs in at most ${rate} of cases when full, over many seeds`, () => {
      const [items, asked] = [3000, 4000];
      let found = 0;
      for (let seed = 0; seed < 20; seed++)
        found += falsePositives(
          fill(createBloomFilter({ expectedItems: items, falsePositiveRate: rate, seed }), 0, items),
          asked,
        );
      expect(found).toBeLessThanOrEqual(binomialBound(20 * asked, rate));
      // The memory isn't wasted either.
      expect(found).toBeGreaterThan(20 * asked * rate * 0.6 - 3.1 * Math.sqrt(20 * asked * rate));
    });

  it("takes at most 10.9 bits an item for 1 %", () => {
    for (const expectedItems of [10_000, 1_000_000, 100_000_000]) {
      const { blocks } = bloomSize(expectedItems, 0.01);
      expect((blocks * 256) / expectedItems).toBeLessThan(10.7);
    }
    expect(createBloomFilter({ expectedItems: 1_000_000 }).bitCount).toBe(
      bloomSize(1_000_000, 0.01).blocks * 256,
    );
  });

  it("is not filled sooner by items that somebody chose without knowing the seed", () => {
    // Each differs from others by bits that cancel in hashes of the kind h = (h ^ u) · f, whatever their seed.
    const hostile: string[] = [];
    for (let mask = 0; mask < 4096; mask++) {
      let item = "";
      for (let i = 0; i < 12; i++) item += (mask >> i) & 1 ? "\u8000\u8000" : "\0\0";
      hostile.push(item);
    }
    for (let seed = 0; seed < 5; seed++) {
      const filter = createBloomFilter({ expectedItems: 4096, seed });
      filter.addAll(hostile);
      expect(filter.estimatedCount()).toBeGreaterThan(4000);
      expect(filter.falsePositiveRate).toBeLessThan(0.0115);
      expect(falsePositives(filter, 4000)).toBeLessThanOrEqual(binomialBound(4000, 0.0115));
    }
  });

  it.each(Object.entries(hostileKeys))("is filled by %s as by any other items", (_name, make) => {
    for (let seed = 0; seed < 5; seed++) {
      const filter = createBloomFilter({ expectedItems: 1024, seed });
      filter.addAll(make(1024));
      expect(Math.abs(filter.estimatedCount() - 1024)).toBeLessThan(40);
      expect(filter.falsePositiveRate).toBeLessThan(0.013);
    }
  });

  it("has another error with another seed, and the same with the same", () => {
    const errors = (seed?: number): string => {
      const filter = fill(createBloomFilter({ expectedItems: 500, falsePositiveRate: 0.1, seed }), 0, 500);
      return Array.from({ length: 500 }, (_, i) => (filter.has(`other ${i}`) ? 1 : 0)).join("");
    };
    expect(errors(7)).toBe(errors(7));
    expect(errors(7)).not.toBe(errors(8));
    expect(errors()).not.toBe(errors());
  });

  it("counts its bits, and estimates items and errors by them", () => {
    const filter = createBloomFilter({ expectedItems: 20_000, seed: 3 });
    expect(filter.add("x")).toBe(true);
    expect(filter.setBitCount).toBe(8);
    expect(filter.estimatedCount()).toBe(1);
    fill(filter, 0, 20_000);
    expect(filter.fillRatio).toBe(filter.setBitCount / filter.bitCount);
    expect(Math.abs(filter.estimatedCount() - 20_001)).toBeLessThan(200);
    expect(filter.falsePositiveRate).toBeGreaterThan(0.0088);
    expect(filter.falsePositiveRate).toBeLessThan(0.01);
    fill(filter, 20_000, 60_000);
    expect(Math.abs(filter.estimatedCount() - 60_001)).toBeLessThan(900);
    const asked = 20_000;
    expect(Math.abs(falsePositives(filter, asked) / asked - filter.falsePositiveRate)).toBeLessThan(0.015);
  });

  it("estimates items in several rounds, too, and stays finite when all bits are set", () => {
    const filter = fill(
      createBloomFilter({ expectedItems: 5000, falsePositiveRate: 1e-6, seed: 1 }),
      0,
      5000,
    );
    expect(Math.abs(filter.estimatedCount() - 5000)).toBeLessThan(50);
    const full = fill(createBloomFilter({ expectedItems: 1 }), 0, 2000);
    expect(full.fillRatio).toBe(1);
    expect(full.falsePositiveRate).toBe(1);
    expect(full.estimatedCount()).toBe(Math.round(estimatedItems(1, { blocks: 1, rounds: 1 })));
  });

  it("adds and finds typed arrays just as their elements one by one", () => {
    const numbers = Float64Array.from({ length: 5000 }, (_, i) => (i < 2500 ? i * 7919 - 9e6 : i * 1e6));
    const other = Float64Array.from({ length: 5000 }, (_, i) => i + 0.5);
    const arrays = [
      numbers,
      other,
      Int32Array.from(numbers),
      Uint32Array.from(numbers),
      Float32Array.from(numbers),
      Int16Array.from(numbers),
      Uint8Array.from(numbers),
      BigInt64Array.from({ length: 100 }, (_, i) => BigInt(i)),
    ];
    for (const array of arrays)
      for (const expectedItems of [100, 5000]) {
        const [bulk, single] = [0, 1].map(() => createBloomFilter({ expectedItems, seed: 5 }));
        let added = 0;
        for (const item of array) if (single!.add(item)) added++;
        expect(bulk!.addAll(array)).toBe(added);
        expect(bulk!.toBytes()).toEqual(single!.toBytes());
        if (array instanceof BigInt64Array) continue;
        for (const asked of [numbers, other, array])
          expect(bulk!.hasEach(asked)).toEqual(Uint8Array.from(asked, (item) => (single!.has(item) ? 1 : 0)));
      }
  });

  it("adds any iterable, and tells of each item of an array whether it is there", () => {
    const filter = createBloomFilter({ expectedItems: 100, falsePositiveRate: 1e-6, seed: 1 });
    expect(filter.addAll(new Set<FilterItem>(["a", 1, 1n]))).toBe(3);
    expect(filter.addAll(["a", "b"])).toBe(1);
    expect(filter.addAll([])).toBe(0);
    expect([...filter.hasEach(["a", "c", 1, "1", 1n, 2n])]).toEqual([1, 0, 1, 0, 1, 0]);
    const found = new Uint8Array(4).fill(9);
    expect(filter.hasEach(["a", "c"], found)).toBe(found);
    expect([...found]).toEqual([1, 0, 9, 9]);
  });

  it("refuses to be asked for what is no array, whose length it would take for 0", () => {
    const filter = createBloomFilter({ expectedItems: 100, seed: 1 });
    filter.addAll(["a", "b"]);
    for (const items of [new Set(["a"]), "ab", new DataView(new ArrayBuffer(2)), { length: 1 }, null, 1])
      expect(() => filter.hasEach(items as never), String(items)).toThrow(
        /^items: expected an array or a typed array, got /,
      );
    expect([...filter.hasEach(BigInt64Array.of(1n))]).toEqual([0]);
  });

  it("refuses to be made by `new`, and names what makes it", () => {
    const create = BloomFilter as unknown as new (options?: object) => unknown;
    for (const options of [undefined, { expectedItems: 100 }])
      expect(() => new create(options)).toThrow(
        new TypeError("BloomFilter: expected BloomFilter.create(options), got new BloomFilter(…)"),
      );
  });

  it("keeps what came before a wrong item, and goes on", () => {
    const filter = createBloomFilter({ expectedItems: 100, seed: 1 });
    expect(() => filter.addAll(["a", undefined as unknown as string, "b"])).toThrow(TypeError);
    expect([...filter.hasEach(["a", "b"])]).toEqual([1, 0]);
    expect(() => filter.add({} as string)).toThrow(TypeError);
    expect(() => filter.has(null as unknown as string)).toThrow(TypeError);
    expect(() => filter.addAll("abc")).toThrow("items: expected an iterable of items, got a string");
    expect(() => filter.hasEach(["a"], new Uint8Array(0))).toThrow("found.length: expected ≥ 1, got 0");
    expect(filter.add("b")).toBe(true);
  });

  for (const scalable of [false, true])
    it(`unites into the filter of both${scalable ? ", layer by layer" : ""}`, () => {
      const options = { expectedItems: 200, seed: 9, scalable };
      const make = (from: number, to: number) => fill(createBloomFilter(options), from, to);
      fc.assert(
        fc.property(fc.nat(1500), fc.nat(1500), (to, from) => {
          const [one, other] = [make(0, to), make(from, 1500)];
          const before = [one.toBytes(), other.toBytes()];
          const union = one.union(other);
          for (let i = 0; i < 1500; i++) if (i < to || i >= from) expect(union.has(`item ${i}`)).toBe(true);
          expect(union.toBytes()).toEqual(other.union(one).toBytes());
          if (!scalable) expect(union.toBytes()).toEqual(fill(make(0, to), from, 1500).toBytes());
          union.add("one more");
          expect([one.toBytes(), other.toBytes()]).toEqual(before);
        }),
        { numRuns: 15 },
      );
    });

  it("refuses to unite filters that were made otherwise", () => {
    const options = { expectedItems: 100, falsePositiveRate: 0.01, seed: 1, scalable: false };
    const filter = createBloomFilter(options);
    for (const [option, value] of Object.entries({
      expectedItems: 101,
      falsePositiveRate: 0.02,
      seed: 2,
      scalable: true,
    }))
      expect(() => filter.union(createBloomFilter({ ...options, [option]: value }))).toThrow(
        expect.objectContaining({
          code: "VICTOR_FILTER_MISMATCH",
          message: expect.stringContaining(`the same ${option}`),
        }),
      );
    expect(() =>
      createBloomFilter({ expectedItems: 100 }).union(createBloomFilter({ expectedItems: 100 })),
    ).toThrow("same seed");
  });

  it("refuses to unite filters of the same options that are laid out otherwise, as by another release", () => {
    for (const scalable of [false, true]) {
      const filter = createBloomFilter({ expectedItems: 500, seed: 1, scalable });
      const of = (blocks: number, rounds: number) =>
        BloomFilter.fromBytes(
          encodeFilter(1, [500, 0.01, 1, scalable ? 1 : 0, 1, blocks, rounds], [new Uint8Array(blocks * 32)]),
        );
      const blocks = filter.bitCount / 256;
      expect(filter.union(of(blocks, 1)).bitCount).toBe(filter.bitCount);
      for (const other of [of(blocks + 1, 1), of(blocks - 1, 1), of(blocks, 2)])
        for (const unite of [() => filter.union(other), () => other.union(filter)])
          expect(unite).toThrow(expect.objectContaining({ code: "VICTOR_FILTER_MISMATCH" }));
    }
  });

  it("grows when it may, and keeps the rate", () => {
    let [found, asked] = [0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const filter = createBloomFilter({ expectedItems: 100, falsePositiveRate: 0.02, seed, scalable: true });
      const small = filter.bitCount;
      fill(filter, 0, 100);
      expect(filter.bitCount).toBe(small);
      fill(filter, 100, 6000);
      expect(filter.bitCount).toBeGreaterThan(10 * small);
      expect(filter.bitCount / 6000).toBeLessThan(40);
      expect(filter.falsePositiveRate).toBeLessThan(0.02);
      expect(Math.abs(filter.estimatedCount() - 6000)).toBeLessThan(200);
      for (let i = 0; i < 6000; i += 7) expect(filter.has(`item ${i}`)).toBe(true);
      found += falsePositives(filter, 2000);
      asked += 2000;
    }
    expect(found).toBeLessThanOrEqual(binomialBound(asked, 0.02));
  });

  it("doesn't grow when it may not, nor by what it has", () => {
    const fixed = createBloomFilter({ expectedItems: 100 });
    const { bitCount } = fixed;
    expect(fill(fixed, 0, 5000).bitCount).toBe(bitCount);
    const scalable = createBloomFilter({ expectedItems: 100, scalable: true });
    const before = scalable.bitCount;
    for (let i = 0; i < 50; i++) fill(scalable, 0, 100);
    expect(scalable.bitCount).toBe(before);
  });

  it("grows as well by typed arrays", () => {
    const integers = Int32Array.from({ length: 20_000 }, (_, i) => i);
    const filter = createBloomFilter({ expectedItems: 3000, seed: 1, scalable: true });
    expect(filter.addAll(integers)).toBeGreaterThan(19_700);
    expect(filter.hasEach(integers).every((found) => found === 1)).toBe(true);
    expect(filter.falsePositiveRate).toBeLessThan(0.01);
    expect(filter.bitCount / 20_000).toBeLessThan(35);
  });

  it("stays as it is when it can't grow for want of memory", () => {
    // Full, by its bits, and of a rate for which the next layer would take more than 8 GiB.
    const cells = new Uint8Array(new Int32Array(8).fill(~0xf).buffer);
    const filter = BloomFilter.fromBytes(encodeFilter(1, [64, 1e-150, 1, 1, 1, 1, 1], [cells]));
    const before = filter.toBytes();
    const items = Array.from({ length: 50 }, (_, i) => `item ${i}`).filter((item) => !filter.has(item));
    expect(items.length).toBeGreaterThan(10);
    for (const item of items) expect(() => filter.add(item)).toThrow(RangeError);
    expect(filter.toBytes()).toEqual(before);
    expect(items.some((item) => filter.has(item))).toBe(false);
  });

  it("comes back from its bytes", () => {
    fc.assert(
      fc.property(anyOptions, fc.array(anyItem, { maxLength: 300, size: "max" }), (options, items) => {
        const filter = createBloomFilter(options);
        filter.addAll(items);
        const bytes = filter.toBytes();
        const copy = BloomFilter.fromBytes(bytes);
        expect(copy.toBytes()).toEqual(bytes);
        expect(items.every((item) => copy.has(item))).toBe(true);
        expect([copy.expectedItems, copy.targetFalsePositiveRate, copy.seed, copy.scalable]).toEqual([
          filter.expectedItems,
          filter.targetFalsePositiveRate,
          filter.seed,
          filter.scalable,
        ]);
        copy.add("one more");
        expect(filter.toBytes()).toEqual(bytes);
        expect(filter.union(copy).has("one more")).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("comes back large, or from the middle of other bytes, and goes on growing", () => {
    const large = createBloomFilter({ expectedItems: 50_000, seed: 1 });
    large.addAll(Int32Array.from({ length: 50_000 }, (_, i) => i));
    const bytes = large.toBytes();
    const around = new Uint8Array(bytes.length + 9);
    around.set(bytes, 3);
    const copy = BloomFilter.fromBytes(around.subarray(3, 3 + bytes.length));
    expect(copy.hasEach(Int32Array.from({ length: 50_000 }, (_, i) => i)).includes(0)).toBe(false);
    const growing = fill(createBloomFilter({ expectedItems: 64, seed: 1, scalable: true }), 0, 60);
    const grown = fill(BloomFilter.fromBytes(growing.toBytes()), 60, 2000);
    expect(grown.falsePositiveRate).toBeLessThan(0.01);
    expect(grown.bitCount).toBe(fill(growing, 60, 2000).bitCount);
  });

  it("comes back from a Buffer, be it a part of a larger one, and doesn't share its memory", () => {
    for (const expectedItems of [10, 100_000])
      for (const pool of [true, false]) {
        const filter = fill(createBloomFilter({ expectedItems }), 0, 10);
        const bytes = filter.toBytes();
        const buffer = pool
          ? Buffer.from(bytes)
          : Buffer.alloc(bytes.length + 3)
              .fill(bytes, 3)
              .subarray(3);
        const copy = BloomFilter.fromBytes(buffer);
        expect(copy.toBytes()).toEqual(bytes);
        buffer.fill(0);
        expect(copy.toBytes()).toEqual(bytes);
      }
  });

  it("writes the same bytes on every machine and in every release", () => {
    const filter = createBloomFilter({ expectedItems: 5, seed: 42 });
    filter.addAll(["a", 1, 1n, 0.5, Uint8Array.of(1)]);
    expect(Buffer.from(filter.toBytes()).toString("hex")).toBe(
      "56464c540100010000000000000014407b14ae47e17a843f00000000000045400000000000000000000000000000f03f000000000000" +
        "f03f000000000000f03f007800000060002110500408200028014108a00000501820020442000200390063e8df6c3dcade7b",
    );
  });

  it("refuses bytes with any one changed, cut off anywhere, or too long", () => {
    const filter = fill(createBloomFilter({ expectedItems: 20, seed: 1 }), 0, 20);
    const bytes = filter.toBytes();
    const refused = expect.objectContaining({ code: "VICTOR_FILTER_FORMAT" });
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at]! ^= flip;
        expect(() => BloomFilter.fromBytes(damaged), `byte ${at}`).toThrow(refused);
      }
    for (let length = 0; length < bytes.length; length++)
      expect(() => BloomFilter.fromBytes(bytes.subarray(0, length)), `length ${length}`).toThrow(refused);
    expect(() => BloomFilter.fromBytes(Buffer.concat([bytes, new Uint8Array(1)]))).toThrow(refused);
    expect(() => BloomFilter.fromBytes(new Uint8Array(100))).toThrow(refused);
    expect(() => BloomFilter.fromBytes("bytes" as unknown as Uint8Array)).toThrow(TypeError);
  });

  it("refuses sizes that are lies, though the checksum is right, before it makes room for them", () => {
    const cells = [new Uint8Array(32)];
    const good = [100, 0.01, 1, 0, 1, 1, 1];
    expect(BloomFilter.fromBytes(encodeFilter(1, good, cells)).bitCount).toBe(256);
    const lies = [
      ["items", 0, [0, -1, 0.5, Number.NaN, 2 ** 60]],
      ["rate", 1, [0, 1, -0.1, Number.NaN, Number.POSITIVE_INFINITY]],
      ["seed", 2, [-1, 0.5, 2 ** 53]],
      ["scalable", 3, [-1, 2, 0.5]],
      ["layers", 4, [0, 2, 1e9, Number.NaN]],
      ["blocks", 5, [0, 2, 0.5, 2 ** 28 - 1, 2 ** 40]],
      ["rounds", 6, [0, 1.5, 9, 2 ** 31]],
    ] as const;
    for (const [what, at, values] of lies)
      for (const value of values)
        expect(
          () => BloomFilter.fromBytes(encodeFilter(1, good.with(at, value), cells)),
          `${what} ${value}`,
        ).toThrow(expect.objectContaining({ code: "VICTOR_FILTER_FORMAT" }));
    const refused = (kind: number, numbers: number[], bytes: number) =>
      expect(() => BloomFilter.fromBytes(encodeFilter(kind, numbers, [new Uint8Array(bytes)]))).toThrow(
        expect.objectContaining({ code: "VICTOR_FILTER_FORMAT" }),
      );
    refused(2, good, 32);
    refused(1, good, 31);
    refused(1, good, 33);
    refused(1, good.slice(0, 5), 0);
    refused(1, [], 0);
  });

  it("refuses wrong options", () => {
    const refuse = (options: unknown, message: string | RegExp) =>
      expect(() => createBloomFilter(options as BloomFilterOptions)).toThrow(message);
    for (const expectedItems of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "10", undefined])
      refuse({ expectedItems }, /^expectedItems: expected an integer ≥ 1, got /);
    for (const falsePositiveRate of [0, 1, -0.1, 1.1, Number.NaN, "0.1", null])
      if (falsePositiveRate !== null)
        refuse({ expectedItems: 10, falsePositiveRate }, /^falsePositiveRate: expected /);
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
      refuse({ expectedItems: 10, seed }, /^seed: expected /);
    refuse({ expectedItems: 10, scalable: 1 }, "scalable: expected true or false");
    refuse({ expectedItems: 10, size: 1 }, 'unknown option "size"');
    refuse(10, "expected an object of options");
    refuse({ expectedItems: 2 ** 52 }, "8 GiB");
    expect(() => createBloomFilter({ expectedItems: 2 ** 52 })).toThrow(RangeError);
  });
});

describe("bloomSize", () => {
  it("finds the least blocks that keep the rate, with a margin", () => {
    for (const items of [1, 20, 1000, 123_456])
      for (const rate of [0.9, 0.3, 0.05, 0.01, 0.001, 1e-5, 1e-9]) {
        const size = bloomSize(items, rate);
        expect(expectedRate(items, size)).toBeLessThanOrEqual(rate * 0.95);
        if (size.blocks > 64)
          expect(expectedRate(items, { ...size, blocks: size.blocks - 1 })).toBeGreaterThan(rate * 0.95);
      }
  });

  it("agrees with the classic formula where blocks don't matter, and is above it elsewhere", () => {
    expect(expectedRate(10, { blocks: 1, rounds: 1 })).toBeCloseTo((1 - (31 / 32) ** 10) ** 8, 12);
    const load = 24;
    const classic = (1 - Math.exp(-load / 32)) ** 8;
    expect(expectedRate(load * 1e6, { blocks: 1e6, rounds: 1 })).toBeGreaterThan(1.2 * classic);
    expect(expectedRate(0, { blocks: 10, rounds: 1 })).toBe(0);
    expect(expectedRate(1e9, { blocks: 10, rounds: 1 })).toBe(1);
  });
});
