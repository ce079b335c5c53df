import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { QueryResult } from "../../../src/database/driver.ts";
import type { Engine } from "../../../src/database/engine.ts";
import { createSqliteEngine } from "../../../src/database/sqlite/engine.ts";
import { BatchError, ClosedError, ConnectionLostError, DeadlineError } from "../../../src/errors.ts";
import { factsOf, forever, openEngine, steppingClock } from "./sqlite-support.ts";

const run = async (engine: Engine, sql: string, ...params: unknown[]): Promise<QueryResult> =>
  engine.execute(sql, params, forever);
const rows = async (engine: Engine, sql: string, ...params: unknown[]): Promise<Record<string, unknown>[]> =>
  (await run(engine, sql, ...params)).rows.map((row) => ({ ...row }));

const numbers = (from: number, count: number): [number][] =>
  Array.from({ length: count }, (_, i) => [from + i]);

describe.each([
  ["a file", {}],
  ["memory", { path: ":memory:" }],
])("SQLite engine on %s", (_, options) => {
  it("answers short statements at once, without a promise", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    expect(engine.execute("INSERT INTO t (a) VALUES (?)", ["x"], forever)).toEqual({
      rows: [],
      rowCount: 1,
      lastInsertRowid: 1,
    });
    const result = engine.execute("SELECT * FROM t WHERE id = ?", [1], forever) as QueryResult;
    expect(result.rows.map((row) => ({ ...row }))).toEqual([{ id: 1, a: "x" }]);
  });

  it("keeps integers beyond 2^53 exact, in results, RETURNING and row ids", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    const big = 2n ** 53n + 1n;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)");
    expect((await run(engine, "INSERT INTO t VALUES (?, ?)", big, -big)).lastInsertRowid).toBe(big);
    expect(await rows(engine, "INSERT INTO t VALUES (?, ?) RETURNING *", big + 1n, 7)).toEqual([
      { id: big + 1n, n: 7 },
    ]);
    expect(await rows(engine, "INSERT INTO t VALUES (1, 2) RETURNING *")).toEqual([{ id: 1, n: 2 }]);
    for (let again = 0; again < 3; again++)
      expect(await rows(engine, "SELECT * FROM t ORDER BY id")).toEqual([
        { id: 1, n: 2 },
        { id: big, n: -big },
        { id: big + 1n, n: 7 },
      ]);
    expect(await rows(engine, "SELECT count(*) AS n FROM t")).toEqual([{ n: 3 }]);
  });

  it("stores an integer in a TEXT column without a decimal point", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (a TEXT, b)");
    await run(engine, "INSERT INTO t VALUES (?, ?)", 1, true);
    expect(await rows(engine, "SELECT a, b, typeof(b) AS type FROM t")).toEqual([
      { a: "1", b: 1, type: "integer" },
    ]);
  });

  it("passes SQLite's errors on unchanged", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await run(engine, "INSERT INTO t VALUES (1)");
    expect(() => engine.execute("INSERT INTO t VALUES (1)", [], forever)).toThrow(
      expect.objectContaining({ code: "ERR_SQLITE_ERROR", errcode: 1555 }),
    );
    expect(() => engine.execute("SELEC 1", [], forever)).toThrow('near "SELEC": syntax error');
    expect(() => engine.execute("SELECT * FROM nowhere", [], forever)).toThrow("no such table: nowhere");
  });

  it("refuses several statements, transaction control, wrong counts, an aborted signal and a past deadline", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    const execute = (sql: string, params: unknown[] = [], operation = {}) =>
      engine.execute(sql, params, { ...forever, ...operation });
    expect(() => execute("SELECT 1; SELECT 2")).toThrow("one statement at a time");
    expect(() => execute("BEGIN")).toThrow("use begin()");
    expect(() => execute("SELECT ?")).toThrow("1 placeholders, but 0");
    const reason = new Error("gone");
    expect(() => execute("SELECT 1", [], { signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(() => execute("SELECT 1", [], { deadline: 0 })).toThrow(DeadlineError);
  });

  it("commits a transaction as a whole, and undoes one that is rolled back", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const first = await engine.begin(forever);
    await first.execute("INSERT INTO t VALUES (?)", [1], forever);
    expect((await first.execute("SELECT count(*) AS n FROM t", [], forever)).rows[0]?.n).toBe(1);
    await first.rollback(forever);
    const second = await engine.begin(forever);
    await second.execute("INSERT INTO t VALUES (?)", [2], forever);
    await second.commit(forever);
    expect(await rows(engine, "SELECT id FROM t")).toEqual([{ id: 2 }]);
    await expect(second.execute("SELECT 1", [], forever)).rejects.toThrow("the transaction has ended");
  });

  it("lets writers and transactions take turns in order of asking", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)");
    const transaction = await engine.begin(forever);
    const later = run(engine, "INSERT INTO t (a) VALUES ('second')");
    const last = engine.executeBatch("INSERT INTO t (a) VALUES (?)", [["third"], ["fourth"]], forever);
    await transaction.execute("INSERT INTO t (a) VALUES ('first')", [], forever);
    await transaction.commit(forever);
    await later;
    await last;
    const order = (await rows(engine, "SELECT a FROM t ORDER BY id")).map(({ a }) => a);
    expect(order).toEqual(["first", "second", "third", "fourth"]);
  });

  it("never commits the rest of a transaction that SQLite itself has rolled back", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const transaction = await engine.begin(forever);
    await transaction.execute("INSERT INTO t VALUES (1)", [], forever);
    await expect(transaction.execute("INSERT OR ROLLBACK INTO t VALUES (1)", [], forever)).rejects.toThrow(
      "UNIQUE",
    );
    await expect(transaction.execute("INSERT INTO t VALUES (2)", [], forever)).rejects.toThrow(
      ConnectionLostError,
    );
    expect(await rows(engine, "SELECT id FROM t")).toEqual([]);
    await run(engine, "INSERT INTO t VALUES (3)");
  });

  it("rolls back a transaction whose commit fails", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE p (id INTEGER PRIMARY KEY)");
    await run(engine, "CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)");
    const transaction = await engine.begin(forever);
    await transaction.execute("INSERT INTO c VALUES (9)", [], forever);
    await expect(transaction.commit(forever)).rejects.toThrow("FOREIGN KEY");
    await run(engine, "INSERT INTO p VALUES (1)");
    expect(await rows(engine, "SELECT * FROM c")).toEqual([]);
  });

  it("runs a batch in one transaction, all or nothing, and names the row that failed", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const insert = "INSERT INTO t VALUES (?)";
    expect(await engine.executeBatch(insert, [[1], [2], [3]], forever)).toBe(3);
    const failing = engine.executeBatch(insert, [[4], [5], [2], [6]], forever);
    await expect(failing).rejects.toThrow(BatchError);
    await expect(failing).rejects.toMatchObject({ row: 2, cause: { errcode: 1555 } });
    await expect(engine.executeBatch(insert, [[7], [undefined]], forever)).rejects.toMatchObject({ row: 1 });
    await expect(engine.executeBatch("SELECT ?", [[1]], forever)).rejects.toThrow(TypeError);
    expect(await engine.executeBatch(insert, [], forever)).toBe(0);
    expect((await rows(engine, "SELECT id FROM t")).length).toBe(3);
  });

  it("undoes a failed batch inside a transaction, and the transaction goes on", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const transaction = await engine.begin(forever);
    await transaction.executeBatch("INSERT INTO t VALUES (?)", [[1]], forever);
    const failing = transaction.executeBatch("INSERT INTO t VALUES (?)", [[2], [1]], forever);
    await expect(failing).rejects.toMatchObject({ row: 1 });
    await transaction.commit(forever);
    expect(await rows(engine, "SELECT id FROM t")).toEqual([{ id: 1 }]);
  });

  it("runs the statements of one transaction one after another, beside a batch that gives turns", async () => {
    await using opened = await openEngine({ ...options, blockBudgetMs: 2 }, steppingClock(1));
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id UNIQUE)");
    const insert = "INSERT INTO t VALUES (?)";
    const transaction = await engine.begin(forever);
    const steps = await Promise.allSettled([
      transaction.executeBatch(insert, numbers(0, 200), forever),
      transaction.executeBatch(insert, [...numbers(1000, 200), [1000]], forever),
      transaction.execute(insert, ["one"], forever),
      transaction.execute("SELECT count(*) AS n FROM t", [], { deadline: 0 }),
      transaction.execute("SELECT count(*) AS n FROM t", [], forever),
    ]);
    expect(steps.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(steps[1]).toMatchObject({ reason: { row: 200 } });
    expect(steps[4]).toMatchObject({ value: { rows: [{ n: 201 }] } });
    await transaction.commit(forever);
    expect(await rows(engine, "SELECT count(*) AS n, max(id) AS last FROM t")).toEqual([
      { n: 201, last: "one" },
    ]);
  });

  it("stops a batch that nobody waits for when the transaction is rolled back", async () => {
    await using opened = await openEngine({ ...options, blockBudgetMs: 2 }, steppingClock(1));
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id UNIQUE)");
    const transaction = await engine.begin(forever);
    const insert = "INSERT INTO t VALUES (?)";
    const forgotten = Promise.allSettled([
      transaction.executeBatch(insert, numbers(0, 2000), forever),
      transaction.execute(insert, ["late"], forever),
    ]);
    await transaction.rollback(forever);
    const next = await engine.begin(forever);
    await next.execute(insert, ["next"], forever);
    await next.commit(forever);
    const ended = { status: "rejected", reason: { message: "sqlite: the transaction has ended" } };
    expect(await forgotten).toMatchObject([ended, ended]);
    expect(await rows(engine, "SELECT id FROM t")).toEqual([{ id: "next" }]);
  });

  it("commits what was asked for before, and nothing that is asked for after", async () => {
    await using opened = await openEngine({ ...options, blockBudgetMs: 2 }, steppingClock(1));
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id UNIQUE)");
    const transaction = await engine.begin(forever);
    const insert = "INSERT INTO t VALUES (?)";
    const [batch, single, commit, late, rollback] = await Promise.allSettled([
      transaction.executeBatch(insert, numbers(0, 200), forever),
      transaction.execute(insert, ["one"], forever),
      transaction.commit(forever),
      transaction.execute(insert, ["late"], forever),
      engine.begin(forever).then(async (next) => {
        // Whatever still came from the first one would be undone with this.
        for (let turn = 0; turn < 20; turn++) await setImmediate();
        await next.rollback(forever);
      }),
    ]);
    expect([batch, single, commit, rollback].map(({ status }) => status)).toEqual(Array(4).fill("fulfilled"));
    expect(late).toMatchObject({
      status: "rejected",
      reason: { message: "sqlite: the transaction has ended" },
    });
    expect(await rows(engine, "SELECT count(*) AS n FROM t")).toEqual([{ n: 201 }]);
  });

  it("rolls back, batch and all, when the commit's deadline comes first", async () => {
    await using opened = await openEngine({ ...options, blockBudgetMs: 2 }, steppingClock(1));
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id UNIQUE)");
    const transaction = await engine.begin(forever);
    const batch = transaction.executeBatch("INSERT INTO t VALUES (?)", numbers(0, 50_000), forever);
    const cut = new AbortController();
    const committing = transaction.commit({ ...forever, signal: cut.signal });
    cut.abort(new Error("enough"));
    await expect(committing).rejects.toThrow("enough");
    await expect(batch).rejects.toThrow("the transaction has ended");
    expect(await rows(engine, "SELECT count(*) AS n FROM t")).toEqual([{ n: 0 }]);
  });

  it("waits, when it closes, for a transaction with statements that it hasn't seen before", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id)");
    const transaction = await engine.begin(forever);
    const closed = engine.close(forever);
    expect(factsOf(engine, "INSERT INTO t VALUES (1)")).toMatchObject({ writes: ["main.t"] });
    await transaction.execute("INSERT INTO t VALUES (1)", [], forever);
    await transaction.execute("INSERT INTO t VALUES (2)", [], forever);
    await transaction.commit(forever);
    await closed;
    expect(() => factsOf(engine, "SELECT 1 FROM t")).toThrow(ClosedError);
  });

  it("keeps the bytes that it was given while a statement or a batch waits for its turn", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (b)");
    const insert = "INSERT INTO t VALUES (?)";
    const bytes = new Uint8Array([1]);
    const transaction = await engine.begin(forever);
    const all = [
      run(engine, insert, bytes),
      engine.executeBatch(insert, [[bytes]], forever),
      transaction.executeBatch(insert, [[1], [bytes]], forever),
      transaction.execute(insert, [bytes], forever),
      transaction.commit(forever),
    ];
    bytes[0] = 9;
    await Promise.all(all);
    expect(await rows(engine, "SELECT DISTINCT hex(b) AS b FROM t WHERE b <> 1")).toEqual([{ b: "01" }]);
  });

  it("gives the event loop a turn whenever half the budget is spent on a batch", async () => {
    // 16 rows between two looks at a clock that moves 1 ms a look: half of a budget of 4 ms is two looks.
    await using opened = await openEngine({ ...options, blockBudgetMs: 4 }, steppingClock(1));
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    let turns = 0;
    const turn = (): void => {
      turns++;
      next = globalThis.setImmediate(turn);
    };
    let next = globalThis.setImmediate(turn);
    await engine.executeBatch(
      "INSERT INTO t VALUES (?)",
      Array.from({ length: 640 }, (_, i) => [i]),
      forever,
    );
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it("cuts a batch between two rows, and keeps none of it", async () => {
    await using opened = await openEngine({ ...options, blockBudgetMs: 2 }, steppingClock(1));
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const data = Array.from({ length: 10_000 }, (_, i) => [i]);
    await expect(engine.executeBatch("INSERT INTO t VALUES (?)", data, { deadline: 100 })).rejects.toThrow(
      DeadlineError,
    );
    expect(await rows(engine, "SELECT count(*) AS n FROM t")).toEqual([{ n: 0 }]);
  });

  it("shows plans without running the statement", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await run(engine, "INSERT INTO t VALUES (1)");
    expect(await engine.explain("DELETE FROM t WHERE id = ?", [], forever)).toBe(
      "QUERY PLAN\n`--SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
    );
    expect(await rows(engine, "SELECT * FROM t")).toEqual([{ id: 1 }]);
  });

  it("works with temporary tables, and then promises nothing about any statement", async () => {
    await using opened = await openEngine(options);
    const { engine, told } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    expect(factsOf(engine, "SELECT * FROM t").cacheable).toBe(true);
    told();
    await run(engine, "CREATE TEMP TABLE t (x)");
    expect(told()).toEqual(["schema"]);
    await run(engine, "INSERT INTO t VALUES (7)");
    expect(await rows(engine, "SELECT * FROM t")).toEqual([{ x: 7 }]);
    expect(factsOf(engine, "SELECT * FROM t")).toMatchObject({ cacheable: false });
    expect(factsOf(engine, "DELETE FROM t")).toMatchObject({ writes: "all" });
    await run(engine, "DROP TABLE temp.t");
    expect(factsOf(engine, "SELECT * FROM t").cacheable).toBe(true);
  });

  it("forgets facts that a schema change inside a rolled-back transaction made true", async () => {
    await using opened = await openEngine(options);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await run(engine, "CREATE TABLE u (id INTEGER PRIMARY KEY)");
    const trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM";
    const transaction = await engine.begin(forever);
    await transaction.execute(`${trigger} u; END`, [], forever);
    await transaction.execute("INSERT INTO t VALUES (1)", [], forever);
    await transaction.rollback(forever);
    expect(factsOf(engine, "INSERT INTO t VALUES (1)").writes).toEqual(["main.t"]);
    await run(engine, `${trigger} t; END`);
    expect(factsOf(engine, "INSERT INTO t VALUES (1)").writes).toEqual(["main.t"]);
    await run(engine, "DROP TRIGGER tr");
    await run(engine, `${trigger} u; END`);
    expect(factsOf(engine, "INSERT INTO t VALUES (1)").writes).toEqual(["main.t", "main.u"]);
  });

  it("refuses everything once closed, and closes twice without harm", async () => {
    const { engine, [Symbol.asyncDispose]: dispose } = await openEngine(options);
    await engine.close(forever);
    expect(() => engine.execute("SELECT 1", [], forever)).toThrow(ClosedError);
    await expect(engine.begin(forever)).rejects.toThrow(ClosedError);
    await dispose();
  });
});

