import { expect, test } from "vitest";
import { estimateBytes } from "../../../src/memory/estimate-bytes.ts";

test("what lies in the place that refers to it needs no memory of its own", () => {
  for (const value of [undefined, null, true, 0, -1, 2 ** 31 - 1, "", "x"])
    expect(estimateBytes(value)).toBe(0);
  expect(estimateBytes(0.5)).toBe(16);
  expect(estimateBytes(2 ** 40)).toBe(16);
});

test("objects, arrays and strings have V8's sizes", () => {
  expect(estimateBytes({})).toBe(24);
  expect(estimateBytes({ a: 1, b: null })).toBe(40);
  expect(estimateBytes([])).toBe(32);
  expect(estimateBytes([1, 2, 3])).toBe(32 + 16 + 24);
  expect(estimateBytes([{}, {}])).toBe(32 + 16 + 16 + 48);
  expect(estimateBytes("twelve chars")).toBe(16 + 16);
  expect(estimateBytes("двенадцать")).toBe(16 + 24);
});

test("what is there twice counts once, circles included", () => {
  const shared = { text: "shared by two of them" };
  const one = estimateBytes([shared]);
  expect(estimateBytes([shared, shared])).toBe(one + 8);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(estimateBytes(circle)).toBe(32);
  const bytes = new ArrayBuffer(1000);
  expect(estimateBytes([new Uint8Array(bytes), new Uint8Array(bytes)])).toBeLessThan(1500);
});

test("no getter and no trap of a proxy is run", () => {
  const forbidden = () => {
    throw new Error("was run");
  };
  const traps = new Proxy({}, { get: () => forbidden });
  const value = {
    get dear() {
      return forbidden();
    },
    proxy: new Proxy({}, traps),
    array: Object.defineProperty([1, {}], 1, { get: forbidden }),
  };
  expect(estimateBytes(value)).toBeGreaterThan(0);
});

test("getters of classes that extend Map, typed arrays and buffers are not run", () => {
  const ran = (): never => {
    throw new Error("was run");
  };
  class OddMap extends Map<number, number> {
    override get size(): number {
      return ran();
    }
  }
  class OddArray extends Uint8Array {
    override get buffer(): ArrayBuffer {
      return ran();
    }
    override get byteLength(): number {
      return ran();
    }
  }
  class OddBuffer extends ArrayBuffer {
    override get byteLength(): number {
      return ran();
    }
  }
  expect(estimateBytes(new OddMap([[1, 2]]))).toBe(estimateBytes(new Map([[1, 2]])));
  expect(estimateBytes(new OddArray(100))).toBe(estimateBytes(new Uint8Array(100)));
  expect(estimateBytes(new OddBuffer(100))).toBe(estimateBytes(new ArrayBuffer(100)));
  const bytes = Object.setPrototypeOf(
    new Uint8Array(100),
    new Proxy(Uint8Array.prototype, { get: ran, getPrototypeOf: ran }),
  );
  expect(estimateBytes(bytes)).toBe(estimateBytes(new Uint8Array(100)));
});

test("a view of a buffer that was given away is estimated as any other", () => {
  const buffer = new ArrayBuffer(1000);
  const views = [new DataView(buffer), new Uint8Array(buffer)];
  structuredClone(buffer, { transfer: [buffer] });
  expect(estimateBytes(views)).toBeGreaterThan(0);
  expect(estimateBytes(views)).toBeLessThan(1000);
});

test("an array of few items and many holes takes what its items take, and no time for its holes", () => {
  const sparse: unknown[] = [];
  sparse[4_000_000_000] = "far away, but the only one";
  expect(estimateBytes(sparse)).toBeLessThan(1000);
  expect(estimateBytes(new Array(4_000_000_000))).toBeLessThan(1000);
  const byId = Array.from({ length: 2000 }, (_, i) => i);
  byId[3_000_000_000] = 1;
  expect(estimateBytes(byId)).toBeGreaterThan(2000 * 8);
  expect(estimateBytes(byId)).toBeLessThan(2000 * 100);
});

test("a String object counts as its text", () => {
  expect(estimateBytes(Object("x".repeat(100_000)))).toBeLessThan(101_000);
});

test("a class that has made its own iterator is read all the same", () => {
  class Odd extends Map<string, string> {
    override *entries(): MapIterator<[string, string]> {
      yield* [];
    }
  }
  expect(estimateBytes(new Odd([["key that counts", "value that counts"]]))).toBe(
    estimateBytes(new Map([["key that counts", "value that counts"]])),
  );
});

test("a structure too deep for recursion is counted to its end, or to the bound", () => {
  let list: object | undefined;
  for (let i = 0; i < 200_000; i++) list = { next: list };
  expect(estimateBytes(list)).toBe(200_000 * 32);
  expect(estimateBytes(list, { maxObjects: 1000 })).toBe(1000 * 32);
});

test("a table of arrays is not taken for a table of pairs", () => {
  const arrays = new Set([[1, 2, 3]]);
  expect(estimateBytes(arrays) - estimateBytes(new Set([0]))).toBe(estimateBytes([1, 2, 3]));
});

test("wrong options are refused by name", () => {
  expect(() => estimateBytes({}, { maxObjects: 0 })).toThrow("maxObjects: expected an integer ≥ 1, got 0");
  expect(() => estimateBytes({}, { most: 1 } as object)).toThrow('unknown option "most"');
});
