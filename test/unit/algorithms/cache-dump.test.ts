import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { caches } from "../../support/caches.ts";
import { ManualClock } from "../../support/manual-clock.ts";

beforeEach(() => {
  vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_000);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(caches)("dump and load of $name", (kind) => {
  const dumpOf = (entries: unknown) => ({ version: 1, at: 0, entries });

  test("goes through structuredClone and JSON, with what was left of each entry's life", () => {
    const clock = new ManualClock();
    const cache = kind.create<string, number>({ maxSize: 9, clock });
    cache
      .set("a", 1)
      .set("b", 2, { ttlMs: 100, tags: ["red"] })
      .set("c", 3, { ttlMs: 20 });
    clock.block(30);
    const dump = cache.dump();
    expect(dump.at).toBe(1_700_000_000_000);
    expect([...dump.entries].toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { key: "a", value: 1 },
      { key: "b", value: 2, ttlMs: 70, tags: ["red"] },
    ]);
    for (const copy of [structuredClone(dump), JSON.parse(JSON.stringify(dump)) as typeof dump]) {
      const other = kind.create<string, number>({ maxSize: 9, clock, ttlMs: 5 });
      vi.mocked(Date.now).mockReturnValue(1_700_000_000_069);
      other.load(copy);
      expect([other.peek("a"), other.peek("b")]).toEqual([1, 2]);
      clock.block(1);
      expect([other.peek("a"), other.peek("b"), other.deleteTag("red")]).toEqual([1, undefined, 0]);
      vi.mocked(Date.now).mockReturnValue(1_700_000_000_070);
      const late = kind.create<string, number>({ maxSize: 9, clock });
      late.load(copy);
      expect([...late]).toEqual([["a", 1]]);
    }
  });

  test("takes a wall clock that was set back for no time at all", () => {
    const clock = new ManualClock();
    const cache = kind.create<string, number>({ maxSize: 9, clock });
    cache.load({ version: 1, at: Date.now() + 1e9, entries: [{ key: "a", value: 1, ttlMs: 10 }] });
    clock.block(9);
    expect(cache.peek("a")).toBe(1);
    clock.block(1);
    expect(cache.peek("a")).toBeUndefined();
  });

  test("keeps what a smaller cache has room for, and what was there before as far as it fits", () => {
    const cache = kind.create<string, number>({ maxSize: 4 });
    cache.set("a", 1).set("b", 2).set("c", 3);
    const other = kind.create<string, number>({ maxSize: 2 }).set("old", 0);
    other.load(cache.dump());
    expect(other.size).toBe(2);
  });

  test.each([
    undefined,
    null,
    1,
    "dump",
    {},
    { version: 2, at: 0, entries: [] },
    { version: 1, at: 0 },
    { version: 1, at: 0, entries: {} },
    { version: 1, at: Number.NaN, entries: [] },
    { version: 1, at: "0", entries: [] },
    { version: 1, entries: [] },
    dumpOf([null]),
    dumpOf([{ key: "b", value: 2 }, null]),
    dumpOf([{ key: "b", value: 2 }, 7]),
    dumpOf([{ key: "b", value: 2 }, { key: "c" }]),
    dumpOf([
      { key: "b", value: 2 },
      { key: "c", value: 3, tags: "red" },
    ]),
    dumpOf([
      { key: "b", value: 2 },
      { key: "c", value: 3, tags: [1] },
    ]),
    dumpOf([
      { key: "b", value: 2 },
      { key: "c", value: 3, ttlMs: "9" },
    ]),
  ])("refuses %j as a dump, and stores nothing", (dump) => {
    const cache = kind.create<string, number>({ maxSize: 9 }).set("a", 1);
    expect(() => cache.load(dump as never)).toThrow(TypeError);
    expect([...cache]).toEqual([["a", 1]]);
  });
});
