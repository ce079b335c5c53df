import { describe, expect, test } from "vitest";
import { Generations } from "../../../src/database/cache/generations.ts";
import {
  QueryCache,
  type QueryCacheOptions,
  type RunQuery,
  uncached,
} from "../../../src/database/cache/query-cache.ts";
import { seal } from "../../../src/database/cache/sealed-result.ts";
import type { QueryResult, Row } from "../../../src/database/driver.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const statement = { id: 1 };
const facts: StatementFacts = { kind: "read", reads: ["a"], writes: [], cacheable: true };
const result = (...rows: Row[]): QueryResult => ({ rows, rowCount: rows.length });

function setup(options: Partial<QueryCacheOptions> = {}) {
  const clock = new FakeClock();
  const generations = new Generations();
  const cache = new QueryCache({ maxEntries: 100, ttlMs: 1000, clock, generations, ...options });
  const load = (
    run: RunQuery,
    {
      key = "",
      id = 1,
      ...rest
    }: { key?: string; id?: number; ttlMs?: number; staleMs?: number; signal?: AbortSignal } = {},
  ) => cache.load({ id }, key, facts, [], run, rest);
  return { cache, clock, generations, load };
}

/** A statement that answers when the test says so. */
function controlled() {
  const runs: (PromiseWithResolvers<QueryResult> & { signal: AbortSignal | undefined })[] = [];
  const run = (signal?: AbortSignal) => {
    const each = { ...Promise.withResolvers<QueryResult>(), signal };
    runs.push(each);
    return each.promise;
  };
  return { runs, run };
}

