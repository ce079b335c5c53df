import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SelectionCache, type SelectionCacheBounds } from "../../../src/tools/caches/selection-cache.ts";
import { SelectionKey } from "../../../src/tools/caches/selection-key.ts";

const wide: SelectionCacheBounds = { maxEntries: 100, maxBytes: 1_000_000, ttlMs: 1_000 };
const lag = 3;

function keyOf(query: string): SelectionKey {
  const key = new SelectionKey();
  key.whole(query);
  return key;
}

function put(
  cache: SelectionCache<string>,
  query: string,
  { now = 0, learned = 0, bytes = 10, value = query } = {},
) {
  return cache.set(keyOf(query).taken(), value, { costMs: 2, bytes, now, learned });
}

const get = (cache: SelectionCache<string>, query: string, now = 0, learned = 0) =>
  cache.get(keyOf(query), now, learned, lag)?.value;

describe("a cache of selections", () => {
  test("finds what was stored, and counts", () => {
    const cache = new SelectionCache<string>(wide);
    expect(get(cache, "a")).toBeUndefined();
    put(cache, "a");
    expect(get(cache, "a")).toBe("a");
    cache.saved(2, 0.5);
    expect(cache.stats()).toMatchObject({
      hits: 1,
      misses: 1,
      hitRate: 0.5,
      entries: 1,
      latencySavedMs: 1.5,
    });
  });

  test("replaces the result of a key", () => {
    const cache = new SelectionCache<string>(wide);
    put(cache, "a", { value: "old" });
    put(cache, "a", { value: "new" });
    expect(get(cache, "a")).toBe("new");
    expect(cache.stats()).toMatchObject({ entries: 1, evictions: 0 });
  });

  test("serves an entry until its time is over, not a moment longer", () => {
    const cache = new SelectionCache<string>(wide);
    put(cache, "a", { now: 5 });
    expect(get(cache, "a", 1_004.9)).toBe("a");
    expect(get(cache, "a", 1_005)).toBeUndefined();
    expect(cache.stats()).toMatchObject({ expirations: 1, entries: 0, bytes: 0 });
  });

  test("serves an entry until it is further behind the feedback than allowed", () => {
    const cache = new SelectionCache<string>(wide);
    put(cache, "a", { learned: 10 });
    expect(get(cache, "a", 0, 13)).toBe("a");
    expect(get(cache, "a", 0, 14)).toBeUndefined();
    expect(cache.stats()).toMatchObject({ outdated: 1, expirations: 0, entries: 0 });
  });

  test("drops what was used longest ago when there are too many", () => {
    const cache = new SelectionCache<string>({ ...wide, maxEntries: 2 });
    put(cache, "a");
    put(cache, "b");
    get(cache, "a");
    put(cache, "c");
    expect([get(cache, "a"), get(cache, "b"), get(cache, "c")]).toEqual(["a", undefined, "c"]);
    expect(cache.stats().evictions).toBe(1);
  });

  test("never holds more bytes than allowed, and refuses what is too large", () => {
    const cache = new SelectionCache<string>({ ...wide, maxBytes: 8_000 });
    for (let i = 0; i < 100; i++) {
      put(cache, `query ${i}`, { bytes: 300 });
      expect(cache.stats().bytes).toBeLessThanOrEqual(8_000);
    }
    expect(cache.stats().entries).toBeGreaterThan(8);
    expect(put(cache, "x".repeat(1_000))).toBeUndefined();
    expect(cache.stats().refused).toBe(1);
    expect(get(cache, "query 99")).toBe("query 99");
  });

  test.each([
    ["entries", { ...wide, maxEntries: 0 }],
    ["bytes", { ...wide, maxBytes: 0 }],
    ["life", { ...wide, ttlMs: 0 }],
  ])("keeps nothing without %s", (_, bounds) => {
    const cache = new SelectionCache<string>(bounds);
    put(cache, "a");
    expect(get(cache, "a")).toBeUndefined();
  });

  test("keeps keys of one hash apart, and no more than sixteen of them", () => {
    const cache = new SelectionCache<string>(wide);
    const colliding = (i: number) => ({ hash: 1, units: 1, parts: [`${i}`] });
    for (let i = 0; i < 20; i++) cache.set(colliding(i), `${i}`, { costMs: 0, bytes: 0, now: 0, learned: 0 });
    expect(cache.stats()).toMatchObject({ entries: 16, evictions: 4 });
    expect(cache.deleteWhere((parts) => parts[0] === "7")).toBe(1);
    expect(cache.clear()).toBe(15);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, invalidations: 16 });
  });

  test("removes by hash what is stored under it now, and only that", () => {
    const cache = new SelectionCache<string>(wide);
    put(cache, "a");
    put(cache, "a", { value: "again" });
    put(cache, "b");
    expect(cache.deleteHash(keyOf("a").hash)).toBe(1);
    expect(cache.deleteHash(keyOf("a").hash)).toBe(0);
    expect(get(cache, "a")).toBeUndefined();
    expect(get(cache, "b")).toBe("b");
    expect(cache.stats()).toMatchObject({ entries: 1, invalidations: 1 });
  });

  test("does as a plain list of entries would, whatever is done", () => {
    const query = fc.constantFrom("a", "b", "c", "d", "e");
    const command = fc.oneof(
      fc.record({ do: fc.constant("set" as const), query }),
      fc.record({ do: fc.constant("get" as const), query }),
      fc.record({ do: fc.constant("remove" as const), query }),
      fc.record({ do: fc.constant("wait" as const), query }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const cache = new SelectionCache<string>({ ...wide, maxEntries: 3, ttlMs: 4 });
        let model: { query: string; until: number }[] = [];
        let now = 0;
        for (const step of commands) {
          const index = model.findIndex((entry) => entry.query === step.query);
          if (step.do === "wait") now++;
          if (step.do === "remove") {
            cache.deleteWhere((parts) => parts[0] === step.query);
            if (index >= 0) model.splice(index, 1);
          }
          if (step.do === "set") {
            put(cache, step.query, { now });
            if (index >= 0) model.splice(index, 1);
            model.push({ query: step.query, until: now + 4 });
            model = model.slice(-3);
          }
          if (step.do === "get") {
            const known = model[index];
            const fresh = known !== undefined && now < known.until;
            expect(get(cache, step.query, now)).toBe(fresh ? step.query : undefined);
            if (known !== undefined) model.splice(index, 1);
            if (fresh) model.push(known);
          }
          expect(cache.stats().entries).toBe(model.length);
        }
      }),
    );
  });
});
