import { describe, expect, test } from "vitest";
import { AdaptiveCache } from "../../../src/algorithms/adaptive-cache.ts";
import type { Cache, Clock, TimerHandle } from "../../../src/algorithms/index.ts";
import { LruCache } from "../../../src/algorithms/lru-cache.ts";
import { AlgorithmOptimizer } from "../../../src/algorithms/optimizer.ts";
import { TimedCache } from "../../../src/algorithms/timed-cache.ts";
import { NameTakenError } from "../../../src/errors.ts";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

interface Shape {
  readonly side: number;
  area(scale: number): number;
}

describe("named caches", () => {
  test("are of the kind asked for, with their options, and found by name", () => {
    const optimizer = new AlgorithmOptimizer();
    const lru = optimizer.createLruCache<string, number>("lru", { maxSize: 2 });
    const timed = optimizer.createTimedCache<string, number>("timed", { maxSize: 3, ttlMs: 10 });
    const adaptive = optimizer.createAdaptiveCache<string, number>("adaptive", { maxSize: 4 });
    expect([lru.maxSize, timed.maxSize, adaptive.maxSize]).toEqual([2, 3, 4]);
    expect(lru).toBeInstanceOf(LruCache);
    expect(timed).toBeInstanceOf(TimedCache);
    expect(adaptive).toBeInstanceOf(AdaptiveCache);
    expect([optimizer.getCache("lru"), optimizer.getCache("timed"), optimizer.getCache("adaptive")]).toEqual([
      lru,
      timed,
      adaptive,
    ]);
    expect(optimizer.getCache("lru")).toBe(lru);
    expect(optimizer.getCache("other")).toBeUndefined();
  });

  test("have names of their own, whatever their kind; a second of one name is refused and changes nothing", () => {
    const optimizer = new AlgorithmOptimizer();
    const first = optimizer.createLruCache<string, number>("users", { maxSize: 2 }).set("a", 1);
    let error: unknown;
    try {
      optimizer.createTimedCache("users", { maxSize: 2, ttlMs: 1 });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(NameTakenError);
    expect(error).toMatchObject({
      code: "VICTOR_NAME_TAKEN",
      kind: "cache",
      takenName: "users",
      message: 'there is a cache named "users" already: getCache gives it, removeCache frees its name',
    });
    expect(optimizer.getCache("users")).toBe(first);
    expect(first.get("a")).toBe(1);
  });

  test("take no name that is none, and a refused option leaves the name free", () => {
    const optimizer = new AlgorithmOptimizer();
    for (const name of ["", 3 as never, undefined as never])
      expect(() => optimizer.createLruCache(name, { maxSize: 1 })).toThrow(
        "name: expected a string that isn't empty",
      );
    expect(() => optimizer.createLruCache("a", { maxSize: 0 })).toThrow("maxSize: expected an integer");
    expect(optimizer.createLruCache("a", { maxSize: 1 }).maxSize).toBe(1);
  });

  test("once removed are empty, forgotten, and leave their name", () => {
    const optimizer = new AlgorithmOptimizer();
    const gone: unknown[] = [];
    const cache = optimizer.createLruCache<string, number>("a", {
      maxSize: 2,
      onEvict: (...all) => gone.push(all),
    });
    cache.set("x", 1);
    expect(optimizer.removeCache("a")).toBe(true);
    expect(gone).toEqual([["x", 1, "explicit"]]);
    expect(cache.size).toBe(0);
    expect(optimizer.getCache("a")).toBeUndefined();
    expect(optimizer.getCacheStats().caches).toEqual({});
    expect(optimizer.removeCache("a")).toBe(false);
    expect(optimizer.createLruCache("a", { maxSize: 1 })).not.toBe(cache);
  });

  test("are counted each by itself and all together", async () => {
    const optimizer = new AlgorithmOptimizer();
    const a = optimizer.createLruCache<string, number>("a", { maxSize: 1 });
    const b = optimizer.createAdaptiveCache<string, number>("__proto__", { maxSize: 9 });
    expect(optimizer.getCacheStats().total.hitRate).toBe(0);
    a.set("x", 1).set("y", 2);
    for (const key of ["x", "y", "y", "y"]) a.get(key);
    b.get("x");
    await b.getOrLoad("x", () => 3);
    await b.getOrLoad("x", () => 4);
    const { total, caches } = optimizer.getCacheStats();
    expect(Object.keys(caches)).toEqual(["a", "__proto__"]);
    expect(Object.entries(caches)[0]?.[1]).toMatchObject({
      hits: 3,
      misses: 1,
      evictions: 1,
      size: 1,
      hitRate: 0.75,
    });
    expect(Object.entries(caches)[1]?.[1]).toMatchObject({
      hits: 1,
      misses: 2,
      loads: 1,
      size: 1,
      hitRate: 1 / 3,
    });
    expect(total).toMatchObject({
      hits: 4,
      misses: 3,
      evictions: 1,
      loads: 1,
      size: 2,
      weight: 2,
      hitRate: 4 / 7,
    });
  });

  test("count a stale answer as one from the cache", async () => {
    const clock = new FakeClock();
    const optimizer = new AlgorithmOptimizer();
    const cache = optimizer.createLruCache<string, number>("a", { maxSize: 2, ttlMs: 10, clock });
    await cache.getOrLoad("x", () => 1, { staleMs: 100 });
    await clock.advance(50);
    expect(await cache.getOrLoad("x", () => 2, { staleMs: 100 })).toBe(1);
    expect(optimizer.getCacheStats().caches.a).toMatchObject({
      hits: 0,
      misses: 1,
      staleHits: 1,
      hitRate: 0.5,
    });
  });

  test("are cleaned up of what has expired, all of them, and of nothing else", () => {
    const clock = new ManualClock();
    const optimizer = new AlgorithmOptimizer();
    const a = optimizer.createTimedCache<string, number>("a", { maxSize: 9, ttlMs: 10, clock });
    const b = optimizer.createLruCache<string, number>("b", { maxSize: 9, clock });
    a.set("x", 1).set("y", 2, { ttlMs: 1000 });
    b.set("x", 1, { ttlMs: 10 }).set("y", 2);
    expect(optimizer.cleanupAllCaches()).toBe(0);
    clock.block(100);
    expect([a.size, b.size]).toEqual([2, 2]);
    expect(optimizer.cleanupAllCaches()).toBe(2);
    expect([a.size, b.size]).toEqual([1, 1]);
    expect(optimizer.getCacheStats().total.expirations).toBe(2);
  });

  test("are cleared all, even if a listener throws, whose error comes then", () => {
    const optimizer = new AlgorithmOptimizer();
    const fail = () => {
      throw new Error("out of paper");
    };
    const caches = [
      optimizer.createLruCache<string, number>("a", { maxSize: 2, onEvict: fail }),
      optimizer.createLruCache<string, number>("b", { maxSize: 2 }),
    ];
    for (const cache of caches) {
      cache.set("x", 1);
      cache.get("x");
    }
    expect(() => optimizer.clearAllCaches()).toThrow("out of paper");
    expect(caches.map(({ size }) => size)).toEqual([0, 0]);
    expect(optimizer.getCacheStats().total).toMatchObject({ hits: 2, size: 0 });
  });
});

describe("Bloom filters", () => {
  const options = { expectedItems: 1000, falsePositiveRate: 0.02, seed: 7 };

  test("with a name are found by it, and say how full they are", () => {
    const optimizer = new AlgorithmOptimizer();
    const seen = optimizer.createBloomFilter("seen", options);
    expect(seen.targetFalsePositiveRate).toBe(0.02);
    expect(optimizer.getBloomFilter("seen")).toBe(seen);
    expect(optimizer.getFilterStats()).toEqual({
      seen: {
        expectedItems: 1000,
        estimatedCount: 0,
        falsePositiveRate: 0,
        fillRatio: 0,
        sizeBytes: seen.bitCount / 8,
      },
    });
    for (let i = 0; i < 500; i++) seen.add(`item ${i}`);
    const { estimatedCount, falsePositiveRate, fillRatio } = optimizer.getFilterStats().seen!;
    expect(Math.abs(estimatedCount - 500)).toBeLessThan(40);
    expect(falsePositiveRate).toBe(seen.falsePositiveRate);
    expect(falsePositiveRate).toBeGreaterThan(0);
    expect(fillRatio).toBe(seen.setBitCount / seen.bitCount);
  });
  test("without a name are counted nowhere", () => {
    const optimizer = new AlgorithmOptimizer();
    expect(optimizer.createBloomFilter(options).add("x")).toBe(true);
    expect(optimizer.getFilterStats()).toEqual({});
  });
  test("have names of their own, free again once removed; a cache may have the same", () => {
    const optimizer = new AlgorithmOptimizer();
    const first = optimizer.createBloomFilter("seen", options);
    optimizer.createLruCache("seen", { maxSize: 1 });
    expect(() => optimizer.createBloomFilter("seen", options)).toThrow(
      expect.objectContaining({
        code: "VICTOR_NAME_TAKEN",
        kind: "filter",
        message: expect.stringContaining("getBloomFilter gives it, removeBloomFilter frees its name"),
      }),
    );
    expect(optimizer.getBloomFilter("seen")).toBe(first);
    expect([optimizer.removeBloomFilter("seen"), optimizer.removeBloomFilter("seen")]).toEqual([true, false]);
    expect(optimizer.createBloomFilter("seen", options)).not.toBe(first);
  });
  test("refuse a wrong name or option, and leave the name free", () => {
    const optimizer = new AlgorithmOptimizer();
    expect(() => optimizer.createBloomFilter("", options)).toThrow(
      "name: expected a string that isn't empty",
    );
    expect(() => optimizer.createBloomFilter("a", { expectedItems: 0 })).toThrow(
      "expectedItems: expected an integer",
    );
    expect(() => optimizer.createBloomFilter("a" as never)).toThrow(TypeError);
    expect(optimizer.getBloomFilter("a")).toBeUndefined();
  });
});

describe("lazy values", () => {
  test("of both kinds are counted together: what was saved is what was never asked for", async () => {
    const optimizer = new AlgorithmOptimizer();
    const [a, , c] = [1, 2, 3].map((value) => optimizer.lazy(() => value));
    const d = optimizer.lazyAsync(async () => 4);
    expect(optimizer.getLazyStats()).toEqual({ created: 4, computed: 0, served: 0, failures: 0, saved: 4 });
    expect([a?.get(), a?.get(), c?.get(), await d.get()]).toEqual([1, 1, 3, 4]);
    expect(optimizer.getLazyStats()).toEqual({ created: 4, computed: 3, served: 1, failures: 0, saved: 1 });
  });
  test("have the options of a lazy value", () => {
    const optimizer = new AlgorithmOptimizer();
    expect(optimizer.lazy(() => 1, { name: "one" }).name).toBe("one");
    expect(optimizer.lazyAsync(() => 1, { name: "two" }).name).toBe("two");
    expect(() => optimizer.lazy(3 as never)).toThrow("expected a function");
  });
});

test("what is found by name has all that caches have, by a clock of one's own too", () => {
  let now = 0;
  const clock: Clock = { now: () => now, setTimeout: (): TimerHandle => undefined, clearTimeout() {} };
  const optimizer = new AlgorithmOptimizer();
  optimizer.createTimedCache("a", { maxSize: 9, ttlMs: 10, clock }).set("k", 1);
  const cache: Cache<unknown, unknown> = optimizer.getCache("a")!;
  expect([cache.maxSize, cache.maxWeight]).toEqual([9, Number.POSITIVE_INFINITY]);
  now = 50;
  expect([cache.cleanupExpired(), cache.size]).toEqual([1, 0]);
});

describe("memoize", () => {
  test("wraps a function, with its options", () => {
    const optimizer = new AlgorithmOptimizer();
    let calls = 0;
    const twice = optimizer.memoize((value: number) => ++calls * 0 + value * 2, { maxSize: 1 });
    expect([twice(1), twice(1), twice(2), twice(1)]).toEqual([2, 2, 4, 2]);
    expect(calls).toBe(3);
    expect(twice.cacheInfo()).toMatchObject({ hits: 1, misses: 3, maxSize: 1, evictions: 2 });
  });
  test("decorates a method, counting all that it memoized together", () => {
    const optimizer = new AlgorithmOptimizer();
    let calls = 0;
    const decorate = optimizer.memoize({ maxSize: 2 });
    const area = decorate(
      function (this: { readonly side: number }, scale: number) {
        calls++;
        return this.side * scale;
      },
      { kind: "method", name: "area" } as unknown as ClassMethodDecoratorContext,
    );
    const [square, other] = [3, 5].map((side) => ({ side, area })) as [Shape, Shape];
    expect([square.area(2), square.area(2), other.area(2)]).toEqual([6, 6, 10]);
    expect(calls).toBe(2);
    const plain = optimizer.memoize(() => undefined);
    plain();
    plain();
    expect(optimizer.getMemoizeStats()).toEqual({ hits: 2, misses: 3, hitRate: 0.4 });
  });
  test("has saved nothing as long as nothing was called", () => {
    expect(new AlgorithmOptimizer().getMemoizeStats()).toEqual({ hits: 0, misses: 0, hitRate: 0 });
  });
});

test.each([null, 5, [], "name"])(
  "options that are none, such as %j, are refused as without an optimizer",
  (options) => {
    const optimizer = new AlgorithmOptimizer();
    const refused = "expected an object of options";
    const none = options as never;
    expect(() => optimizer.lazy(() => 1, none)).toThrow(refused);
    expect(() => optimizer.lazyAsync(() => 1, none)).toThrow(refused);
    expect(() => optimizer.memoize(() => 1, none)).toThrow(refused);
    expect(() => optimizer.memoize(none)).toThrow(refused);
    expect(optimizer.getLazyStats().created).toBe(0);
  },
);

describe("as a source of metrics", () => {
  test("each cache is a series, and counters are the same as the statistics", () => {
    const optimizer = new AlgorithmOptimizer();
    const registry = new MetricRegistry();
    registry.register(optimizer);
    const users = optimizer.createLruCache<string, number>("users", { maxSize: 2 });
    optimizer.createTimedCache('"odd"\n', { maxSize: 2, ttlMs: 5 }).get("x");
    users.set("a", 1);
    users.get("a");
    users.get("b");
    optimizer.lazy(() => 1).get();
    optimizer.lazy(() => 1);
    const one = optimizer.memoize(() => 1);
    one();
    one();
    const seen = optimizer.createBloomFilter("seen", { expectedItems: 1000 });
    const lines = prometheusText(registry).split("\n");
    for (const line of [
      "# TYPE victor_cache_hits_total counter",
      'victor_cache_hits_total{cache_name="users"} 1',
      'victor_cache_misses_total{cache_name="users"} 1',
      'victor_cache_misses_total{cache_name="\\"odd\\"\\n"} 1',
      "# TYPE victor_cache_size gauge",
      'victor_cache_size{cache_name="users"} 1',
      `victor_bloom_filter_size_bytes{filter_name="seen"} ${seen.bitCount / 8}`,
      'victor_bloom_filter_fill_ratio{filter_name="seen"} 0',
      'victor_bloom_filter_false_positive_ratio{filter_name="seen"} 0',
      'victor_bloom_filter_estimated_count{filter_name="seen"} 0',
      "victor_lazy_created_total 2",
      "victor_lazy_computed_total 1",
      "victor_memoize_hits_total 1",
      "victor_memoize_misses_total 1",
    ])
      expect(lines).toContain(line);
    expect(prometheusText(registry)).not.toContain(
      'victor_metrics_source_errors_total{source="algorithms"} 1',
    );
  });
  test("two optimizers stand side by side in a registry", () => {
    const registry = new MetricRegistry();
    for (const service of ["a", "b"]) {
      const optimizer = new AlgorithmOptimizer();
      optimizer.createLruCache("users", { maxSize: 2 });
      registry.register(optimizer, { service });
    }
    expect(prometheusText(registry)).toContain('victor_cache_size{cache_name="users",service="b"} 0');
  });
});

describe("a closed optimizer", () => {
  test("has emptied and forgotten its caches and makes nothing new; what it made goes on", () => {
    const optimizer = new AlgorithmOptimizer();
    const cache = optimizer.createLruCache<string, number>("a", { maxSize: 2 }).set("x", 1);
    optimizer.createBloomFilter("f", { expectedItems: 1 });
    const value = optimizer.lazy(() => 7);
    const twice = optimizer.memoize((n: number) => n * 2);
    optimizer.close();
    optimizer.close();
    expect(cache.size).toBe(0);
    expect([value.get(), twice(2), cache.set("y", 2).get("y")]).toEqual([7, 4, 2]);
    expect(optimizer.getCacheStats()).toMatchObject({ total: { size: 0 }, caches: {} });
    expect(optimizer.getBloomFilter("f")).toBeUndefined();
    for (const make of [
      () => optimizer.createLruCache("b", { maxSize: 1 }),
      () => optimizer.createTimedCache("b", { maxSize: 1, ttlMs: 1 }),
      () => optimizer.createAdaptiveCache("b", { maxSize: 1 }),
      () => optimizer.createBloomFilter({ expectedItems: 1 }),
      () => optimizer.createBloomFilter("b", { expectedItems: 1 }),
      () => optimizer.lazy(() => 1),
      () => optimizer.lazyAsync(() => 1),
      () => optimizer.memoize(() => 1),
    ])
      expect(make).toThrow(expect.objectContaining({ code: "VICTOR_CLOSED" }));
  });
  test("forgets its caches even if a listener throws", () => {
    const optimizer = new AlgorithmOptimizer();
    const onEvict = () => {
      throw new Error("out of paper");
    };
    optimizer.createLruCache<string, number>("a", { maxSize: 2, onEvict }).set("x", 1);
    expect(() => optimizer.close()).toThrow("out of paper");
    expect(optimizer.getCache("a")).toBeUndefined();
  });
  test("is what `using` leaves behind", () => {
    let cache: LruCache<string, number>;
    {
      using optimizer = new AlgorithmOptimizer();
      cache = optimizer.createLruCache<string, number>("a", { maxSize: 2 }).set("x", 1);
    }
    expect(cache.size).toBe(0);
  });
});

test("lazy values and memoized functions live no longer than those who use them", async () => {
  const optimizer = new AlgorithmOptimizer();
  const made = [
    new WeakRef(optimizer.lazy(() => 1)),
    new WeakRef(optimizer.lazyAsync(() => 1)),
    new WeakRef(optimizer.memoize(() => 1)),
  ];
  await collectGarbage();
  expect(made.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined]);
  expect(optimizer.getLazyStats().created).toBe(2);
});
