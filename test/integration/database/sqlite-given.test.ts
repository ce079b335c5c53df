import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { QueryResult } from "../../../src/database/driver.ts";
import type { Engine } from "../../../src/database/engine.ts";
import type { SqliteDatabase } from "../../../src/database/sqlite/engine.ts";
import { factsOf, forever, openEngine, temporaryFolder } from "./sqlite-support.ts";

/** What better-sqlite3 looks like from outside, on the built-in driver. */
class LikeBetterSqlite implements SqliteDatabase {
  readonly database: DatabaseSync;
  readonly name: string;
  readonly memory: boolean;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.name = path;
    this.memory = path === ":memory:";
  }
  get inTransaction(): boolean {
    return this.database.isTransaction;
  }
  prepare(sql: string) {
    const statement = this.database.prepare(sql);
    const reader = statement.columns().length > 0;
    return {
      reader,
      all: (...params: unknown[]) => statement.all(...(params as SQLInputValue[])).map((row) => ({ ...row })),
      run(...params: unknown[]) {
        if (reader)
          throw new TypeError("This statement returns data. Use get(), all(), or iterate() instead");
        const { changes, lastInsertRowid } = statement.run(...(params as SQLInputValue[]));
        return { changes: Number(changes), lastInsertRowid };
      },
      safeIntegers: (on: boolean) => statement.setReadBigInts(on),
    };
  }
}

const run = async (engine: Engine, sql: string, ...params: unknown[]): Promise<QueryResult> =>
  engine.execute(sql, params, forever);

async function openGiven(path?: string) {
  const folder = temporaryFolder();
  const given = new LikeBetterSqlite(path ?? join(folder.path, "given.db"));
  given.database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INT); CREATE TABLE u (x)");
  const opened = await openEngine({ database: given });
  const { engine, told } = opened;
  return {
    engine,
    told,
    owner: given.database,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      expect(given.database.isOpen).toBe(true);
      given.database.close();
      folder[Symbol.dispose]();
    },
  };
}