describe("QueryCache", () => {
  test("runs a statement once and then gives one shared, frozen result", async () => {
    const { cache, load } = setup();
    expect(cache.lookup(statement, "")).toBeUndefined();
    const first = await load(() => result({ id: 1 }));
    expect(first).toEqual({ rows: [{ id: 1 }], rowCount: 1, cached: false });
    const hit = cache.lookup(statement, "");
    expect(hit).toEqual({ rows: [{ id: 1 }], rowCount: 1, cached: true });
    expect(cache.lookup(statement, "")).toBe(hit);
    expect(await load(() => expect.unreachable())).toBe(hit);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 1, hitRate: 0.75, size: 1 });
  });

  test("keeps statements and keys apart", async () => {
    const { cache, load } = setup();
    await load(() => result({ n: 1 }), { id: 1, key: "1" });
    await load(() => result({ n: 2 }), { id: 1, key: "2" });
    await load(() => result({ n: 3 }), { id: 11, key: "" });
    expect(cache.lookup({ id: 1 }, "2")?.rows).toEqual([{ n: 2 }]);
    expect(cache.lookup({ id: 11 }, "")?.rows).toEqual([{ n: 3 }]);
    expect(cache.lookup({ id: 1 }, "")).toBeUndefined();
  });

  test("serves no result whose table was written, and drops it", async () => {
    const { cache, generations, load } = setup();
    await load(() => result({ id: 1 }));
    generations.tables(["b"]);
    expect(cache.lookup(statement, "")).toBeDefined();
    generations.tables(["a"]);
    expect(cache.lookup(statement, "")).toBeUndefined();
    expect(cache.stats()).toMatchObject({ size: 0, sizeBytes: 0, invalidations: 2 });
  });

  test("answers, but doesn't keep, what was written to while it was loaded", async () => {
    const { cache, generations, load } = setup();
    const { runs, run } = controlled();
    const reading = load(run);
    generations.tables(["a"]);
    runs[0]!.resolve(result({ id: 1 }));
    expect((await reading).rows).toEqual([{ id: 1 }]);
    expect(cache.stats()).toMatchObject({ size: 0, rejectedFills: 1 });
  });

  test("joins a load under way, but not one that began before a write", async () => {
    const { cache, generations, load } = setup();
    const { runs, run } = controlled();
    const before = [load(run), load(run)];
    expect(runs.length).toBe(1);
    generations.tables(["a"]);
    const after = [load(run), load(run)];
    expect(runs.length).toBe(2);
    runs[1]!.resolve(result({ version: 2 }));
    runs[0]!.resolve(result({ version: 1 }));
    const versions = (await Promise.all([...before, ...after])).map(({ rows }) => rows[0]!.version);
    expect(versions).toEqual([1, 1, 2, 2]);
    expect(cache.lookup(statement, "")?.rows).toEqual([{ version: 2 }]);
    expect(cache.stats()).toMatchObject({ misses: 4, coalesced: 2, rejectedFills: 1 });
  });

  test("keeps no failure, and gives it to all who waited", async () => {
    const { cache, load } = setup();
    const { runs, run } = controlled();
    const both = Promise.allSettled([load(run), load(run)]);
    runs[0]!.reject(new Error("no such table"));
    expect((await both).map((each) => each.status)).toEqual(["rejected", "rejected"]);
    await expect(load(() => Promise.reject(new Error("again")))).rejects.toThrow("again");
    await expect(
      load(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(cache.stats().size).toBe(0);
  });

  test("expires by the clock, counted from the start of the load", async () => {
    const { cache, clock, load } = setup({ ttlMs: 1000 });
    const { runs, run } = controlled();
    const reading = load(run);
    await clock.advance(400);
    runs[0]!.resolve(result({ id: 1 }));
    await reading;
    await clock.advance(599);
    expect(cache.lookup(statement, "")).toBeDefined();
    await clock.advance(1);
    expect(cache.lookup(statement, "")).toBeUndefined();
  });

  test("takes the ttl of a load before its own, 0 for not at all and Infinity for ever", async () => {
    const { cache, clock, load } = setup({ ttlMs: 1000 });
    await load(() => result({ id: 1 }), { key: "none", ttlMs: 0 });
    await load(() => result({ id: 1 }), { key: "short", ttlMs: 10 });
    await load(() => result({ id: 1 }), { key: "ever", ttlMs: Number.POSITIVE_INFINITY });
    expect(cache.stats().size).toBe(2);
    await clock.advance(10);
    expect(cache.lookup(statement, "short")).toBeUndefined();
    await clock.advance(1e12);
    expect(cache.lookup(statement, "ever")).toBeDefined();
  });

  test("keeps a result without rows, for as long as is said of those", async () => {
    const { cache, clock, load } = setup({ ttlMs: 1000, negativeTtlMs: 50 });
    await load(() => result(), { key: "none" });
    await load(() => result({ id: 1 }), { key: "one" });
    expect(cache.lookup(statement, "none")?.rows).toEqual([]);
    await clock.advance(50);
    expect(cache.lookup(statement, "none")).toBeUndefined();
    expect(cache.lookup(statement, "one")).toBeDefined();
  });

  test("serves an expired result while it loads anew, once, within its time", async () => {
    const { cache, clock, load } = setup({ ttlMs: 100, staleMs: 50 });
    const { runs, run } = controlled();
    await load(() => result({ version: 1 }));
    await clock.advance(149);
    expect(cache.lookup(statement, "")).toBeUndefined();
    expect((await load(run)).rows).toEqual([{ version: 1 }]);
    expect(await load(run)).toMatchObject({ rows: [{ version: 1 }], cached: true });
    expect(runs.length).toBe(1);
    runs[0]!.resolve(result({ version: 2 }));
    await settle();
    expect(cache.lookup(statement, "")?.rows).toEqual([{ version: 2 }]);
    expect(cache.stats()).toMatchObject({ staleHits: 2, hits: 3, misses: 1 });
  });

  test("never serves an expired result whose table was written, nor one past its stale time", async () => {
    const { clock, generations, load } = setup({ ttlMs: 100, staleMs: 50 });
    await load(() => result({ version: 1 }), { key: "written" });
    await load(() => result({ version: 1 }), { key: "old" });
    await clock.advance(150);
    expect((await load(() => result({ version: 2 }), { key: "old" })).rows).toEqual([{ version: 2 }]);
    await load(() => result({ version: 2 }), { key: "written" });
    await clock.advance(120);
    generations.tables(["a"]);
    expect((await load(() => result({ version: 3 }), { key: "written" })).rows).toEqual([{ version: 3 }]);
  });

  test("survives a background load that fails", async () => {
    const { cache, clock, load } = setup({ ttlMs: 100, staleMs: 50 });
    await load(() => result({ version: 1 }));
    await clock.advance(120);
    expect((await load(() => Promise.reject(new Error("down")))).rows).toEqual([{ version: 1 }]);
    await settle();
    expect(cache.stats()).toMatchObject({ failedRefreshes: 1, size: 1 });
  });

  test("ties a background load to no caller's signal", async () => {
    const { clock, load } = setup({ ttlMs: 100, staleMs: 50 });
    const { runs, run } = controlled();
    await load(() => result({ version: 1 }));
    await clock.advance(120);
    await load(run, { signal: new AbortController().signal });
    expect(runs[0]!.signal).toBeUndefined();
  });

  test("detaches a caller whose signal aborts, and cancels the load when nobody is left", async () => {
    const { load } = setup();
    const { runs, run } = controlled();
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }) => load(run, { signal }));
    controllers[0]!.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(runs[0]!.signal?.aborted).toBe(false);
    controllers[1]!.abort(new Error("me too"));
    await expect(second).rejects.toThrow("me too");
    expect(runs[0]!.signal?.aborted).toBe(true);
    runs[0]!.reject(new Error("cancelled"));
    await settle();
  });

  test("drops the least recently used beyond its entries", async () => {
    const { cache, load } = setup({ maxEntries: 2 });
    for (const key of ["1", "2"]) await load(() => result({ key }), { key });
    cache.lookup(statement, "1");
    await load(() => result({ key: "3" }), { key: "3", id: 2 });
    expect(cache.lookup(statement, "2")).toBeUndefined();
    expect(cache.lookup(statement, "1")).toBeDefined();
    expect(cache.stats()).toMatchObject({ size: 2, evictions: 1 });
  });

  test("stays within its bytes, and keeps no result of more than a sixteenth of them", async () => {
    const { cache, load } = setup({ maxBytes: 16_000 });
    for (let key = 0; key < 40; key++) await load(() => result({ text: "x".repeat(800) }), { key: `${key}` });
    const { size, sizeBytes, evictions } = cache.stats();
    // A result of one row and one column of 800 characters: 64 + 8 + 48 + 8 + 800.
    expect(sizeBytes).toBe(size * 928);
    expect([size, evictions]).toEqual([17, 23]);
    await load(() => result({ text: "x".repeat(1000) }), { key: "big" });
    expect(cache.lookup(statement, "big")).toBeUndefined();
    expect(cache.stats().uncacheable).toBe(1);
  });

  test("keeps nothing when it may have no entries, the parameters have no key or the facts forbid it", async () => {
    const { cache, load } = setup({ maxEntries: 0 });
    await load(() => result({ id: 1 }));
    expect(cache.stats()).toMatchObject({ size: 0, uncacheable: 1 });
    const other = setup().cache;
    const run = () => result({ id: 1 });
    expect(Object.isFrozen((await other.load(statement, undefined, facts, [], run)).rows[0])).toBe(true);
    await other.load(statement, "", { ...facts, cacheable: false }, [], run);
    expect(other.stats()).toMatchObject({ size: 0, uncacheable: 2, misses: 0 });
  });

  test("forgets all on clear, loads under way included, and lets nobody join those", async () => {
    const { cache, load } = setup();
    const { runs, run } = controlled();
    await load(() => result({ id: 1 }), { key: "kept" });
    const old = load(run);
    cache.clear();
    const young = load(run);
    expect(runs.length).toBe(2);
    runs[0]!.resolve(result({ version: 1 }));
    runs[1]!.resolve(result({ version: 2 }));
    expect((await old).rows).toEqual([{ version: 1 }]);
    expect((await young).rows).toEqual([{ version: 2 }]);
    expect(cache.lookup(statement, "kept")).toBeUndefined();
    expect(cache.lookup(statement, "")?.rows).toEqual([{ version: 2 }]);
  });

  test("shows its counts as metrics", async () => {
    const { cache, load } = setup();
    await load(() => result({ id: 1 }));
    cache.lookup(statement, "");
    const samples = Object.fromEntries([...cache.collect()].map((sample) => [sample.name, sample]));
    expect(samples["victor.db.cache.hits"]).toMatchObject({ type: "counter", value: 1, unit: "{read}" });
    expect(samples["victor.db.cache.size_bytes"]).toMatchObject({ type: "gauge", value: 128, unit: "By" });
    expect(Object.keys(samples).length).toBe(11);
  });

  test("refuses wrong options, saying what was expected", () => {
    expect(() => setup({ maxEntries: -1 })).toThrow(/maxEntries: expected an integer ≥ 0, got -1/);
    expect(() => setup({ ttlMs: Number.NaN })).toThrow(/ttlMs: expected milliseconds ≥ 0/);
    expect(() => setup({ staleMs: -1 })).toThrow(/staleMs/);
    expect(() => setup({ negativeTtlMs: -1 })).toThrow(/negativeTtlMs/);
    expect(() => setup({ maxBytes: 0.5 })).toThrow(/maxBytes/);
    expect(() => setup({ ttl: 1 } as never)).toThrow(/unknown option "ttl"/);
  });
});