describe("SQLite engine on a file", () => {
  it("reads what is committed while a transaction is open", async () => {
    await using opened = await openEngine();
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const transaction = await engine.begin(forever);
    await transaction.execute("INSERT INTO t VALUES (1)", [], forever);
    expect(await rows(engine, "SELECT * FROM t")).toEqual([]);
    await transaction.commit(forever);
    expect(await rows(engine, "SELECT * FROM t")).toEqual([{ id: 1 }]);
  });

  it("waits for another process's lock without blocking, then passes the driver's error on", async () => {
    await using opened = await openEngine({ busyTimeoutMs: 20 });
    const { engine, path } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    await expect(run(engine, "INSERT INTO t VALUES (1)")).rejects.toMatchObject({ errcode: 5 });
    await expect(engine.begin(forever)).rejects.toMatchObject({ errcode: 5 });
    const waiting = run(engine, "INSERT INTO t VALUES (2)");
    other.exec("COMMIT");
    await waiting;
    other.close();
    expect(await rows(engine, "SELECT * FROM t")).toEqual([{ id: 2 }]);
  });

  it("sets its pragmas: durable by default, others when asked", async () => {
    await using durable = await openEngine();
    expect(await rows(durable.engine, "PRAGMA synchronous")).toEqual([{ synchronous: 2 }]);
    expect(await rows(durable.engine, "PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
    await using fast = await openEngine({ pragmas: { synchronous: "NORMAL", foreign_keys: 0 } });
    expect(await rows(fast.engine, "PRAGMA synchronous")).toEqual([{ synchronous: 1 }]);
    expect(await rows(fast.engine, "PRAGMA foreign_keys")).toEqual([{ foreign_keys: 0 }]);
  });

  it("opens a file read-only, and refuses to write it", async () => {
    await using opened = await openEngine();
    await run(opened.engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await using reader = await openEngine({ path: opened.path, readOnly: true });
    expect(await rows(reader.engine, "SELECT * FROM t")).toEqual([]);
    expect(() => reader.engine.execute("INSERT INTO t VALUES (1)", [], forever)).toThrow("readonly");
    const transaction = await reader.engine.begin(forever);
    expect((await transaction.execute("SELECT * FROM t", [], forever)).rows).toEqual([]);
    reader.engine.coherent();
    reader.told();
    await run(opened.engine, "INSERT INTO t VALUES (1)");
    reader.engine.coherent();
    expect(reader.told()).toEqual(["everything"]);
    await transaction.commit(forever);
  });

  it("tidies the write-ahead log away when it closes", async () => {
    await using opened = await openEngine();
    const { engine, path } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await engine.close(forever);
    const { existsSync } = await import("node:fs");
    expect([existsSync(path), existsSync(`${path}-wal`)]).toEqual([true, false]);
  });
});

describe("SQLite engine in memory", () => {
  it("lets reads wait while a transaction is open, until their deadline", async () => {
    await using opened = await openEngine({ path: ":memory:" });
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const transaction = await engine.begin(forever);
    await transaction.execute("INSERT INTO t VALUES (1)", [], forever);
    const cut = engine.execute("SELECT * FROM t", [], { deadline: performance.now() + 5 });
    const reading = rows(engine, "SELECT * FROM t");
    await expect(cut).rejects.toThrow(DeadlineError);
    await transaction.rollback(forever);
    expect(await reading).toEqual([]);
  });
});

describe("options of the SQLite engine", () => {
  const sink = { tables: () => {}, everything: () => {}, schema: () => {} };
  const clock = steppingClock(1);
  it.each([
    [{}, "either path or database"],
    [{ path: "" }, "path: expected"],
    [{ path: "x", readers: 0 }, "readers: expected an integer from 1 to 64, got 0"],
    [{ path: "x", blockBudgetMs: 0 }, "blockBudgetMs: expected"],
    [{ path: "x", busyTimeoutMs: -1 }, "busyTimeoutMs: expected"],
    [{ path: "x", pragmas: { "a; b": 1 } }, "pragmas: expected"],
    [{ path: "x", pragmas: { cache_size: "1; DROP TABLE t" } }, "pragmas.cache_size: expected"],
    [{ path: "x", readonly: true }, 'unknown option "readonly"'],
  ])("are refused when wrong: %j", (options, message) => {
    expect(() => createSqliteEngine(options as never, sink, clock)).toThrow(message);
  });
});
