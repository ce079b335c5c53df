import { describe, expect, test } from "vitest";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import type { TieredCacheOptions } from "../../../src/cache/tiered/tiered-options.ts";
import { TieredCache } from "../../../src/cache/tiered-cache.ts";
import { cacheFleet } from "../../support/cache-fleet.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

function alone(options: Partial<TieredCacheOptions> = {}): { clock: FakeClock; cache: TieredCache } {
  const clock = new FakeClock();
  return {
    clock,
    cache: new TieredCache({ name: "c", ttlMs: 1_000, jitter: 0, clock, random: () => 0.5, ...options }),
  };
}

/** Counts its calls; what they give is told later. */
function source(): {
  load: () => Promise<unknown>;
  answer: (value: unknown) => void;
  fail: (error: unknown) => void;
  calls: number;
} {
  const waiting: PromiseWithResolvers<unknown>[] = [];
  const own = {
    calls: 0,
    load: () => {
      own.calls++;
      const deferred = Promise.withResolvers<unknown>();
      waiting.push(deferred);
      return deferred.promise;
    },
    answer: (value: unknown) => waiting.shift()!.resolve(value),
    fail: (error: unknown) => waiting.shift()!.reject(error),
  };
  return own;
}

const never = () => {
  throw new Error("not to be loaded");
};

const kinds: readonly (readonly [
  string,
  (options?: Partial<TieredCacheOptions>) => { clock: FakeClock; cache: TieredCache },
])[] = [
  ["without a tier", alone],
  [
    "with a tier",
    (options) => {
      const { clock, caches } = cacheFleet(1, { ttlMs: 1_000, ...options });
      return { clock, cache: caches[0]! };
    },
  ],
];