describe("A cached value cannot be corrupted by a caller:", () => {
  test("rows and all that is nested in them are frozen, whether cached or not", async () => {
    const { cache, load } = setup();
    const rows = [{ id: 1, tags: ["a"], json: { deep: [{ x: 1 }] } }];
    const results = [
      await load(() => result(...rows)),
      cache.lookup(statement, "")!,
      uncached(result({ id: 1 })),
    ];
    for (const each of results) {
      expect(() => Object.assign(each, { rowCount: 9 })).toThrow(TypeError);
      expect(() => (each.rows as Row[]).push({})).toThrow(TypeError);
      expect(() => Object.assign(each.rows[0]!, { id: 2 })).toThrow(TypeError);
    }
    expect(() => rows[0]!.tags.push("b")).toThrow(TypeError);
    expect(() => Object.assign(rows[0]!.json.deep[0]!, { x: 2 })).toThrow(TypeError);
  });

  test("dates and bytes, which can't be frozen, are copied for everybody", async () => {
    const { cache, load } = setup();
    const { runs, run } = controlled();
    const loading = Promise.all([load(run), load(run)]);
    const row = () => ({
      at: new Date(0),
      bytes: Buffer.from("abc"),
      raw: new Uint8Array([1]),
      list: [new Date(0)],
      text: "x",
    });
    runs[0]!.resolve(result(row()));
    const callers = [
      ...(await loading),
      cache.lookup(statement, "")!,
      await load(() => expect.unreachable()),
    ];
    for (const { rows } of callers) {
      // Each finds it untouched, though all before have scribbled on theirs.
      expect(rows).toEqual([row()]);
      const each = rows[0] as ReturnType<typeof row>;
      expect(Buffer.isBuffer(each.bytes)).toBe(true);
      each.at.setTime(1);
      each.bytes[0] = 0;
      each.raw[0] = 0;
      each.list[0]!.setTime(1);
    }
    expect(cache.lookup(statement, "")!.rows).toEqual([row()]);
  });

  test("what can be neither frozen nor copied is given to its callers and not kept", async () => {
    class Interval {
      days = 1;
    }
    const { cache, load } = setup();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const value of [new Interval(), new Map(), () => 1, cyclic])
      expect((await load(() => result({ value }))).rows[0]!.value).toBe(value);
    expect(cache.stats()).toMatchObject({ size: 0, uncacheable: 4 });
  });

  test("rows without prototype and columns called __proto__ stay what they are", async () => {
    const { cache, load } = setup();
    const row = Object.assign(Object.create(null), { at: new Date(5) });
    Object.defineProperty(row, "__proto__", { value: 7, enumerable: true });
    await load(() => result(row));
    const copy = cache.lookup(statement, "")!.rows[0]!;
    expect(Object.getPrototypeOf(copy)).toBeNull();
    expect(Object.entries(copy)).toEqual([
      ["at", new Date(5)],
      ["__proto__", 7],
    ]);
  });

  test("the size of a result is estimated by what it holds", () => {
    expect(seal(result()).sizeBytes).toBe(64);
    expect(seal(result({ a: 1, b: "xy" })).sizeBytes).toBe(64 + 8 + 48 + 8 + 8 + 2);
    expect(seal(result({ a: Buffer.alloc(10) })).sizeBytes).toBe(64 + 8 + 48 + 8 + 96 + 10);
    expect(seal(result({ a: new Date() })).sizeBytes).toBe(64 + 8 + 48 + 8 + 64);
    expect(seal(result({ a: [1, "b"] })).sizeBytes).toBe(64 + 8 + 48 + 8 + 16 + 8 + 9);
  });
});
