import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryHub } from "../../../src/cache/memory-hub.ts";
import { systemClock } from "../../../src/clock.ts";
import { WriteSet } from "../../../src/database/cache/write-set.ts";
import type { QueryResult, Row } from "../../../src/database/driver.ts";
import { DatabaseOptimizer } from "../../../src/database/optimizer.ts";
import type { DatabaseOptimizerOptions } from "../../../src/database/optimizer-options.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";
import { everythingChanged, tagsOfRead, tagsOfWrites } from "../../../src/database/tier/result-tags.ts";
import { rowsCodec, UnkeptResult } from "../../../src/database/tier/rows-codec.ts";
import { WriteMarks } from "../../../src/database/tier/write-marks.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeDriver } from "../../support/fake-driver.ts";

const roundTrip = (result: QueryResult): QueryResult =>
  rowsCodec.decode(rowsCodec.encode(result)) as QueryResult;

describe("The codec of results", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.date(),
    fc.uint8Array(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.jsonValue(),
    fc.array(fc.oneof(fc.date(), fc.double())),
  );
  const row = (names: readonly string[], values: readonly unknown[], isBare: boolean): Row => {
    const entries = names.map((name, i) => [name, values[i % values.length]] as const);
    const made: Row = isBare ? Object.create(null) : {};
    for (const [name, item] of entries)
      Object.defineProperty(made, name, {
        value: item,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    return made;
  };

  test("gives back every value with its type, in rows with and without a prototype", () => {
    const name = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "1", ""));
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 5 }),
        fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { maxLength: 5 }),
        fc.boolean(),
        fc.option(fc.oneof(fc.integer(), fc.bigInt()), { nil: undefined }),
        (names, values, isBare, lastInsertRowid) => {
          const rows = values.map((each) => row(names, each, isBare));
          const given = {
            rows,
            rowCount: rows.length,
            ...(lastInsertRowid !== undefined && { lastInsertRowid }),
          };
          const got = roundTrip(given);
          // A column may be called `constructor`, by which a matcher would go.
          expect(isDeepStrictEqual(got, given)).toBe(true);
          expect(got.rows.map(Object.getPrototypeOf)).toEqual(rows.map(Object.getPrototypeOf));
          expect([got, got.rows, ...got.rows].every(Object.isFrozen)).toBe(true);
        },
      ),
    );
  });

  test("keeps rows of different columns apart", () => {
    const rows = [{ a: 1 }, { b: 2, a: 3 }, {}, { a: [new Date(5)] }];
    expect(roundTrip({ rows, rowCount: 4 }).rows).toStrictEqual(rows);
  });

  test("doesn't encode what isn't to be kept", () => {
    expect(() => rowsCodec.encode(new UnkeptResult({ rows: [], rowCount: 0 }))).toThrow(TypeError);
  });
});

describe("The tags of a write", () => {
  const table = fc.constantFrom("t", "u");
  const column = fc.constantFrom("a", "b", "c");
  const point = (name: string) => ({ table: name, param: 0, canonicalKey: (key: unknown) => `${key}` });
  const read = fc.record({
    reads: fc.uniqueArray(table, { minLength: 1 }),
    isPoint: fc.boolean(),
    columns: fc.option(fc.uniqueArray(column)),
  });
  const write = fc.record({
    table,
    isPoint: fc.boolean(),
    columns: fc.option(fc.uniqueArray(column, { minLength: 1 })),
  });
  const facts = ({
    reads,
    isPoint,
    columns,
  }: {
    reads: string[];
    isPoint: boolean;
    columns: string[] | null;
  }): StatementFacts => ({
    kind: "read",
    reads,
    writes: [],
    cacheable: true,
    ...(isPoint && { point: point(reads[0]!) }),
    ...(columns && { columns: new Map(reads.map((name) => [name, columns])) }),
  });

  test("meet those of each read whose rows or columns it may change", () => {
    fc.assert(
      fc.property(read, write, fc.nat(3), fc.nat(3), (reading, writing, readKey, writtenKey) => {
        const writes = new WriteSet();
        writes.add(
          {
            kind: "write",
            reads: [],
            writes: [writing.table],
            cacheable: false,
            ...(writing.isPoint && { point: point(writing.table) }),
            ...(writing.columns && { updates: writing.columns }),
          },
          [writtenKey],
        );
        const tags = new Set(tagsOfRead(facts(reading), [readKey]));
        const meets = [...tagsOfWrites(writes).values()].flat().some((tag) => tags.has(tag));
        const isPointRead = reading.isPoint && reading.reads[0] === writing.table;
        const isOther =
          !reading.reads.includes(writing.table) ||
          (isPointRead && writing.isPoint && readKey !== writtenKey) ||
          (!isPointRead &&
            reading.columns &&
            writing.columns &&
            !writing.columns.some((each) => reading.columns!.includes(each)));
        expect(meets).toBe(!isOther);
      }),
    );
  });

  test("stay few: many rows count as their table, many tables as everything", () => {
    const rows = new WriteSet();
    for (let key = 0; key < 5_000; key++)
      rows.add({ kind: "write", reads: [], writes: ["t"], cacheable: false, point: point("t") }, [key]);
    const tags = tagsOfWrites(rows).get("t")!;
    expect(tags.length).toBeLessThan(300);
    expect(tags).toContain("bulk:t");
    const tables = new WriteSet();
    tables.add(
      { kind: "write", reads: [], writes: Array.from({ length: 300 }, (_, i) => `t${i}`), cacheable: false },
      [],
    );
    expect([...tagsOfWrites(tables)]).toEqual([["*", ["*"]]]);
  });
});

