import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EvictionReason } from "../../../src/algorithms/cache.ts";
import { cacheHistory } from "../../support/cache-commands.ts";
import { runBeside } from "../../support/cache-run.ts";
import { caches } from "../../support/caches.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { oddValues } from "../../support/odd-keys.ts";

type Eviction = [key: unknown, value: unknown, reason: EvictionReason];

beforeEach(() => {
  vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_000);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(caches)("$name", (kind) => {
  const weightIsValue = (_key: string, value: number) => value;

  test("does what its model does, whatever is done with it", async () => {
    await fc.assert(
      fc.asyncProperty(cacheHistory, (history) => runBeside(kind, history)),
      { numRuns: 300 },
    );
  });

  describe("values", () => {
    test("keeps null, 0, the empty string, false and NaN, as keys and as values", () => {
      const cache = kind.create({ maxSize: 20 });
      for (const each of oddValues) cache.set(each, each);
      for (const each of oddValues) expect(cache.get(each)).toBe(each === 0 ? -0 : each);
      expect(cache.stats()).toMatchObject({ hits: oddValues.length, misses: 0 });
    });

    test("refuses undefined as a value, says what to do, and changes nothing", () => {
      const cache = kind.create<string, number | undefined>({ maxSize: 1 }).set("a", 1);
      expect(() => cache.set("b", undefined)).toThrow(TypeError);
      expect(() => cache.set("a", undefined)).toThrow(/use delete, or store null/);
      expect([...cache]).toEqual([["a", 1]]);
    });

    test("a key may be undefined", () => {
      const cache = kind.create<string | undefined, number>({ maxSize: 3 });
      expect(cache.get(undefined)).toBeUndefined();
      cache.set(undefined, 1).set("undefined", 2);
      expect([cache.get(undefined), cache.get("undefined"), cache.delete(undefined)]).toEqual([1, 2, true]);
      expect([...cache]).toEqual([["undefined", 2]]);
    });

    test("keeps −0 as 0, as Map does", () => {
      const cache = kind.create<number, number>({ maxSize: 3 });
      cache.set(-0, 1).set(0, 2);
      expect([...cache]).toEqual([[0, 2]]);
      expect(Object.is([...cache][0]![0], 0)).toBe(true);
      expect(cache.get(-0)).toBe(2);
    });

    test("set answers the cache, so that sets can be chained", () => {
      const cache = kind.create<string, number>({ maxSize: 3 });
      expect(cache.set("a", 1)).toBe(cache);
    });
  });

  describe("bounds", () => {
    test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 24 + 1, "3", null])(
      "refuses maxSize %s",
      (maxSize) => {
        const bound = maxSize as number;
        const message = /maxSize: expected an integer from 1 to 16777216, got/;
        expect(() => kind.create({ maxSize: bound })).toThrow(RangeError);
        expect(() => kind.create({ maxSize: bound })).toThrow(message);
        const cache = kind.create({ maxSize: 2 }).set("a", 1);
        expect(() => cache.resize({ maxSize: bound })).toThrow(message);
        expect([cache.maxSize, cache.size]).toEqual([2, 1]);
      },
    );

    test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "3", null])(
      "refuses maxWeight %s",
      (maxWeight) => {
        const bound = maxWeight as number;
        const weigh = () => 1;
        expect(() => kind.create({ maxWeight: bound, weigh })).toThrow(RangeError);
        const cache = kind.create({ maxSize: 2, maxWeight: 9, weigh }).set("a", 1);
        expect(() => cache.resize({ maxSize: 1, maxWeight: bound })).toThrow(
          /maxWeight: expected a finite number/,
        );
        expect([cache.maxSize, cache.maxWeight, cache.size]).toEqual([2, 9, 1]);
      },
    );

    test.each([0, -1, 1.5, Number.NaN])("refuses to be resized to %s", (maxSize) => {
      const cache = kind.create({ maxSize: 2 }).set("a", 1);
      expect(() => cache.resize(maxSize)).toThrow(RangeError);
      expect([cache.maxSize, cache.size]).toEqual([2, 1]);
    });

    test("refuses to be without a bound, and a weight without a way to weigh", () => {
      expect(() => kind.create({})).toThrow(/maxSize: expected .*a cache without a bound is a leak/);
      expect(() => kind.create({ maxWeight: 1 })).toThrow(TypeError);
      const cache = kind.create({ maxSize: 1 });
      expect(() => cache.resize({})).toThrow(RangeError);
      expect(() => cache.resize({ maxSize: 2, max: 3 } as never)).toThrow(/unknown option "max"/);
      expect(() => cache.resize("3" as never)).toThrow(TypeError);
      expect(() => cache.resize({ maxWeight: 1 })).toThrow(TypeError);
    });

    test.each([
      [{ maxSize: 1, max: 2 }, TypeError, /unknown option "max"/],
      [{ maxSize: 1, onEvict: "no" }, TypeError, /onEvict: expected a function/],
      [{ maxSize: 1, weigh: 3 }, TypeError, /weigh: expected a function/],
      [{ maxSize: 1, ttlMs: -1 }, RangeError, /ttlMs: expected milliseconds/],
      [{ maxSize: 1, ttlMs: Number.NaN }, RangeError, /ttlMs: expected milliseconds/],
      [{ maxSize: 1, ttlMs: "1" }, RangeError, /ttlMs: expected milliseconds/],
    ])("refuses the options %j", (options, type, message) => {
      expect(() => kind.create(options as never)).toThrow(type);
      expect(() => kind.create(options as never)).toThrow(message);
    });

    test("holds as many entries as it says, and not one more", () => {
      const cache = kind.create<number, number>({ maxSize: 100 });
      for (let i = 0; i < 1000; i++) {
        cache.set(i, i);
        expect(cache.size).toBe(Math.min(i + 1, 100));
      }
      expect(cache.stats()).toMatchObject({ evictions: 900, weight: 100 });
    });
  });

  describe("weights", () => {
    const weights = [Number.NaN, 0, -0, -1, Number.POSITIVE_INFINITY, "3", undefined, null, 1n];

    test.each(weights)("refuses an entry that weighs %s, and changes nothing", (weight) => {
      const told: Eviction[] = [];
      const cache = kind.create<string, number>({
        maxSize: 9,
        maxWeight: 9,
        weigh: (_key, value) => (value === 0 ? (weight as number) : value),
        onEvict: (...eviction) => told.push(eviction),
      });
      cache.set("a", 1, { tags: ["t"] }).set("b", 2);
      const before = cache.dump();
      for (const key of ["a", "new"]) expect(() => cache.set(key, 0)).toThrow(RangeError);
      expect(() => cache.set("a", 0)).toThrow(/weigh: expected a finite number > 0/);
      expect(cache.dump()).toEqual(before);
      expect([cache.size, cache.weight, told]).toEqual([2, 3, []]);
    });

    test("lets through what weigh throws, and changes nothing", () => {
      const failure = new Error("no scales");
      let isBroken = false;
      const weigh = () => {
        if (isBroken) throw failure;
        return 2;
      };
      const cache = kind.create<string, number>({ maxWeight: 9, weigh }).set("a", 1);
      isBroken = true;
      for (const key of ["a", "b"]) expect(() => cache.set(key, 2)).toThrow(failure);
      expect([[...cache], cache.weight]).toEqual([[["a", 1]], 2]);
      isBroken = false;
      cache.set("b", 2);
      expect([cache.size, cache.weight]).toEqual([2, 4]);
    });

    test("counts what an entry weighs now when it weighed something else before", () => {
      let each = 1;
      const cache = kind.create<string, number>({ maxWeight: 10, weigh: () => each });
      cache.set("a", 1).set("b", 1).set("c", 1);
      each = 5;
      cache.set("b", 2);
      expect(cache.weight).toBe(7);
      each = 0.5;
      cache.set("b", 2);
      expect(cache.weight).toBe(2.5);
      each = 9;
      cache.set("d", 1);
      expect(cache.weight).toBeLessThanOrEqual(10);
      cache.clear();
      expect(cache.weight).toBe(0);
    });

    test("keeps nothing that is heavier than the bound, nor what it was to replace", () => {
      const told: Eviction[] = [];
      const cache = kind.create<string, number>({
        ...{ maxWeight: 5, weigh: weightIsValue },
        onEvict: (...eviction) => told.push(eviction),
      });
      cache.set("a", 1).set("b", 2).set("a", 6).set("c", 5.001);
      expect([...cache]).toEqual([["b", 2]]);
      expect(told).toEqual([
        ["a", 1, "replaced"],
        ["a", 6, "size"],
        ["c", 5.001, "size"],
      ]);
      expect([cache.weight, cache.stats().evictions]).toEqual([2, 0]);
    });

    test("keeps what weighs exactly as much as the bound, whatever it has held before", () => {
      const cache = kind.create<string, number>({ maxWeight: 0.6, weigh: weightIsValue });
      cache.set("a", 0.1).set("b", 0.2).set("c", 0.3);
      for (const key of ["a", "b", "c"]) cache.delete(key);
      expect(cache.weight).toBe(0);
      expect(cache.set("d", 0.6).get("d")).toBe(0.6);
    });

    test("stays in order when weights differ so much that their sum can't hold them all", () => {
      const cache = kind.create<string, number>({ maxWeight: 1e17, weigh: weightIsValue });
      cache.set("a", 1e16).set("b", 3);
      cache.delete("a");
      cache.delete("b");
      cache.resize({ maxWeight: 0.5 });
      cache.set("c", 0.5);
      expect([[...cache], cache.size, cache.weight]).toEqual([[["c", 0.5]], 1, 0.5]);
    });

    test("weighs without a bound on weight, when asked", () => {
      const cache = kind.create<string, number>({ maxSize: 2, weigh: weightIsValue });
      cache.set("a", 3).set("b", 4);
      expect([cache.weight, cache.maxWeight]).toEqual([7, Number.POSITIVE_INFINITY]);
    });
  });

  describe("entry options", () => {
    test.each([
      [{ ttlMs: -1 }, RangeError],
      [{ ttlMs: Number.NaN }, RangeError],
      [{ ttlMs: "1" }, RangeError],
      [{ tags: "red" }, TypeError],
      [{ tags: [1] }, TypeError],
      [{ ttlMs: 5, tags: ["red", null] }, TypeError],
      [{ ttl: 5 }, TypeError],
      [{ staleMs: 5 }, TypeError],
      [null, TypeError],
    ])("refuses %j, and changes nothing", (options, type) => {
      const cache = kind.create<string, number>({ maxSize: 2, clock: new ManualClock() });
      cache.set("a", 1, { tags: ["blue"], ttlMs: 9 });
      const before = cache.dump();
      for (const key of ["a", "b"]) expect(() => cache.set(key, 2, options as never)).toThrow(type);
      expect(cache.dump()).toEqual(before);
    });

    test("finds entries by tag, however they came and went", () => {
      const cache = kind.create<string, number>({ maxSize: 9 });
      cache
        .set("a", 1, { tags: ["red", "red", "blue"] })
        .set("b", 2, { tags: ["red"] })
        .set("c", 3);
      cache.set("b", 4);
      cache.set("d", 5, { tags: ["blue"] });
      cache.delete("d");
      cache.set("e", 6);
      expect([cache.deleteTag("green"), cache.deleteTag("blue"), cache.deleteTag("red")]).toEqual([0, 1, 0]);
      expect([...cache].toSorted()).toEqual([
        ["b", 4],
        ["c", 3],
        ["e", 6],
      ]);
      cache.set("a", 1, { tags: ["red"] }).clear();
      cache.set("a", 1);
      expect(cache.deleteTag("red")).toBe(0);
    });
  });

  test("getAt goes by the time that it is told, and doesn't look at the clock", () => {
    const clock = new ManualClock();
    const cache = kind.create<string, number>({ maxSize: 9, clock }).set("a", 1).set("b", 2, { ttlMs: 10 });
    const now = vi.spyOn(clock, "now");
    expect([9, 19].map((nowMs) => cache.getAt("b", nowMs))).toEqual([2, undefined]);
    expect(["a", "c"].map((key) => cache.getAt(key, 1e9))).toEqual([1, undefined]);
    expect(now).not.toHaveBeenCalled();
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 2 });
  });

  test("an iteration shows what was there when it began", () => {
    const cache = kind.create<string, number>({ maxSize: 9 }).set("a", 1).set("b", 2);
    const seen: string[] = [];
    for (const [key] of cache) {
      seen.push(key);
      cache.delete("a");
      cache.delete("b");
      cache.set("c", 3);
    }
    expect(seen.toSorted()).toEqual(["a", "b"]);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, size: 1 });
  });

  test.each([true, false])(
    "counts what was over before it left by other means (told of it: %s)",
    (isTold) => {
      const clock = new ManualClock();
      const onEvict = vi.fn();
      const cache = kind.create<string, number>({ maxSize: 9, clock, ...(isTold && { onEvict }) });
      for (const key of ["a", "b", "c", "d", "e"]) cache.set(key, 1, { ttlMs: 10, tags: [key] });
      clock.block(10);
      cache.set("a", 2).set("e", 1);
      expect([cache.delete("b"), cache.deleteTag("c")]).toEqual([false, 0]);
      cache.clear();
      expect(cache.stats().expirations).toBe(5);
      if (isTold) expect(onEvict.mock.calls.filter(([, , reason]) => reason === "expired").length).toBe(5);
    },
  );

  test("counts hits, misses and what left to make room, and nothing else; clear leaves the counts", () => {
    const cache = kind.create<string, number>({ maxSize: 2 });
    cache.set("a", 1).set("b", 2);
    cache.get("a");
    cache.get("b");
    cache.get("z");
    cache.peek("b");
    cache.has("z");
    cache.set("c", 3);
    cache.delete("c");
    cache.clear();
    expect(cache.stats()).toEqual({
      ...{ hits: 2, misses: 1, evictions: 1, expirations: 0, size: 0, weight: 0 },
      ...{ loads: 0, loadFailures: 0, coalesced: 0, staleHits: 0, discardedLoads: 0 },
    });
  });
});
