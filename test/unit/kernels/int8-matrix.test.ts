import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Int8Matrix } from "../../../src/kernels/int8-matrix.ts";
import { KernelInt8Rows } from "../../../src/kernels/kernel-int8-rows.ts";
import { type Int8Rows, PlainInt8Rows } from "../../../src/kernels/plain-int8-rows.ts";
import { seededRandom } from "../../../src/measure/index.ts";

const kernel = (rows: number, dimensions: number): Int8Rows => {
  const made = KernelInt8Rows.create(rows, dimensions);
  if (made === undefined) throw new Error("expected WebAssembly SIMD on the machine that runs the tests");
  return made;
};

/** Rows that hold `vectors`, by kernel and by twin. */
const both = (vectors: readonly Int8Array[]): readonly Int8Rows[] =>
  [kernel(vectors.length, vectors[0]!.length), new PlainInt8Rows(vectors.length, vectors[0]!.length)].map(
    (rows) => {
      for (const [row, vector] of vectors.entries()) rows.set(row, vector);
      return rows;
    },
  );

const slowDot = (a: Int8Array, b: Int8Array): number => a.reduce((sum, x, j) => sum + x * b[j]!, 0);

const top = (rows: Int8Rows, query: Int8Array, count: number, k: number) => {
  const indices = new Uint32Array(k);
  const scores = new Int32Array(k);
  rows.topK(query, count, indices, scores);
  return [...indices].map((index, i) => [index, scores[i]!]);
};

/** Sorted by score, then by index: the obvious way. */
const slowTop = (vectors: readonly Int8Array[], query: Int8Array, count: number, k: number) =>
  vectors
    .slice(0, count)
    .map((vector, index) => [index, slowDot(query, vector)] as const)
    .sort(([i, a], [j, b]) => b - a || i - j)
    .slice(0, k)
    .map((pair) => [...pair]);

/** A query and rows of the same length; the few values of `range` make many scores equal. */
const matrices = (range: { min: number; max: number }) =>
  fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 40 })).chain(([dimensions, rows]) => {
    const vector = fc
      .array(fc.integer(range), { minLength: dimensions, maxLength: dimensions })
      .map((numbers) => Int8Array.from(numbers));
    return fc.tuple(vector, fc.array(vector, { minLength: rows, maxLength: rows }));
  });

