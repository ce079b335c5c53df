import { describe, expect, test } from "vitest";
import { LruCache } from "../../../src/algorithms/lru-cache.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const keysOf = (cache: LruCache<string, number>) => [...cache].map(([key]) => key).join("");

describe("LruCache", () => {
  test("iterates from the most recently used on, dumps and evicts from the other end", () => {
    const evicted: string[] = [];
    const cache = new LruCache<string, number>({ maxSize: 3, onEvict: (key) => evicted.push(key) });
    cache.set("a", 1).set("b", 2).set("c", 3);
    expect(keysOf(cache)).toBe("cba");
    cache.get("a");
    cache.set("b", 2);
    expect(keysOf(cache)).toBe("bac");
    expect(cache.dump().entries.map(({ key }) => key)).toEqual(["c", "a", "b"]);
    cache.set("d", 4).set("e", 5);
    expect([keysOf(cache), evicted]).toEqual(["edb", ["c", "a"]]);
  });

  test("a peek, a has, an iteration and a dump are no use of an entry; getOrLoad is", async () => {
    const cache = new LruCache<string, number>({ maxSize: 3 });
    cache.set("a", 1).set("b", 2).set("c", 3);
    cache.peek("a");
    cache.has("a");
    cache.dump();
    expect(keysOf(cache)).toBe("cba");
    await cache.getOrLoad("b", () => 0);
    expect(keysOf(cache)).toBe("bca");
  });

  test("serving a stale value is a use, though it can't be loaded anew", async () => {
    const clock = new ManualClock();
    const cache = new LruCache<string, number>({ maxSize: 2, clock });
    await cache.getOrLoad("a", () => 1, { ttlMs: 10, staleMs: 100 });
    cache.set("b", 2);
    clock.block(20);
    await cache.getOrLoad("a", () => Promise.reject(new Error("down")), { staleMs: 100 });
    cache.set("c", 3);
    expect(cache.has("b")).toBe(false);
    expect(await cache.getOrLoad("a", () => 4, { staleMs: 100 })).toBe(1);
  });

  test("a loaded dump has the order of the cache that it is of", () => {
    const cache = new LruCache<string, number>({ maxSize: 3 });
    cache.set("a", 1).set("b", 2).set("c", 3).get("a");
    const copy = new LruCache<string, number>({ maxSize: 2 });
    copy.load(cache.dump());
    expect(keysOf(copy)).toBe("ac");
  });

  test("makes as much room by weight as is needed, from the least recently used on", () => {
    const cache = new LruCache<string, number>({ maxWeight: 10, weigh: (_key, value) => value });
    cache.set("a", 3).set("b", 3).set("c", 3);
    cache.get("a");
    cache.set("d", 7);
    expect([keysOf(cache), cache.weight]).toEqual(["da", 10]);
    cache.set("a", 4);
    expect([keysOf(cache), cache.weight]).toEqual(["a", 4]);
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
});