describe("Marks of writes", () => {
  const changed = (...tags: string[]) => new Map([["t", tags]]);
  function open() {
    const clock = new FakeClock();
    const hub = new MemoryHub({ clock });
    const nodes = [0, 1, 2].map(() => new WriteMarks(hub.connect(), clock, 1_000));
    return { clock, hub, nodes: nodes as [WriteMarks, WriteMarks, WriteMarks] };
  }

  test("are seen by other nodes, by tag, until they are taken away", async () => {
    const {
      nodes: [a, b],
    } = open();
    await a.set("1", changed("x", "y"));
    expect(await b.areSet(["t"], ["y", "z"])).toBe(true);
    expect(await b.areSet(["t"], ["z"])).toBe(false);
    expect(await b.areSet(["u"], ["x"])).toBe(false);
    await a.remove("1", changed("x", "y"));
    expect(await b.areSet(["t"], ["y"])).toBe(false);
  });

  test("on everything are seen by reads of any table", async () => {
    const {
      nodes: [a, b],
    } = open();
    await a.set("1", new Map([["*", ["*"]]]));
    expect(await b.areSet(["u"], ["*", "any:u"])).toBe(true);
  });

  test("of several nodes at once are all kept, and each takes only its own away", async () => {
    const { nodes } = open();
    const ids = Array.from({ length: 30 }, (_, i) => i);
    await Promise.all(ids.map((i) => nodes[i % 3]!.set(`${i}`, changed(`tag ${i}`))));
    expect(await Promise.all(ids.map((i) => nodes[0].areSet(["t"], [`tag ${i}`])))).toEqual(
      ids.map(() => true),
    );
    await Promise.all(ids.slice(1).map((i) => nodes[i % 3]!.remove(`${i}`, changed())));
    expect(await Promise.all(ids.map((i) => nodes[1].areSet(["t"], [`tag ${i}`])))).toEqual(
      ids.map((i) => i === 0),
    );
  });

  test("of a node that died end by themselves, unless they are prolonged", async () => {
    const {
      clock,
      nodes: [a, b],
    } = open();
    await a.set("1", changed("x"));
    await a.set("2", changed("y"));
    await clock.advance(900);
    await b.set("2", changed("y"));
    await clock.advance(200);
    expect(await b.areSet(["t"], ["x"])).toBe(false);
    expect(await b.areSet(["t"], ["y"])).toBe(true);
  });

  test("that can't be read count as set", async () => {
    const {
      hub,
      nodes: [a],
    } = open();
    const tier = hub.connect();
    for (const bytes of ["?", '{"a":1}', "[[1]]"]) {
      const lease = await tier.acquire("w:t", [], 1_000, true);
      if (lease === undefined || !("token" in lease)) throw new Error("no lease");
      await tier.fill(lease, Buffer.from(bytes), 1_000);
      expect(await a.areSet(["t"], ["x"]), bytes).toBe(true);
    }
    await a.set("1", changed("y"));
    expect(await a.areSet(["t"], ["x"])).toBe(false);
  });
});

