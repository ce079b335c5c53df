import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cacheKey } from "../../../src/database/cache/cache-key.ts";

/** One of each kind that a database or a driver can tell apart, with neighbours that look alike. */
const distinct: (readonly unknown[])[] = [
  [],
  [undefined],
  [null],
  ["null"],
  [0],
  [-0],
  ["0"],
  [0n],
  [1],
  ["1"],
  [1n],
  [true],
  ["true"],
  [false],
  [Number.NaN],
  ["NaN"],
  [Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY],
  [1.5],
  [1e21],
  [""],
  ['"'],
  ["[1:z"],
  [[]],
  [[[]]],
  [{}],
  [{ a: 1 }],
  [{ a: "1" }],
  [{ a: 1, b: 2 }],
  [{ b: 2, a: 1 }],
  [{ a: undefined }],
  ['{"a":1}'],
  [["a", 1]],
  ["a", 1],
  ["ab", "c"],
  ["a", "bc"],
  ["a", "b", "c"],
  [["a", "b"], "c"],
  ["a", ["b", "c"]],
  [1, 23],
  [12, 3],
  [null, undefined],
  [undefined, null],
  [new Date(0)],
  [new Date(1)],
  [0, undefined],
  ["1970-01-01T00:00:00.000Z"],
  [Buffer.from("abc")],
  ["abc"],
  ["YWJj"],
  [Buffer.from([])],
  [Buffer.from([0])],
  [[Buffer.from("abc")]],
  [[97, 98, 99]],
  ["\ud800"],
  ["\udfff"],
  ["\ufffd"],
  [`\ud800${"x".repeat(5000)}`],
  [`\udfff${"x".repeat(5000)}`],
];

class Money {
  amount = 1;
}
class Point extends Array<number> {}
const cyclic: unknown[] = [];
cyclic.push(cyclic);

describe("cacheKey", () => {
  test("tells everything apart that a database or driver might", () => {
    const keys = distinct.map((params) => cacheKey(params));
    expect(keys.filter((key) => key === undefined)).toEqual([]);
    expect(new Set(keys).size).toBe(distinct.length);
  });

  test("takes equal parameters for equal, whatever object they are", () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    expect(cacheKey([new Date(5), [1, { a: [null] }]])).toBe(cacheKey([new Date(5), [1, { a: [null] }]]));
    expect(cacheKey([Buffer.from([2, 3])])).toBe(cacheKey([bytes.subarray(1, 3)]));
    expect(cacheKey([Object.assign(Object.create(null), { a: 1 })])).toBe(cacheKey([{ a: 1 }]));
    expect(cacheKey(["x".repeat(5000)])).toBe(cacheKey(["x".repeat(5000)]));
  });

  test.each<[string, unknown]>([
    ["an instance of a class", new Money()],
    ["an array of a class of its own", new Point(1, 2)],
    ["a Map", new Map()],
    ["a symbol", Symbol("a")],
    ["a function", () => 1],
    ["an invalid date", new Date(Number.NaN)],
    ["an object with a method", { toPostgres: () => "x" }],
    ["an object with an accessor", Object.defineProperty({}, "a", { get: () => 1, enumerable: true })],
    ["a cycle", cyclic],
    ["bytes inside JSON", { a: Buffer.from("x") }],
    ["bytes in an array inside JSON", { a: [Buffer.from("x")] }],
    ["another typed array", new Float64Array(1)],
    ["text of more than a million characters", "x".repeat(2 ** 20 + 1)],
    ["bytes of more than a million", Buffer.alloc(2 ** 20 + 1)],
  ])("has no key for %s", (_name, value) => {
    expect(cacheKey([value])).toBeUndefined();
    expect(cacheKey([1, [value]])).toBeUndefined();
  });

  test("stays short for long parameters", () => {
    expect(cacheKey(["x".repeat(4096)])!.length).toBe(45);
    expect(cacheKey(["x".repeat(4095)])!.length).toBe(4096);
  });

  const scalar = fc.oneof(
    fc.integer({ min: -3, max: 30 }),
    fc.double(),
    fc.bigInt({ min: -3n, max: 30n }),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.string({ maxLength: 4, unit: fc.constantFrom("a", "1", ":", ";", '"', "[", "s", "n", "z") }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 3 }),
  );
  const { param } = fc.letrec<{ param: unknown }>((tie) => ({
    param: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      fc.array(tie("param"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom("a", "b", "1:"),
        fc.oneof(fc.integer({ max: 3, min: 0 }), fc.string({ maxLength: 2 })),
        {
          maxKeys: 2,
        },
      ),
    ),
  }));
  const params = fc.array(param, { maxLength: 3 });

  /** Sameness, written the other way round: by comparing, not by writing down. */
  function same(a: unknown, b: unknown): boolean {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
    if (a instanceof Date || b instanceof Date)
      return a instanceof Date && b instanceof Date && a.getTime() === b.getTime();
    if (Array.isArray(a) !== Array.isArray(b) || a instanceof Uint8Array !== b instanceof Uint8Array)
      return false;
    const [left, right] = [Object.entries(a), Object.entries(b)];
    return (
      left.length === right.length &&
      left.every(([name, value], i) => name === right[i]![0] && same(value, right[i]![1]))
    );
  }

  test("agrees with a comparison, value by value", () => {
    fc.assert(
      fc.property(params, params, (a, b) => {
        const [left, right] = [cacheKey(a), cacheKey(b)];
        expect(left).toBeDefined();
        expect(left === right).toBe(same(a, b));
      }),
      { numRuns: 20_000 },
    );
  });

  test("gives one key to a thing and its copy", () => {
    fc.assert(
      fc.property(params, (a) => {
        expect(cacheKey(structuredClone(a))).toBe(cacheKey(a));
      }),
      { numRuns: 2000 },
    );
  });
});
