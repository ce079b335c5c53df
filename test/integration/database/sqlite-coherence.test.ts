import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { QueryResult } from "../../../src/database/driver.ts";
import type { Engine } from "../../../src/database/engine.ts";
import { FileVersions } from "../../../src/database/sqlite/foreign-writes.ts";
import { NodeConnection } from "../../../src/database/sqlite/node-connection.ts";
import { forever, openEngine, temporaryFolder } from "./sqlite-support.ts";

const run = async (engine: Engine, sql: string, ...params: unknown[]): Promise<QueryResult> =>
  engine.execute(sql, params, forever);

describe("FileVersions", () => {
  function twoConnections() {
    const folder = temporaryFolder();
    const path = join(folder.path, "versions.db");
    const [own, thread, stranger] = [1, 2, 3].map(() => new NodeConnection(path)) as [
      NodeConnection,
      NodeConnection,
      NodeConnection,
    ];
    own.database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (n)");
    const close = () => {
      for (const connection of [own, thread, stranger]) connection.close();
      folder[Symbol.dispose]();
    };
    const write = (connection: NodeConnection) => connection.database.exec("INSERT INTO t VALUES (1)");
    return { own, thread, stranger, write, versions: new FileVersions(own), [Symbol.dispose]: close };
  }

  it("doesn't see own commits, rollbacks and failures", () => {
    using three = twoConnections();
    for (let i = 0; i < 10; i++) three.write(three.own);
    three.own.database.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (1); ROLLBACK");
    three.own.database.exec(
      "BEGIN IMMEDIATE; INSERT INTO t VALUES (1); COMMIT; PRAGMA wal_checkpoint(TRUNCATE)",
    );
    expect(() => three.own.database.exec("INSERT INTO nowhere VALUES (1)")).toThrow();
    expect(three.versions.poll()).toBe("none");
  });

  it("sees a stranger's commit once, whatever we write before and after it", () => {
    using three = twoConnections();
    three.write(three.own);
    three.write(three.stranger);
    three.write(three.own);
    expect([three.versions.poll(), three.versions.poll()]).toEqual(["data", "none"]);
  });

  it("tells a change of the schema", () => {
    using three = twoConnections();
    three.stranger.database.exec("CREATE INDEX i ON t (n)");
    expect([three.versions.poll(), three.versions.poll()]).toEqual(["schema", "none"]);
  });

  /** Where a stranger may commit around the thread's commit; while the thread holds the lock, it can't. */
  const moments = ["never", "before", "committed, not yet noted", "noted, not yet settled", "after"] as const;
  it.each(moments)("never misses a stranger beside the writer thread: %s", (moment) => {
    using three = twoConnections();
    const { versions } = three;
    const told: string[] = [];
    const at = (now: (typeof moments)[number]) => {
      if (now === moment) three.write(three.stranger);
    };
    const dataVersion = () => three.thread.prepare("PRAGMA data_version").run([], true).rows[0]?.data_version;
    at("before");
    three.thread.database.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)");
    const locked = dataVersion();
    told.push(versions.expectCommit());
    three.thread.database.exec("COMMIT");
    told.push(versions.poll());
    at("committed, not yet noted");
    versions.committed();
    at("noted, not yet settled");
    told.push(versions.poll());
    told.push(versions.settle(dataVersion() === locked));
    at("after");
    told.push(versions.poll());
    expect(told).toEqual(
      {
        never: ["none", "undecided", "undecided", "none", "none"],
        before: ["data", "undecided", "undecided", "none", "none"],
        "committed, not yet noted": ["none", "undecided", "undecided", "data", "none"],
        "noted, not yet settled": ["none", "undecided", "undecided", "data", "none"],
        after: ["none", "undecided", "undecided", "none", "data"],
      }[moment],
    );
  });
});

/** Another process, which commits whenever it is told to. */
const strangerScript = `
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(process.argv[2], { timeout: 5000 });
  process.on("message", (sql) => { database.exec(sql); process.send("committed"); });
  process.send("ready");`;

async function startStranger(folder: string, path: string): Promise<ChildProcess> {
  const script = join(folder, "stranger.cjs");
  writeFileSync(script, strangerScript);
  const child = fork(script, [path], { execArgv: [] });
  await once(child, "message");
  return child;
}

describe("coherence with another process", () => {
  it("notices each of its commits at the next look, and none of our own", async () => {
    using folder = temporaryFolder();
    await using opened = await openEngine();
    const { engine, path, told } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)");
    const stranger = await startStranger(folder.path, path);
    const commit = async (sql: string) => {
      stranger.send(sql);
      await once(stranger, "message");
    };
    // Our own change of the schema makes the first foreign commit look like one.
    await commit("INSERT INTO t (n) VALUES (0)");
    engine.coherent();
    told();
    for (let round = 0; round < 20; round++) {
      await run(engine, "INSERT INTO t (n) VALUES (?)", round);
      const transaction = await engine.begin(forever);
      await transaction.execute("UPDATE t SET n = n + 1", [], forever);
      expect(engine.coherent()).toBe(true);
      await (round % 2 ? transaction.commit(forever) : transaction.rollback(forever));
      await engine.executeBatch("INSERT INTO t (n) VALUES (?)", [[1], [2]], forever);
      expect([engine.coherent(), told()]).toEqual([true, []]);
      await commit(`INSERT INTO t (n) VALUES (${round})`);
      expect([engine.coherent(), told(), engine.coherent(), told()]).toEqual([
        true,
        ["everything"],
        true,
        [],
      ]);
    }
    await commit("CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t WHERE n < 0; END");
    expect([engine.coherent(), told()]).toEqual([true, ["schema"]]);
    stranger.kill();
  });

  it("never misses one while our own writes go through the writer thread at the same time", async () => {
    using folder = temporaryFolder();
    await using opened = await openEngine({ blockBudgetMs: 0.001 });
    const { engine, path, told } = opened;
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)");
    await run(engine, "CREATE TABLE foreigner (id INTEGER PRIMARY KEY, n INT)");
    await run(engine, "INSERT INTO t VALUES (1, 0)");
    await run(engine, "INSERT INTO foreigner VALUES (1, 0)");
    const stranger = await startStranger(folder.path, path);
    const update = "UPDATE t SET n = n + 1 WHERE id = ?";
    await run(engine, update, 1);
    let writing = true;
    let threadWrites = 0;
    const ours = (async () => {
      while (writing) {
        await run(engine, update, 1);
        threadWrites++;
      }
    })();
    for (let round = 1; round <= (process.env.VICTOR_LONG ? 5000 : 200); round++) {
      engine.coherent();
      told();
      stranger.send("UPDATE foreigner SET n = n + 1");
      await once(stranger, "message");
      // In doubt, the cache isn't used; as soon as it is, the stranger's commit must have been told.
      while (!engine.coherent()) await new Promise((resolve) => setImmediate(resolve));
      expect(told().length).toBeGreaterThan(0);
    }
    writing = false;
    await ours;
    stranger.kill();
    expect(threadWrites).toBeGreaterThan(0);
    const direct = new DatabaseSync(path);
    expect(direct.prepare("SELECT n FROM t").get()?.n).toBe(threadWrites + 1);
    direct.close();
  });
});