describe("Optimizers with one tier", () => {
  const sql = "SELECT v FROM t";
  function node(hub: MemoryHub, options: DatabaseOptimizerOptions & { identity?: string } = {}) {
    const { identity, ...rest } = options;
    const driver = Object.assign(new FakeDriver(systemClock), identity !== undefined && { identity });
    driver.coherence = async () => ({ coherent: () => true, close: async () => undefined });
    driver.answers.set(sql, { rows: [{ v: 1, at: new Date(5) }] });
    const db = new DatabaseOptimizer({ driver, tier: hub.connect(), coherence: "tier", ...rest });
    return { db, driver, asked: () => driver.log.filter((line) => line.endsWith(sql)).length };
  }

  test("share what one of them has read, with its types", async () => {
    const hub = new MemoryHub();
    const [a, b] = [node(hub), node(hub)];
    expect(await a.db.executeQuery(sql)).toMatchObject({ cached: false });
    await expect.poll(async () => (await b.db.executeQuery(sql)).cached).toBe(true);
    expect((await b.db.executeQuery(sql)).rows).toStrictEqual([{ v: 1, at: new Date(5) }]);
    expect(a.db.getCacheStats()).toMatchObject({ misses: 1 });
    await Promise.all([a.db.close(), b.db.close()]);
  });

  test("hand out rows that nobody can spoil for another", async () => {
    const { db } = node(new MemoryHub());
    for (let i = 0; i < 3; i++) {
      const { rows } = await db.executeQuery<{ v: number; at: Date }>(sql);
      expect(rows[0]!.at.getTime()).toBe(5);
      rows[0]!.at.setTime(0);
      expect(() => Object.assign(rows[0]!, { v: 2 })).toThrow(TypeError);
    }
    await db.close();
  });

  test("see a write of the other at once, and have a token for it", async () => {
    const hub = new MemoryHub();
    const [a, b] = [node(hub), node(hub)];
    await b.db.executeQuery(sql);
    await a.db.executeQuery("UPDATE t SET v = 2");
    expect(a.db.token()).not.toBe("");
    expect((await b.db.executeQuery(sql, [], { after: a.db.token() })).cached).toBe(false);
    expect(b.asked()).toBe(2);
    await Promise.all([a.db.close(), b.db.close()]);
  });

  test("keep nothing while somebody's write may take effect, though its writer has died", async () => {
    const hub = new MemoryHub();
    const { db, asked } = node(hub);
    const marks = new WriteMarks(hub.connect(), systemClock, 60_000);
    await marks.set("of the dead", everythingChanged);
    for (let i = 0; i < 3; i++) expect((await db.executeQuery(sql)).cached).toBe(false);
    expect(asked()).toBe(3);
    await marks.remove("of the dead", everythingChanged);
    await db.executeQuery(sql);
    expect((await db.executeQuery(sql)).cached).toBe(true);
    await db.close();
  });

  test("share nothing where another user may see other rows", async () => {
    const hub = new MemoryHub();
    const [a, b] = [node(hub, { identity: "ada" }), node(hub, { identity: "bob" })];
    await a.db.executeQuery(sql);
    await b.db.executeQuery(sql);
    expect([a.asked(), b.asked()]).toEqual([1, 1]);
    await Promise.all([a.db.close(), b.db.close()]);
  });

  test("don't keep what is too large, and take an expiry of 0 as none", async () => {
    const { db, asked } = node(new MemoryHub(), { cacheMaxBytes: 1_000 });
    for (let i = 0; i < 2; i++) await db.executeQuery(sql);
    expect(asked()).toBe(2);
    await db.close();
    const other = node(new MemoryHub());
    for (let i = 0; i < 2; i++) await other.db.executeQuery(sql, [], { ttlMs: 0 });
    expect(other.asked()).toBe(2);
    await other.db.close();
  });

  test("forget by hand for all of them", async () => {
    const hub = new MemoryHub();
    const [a, b] = [node(hub), node(hub)];
    await a.db.initialize();
    await b.db.executeQuery(sql);
    a.db.invalidateCache();
    await expect.poll(() => b.db.executeQuery(sql).then(b.asked)).toBe(2);
    await Promise.all([a.db.close(), b.db.close()]);
  });

  test("close the tier, and a write that they refuse leaves nothing behind", async () => {
    const tier = new MemoryHub().connect();
    const driver = new FakeDriver(systemClock);
    const db = new DatabaseOptimizer({ driver, tier, coherence: "tier" });
    await db.executeQuery("UPDATE t SET v = 2");
    await db.close();
    expect(tier.isConnected).toBe(false);
    await expect(db.executeQuery("UPDATE t SET v = 3")).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
  });

  test.each<[DatabaseOptimizerOptions, RegExp]>([
    [{ coherence: "tier" }, /coherence: expected a tier with it/],
    [{ tier: { url: "redis://localhost" } }, /coherence: expected "tier", "notify" or "ttl"/],
    [{ tier: { url: "redis://localhost" }, coherence: "exclusive" }, /coherence: expected/],
    [{ tier: {} as never, coherence: "tier" }, /tier: expected/],
    [{ writeMarkMs: 0 }, /writeMarkMs: expected/],
  ])("refuse %j", (options, message) => {
    expect(() => new DatabaseOptimizer(options)).toThrow(message);
  });

  test("refuse SQLite, and a server that nobody knows", async () => {
    const tier = new MemoryHub().connect();
    const refused = /tier: expected a database server, got SQLite/;
    expect(() => new DatabaseOptimizer({ url: "sqlite::memory:", tier })).toThrow(refused);
    await using db = new DatabaseOptimizer({ url: "sqlite::memory:", tier, coherence: "tier" });
    await expect(db.initialize()).rejects.toThrow(refused);
    await using other = new DatabaseOptimizer({
      driver: new FakeDriver(systemClock),
      tier: { url: "ftp://localhost" },
      coherence: "tier",
    });
    await expect(other.initialize()).rejects.toMatchObject({ code: "VICTOR_UNKNOWN_SCHEME" });
  });
});
