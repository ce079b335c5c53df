import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FilterBlocks } from "../../../src/algorithms/filter-blocks.ts";
import { FilterHash } from "../../../src/algorithms/filter-hash.ts";
import { BloomBulk, bloomWords } from "../../../src/kernels/index.ts";

interface Filter {
  readonly blocks: FilterBlocks;
  readonly hash: FilterHash;
  readonly bulk: BloomBulk;
}

/** The same empty filter twice: with its words at the kernel, and in plain memory. */
function filters(seed: number, rounds: number, blocks = 1024): readonly [Filter, Filter] {
  const hash = new FilterHash(seed);
  const [fast, plain] = [bloomWords(blocks), new Int32Array(blocks * 8)].map((words) => {
    const made = new FilterBlocks(blocks, rounds, words);
    return { blocks: made, hash, bulk: new BloomBulk(made, hash, hash.bulkKeys) };
  });
  return [fast!, plain!];
}

/** Bytes that shrink well. */
const sample = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => first + 7 * i);

/** Words that differ, by index; none when the filters are the same. */
const differing = (one: Filter, other: Filter): number[] =>
  [...one.blocks.words.keys()].filter((i) => one.blocks.words[i] !== other.blocks.words[i]);

const packed = (items: readonly Uint8Array[]): readonly [Uint8Array, Uint32Array] => {
  const ends = new Uint32Array(items.length);
  for (const [i, { length }] of items.entries()) ends[i] = (ends[i - 1] ?? 0) + length;
  return [Buffer.concat(items), ends];
};

const many = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 16, maxLength: 90, size: "max" });
const anySeed = fc.maxSafeNat();
const anyRounds = fc.integer({ min: 1, max: 3 });

