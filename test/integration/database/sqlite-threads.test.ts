import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import workerThreads from "node:worker_threads";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import type { QueryResult } from "../../../src/database/driver.ts";
import type { Engine } from "../../../src/database/engine.ts";
import { ReaderThreads } from "../../../src/database/sqlite/reader-threads.ts";
import { SqliteThread } from "../../../src/database/sqlite/sqlite-thread.ts";
import { StatementPlan } from "../../../src/database/sqlite/statement-plan.ts";
import { WriterThread } from "../../../src/database/sqlite/writer-thread.ts";
import {
  BatchError,
  ClosedError,
  ConnectionLostError,
  DeadlineError,
  PoolQueueFullError,
} from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { counting, forever, openEngine, temporaryFolder } from "./sqlite-support.ts";

/** With this budget every statement is too long for the event loop after its first run, and stays so. */
const moving = { blockBudgetMs: 0.001 };

const run = async (engine: Engine, sql: string, ...params: unknown[]): Promise<QueryResult> =>
  engine.execute(sql, params, forever);

function executions(engine: Engine): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const sample of engine.collect())
    if (sample.name === "victor.sqlite.executions" && sample.type === "counter")
      counts[sample.labels.place!] = sample.value;
  return counts;
}

describe("a statement that proved long", () => {
  it("runs on a thread from then on, and gives exactly the same rows", async () => {
    await using opened = await openEngine(moving);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)");
    const blob = new Uint8Array([0, 255]);
    const values = Array.from({ length: 5000 }, (_, id) => [id, `row ${id}`, id / 3, id % 7 ? null : blob]);
    await engine.executeBatch("INSERT INTO t VALUES (?, ?, ?, ?)", values, forever);
    const sql = "SELECT *, id AS same, a AS same FROM t ORDER BY id";
    const inline = engine.execute(sql, [], forever) as QueryResult;
    expect(inline.rowCount).toBe(5000);
    const before = executions(engine);
    const onThread = engine.execute(sql, [], forever);
    expect(onThread).toBeInstanceOf(Promise);
    expect(await onThread).toStrictEqual(inline);
    expect(executions(engine).thread).toBe(before.thread! + 1);
  });

  it("keeps integers beyond 2^53 exact on the thread, wherever in the result they come", async () => {
    await using opened = await openEngine(moving);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)");
    const values = Array.from({ length: 6000 }, (_, id) => [id, id === 5500 ? 2n ** 60n : id]);
    await engine.executeBatch("INSERT INTO t VALUES (?, ?)", values, forever);
    for (const _ of [1, 2, 3]) {
      const { rows } = await run(engine, "SELECT n FROM t ORDER BY id");
      expect(rows.map((row) => row.n)).toEqual(values.map(([, n]) => n));
    }
  });

  it("sees everything that was written before it was asked", async () => {
    await using opened = await openEngine(moving);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (n INT)");
    await run(engine, "INSERT INTO t VALUES (0)");
    await run(engine, "SELECT n FROM t");
    for (let n = 1; n <= 100; n++) {
      await run(engine, "UPDATE t SET n = ?", n);
      expect((await run(engine, "SELECT n FROM t")).rows[0]?.n).toBe(n);
    }
  });

  it("follows changes of the schema on the thread", async () => {
    await using opened = await openEngine(moving);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (a)");
    await run(engine, "INSERT INTO t VALUES (1)");
    for (const _ of [1, 2])
      expect(Object.keys((await run(engine, "SELECT * FROM t")).rows[0]!)).toEqual(["a"]);
    await run(engine, "ALTER TABLE t RENAME COLUMN a TO b");
    await run(engine, "ALTER TABLE t ADD COLUMN c");
    expect(Object.keys((await run(engine, "SELECT * FROM t")).rows[0]!)).toEqual(["b", "c"]);
  });

  it("fails with the driver's error and its code", async () => {
    await using opened = await openEngine(moving);
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await run(engine, "INSERT INTO t VALUES (?)", 1);
    const failing = run(engine, "INSERT INTO t VALUES (?)", 1);
    await expect(failing).rejects.toMatchObject({
      message: "UNIQUE constraint failed: t.id",
      code: "ERR_SQLITE_ERROR",
      errcode: 1555,
    });
    await run(engine, "INSERT INTO t VALUES (?)", 2);
    expect((await run(engine, "SELECT * FROM t")).rowCount).toBe(2);
  });

  it("doesn't pass one caller's error on to the next", async () => {
    await using opened = await openEngine({ ...moving, readers: 1 });
    const { engine } = opened;
    await run(engine, "CREATE TABLE t (a)");
    await run(engine, "INSERT INTO t VALUES (1)");
    const first = async (json: string) =>
      (await run(engine, "SELECT json_extract(?, '$[0]') AS x FROM t", json)).rows[0]?.x;
    expect([await first("[1]"), await first("[2]")]).toEqual([1, 2]);
    await expect(first("not json")).rejects.toThrow("malformed JSON");
    expect(await first("[3]")).toBe(3);
    expect(executions(engine).thread).toBeGreaterThanOrEqual(3);
  });

  it("comes back when it has proven short there", async () => {
    await using opened = await openEngine({ blockBudgetMs: 5 });
    const { engine } = opened;
    const sql = `SELECT * FROM (${counting(1_000_000)}) WHERE ? UNION ALL SELECT 0`;
    await run(engine, sql, 1);
    const places = new Set<string>();
    // On a busy machine a run of a microsecond may look long: allow for many tries.
    for (let i = 0; i < 5000 && !places.has("inline"); i++) {
      const result = engine.execute(sql, [0], forever);
      places.add(result instanceof Promise ? "thread" : "inline");
      await result;
    }
    expect([...places]).toEqual(["thread", "inline"]);
  });
});