describe("an engine on a better-sqlite3 database", () => {
  it("runs statements, batches and transactions through it, with exact integers", async () => {
    await using opened = await openGiven();
    const { engine, owner } = opened;
    expect(await run(engine, "INSERT INTO t VALUES (?, ?)", 1, 2n ** 60n)).toEqual({
      rows: [],
      rowCount: 1,
      lastInsertRowid: 1,
    });
    expect((await run(engine, "SELECT * FROM t")).rows).toEqual([{ id: 1, n: 2n ** 60n }]);
    expect(
      await engine.executeBatch(
        "INSERT INTO t VALUES (?, ?)",
        [
          [2, 1],
          [3, true],
        ],
        forever,
      ),
    ).toBe(2);
    await expect(
      engine.executeBatch(
        "INSERT INTO t VALUES (?, ?)",
        [
          [4, 1],
          [3, 1],
        ],
        forever,
      ),
    ).rejects.toMatchObject({ row: 1 });
    const transaction = await engine.begin(forever);
    await transaction.execute("DELETE FROM t WHERE id > ? RETURNING id", [1], forever);
    await transaction.rollback(forever);
    expect(owner.prepare("SELECT count(*) AS n FROM t").get()?.n).toBe(3);
    expect(factsOf(engine, "SELECT n FROM t WHERE id = ?")).toMatchObject({
      cacheable: true,
      reads: ["main.t"],
      point: { table: "main.t", param: 0 },
    });
    expect(await engine.explain("SELECT * FROM t WHERE id = ?", [], forever)).toContain("SEARCH t");
  });

  it("sees what its owner writes beside us, and doesn't take our own writes for his", async () => {
    await using opened = await openGiven();
    const { engine, told, owner } = opened;
    const look = () => [engine.coherent(), told()];
    await run(engine, "INSERT INTO t VALUES (1, 1)");
    await engine.executeBatch("INSERT INTO t VALUES (?, 1)", [[2], [3]], forever);
    expect(look()).toEqual([true, []]);
    owner.exec("UPDATE t SET n = 2 WHERE id = 1");
    expect(look()).toEqual([true, ["everything"]]);
    owner.exec("INSERT INTO t VALUES (9, 9)");
    await run(engine, "UPDATE t SET n = 3 WHERE id = 1");
    expect(look()).toEqual([true, ["everything"]]);
    owner.exec("CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM u; END");
    expect(look()).toEqual([true, ["schema"]]);
    expect(factsOf(engine, "INSERT INTO t VALUES (5, 5)").writes).toEqual(["main.t", "main.u"]);
    const stranger = new DatabaseSync((opened.engine as Engine).address);
    stranger.exec("DELETE FROM t");
    stranger.close();
    expect(look()).toEqual([true, ["everything"]]);
    expect(look()).toEqual([true, []]);
  });

  it("caches nothing while its owner has a transaction open, and forgets what he touched", async () => {
    await using opened = await openGiven();
    const { engine, told, owner } = opened;
    owner.exec("BEGIN; INSERT INTO t VALUES (1, 1)");
    expect([engine.coherent(), told()]).toEqual([false, []]);
    owner.exec("ROLLBACK");
    expect([engine.coherent(), told()]).toEqual([true, ["everything"]]);
  });

  it("promises nothing where its owner has functions, temporary or attached tables of his own", async () => {
    await using opened = await openGiven();
    const { engine, owner } = opened;
    owner.function("lower", { deterministic: true }, () => "mine");
    owner.function("mine", () => 1);
    expect(factsOf(engine, "SELECT lower(n) FROM t").cacheable).toBe(false);
    expect(factsOf(engine, "SELECT mine(n) FROM t").cacheable).toBe(false);
    expect(factsOf(engine, "SELECT upper(n) FROM t").cacheable).toBe(true);
    owner.exec("CREATE TEMP TABLE t (x)");
    expect(engine.coherent()).toBe(true);
    expect(factsOf(engine, "SELECT upper(n) FROM t").cacheable).toBe(false);
    expect(factsOf(engine, "DELETE FROM u").writes).toBe("all");
  });

  it("learns the same of a database in memory", async () => {
    await using opened = await openGiven(":memory:");
    const { engine, told, owner } = opened;
    await run(engine, "INSERT INTO t VALUES (1, 1)");
    expect((await run(engine, "SELECT * FROM t")).rows).toEqual([{ id: 1, n: 1 }]);
    expect(factsOf(engine, "SELECT * FROM t WHERE id = ?")).toMatchObject({
      cacheable: true,
      point: { param: 0 },
    });
    expect(factsOf(engine, "DELETE FROM t")).toMatchObject({ kind: "write", writes: ["main.t"] });
    owner.exec("DELETE FROM t");
    expect([engine.coherent(), told()]).toEqual([true, ["everything"]]);
  });

  it("knows all of a schema with views, triggers, indexes and virtual tables", async () => {
    await using opened = await openGiven();
    const { engine, owner } = opened;
    owner.exec(`
      CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, t REFERENCES t (id) ON DELETE CASCADE, e TEXT);
      CREATE UNIQUE INDEX c_e ON c (e) WHERE e IS NOT NULL;
      CREATE VIEW v AS SELECT t.id, c.e FROM t JOIN c ON c.t = t.id;
      CREATE VIRTUAL TABLE f USING fts5 (body);
      CREATE TRIGGER v_delete INSTEAD OF DELETE ON v BEGIN DELETE FROM u; END;
      CREATE TRIGGER c_insert AFTER INSERT ON c BEGIN INSERT INTO f VALUES (NEW.e); END`);
    expect(factsOf(engine, "SELECT * FROM v").reads).toEqual(["main.t", "main.c"]);
    expect(factsOf(engine, "DELETE FROM v").writes).toEqual(["main.u"]);
    expect(factsOf(engine, "DELETE FROM t").writes).toEqual(["main.t", "main.c"]);
    expect(
      factsOf(engine, "INSERT INTO c (e) VALUES (?) ON CONFLICT (e) WHERE e IS NOT NULL DO NOTHING").writes,
    ).toEqual(["main.c", "main.f"]);
    expect(factsOf(engine, "SELECT * FROM f").cacheable).toBe(false);
  });

  it("promises nothing where a part of the schema can't be copied", async () => {
    await using opened = await openGiven();
    const { engine, owner } = opened;
    owner.function("mine", { deterministic: true }, (value) => value);
    owner.exec("CREATE INDEX i ON t (mine(n))");
    expect(factsOf(engine, "SELECT * FROM u")).toMatchObject({ kind: "read", cacheable: false });
    expect(factsOf(engine, "DELETE FROM u")).toMatchObject({ writes: "all" });
    expect((await run(engine, "SELECT mine(7) AS x")).rows).toEqual([{ x: 7 }]);
    owner.exec("DROP INDEX i");
    expect(engine.coherent()).toBe(true);
    expect(factsOf(engine, "SELECT * FROM u")).toMatchObject({ cacheable: true, writes: [] });
  });
});
