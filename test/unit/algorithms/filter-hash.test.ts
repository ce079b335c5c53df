import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FilterHash, type FilterItem, randomSeed } from "../../../src/algorithms/filter-hash.ts";

const lanes = (item: FilterItem, seed = 1): string => {
  const hash = new FilterHash(seed);
  return `${hash.hash(item)} ${hash.high}`;
};

/** How many pairs of lanes differ among the items', for the worst of some seeds. */
const leastDistinct = (items: readonly FilterItem[]): number =>
  Math.min(...[1, 2, 3].map((seed) => new Set(items.map((item) => lanes(item, seed))).size));

const anyItem: fc.Arbitrary<FilterItem> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200, size: "max" }),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 100 }),
);

describe("FilterHash", () => {
  it("keeps kinds of items apart", () => {
    const items: FilterItem[] = [0, "0", 0n, Uint8Array.of(0), Uint8Array.of(48), "", 1, "1", 1n, "\x01"];
    items.push(new Uint8Array(0), "\0", "\0\0", new Uint8Array(2), 2 ** 32, 2n ** 32n, 2n ** 70n);
    items.push((2n ** 70n).toString(16), "ab", Uint8Array.of(97, 98), "a".repeat(64), Buffer.alloc(64, "a"));
    expect(leastDistinct(items)).toBe(items.length);
  });

  it("takes equal values of a kind for one item", () => {
    expect(lanes(-0)).toBe(lanes(0));
    const otherNan = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)[0]!;
    expect(lanes(otherNan)).toBe(lanes(Number.NaN));
    expect(lanes(Buffer.from("abc"))).toBe(lanes(Uint8Array.of(97, 98, 99)));
    expect(lanes(Uint8Array.of(9, 97, 98).subarray(1))).toBe(lanes(Uint8Array.of(97, 98)));
    expect(lanes(["x".repeat(20), "é", "y".repeat(70)].join(""))).toBe(
      lanes(`${"x".repeat(20)}é${"y".repeat(70)}`),
    );
  });

  it("gives different lanes to different items, and the same to the same", () => {
    fc.assert(
      fc.property(anyItem, anyItem, fc.maxSafeNat(), (one, other, seed) => {
        const same = typeof one === typeof other && new Set([String(one), String(other)]).size === 1;
        expect(lanes(one, seed) === lanes(other, seed)).toBe(same);
      }),
    );
  });

  it("tells strings apart by every unit, and by their length", () => {
    for (const length of [1, 2, 3, 31, 63, 64, 65, 66, 128, 129, 131, 300]) {
      const base = "\ud800".repeat(length);
      const items = [base, `${base}\0`, base.slice(1)];
      for (let i = 0; i < length; i++) items.push(`${base.slice(0, i)}a${base.slice(i + 1)}`);
      expect(leastDistinct(items)).toBe(items.length);
    }
  });

  it("tells lone surrogates apart in long strings, which encoded would all be the same", () => {
    const items = Array.from({ length: 500 }, (_, i) => "x".repeat(80) + String.fromCharCode(0xd800 + i));
    expect(leastDistinct(items)).toBe(500);
  });

  it("tells numbers apart in every bit", () => {
    const numbers = new Set<number>([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
    for (let bit = 0; bit < 64; bit++) {
      const [low, high] = new Float64Array(new BigUint64Array([1n << BigInt(bit), 3n << BigInt(bit)]).buffer);
      for (const number of [2 ** bit, -(2 ** bit), 2 ** -bit, 2 ** bit + 1, low!, high!]) numbers.add(number);
    }
    expect(leastDistinct([...numbers])).toBe(numbers.size);
    const bigints = Array.from({ length: 200 }, (_, i) => [1n << BigInt(i), -(1n << BigInt(i))]).flat();
    expect(leastDistinct(bigints)).toBe(400);
  });

  it("has no collisions that hold for every seed, such as chains of multiplications have", () => {
    // In h = (h + u) · f modulo 2³², a flipped top bit stays where it is and cancels with the next; in 16-bit units likewise.
    const flips: string[] = [];
    for (let mask = 0; mask < 1024; mask++) {
      let item = "";
      for (let i = 0; i < 10; i++) item += (mask >> i) & 1 ? "\x80\x80" : "\0\0";
      flips.push(item, item.replaceAll("\x80", "\u8000"));
    }
    const swaps = Array.from({ length: 1024 }, (_, mask) =>
      Array.from({ length: 10 }, (_, i) => ((mask >> i) & 1 ? "Aa" : "BB")).join(""),
    );
    const all = [...new Set([...flips, ...swaps])];
    expect(leastDistinct(all)).toBe(all.length);
  });

  it("spreads what is regular over both lanes", () => {
    const regular: Record<string, (i: number) => FilterItem> = {
      integers: (i) => i,
      "multiples of 2¹⁶": (i) => i << 16,
      fractions: (i) => i / 4,
      timestamps: (i) => 1_700_000_000_000 + i * 1000,
      strings: (i) => `user:${i}`,
      bigints: (i) => BigInt(i) << 20n,
      bytes: (i) => Uint8Array.of(i, i >> 8),
    };
    const [items, boxes] = [16_384, 1024];
    for (const [kind, item] of Object.entries(regular))
      for (const seed of [1, 2, 3]) {
        const hash = new FilterHash(seed);
        const counts = {
          low: new Int32Array(boxes),
          high: new Int32Array(boxes),
          last: new Int32Array(boxes),
        };
        for (let i = 0; i < items; i++) {
          counts.low[hash.hash(item(i)) >>> 22]!++;
          counts.high[hash.high >>> 22]!++;
          counts.last[hash.high & (boxes - 1)]!++;
        }
        // Chi-squared with 1023 degrees of freedom: six standard deviations.
        for (const [bits, count] of Object.entries(counts)) {
          const expected = items / boxes;
          const chi = count.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
          expect(Math.abs(chi - 1023), `${kind}, ${bits}, seed ${seed}`).toBeLessThan(
            6 * Math.sqrt(2 * 1023),
          );
        }
      }
  });

  it("depends on all 53 bits of the seed, and is the same in every release", () => {
    const seeds = Array.from({ length: 53 }, (_, bit) => 2 ** bit);
    expect(new Set(seeds.map((seed) => lanes("item", seed))).size).toBe(53);
    expect(
      ["item", 7, 0.5, 7n, 2n ** 65n, Uint8Array.of(1), "y".repeat(100)].map((item) => lanes(item, 42)),
    ).toEqual([
      "-939191629 1337033857",
      "-1515570067 -1756946162",
      "-1962937930 -1666018866",
      "-269754420 605507340",
      "-2107296099 814259588",
      "-351775508 -75904244",
      "-1699456254 1221785740",
    ]);
  });

  it("makes seeds that differ", () => {
    const seeds = Array.from({ length: 100 }, randomSeed);
    expect(new Set(seeds).size).toBe(100);
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
    expect(Math.max(...seeds)).toBeGreaterThan(2 ** 50);
  });

  it("refuses other items and seeds", () => {
    const hash = new FilterHash(1);
    for (const item of [undefined, null, true, {}, [1], Symbol("x"), new Int32Array(1), new ArrayBuffer(1)])
      expect(() => hash.hash(item as FilterItem)).toThrow(
        /^item: expected a string, a number, a bigint or a Uint8Array, got /,
      );
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, "1" as unknown as number])
      expect(() => new FilterHash(seed)).toThrow(RangeError);
  });
});