describe("a read that is given up", () => {
  it("rejects at once, and others go on while its thread is stuck", async () => {
    await using opened = await openEngine(moving);
    const { engine } = opened;
    // Long where the condition holds, so that it isn't over before it is given up.
    const long = `${counting(20_000_000)} WHERE ? = ?`;
    await run(engine, long, 1, 2);
    await run(engine, long, 1, 2);
    const controller = new AbortController();
    const reason = new Error("enough");
    const readings = [1, 2].map(() =>
      engine.execute(long, [1, 1], { ...forever, signal: controller.signal }),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    for (const reading of readings) await expect(reading).rejects.toBe(reason);
    expect((await run(engine, long, 1, 2)).rows).toEqual([{ n: 0 }]);
  });

  it("leaves the queue at its deadline", async () => {
    await using opened = await openEngine({ ...moving, readers: 1 });
    const { engine } = opened;
    const long = counting(2_000_000);
    await run(engine, long);
    const first = engine.execute(long, [], forever);
    await expect(engine.execute(long, [], { deadline: performance.now() + 10 })).rejects.toThrow(
      DeadlineError,
    );
    expect((await first).rows).toEqual([{ n: 2_000_000 }]);
  });
});

describe("ReaderThreads", () => {
  it("refuses more than 1,000 waiting reads", async () => {
    await using opened = await openEngine();
    const threads = new ReaderThreads({ path: opened.path, pragmas: {}, clock: systemClock, threads: 1 });
    const plan = new StatementPlan("SELECT 1 AS x", 2);
    const reads = Array.from({ length: 1001 }, () => threads.read(plan, [], forever));
    expect(threads.stats()).toMatchObject({ busy: 1, queued: 1000 });
    await expect(threads.read(plan, [], forever)).rejects.toThrow(PoolQueueFullError);
    for (const { rows } of await Promise.all(reads)) expect(rows).toEqual([{ x: 1 }]);
    await threads.drain(forever);
    expect(threads.stats()).toEqual({ busy: 0, idle: 1, stuck: 0, queued: 0 });
    await threads.close();
  });

  it("gives up a read that is aborted before its thread has it, in whichever job", async () => {
    await using opened = await openEngine();
    const threads = new ReaderThreads({ path: opened.path, pragmas: {}, clock: systemClock, threads: 1 });
    const plan = new StatementPlan(counting(1e11), 2);
    for (let jobs = 0; jobs < 8; jobs++) {
      const caller = new AbortController();
      if (jobs === 0) caller.abort(new Error("left"));
      const read = threads.read(plan, [], { ...forever, signal: caller.signal });
      for (let i = 1; i < jobs; i++) await null;
      caller.abort(new Error("left"));
      await expect(read).rejects.toThrow("left");
    }
    await threads.close();
  });

  it("refuses the read whose turn it is when no thread can be started for it", async () => {
    await using opened = await openEngine();
    const threads = new ReaderThreads({ path: opened.path, pragmas: {}, clock: systemClock, threads: 1 });
    const plan = new StatementPlan("SELECT 1 AS x", 2);
    const caller = new AbortController();
    const endless = new StatementPlan(counting(1e11), 2);
    const left = threads.read(endless, [], { ...forever, signal: caller.signal });
    const waiting = Promise.allSettled([threads.read(plan, [], forever)]);
    const { Worker } = workerThreads;
    workerThreads.Worker = class {
      constructor() {
        throw new Error("no thread to be had");
      }
    } as unknown as typeof Worker;
    syncBuiltinESMExports();
    try {
      // Its thread is replaced as soon as it turns out to be stuck.
      caller.abort(new Error("left"));
      await expect(left).rejects.toThrow("left");
      const [outcome] = await waiting;
      expect(outcome).toMatchObject({ status: "rejected", reason: { message: "no thread to be had" } });
    } finally {
      workerThreads.Worker = Worker;
      syncBuiltinESMExports();
    }
    expect((await threads.read(plan, [], forever)).rows).toEqual([{ x: 1 }]);
    await threads.close();
  });

  it("replaces a thread that has crashed", async () => {
    await using opened = await openEngine();
    const threads = new ReaderThreads({
      path: `${opened.path}.missing`,
      pragmas: {},
      clock: systemClock,
      threads: 1,
    });
    const plan = new StatementPlan("SELECT 1 AS x", 2);
    await expect(threads.read(plan, [], forever)).rejects.toThrow("unable to open database file");
    new DatabaseSync(`${opened.path}.missing`).close();
    expect((await threads.read(plan, [], forever)).rows).toEqual([{ x: 1 }]);
    await threads.close();
  });

  it("ends a thread that had no work for 5 s, and not the one that had", async () => {
    await using opened = await openEngine();
    const clock = new FakeClock();
    const threads = new ReaderThreads({ path: opened.path, pragmas: {}, clock, threads: 2 });
    const plan = new StatementPlan("SELECT 1 AS x", 2);
    const read = () => threads.read(plan, [], forever);
    await Promise.all([read(), read()]);
    await clock.advance(4000);
    await read();
    expect(threads.stats().idle).toBe(2);
    await clock.advance(1000);
    expect(threads.stats().idle).toBe(1);
    await clock.advance(4000);
    expect(threads.stats().idle).toBe(0);
    expect((await read()).rows).toEqual([{ x: 1 }]);
    await threads.close();
    expect(clock.pending).toBe(0);
  });

  it("refuses what still waits when it is closed, and keeps no thread", async () => {
    await using opened = await openEngine();
    const threads = new ReaderThreads({ path: opened.path, pragmas: {}, clock: systemClock, threads: 1 });
    const plan = new StatementPlan("SELECT 1 AS x", 2);
    // Its thread has been idle, so that the end of idle threads was due once.
    await threads.read(plan, [], forever);
    const reads = Promise.allSettled([threads.read(plan, [], forever), threads.read(plan, [], forever)]);
    await threads.close();
    const [running, waiting] = await reads;
    expect(running.status === "rejected" && running.reason).toBeInstanceOf(ConnectionLostError);
    expect(waiting.status === "rejected" && waiting.reason).toBeInstanceOf(ClosedError);
    expect(threads.stats()).toEqual({ busy: 0, idle: 0, stuck: 0, queued: 0 });
  });
});

describe("WriterThread", () => {
  const watch = { expectCommit: () => {}, committed: () => {}, settle: () => {} };

  it("doesn't begin a write that was given up before its thread had it", async () => {
    await using opened = await openEngine();
    await run(opened.engine, "CREATE TABLE t (n INT)");
    const clock = new FakeClock();
    const writer = new WriterThread({ path: opened.path, pragmas: {}, clock, busyTimeoutMs: 0, watch });
    const endless = new StatementPlan(`INSERT INTO t ${counting(1e11)}`, 2);
    const caller = new AbortController();
    const aborted = writer.write(endless, [], { ...forever, signal: caller.signal });
    await null;
    caller.abort(new Error("left"));
    await expect(aborted.result).rejects.toThrow("left");
    await aborted.finished;
    writer.checkpoint();
    const late = writer.write(endless, [], { deadline: clock.now() + 1 });
    const refused = expect(late.result).rejects.toThrow(DeadlineError);
    await clock.advance(1);
    await refused;
    await late.finished;
    const next = writer.write(new StatementPlan("INSERT INTO t VALUES (1)", 2), [], forever);
    expect((await next.result).rowCount).toBe(1);
    await writer.close(true);
  });

  it("doesn't begin a change of the schema whose time was over before the thread was free", async () => {
    await using opened = await openEngine();
    const clock = new FakeClock();
    const writer = new WriterThread({ path: opened.path, pragmas: {}, clock, busyTimeoutMs: 0, watch });
    writer.checkpoint();
    const late = writer.define(new StatementPlan("CREATE TABLE t (n INT)", 2), [], { deadline: clock.now() });
    await expect(late.result).rejects.toThrow(DeadlineError);
    await late.finished;
    await writer.close(true);
    expect(() => opened.engine.execute("SELECT * FROM t", [], forever)).toThrow("no such table");
  });

  it("ends its thread after 5 s without work, and starts one for the next", async () => {
    await using opened = await openEngine();
    await run(opened.engine, "CREATE TABLE t (n INT)");
    await run(opened.engine, "INSERT INTO t VALUES (0)");
    const clock = new FakeClock();
    const writer = new WriterThread({ path: opened.path, pragmas: {}, clock, busyTimeoutMs: 0, watch });
    let started = 0;
    const count = () => started++;
    process.on("worker", count);
    try {
      const plan = new StatementPlan("UPDATE t SET n = n + 1", 2);
      const write = async () => {
        const job = writer.write(plan, [], forever);
        await Promise.all([job.result, job.finished]);
      };
      await write();
      await clock.advance(4999);
      await write();
      await clock.advance(4999);
      expect(started).toBe(1);
      await clock.advance(1);
      await write();
      expect(started).toBe(2);
      await writer.close(true);
      expect(clock.pending).toBe(0);
      expect((await run(opened.engine, "SELECT n FROM t")).rows[0]?.n).toBe(3);
    } finally {
      process.off("worker", count);
    }
  });
});

describe("SqliteThread", () => {
  it("rejects what it was asked when it ends, and everything after", async () => {
    await using opened = await openEngine();
    const thread = new SqliteThread({ path: opened.path, pragmas: {} }, true);
    const asked = thread.ask({ kind: "read", sql: counting(100_000), params: [] });
    await Promise.all([thread.terminate(), expect(asked).rejects.toThrow(ConnectionLostError)]);
    expect(thread.ended).toBe(true);
    await expect(thread.ask({ kind: "more" })).rejects.toMatchObject({ outcomeUnknown: false });
  });

  it("keeps a process alive until a wait for the writer's turn is over", () => {
    const script = `
      import { WriteLock } from ${JSON.stringify(new URL("../../../src/database/sqlite/write-lock.ts", import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL("../../../src/clock.ts", import.meta.url).href)};
      const lock = new WriteLock(systemClock);
      lock.tryAcquire();
      await lock.acquire({ deadline: systemClock.now() + 20 }).catch((error) => console.log(error.code));`;
    const args = ["--input-type=module-typescript", "-e", script];
    expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 240_000 })).toBe(
      "VICTOR_DEADLINE\n",
    );
  });

  it("doesn't keep a finished process alive, even when nobody closes the engine", () => {
    const script = `
      import { createSqliteEngine } from ${JSON.stringify(new URL("../../../src/database/sqlite/engine.ts", import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL("../../../src/clock.ts", import.meta.url).href)};
      const sink = { tables() {}, everything() {}, schema() {} };
      const engine = createSqliteEngine({ path: process.argv[1], blockBudgetMs: 0.001 }, sink, systemClock);
      const forever = { deadline: Infinity };
      await engine.initialize(forever);
      await engine.execute("CREATE TABLE t (a)", [], forever);
      for (let i = 0; i < 3; i++) await engine.execute("INSERT INTO t VALUES (?)", [i], forever);
      for (let i = 0; i < 3; i++) await engine.execute("SELECT * FROM t", [], forever);
      console.log("done");`;
    using folder = temporaryFolder();
    const args = ["--input-type=module-typescript", "-e", script, join(folder.path, "alive.db")];
    expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 240_000 })).toBe("done\n");
  });
});