describe("BloomBulk", () => {
  it("keeps its words with the kernel when the filter isn't small", () => {
    expect(bloomWords(1024).buffer.byteLength).toBe(131_072);
    expect(bloomWords(1023).buffer.byteLength).toBe(1023 * 32);
    expect(bloomWords(1024)).toEqual(new Int32Array(8192));
  });

  it("sets the same bits for integers as one by one, and finds the same", () => {
    const value = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(anySeed, anyRounds, many(value), many(value), (seed, rounds, added, asked) => {
        const [fast, plain] = filters(seed, rounds);
        let fresh = 0;
        for (const item of added) if (plain.blocks.add(plain.hash.hash(item), plain.hash.high)) fresh++;
        expect(fast.bulk.addIntegers(Int32Array.from(added))).toBe(fresh);
        expect(differing(fast, plain)).toEqual([]);
        const all = Int32Array.from([...asked, ...added]);
        const expected = [...all].map((item) =>
          Number(plain.blocks.has(plain.hash.hash(item), plain.hash.high)),
        );
        for (const { bulk } of [fast, plain]) {
          const found = new Uint8Array(all.length + 1).fill(7);
          expect(bulk.hasIntegers(all, found)).toBe(expected.reduce((a, b) => a + b));
          expect([...found]).toEqual([...expected, 7]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("sets the same bits for bytes as one by one, and finds the same", () => {
    const length = fc.oneof(fc.nat(40), fc.integer({ min: 200, max: 600 }));
    const item = fc.tuple(length, fc.nat(255)).map(([size, first]) => sample(size, first));
    fc.assert(
      fc.property(anySeed, anyRounds, many(item), many(item), (seed, rounds, added, asked) => {
        const [fast, plain] = filters(seed, rounds);
        let fresh = 0;
        for (const bytes of added) if (plain.blocks.add(plain.hash.hash(bytes), plain.hash.high)) fresh++;
        expect(fast.bulk.addBytes(...packed(added))).toBe(fresh);
        expect(differing(fast, plain)).toEqual([]);
        const all = [...asked, ...added];
        const expected = all.map((bytes) =>
          Number(plain.blocks.has(plain.hash.hash(bytes), plain.hash.high)),
        );
        for (const { bulk } of [fast, plain]) {
          const found = new Uint8Array(all.length);
          expect(bulk.hasBytes(...packed(all), found)).toBe(expected.reduce((a, b) => a + b));
          expect([...found]).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("takes more than fits into its memory by parts, and what is too long one by one", () => {
    for (const rounds of [1, 2]) {
      const [fast, plain] = filters(5, rounds);
      const numbers = Int32Array.from({ length: 20_001 }, (_, i) => Math.imul(i, 0x9e3779b1));
      const items = Array.from({ length: 5001 }, (_, i) =>
        new Uint8Array(i % 1000 === 7 ? 16_380 + (i % 13) : i % 50).fill(i),
      );
      const [fresh, expected] = [fast, plain].map(({ bulk }) => [
        bulk.addBytes(...packed(items.slice(0, 2500))),
        bulk.addIntegers(numbers.subarray(0, 20_000)),
      ]);
      expect(fresh).toEqual(expected);
      expect(differing(fast, plain)).toEqual([]);
      const [ofNumbers, ofItems] = [fast, plain].map(({ bulk }) => {
        const found = [new Uint8Array(20_001), new Uint8Array(5001)] as const;
        bulk.hasIntegers(numbers, found[0]);
        bulk.hasBytes(...packed(items), found[1]);
        return found;
      });
      expect(ofNumbers).toEqual(ofItems);
      for (const found of ofNumbers!) expect(found.subarray(0, 2500)).toEqual(new Uint8Array(2500).fill(1));
    }
  });

  it("holds what is asked for few at a time, too", () => {
    const [fast, plain] = filters(5, 1);
    for (const { bulk } of [fast, plain]) {
      expect(bulk.addIntegers(Int32Array.of(1, 2, 2))).toBe(2);
      expect(bulk.addBytes(Uint8Array.of(1, 2, 3), Uint32Array.of(1, 1, 3))).toBe(3);
      const found = new Uint8Array(3);
      expect(bulk.hasIntegers(Int32Array.of(2, 3, 1), found)).toBe(2);
      expect([...found]).toEqual([1, 0, 1]);
    }
    expect(differing(fast, plain)).toEqual([]);
  });

  it("lets two hashes use the same words in turn", () => {
    const words = bloomWords(1024);
    const values = Int32Array.from({ length: 100 }, (_, i) => i);
    const blocks = new FilterBlocks(1024, 1, words);
    const bulks = [1, 2].map((seed) => {
      const hash = new FilterHash(seed);
      return new BloomBulk(blocks, hash, hash.bulkKeys);
    });
    const found = new Uint8Array(100);
    expect(bulks[0]!.addIntegers(values)).toBe(100);
    expect(bulks[1]!.hasIntegers(values, found)).toBeLessThan(10);
    expect(bulks[0]!.hasIntegers(values, found)).toBe(100);
  });

  it("refuses ends that don't fit, too little room and other arrays", () => {
    const [{ bulk, blocks }] = filters(5, 1);
    const bytes = new Uint8Array(10);
    expect(() => bulk.addBytes(bytes, Uint32Array.of(5, 4))).toThrow(
      "ends[1]: expected an integer from 5 to 10, got 4",
    );
    expect(() => bulk.addBytes(bytes, Uint32Array.of(5, 11))).toThrow(RangeError);
    expect(() => bulk.hasBytes(bytes, Uint32Array.of(5, 6), new Uint8Array(1))).toThrow(
      "found.length: expected at least 2, got 1",
    );
    expect(() => bulk.hasIntegers(new Int32Array(3), new Uint8Array(2))).toThrow(RangeError);
    expect(() => bulk.addIntegers(new Float64Array(3) as unknown as Int32Array)).toThrow(TypeError);
    expect(() => bulk.addBytes([1] as unknown as Uint8Array, Uint32Array.of(1))).toThrow(TypeError);
    expect(() => bulk.addBytes(bytes, [1] as unknown as Uint32Array)).toThrow(TypeError);
    expect(blocks.words).toEqual(new Int32Array(8192));
    for (const count of [0, -1, 1.5, 2 ** 28]) expect(() => bloomWords(count)).toThrow(/^blocks: expected/);
  });
});