describe.each([
  ["any numbers", { min: -128, max: 127 }],
  ["many equal scores", { min: -1, max: 1 }],
])("int8 rows of %s", (_, range) => {
  it("score as the obvious sum does, by kernel and by twin", () => {
    fc.assert(
      fc.property(matrices(range), fc.nat(40), ([query, vectors], fewer) => {
        const count = Math.max(0, vectors.length - fewer);
        const expected = vectors.slice(0, count).map((vector) => slowDot(query, vector));
        for (const rows of both(vectors)) {
          const out = new Int32Array(count);
          rows.dot(query, out);
          expect([...out]).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are ranked as by sorting all scores, by kernel and by twin", () => {
    fc.assert(
      fc.property(matrices(range), fc.nat(39), fc.nat(39), ([query, vectors], fewer, less) => {
        const count = Math.max(1, vectors.length - fewer);
        const k = Math.max(1, count - less);
        const expected = slowTop(vectors, query, count, k);
        for (const rows of both(vectors)) expect(top(rows, query, count, k)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe("Int8Matrix", () => {
  it("ranks thousands of rows alike by kernel and by twin, for few and for all of them", () => {
    const random = seededRandom(1);
    const vectors = Array.from({ length: 3001 }, () =>
      Int8Array.from({ length: 64 }, () => Math.floor(random() * 256) - 128),
    );
    const [fast, plain] = both(vectors);
    for (const k of [1, 10, 50, 3001])
      for (const count of [3001, 3000, 1234])
        for (const query of vectors.slice(0, 3))
          expect(top(fast!, query, count, Math.min(k, count))).toEqual(
            top(plain!, query, count, Math.min(k, count)),
          );
  });

  it.each([
    ["ascending", (row: number) => row - 64],
    ["descending", (row: number) => 64 - row],
    ["equal", () => 5],
  ])("ranks %s scores", (_, value) => {
    const vectors = Array.from({ length: 128 }, (_, row) => new Int8Array(16).fill(value(row)));
    const query = new Int8Array(16).fill(1);
    for (const rows of both(vectors))
      expect(top(rows, query, 128, 20)).toEqual(slowTop(vectors, query, 128, 20));
  });

  it("doesn't overflow at the extremes of numbers and dimensions", () => {
    const dimensions = 131_071;
    const least = new Int8Array(dimensions).fill(-128);
    const most = new Int8Array(dimensions).fill(127);
    for (const rows of both([least, most])) {
      const out = new Int32Array(2);
      rows.dot(least, out);
      expect([...out]).toEqual([16_384 * dimensions, -16_256 * dimensions]);
      expect(top(rows, most, 2, 2)).toEqual([
        [1, 16_129 * dimensions],
        [0, -16_256 * dimensions],
      ]);
    }
  });

  it("holds what was set, and zeros elsewhere", () => {
    for (const [rows, dimensions] of [
      [3, 5],
      [50, 33],
    ] as const) {
      const matrix = new Int8Matrix(rows, dimensions);
      const vector = Int8Array.from({ length: dimensions }, (_, j) => j - 2);
      matrix.set(1, vector);
      expect(matrix.get(1)).toEqual(vector);
      expect(matrix.get(0)).toEqual(new Int8Array(dimensions));
      expect(matrix.get(2)).toEqual(new Int8Array(dimensions));
    }
  });

  it("keeps neither the vectors nor the query, and gives results that later calls leave alone", () => {
    const matrix = new Int8Matrix(64, 64);
    const vector = new Int8Array(64).fill(1);
    matrix.set(7, vector);
    vector.fill(2);
    expect(matrix.get(7)).toEqual(new Int8Array(64).fill(1));
    matrix.get(7).fill(3);
    const first = matrix.topK(vector, 2);
    matrix.topK(new Int8Array(64).fill(-1), 2);
    expect(first).toEqual({ indices: Uint32Array.of(7, 0), scores: Int32Array.of(128, 0) });
  });

  it("looks only at the first rows when asked", () => {
    const matrix = new Int8Matrix(64, 16);
    const ones = new Int8Array(16).fill(1);
    for (const row of [3, 9, 40]) matrix.set(row, new Int8Array(16).fill(row));
    expect([...matrix.topK(ones, 2).indices]).toEqual([40, 9]);
    expect([...matrix.topK(ones, 2, 40).indices]).toEqual([9, 3]);
    expect([...matrix.topK(ones, 2, 9).indices]).toEqual([3, 0]);
    expect([...matrix.topK(ones, 9, 1).indices]).toEqual([0]);
    expect([...matrix.topK(ones, 2, 0).indices]).toEqual([]);
    expect(matrix.topK(ones, 1000).indices).toHaveLength(64);
  });

  it("writes scores for as many rows as there is room", () => {
    const matrix = new Int8Matrix(64, 16);
    const ones = new Int8Array(16).fill(1);
    for (let row = 0; row < 64; row++) matrix.set(row, new Int8Array(16).fill(row));
    const out = new Int32Array(5);
    expect(matrix.dot(ones, out)).toBe(out);
    expect([...out]).toEqual([0, 16, 32, 48, 64]);
    expect(matrix.dot(ones, new Int32Array(64)).at(-1)).toBe(63 * 16);
  });

  it("refuses sizes, rows and vectors that don't fit", () => {
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 21 + 1]) {
      expect(() => new Int8Matrix(size, 8)).toThrow(/^rows: expected an integer from 1 to 2097152, got/);
      if (size !== 2 ** 21 + 1)
        expect(() => new Int8Matrix(8, size)).toThrow(
          /^dimensions: expected an integer from 1 to 131071, got/,
        );
    }
    expect(() => new Int8Matrix(8, 131_072)).toThrow(RangeError);
    const matrix = new Int8Matrix(8, 16);
    const vector = new Int8Array(16);
    for (const row of [-1, 8, 0.5]) {
      expect(() => matrix.set(row, vector)).toThrow("row: expected an integer from 0 to 7");
      expect(() => matrix.get(row)).toThrow(RangeError);
    }
    expect(() => matrix.set(0, new Int8Array(15))).toThrow(
      "vector.length: expected 16, the dimensions, got 15",
    );
    expect(() => matrix.topK(new Int8Array(17), 1)).toThrow(
      "query.length: expected 16, the dimensions, got 17",
    );
    expect(() => matrix.dot(new Int8Array(17), new Int32Array(8))).toThrow(RangeError);
    expect(() => matrix.dot(vector, new Int32Array(9))).toThrow(
      "out.length: expected an integer from 0 to 8, got 9",
    );
    for (const k of [0, -1, 0.5, Number.NaN]) expect(() => matrix.topK(vector, k)).toThrow(/^k: expected/);
    for (const among of [-1, 9, 0.5]) expect(() => matrix.topK(vector, 1, among)).toThrow(/^among: expected/);
    expect(() => matrix.set(0, [1, 2] as unknown as Int8Array)).toThrow(TypeError);
    expect(() => matrix.topK(new Uint8Array(16) as unknown as Int8Array, 1)).toThrow(TypeError);
    expect(() => matrix.dot(vector, new Float64Array(8) as unknown as Int32Array)).toThrow(TypeError);
  });
});