describe("the write-ahead log", () => {
  it("is moved into the file by a thread, while nobody asks for it, and that isn't a stranger's change", async () => {
    await using opened = await openEngine();
    const { engine, path, told } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, data)");
    const data = new Uint8Array(1000);
    await engine.executeBatch(
      "INSERT INTO t VALUES (?, ?)",
      Array.from({ length: 6000 }, (_, id) => [id, data]),
      forever,
    );
    engine.coherent();
    told();
    while (statSync(path).size < 6_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
    await run(engine, "UPDATE t SET data = 1 WHERE id = 1");
    expect([engine.coherent(), told()]).toEqual([true, []]);
  });
});

describe("a write on the writer thread", () => {
  const update = "UPDATE t SET n = n + ?";
  async function withTable(rows = 100) {
    const opened = await openEngine(moving);
    await run(opened.engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)");
    await opened.engine.executeBatch(
      "INSERT INTO t VALUES (?, 0)",
      Array.from({ length: rows }, (_, id) => [id]),
      forever,
    );
    await run(opened.engine, update, 1);
    expect(opened.engine.execute("SELECT 1", [], forever)).not.toBeInstanceOf(Promise);
    return opened;
  }
  const sum = async (engine: Engine): Promise<unknown> =>
    (await run(engine, "SELECT sum(n) AS n FROM t")).rows[0]?.n;

  it("is committed when its promise resolves, and isn't taken for a stranger's", async () => {
    await using opened = await withTable();
    const { engine, told } = opened;
    engine.coherent();
    told();
    for (let i = 0; i < 20; i++) {
      const writing = engine.execute(update, [1], forever);
      expect(writing).toBeInstanceOf(Promise);
      expect((await writing).rowCount).toBe(100);
      expect(engine.coherent()).toBe(true);
    }
    expect(told()).toEqual([]);
    expect(await sum(engine)).toBe(2100);
  });

  it("gives the rows of RETURNING, and the row id", async () => {
    await using opened = await withTable();
    const { engine } = opened;
    const insert = "INSERT INTO t VALUES (?, ?) RETURNING id, n";
    await run(engine, insert, 1000, 1);
    const { rows } = await run(engine, insert, 2n ** 60n, 2);
    expect(rows.map((row) => ({ ...row }))).toEqual([{ id: 2n ** 60n, n: 2 }]);
    await run(engine, "INSERT INTO t VALUES (?, ?)", 2000, 1);
    expect((await run(engine, "INSERT INTO t VALUES (?, ?)", 2n ** 61n, 2)).lastInsertRowid).toBe(2n ** 61n);
  });

  it("has not happened when it was given up, and the next writer waits until it is undone", async () => {
    await using opened = await withTable(1000);
    const { engine } = opened;
    const long = `UPDATE t SET n = n + 1 + 0 * (SELECT count(*) FROM (${counting(5_000_000)}) WHERE ?)`;
    await run(engine, long, 0);
    const controller = new AbortController();
    const before = await sum(engine);
    const writing = engine.execute(long, [1], { ...forever, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(new Error("enough"));
    await expect(writing).rejects.toThrow("enough");
    await run(engine, update, 1);
    expect(await sum(engine)).toBe((before as number) + 1000);
  });

  it("that waits when the engine is closed is refused, and no thread holds the file's lock", async () => {
    await using opened = await withTable();
    const { engine, path } = opened;
    const order: string[] = [];
    const long = `UPDATE t SET n = n + 0 * (SELECT count(*) FROM (${counting(3_000_000)}) WHERE ?)`;
    await run(engine, long, 0);
    const running = run(engine, long, 1).catch((error) => order.push(error.code));
    const waiting = run(engine, update, 1);
    const refused = expect(waiting).rejects.toThrow(ClosedError);
    // By then the thread has been asked.
    await new Promise((resolve) => setImmediate(resolve));
    using closing = vi.spyOn(WriterThread.prototype, "close");
    await engine.close({ deadline: 0 }).catch((error) => order.push(error.code));
    await running;
    await refused;
    // What runs is left to end by itself: the deadline holds for closing as well.
    expect(closing).toHaveBeenCalledExactlyOnceWith(false);
    expect(order).toEqual(["VICTOR_DEADLINE", "VICTOR_CONNECTION_LOST"]);
    const other = new DatabaseSync(path);
    expect(other.prepare("UPDATE t SET n = 7").run().changes).toBe(100);
    other.close();
  });

  it("runs a batch all or nothing, naming the row that failed, over several messages", async () => {
    await using opened = await withTable();
    const { engine, told } = opened;
    const insert = "INSERT INTO t VALUES (?, ?)";
    const batch = (from: number, count: number) => Array.from({ length: count }, (_, i) => [from + i, 1]);
    await engine.executeBatch(insert, batch(1000, 50), forever);
    engine.coherent();
    told();
    const before = executions(engine).thread!;
    expect(await engine.executeBatch(insert, batch(10_000, 9000), forever)).toBe(9000);
    expect(executions(engine).thread).toBe(before + 1);
    expect(engine.coherent()).toBe(true);
    expect(told()).toEqual([]);
    const bad = [...batch(30_000, 7000), [5, 1], ...batch(40_000, 10)];
    const failing = engine.executeBatch(insert, bad, forever);
    await expect(failing).rejects.toThrow(BatchError);
    await expect(failing).rejects.toMatchObject({ row: 7000, cause: { errcode: 1555 } });
    const unsendable = [...batch(30_000, 5000), [1, () => 1]];
    await expect(engine.executeBatch(insert, unsendable, forever)).rejects.toMatchObject({ row: 5000 });
    expect((await run(engine, "SELECT count(*) AS n FROM t")).rows).toEqual([{ n: 9150 }]);
  });

  it("waits for a lock that another process holds, until its deadline", async () => {
    await using opened = await withTable();
    const { engine, path } = opened;
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const late = engine.execute(update, [1], { deadline: performance.now() + 20 });
    await expect(late).rejects.toThrow(DeadlineError);
    const writing = run(engine, update, 1);
    other.exec("COMMIT");
    await writing;
    other.close();
    expect(await sum(engine)).toBe(200);
  });

  it("tells whether it alone committed, up to the moment after its commit was taken note of", async () => {
    await using opened = await withTable();
    const stranger = new DatabaseSync(opened.path);
    for (const interferes of [false, true]) {
      const steps: unknown[] = [];
      const thread = new WriterThread({
        path: opened.path,
        pragmas: {},
        clock: systemClock,
        busyTimeoutMs: 1000,
        watch: {
          expectCommit: () => steps.push("expect"),
          committed: () => {
            steps.push("committed");
            if (interferes) stranger.exec("UPDATE t SET n = 0");
          },
          settle: (alone) => steps.push(alone),
        },
      });
      const job = thread.write(new StatementPlan("UPDATE t SET n = 1", 1), [], forever);
      expect((await job.result).rowCount).toBe(100);
      await job.finished;
      expect(steps).toEqual(["expect", "committed", !interferes]);
      await thread.close(true);
    }
    stranger.close();
  });

  it("changes the schema there too", async () => {
    await using opened = await withTable();
    const { engine, told } = opened;
    await run(engine, "VACUUM");
    told();
    await run(engine, "VACUUM");
    expect(told()).toContain("schema");
    expect(engine.coherent()).toBe(true);
  });
});