for (const [kind, make] of kinds)
  describe(`a tiered cache ${kind}`, () => {
    test("loads a key once for all who ask, and again when its time is over", async () => {
      const { cache, clock } = make();
      const { load, answer, ...own } = source();
      const asked = Array.from({ length: 10 }, () => cache.getOrLoad("k", load));
      await settle();
      answer(1);
      expect(await Promise.all(asked)).toEqual(Array(10).fill(1));
      expect(await cache.getOrLoad("k", never)).toBe(1);
      await clock.advance(1_001);
      expect(await cache.getOrLoad("k", () => 2)).toBe(2);
      expect(cache.stats()).toMatchObject({ loads: 2, coalesced: 9, memoryHits: 1, misses: 11 });
      expect(own.calls).toBe(0);
    });

    test("caches null, 0, the empty text and false, and not undefined", async () => {
      const { cache } = make();
      for (const value of [null, 0, "", false]) {
        expect(await cache.getOrLoad(`${value}`, () => value)).toBe(value);
        expect(await cache.getOrLoad(`${value}`, never)).toBe(value);
        expect(await cache.has(`${value}`)).toBe(true);
      }
      expect(await cache.getOrLoad("u", () => undefined)).toBeUndefined();
      expect(await cache.getOrLoad("u", () => 1)).toBe(1);
    });

    test("remembers for negativeTtlMs that there is nothing", async () => {
      const { cache, clock } = make({ negativeTtlMs: 100 });
      expect(await cache.getOrLoad("u", () => undefined)).toBeUndefined();
      expect(await cache.getOrLoad("n", () => null)).toBeNull();
      expect(await cache.getOrLoad("u", never)).toBeUndefined();
      expect(await cache.has("u")).toBe(false);
      await clock.advance(101);
      expect(await cache.getOrLoad("u", () => 1)).toBe(1);
      expect(await cache.getOrLoad("n", () => 1)).toBe(1);
    });

    test("doesn't cache a failure", async () => {
      const { cache } = make();
      await expect(cache.getOrLoad("k", () => Promise.reject(new Error("first")))).rejects.toThrow("first");
      expect(await cache.getOrLoad("k", () => 2)).toBe(2);
      expect(cache.stats().loadFailures).toBe(1);
    });

    test("tries again after a refresh that never ends, where its caller has a time limit", async () => {
      const { cache, clock } = make({ staleMs: 60_000 });
      const limited = { timeoutMs: 200 };
      await cache.getOrLoad("k", () => 1, limited);
      await clock.advance(1_100);
      const hung = Promise.withResolvers<number>();
      expect(await cache.getOrLoad("k", () => hung.promise, limited)).toBe(1);
      await clock.advance(500);
      expect(await cache.getOrLoad("k", () => 2, limited)).toBe(1);
      await settle();
      hung.resolve(0);
      await settle();
      expect(await cache.getOrLoad("k", () => 3, limited)).toBe(2);
      expect(cache.stats()).toMatchObject({ refreshes: 2 });
    });

    test("isn't closed for anybody before what is being stored is", async () => {
      const { cache } = make();
      await cache.getOrLoad("k", () => 1);
      const order: string[] = [];
      const first = cache.close().then(() => order.push("first"));
      const second = cache.close().then(() => order.push("second"));
      await Promise.all([first, second]);
      expect(order).toEqual(["first", "second"]);
    });

    test("serves what is stale while it is loaded anew, once", async () => {
      const { cache, clock } = make({ staleMs: 500 });
      await cache.getOrLoad("k", () => 1);
      await clock.advance(1_100);
      const { load, answer } = source();
      expect(await Promise.all([cache.getOrLoad("k", load), cache.getOrLoad("k", load)])).toEqual([1, 1]);
      await settle();
      expect(await cache.getOrLoad("k", never)).toBe(1);
      answer(2);
      await settle();
      expect(await cache.getOrLoad("k", never)).toBe(2);
      expect(cache.stats()).toMatchObject({ staleHits: 3, refreshes: 1, loads: 2 });
      await clock.advance(1_100);
      expect(await cache.getOrLoad("k", () => 3, { staleMs: 0 })).toBe(3);
    });

    test("serves what is old when the source fails, and doesn't ask it at every read", async () => {
      const { cache, clock } = make({ staleIfErrorMs: 500 });
      await cache.getOrLoad("k", () => 1);
      await clock.advance(1_100);
      const fail = () => Promise.reject(new Error("down"));
      expect(await cache.getOrLoad("k", fail)).toBe(1);
      expect(await cache.getOrLoad("k", never)).toBe(1);
      await clock.advance(150);
      expect(await cache.getOrLoad("k", () => 2)).toBe(2);
      await cache.delete("k");
      await expect(cache.getOrLoad("k", fail)).rejects.toThrow("down");
    });

    test("loads anew early, by the draw of XFetch, and serves what it has meanwhile", async () => {
      const { cache, clock } = make({ earlyRefresh: 2 });
      const slow = source();
      const first = cache.getOrLoad("k", slow.load);
      await clock.advance(100);
      slow.answer(1);
      await first;
      // −ln(1 − 0.5) × 2 × 100 ms before its end: at 861 ms of its time.
      await clock.advance(860);
      expect(await cache.getOrLoad("k", never)).toBe(1);
      await clock.advance(2);
      expect(await cache.getOrLoad("k", () => 2)).toBe(1);
      await settle();
      expect(await cache.getOrLoad("k", never)).toBe(2);
      expect(cache.stats()).toMatchObject({ refreshes: 1, loads: 2 });
    });

    test("shortens times at random, by the jitter at most", async () => {
      const { cache, clock } = make({ jitter: 0.4, earlyRefresh: 0 });
      await cache.getOrLoad("k", () => 1);
      await clock.advance(799);
      expect(await cache.getOrLoad("k", never)).toBe(1);
      await clock.advance(2);
      expect(await cache.get("k")).toBeUndefined();
    });

    test("forgets keys, tags and all", async () => {
      const { cache } = make();
      const load = (key: string) => `value of ${key}`;
      for (const key of ["a", "b", "c", "d"])
        await cache.getOrLoad(key, load, { tags: key === "d" ? [] : ["t", key] });
      expect(await cache.delete(["a"])).toBe("fleet");
      expect(await cache.deleteByTag("b")).toBe("fleet");
      expect(await Promise.all(["a", "b", "c", "d"].map((key) => cache.has(key)))).toEqual([
        false,
        false,
        true,
        true,
      ]);
      await cache.deleteByTag(["t", "other"]);
      expect(await Promise.all(["c", "d"].map((key) => cache.has(key)))).toEqual([false, true]);
      expect(await cache.clear()).toBe("fleet");
      expect(await cache.get("d")).toBeUndefined();
      expect(cache.stats().invalidations).toBe(4);
    });

    for (const [what, change] of [
      ["its key is deleted", (cache: TieredCache) => cache.delete("k")],
      ["its tag is deleted", (cache: TieredCache) => cache.deleteByTag("t")],
      ["all is cleared", (cache: TieredCache) => cache.clear()],
      ["it is set", (cache: TieredCache) => cache.set("k", "new")],
    ] as const)
      test(`doesn't store what was loading when ${what}, and lets nobody join it`, async () => {
        const { cache } = make();
        const { load, answer } = source();
        const first = cache.getOrLoad("k", load, { tags: ["t"] });
        await settle();
        await change(cache);
        const second = cache.getOrLoad("k", () => "new");
        answer("old");
        expect(await first).toBe("old");
        expect(await second).toBe("new");
        await settle();
        expect(await cache.get("k")).toBe("new");
      });

    test("hands out what nobody can change", async () => {
      const { cache } = make();
      const loaded = { list: [{ n: 1 }], date: undefined as Date | undefined };
      const first = (await cache.getOrLoad("plain", () => loaded)) as typeof loaded;
      expect(first).toBe(loaded);
      expect(() => first.list.push({ n: 2 })).toThrow(TypeError);
      expect(Object.isFrozen(first.list[0])).toBe(true);
      const mutable = new Map([["k", new Date(0)]]);
      const own = (await cache.getOrLoad("map", () => mutable)) as typeof mutable;
      own.clear();
      mutable.clear();
      const again = (await cache.getOrLoad("map", never)) as typeof mutable;
      expect(again).toEqual(new Map([["k", new Date(0)]]));
      again.clear();
      expect(await cache.get("map")).toEqual(new Map([["k", new Date(0)]]));
    });

    test("hands out copies to all, where that is asked for", async () => {
      const { cache } = make({ values: "copied" });
      const loaded = { n: 1 };
      const first = (await cache.getOrLoad("k", () => loaded)) as typeof loaded;
      first.n = 2;
      loaded.n = 3;
      expect(await cache.getOrLoad("k", never)).toEqual({ n: 1 });
    });

    test("returns what can't be encoded or is too large, and doesn't store it", async () => {
      const { cache } = make({ maxValueBytes: 100 });
      const callback = () => 1;
      expect(await cache.getOrLoad("f", () => ({ callback }))).toEqual({ callback });
      const large = new Uint8Array(200);
      expect(await cache.getOrLoad("l", () => large)).toBe(large);
      await settle();
      expect(await cache.getOrLoad("f", () => 1)).toBe(1);
      expect(cache.stats().uncacheable).toBe(2);
      await expect(cache.set("l", large)).rejects.toMatchObject({ code: "VICTOR_CACHE_VALUE" });
      await expect(cache.set("f", callback)).rejects.toThrow();
    });

    test("detaches a caller who aborts or whose time is over, and tells the load when nobody is left", async () => {
      const { cache, clock } = make();
      let signal: AbortSignal | undefined;
      const load = (_key: string, its?: AbortSignal) => {
        signal = its;
        return new Promise<unknown>(() => undefined);
      };
      const controller = new AbortController();
      const aborted = cache.getOrLoad("k", load, { signal: controller.signal });
      const late = cache.getOrLoad("k", load, { timeoutMs: 50 });
      const outcomes = Promise.allSettled([aborted, late]);
      await settle();
      controller.abort(new Error("enough"));
      await settle();
      expect(signal?.aborted).toBe(false);
      await clock.advance(60);
      expect(await outcomes).toMatchObject([
        { reason: { message: "enough" } },
        { reason: { code: "VICTOR_DEADLINE", step: "getOrLoad", timeoutMs: 50 } },
      ]);
      expect(signal?.aborted).toBe(true);
      await expect(cache.getOrLoad("k", never, { signal: controller.signal })).rejects.toThrow("enough");
    });

    test("is closed for good", async () => {
      const { cache } = make();
      await cache.getOrLoad("k", () => 1);
      await cache.close();
      await cache.close();
      const closed = { code: "VICTOR_CLOSED" };
      for (const call of [
        () => cache.getOrLoad("k", never),
        () => cache.get("k"),
        () => cache.has("k"),
        () => cache.set("k", 1),
        () => cache.delete("k"),
        () => cache.deleteByTag("t"),
        () => cache.clear(),
      ])
        await expect(call()).rejects.toMatchObject(closed);
    });

    test("refuses what is wrong", async () => {
      const { cache } = make();
      await expect(cache.getOrLoad(1 as never, never)).rejects.toThrow("key: expected a text, got 1");
      await expect(cache.getOrLoad("k", 1 as never)).rejects.toThrow("loader: expected a function");
      await expect(cache.getOrLoad("k", never, { ttl: 1 } as never)).rejects.toThrow("unknown option");
      await expect(cache.getOrLoad("k", never, { tags: [1] as never })).rejects.toThrow(
        "tags[0]: expected a text",
      );
      await expect(cache.set("k", undefined)).rejects.toThrow("undefined means absent");
      await expect(cache.set("k", 1, { ttlMs: 0 })).rejects.toThrow(
        new RangeError("ttlMs: expected milliseconds > 0, got 0"),
      );
      await expect(cache.delete(1 as never)).rejects.toThrow("keys: expected an array of texts");
      expect(() => make({ memory: { maxSize: 0 } })).toThrow("memory.maxSize");
      for (const leaseMs of [0, 0.5, 2_592_000_001, Number.POSITIVE_INFINITY, Number.NaN])
        expect(() => make({ leaseMs })).toThrow(
          /^leaseMs: expected a finite number from 1 to 2592000000, got/,
        );
      for (const leaseMs of [1, 2_592_000_000]) expect(make({ leaseMs }).cache.name).toBe("c");
      expect(() => make({ tier: {} as SharedTier })).toThrow(
        "tier: expected an open SharedTier, such as await openTier({ url }), got an object",
      );
    });

    test("tells its counts as metrics", () => {
      const { cache } = make();
      const names = [...cache.collect()].map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain("victor.cache.memory_hits");
    });
  });

test("memory is bounded by entries, or by bytes", async () => {
  const { cache } = alone({ memory: { maxSize: 10 } });
  for (let i = 0; i < 100; i++) await cache.getOrLoad(`k${i}`, () => i);
  expect(cache.stats()).toMatchObject({ size: 10, evictions: 90 });
  const { cache: weighed } = alone({ memory: { maxBytes: 10_000 } });
  for (let i = 0; i < 100; i++) await weighed.set(`k${i}`, "x".repeat(1_000));
  expect(weighed.stats().weight).toBeLessThanOrEqual(10_000);
  expect(weighed.stats().size).toBeGreaterThan(3);
});
