import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EvictionReason } from "../../../src/algorithms/cache.ts";
import { LruCache } from "../../../src/algorithms/lru-cache.ts";

/** The same by the plainest means: an array in order of use. */
class Model {
  items: [number, number][] = [];
  evicted: [number, number, EvictionReason][] = [];
  maxSize: number;
  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }
  get(key: number): number | undefined {
    const found = this.items.find(([each]) => each === key);
    if (found) this.items = [found, ...this.items.filter((each) => each !== found)];
    return found?.[1];
  }
  set(key: number, value: number): void {
    const former = this.items.find(([each]) => each === key);
    this.items = [[key, value], ...this.items.filter((each) => each !== former)];
    if (former && former[1] !== value) this.evicted.push([...former, "replaced"]);
    this.trim();
  }
  delete(key: number): boolean {
    const former = this.items.find(([each]) => each === key);
    this.items = this.items.filter((each) => each !== former);
    if (former) this.evicted.push([...former, "explicit"]);
    return former !== undefined;
  }
  clear(): void {
    for (const item of this.items) this.evicted.push([...item, "explicit"]);
    this.items = [];
  }
  trim(): void {
    while (this.items.length > this.maxSize) this.evicted.push([...this.items.pop()!, "size"]);
  }
}

const key = fc.integer({ min: 0, max: 5 });
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("get" as const), key) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("set" as const), key, fc.integer({ min: 0, max: 3 })) },
  fc.tuple(fc.constant("delete" as const), key),
  fc.tuple(fc.constant("peek" as const), key),
  fc.tuple(fc.constant("has" as const), key),
  fc.tuple(fc.constant("resize" as const), fc.integer({ min: 1, max: 5 })),
  fc.tuple(fc.constant("clear" as const), key),
);

describe("LruCache", () => {
  test("does what an array in order of use does, whatever the operations", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(operation, { maxLength: 60 }),
        (size, operations) => {
          const model = new Model(size);
          const evicted: [number, number, EvictionReason][] = [];
          const cache = new LruCache<number, number>({
            maxSize: size,
            onEvict: (...eviction) => evicted.push(eviction),
          });
          for (const [name, argument, value] of operations) {
            if (name === "get") expect(cache.get(argument)).toBe(model.get(argument));
            else if (name === "set") {
              cache.set(argument, value);
              model.set(argument, value);
            } else if (name === "delete") expect(cache.delete(argument)).toBe(model.delete(argument));
            else if (name === "peek")
              expect(cache.peek(argument)).toBe(model.items.find(([each]) => each === argument)?.[1]);
            else if (name === "has")
              expect(cache.has(argument)).toBe(model.items.some(([each]) => each === argument));
            else if (name === "resize") {
              cache.resize(argument);
              model.maxSize = argument;
              model.trim();
            } else {
              cache.clear();
              model.clear();
            }
            expect([...cache]).toEqual(model.items);
            expect(cache.size).toBe(model.items.length);
            expect(evicted).toEqual(model.evicted);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("keeps null, 0, the empty string, false and NaN, as keys and as values", () => {
    const cache = new LruCache<unknown, unknown>({ maxSize: 5 });
    const odd = [null, 0, "", false, Number.NaN];
    for (const each of odd) cache.set(each, each);
    expect(odd.map((each) => cache.get(each))).toEqual(odd);
    expect(cache.stats()).toEqual({ hits: 5, misses: 0, evictions: 0, size: 5 });
  });

  test("refuses undefined as a value, and says what to do", () => {
    const cache = new LruCache<string, number | undefined>({ maxSize: 1 });
    expect(() => cache.set("a", undefined)).toThrow(TypeError);
    expect(() => cache.set("a", undefined)).toThrow(/use delete, or store null/);
    expect(cache.has("a")).toBe(false);
  });

  test("counts hits, misses and what left to make room, and nothing else", () => {
    const cache = new LruCache<string, number>({ maxSize: 2 });
    cache.set("a", 1).set("b", 2).set("c", 3);
    cache.get("a");
    cache.get("c");
    cache.peek("b");
    cache.has("nothing");
    cache.delete("b");
    cache.clear();
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, evictions: 1, size: 0 });
  });

  test("may be used by onEvict while it evicts", () => {
    const cache: LruCache<string, number> = new LruCache<string, number>({
      maxSize: 2,
      onEvict: (key, _value, reason) => {
        if (reason === "size" && key === "a") cache.delete("b");
      },
    });
    cache.set("a", 1).set("b", 2).set("c", 3);
    expect([...cache]).toEqual([["c", 3]]);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "3"])("refuses maxSize %s", (maxSize) => {
    const bound = maxSize as number;
    expect(() => new LruCache({ maxSize: bound })).toThrow(RangeError);
    expect(() => new LruCache({ maxSize: 1 }).resize(bound)).toThrow(
      /maxSize: expected an integer (≥ 1|from 1 to 16777216)/,
    );
  });

  test("refuses an option that it doesn't know", () => {
    expect(() => new LruCache({ maxSize: 1, max: 2 } as never)).toThrow(/unknown option "max"/);
  });
});
