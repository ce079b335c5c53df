import { expect, test } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/optimizer.ts";
import { createSqliteEngine } from "../../../src/database/sqlite/engine.ts";

const schema = [
  "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
  "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE)",
  "CREATE VIEW names AS SELECT name FROM users",
];

async function open(options = {}): Promise<DatabaseOptimizer> {
  const db = new DatabaseOptimizer({ url: "sqlite::memory:", ...options });
  for (const sql of schema) await db.executeQuery(sql);
  await db.executeBatch("INSERT INTO users (id, name) VALUES (?, ?)", [
    [1, "Ada"],
    [2, "Bob"],
  ]);
  return db;
}

const byId = "SELECT name FROM users WHERE id = ?";

test("the second read of a row comes from the cache, with the same rows", async () => {
  await using db = await open();
  const first = await db.executeQuery(byId, [1]);
  const second = await db.executeQuery(byId, [1]);
  expect([first.cached, second.cached]).toEqual([false, true]);
  expect(second.rows).toEqual([{ name: "Ada" }]);
});

test("a write to one row makes void that row's result and no other's", async () => {
  await using db = await open();
  await db.executeQuery(byId, [1]);
  await db.executeQuery(byId, [2]);
  await db.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Eve", 1]);
  expect(await db.executeQuery(byId, [1])).toMatchObject({ cached: false, rows: [{ name: "Eve" }] });
  expect(await db.executeQuery(byId, [2])).toMatchObject({ cached: true, rows: [{ name: "Bob" }] });
});

test("a read through a view is void when the table under it is written", async () => {
  await using db = await open();
  await db.executeQuery("SELECT * FROM names");
  await db.executeQuery("INSERT INTO users (id, name) VALUES (?, ?)", [3, "Cyd"]);
  const { rows, cached } = await db.executeQuery("SELECT * FROM names");
  expect(cached).toBe(false);
  expect(rows).toHaveLength(3);
});

test("an update of other columns leaves a result alone, an insert doesn't", async () => {
  await using db = await open();
  const sorted = "SELECT id FROM users ORDER BY id";
  await db.executeQuery(sorted);
  await db.executeQuery("UPDATE users SET name = ?", ["Eve"]);
  expect((await db.executeQuery(sorted)).cached).toBe(true);
  await db.executeQuery("INSERT INTO users (id, name) VALUES (?, ?)", [0, "Cyd"]);
  expect((await db.executeQuery(sorted)).rows).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }]);
  await db.executeQuery("UPDATE users SET id = id + ?", [10]);
  expect((await db.executeQuery(sorted)).rows).toEqual([{ id: 10 }, { id: 11 }, { id: 12 }]);
});

test("a delete makes void what a cascade takes with it", async () => {
  await using db = await open();
  await db.executeQuery("INSERT INTO orders (user_id) VALUES (?)", [1]);
  expect((await db.executeQuery("SELECT * FROM orders")).rows).toHaveLength(1);
  await db.executeQuery("DELETE FROM users WHERE id = ?", [1]);
  expect((await db.executeQuery("SELECT * FROM orders")).rows).toHaveLength(0);
});

test("a transaction invalidates when it commits, and not when it rolls back", async () => {
  await using db = await open();
  await db.executeQuery(byId, [1]);
  const failure = new Error("changed my mind");
  const rolledBack = db.transaction(async (tx) => {
    await tx.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Eve", 1]);
    expect((await tx.executeQuery(byId, [1])).rows).toEqual([{ name: "Eve" }]);
    throw failure;
  });
  await expect(rolledBack).rejects.toBe(failure);
  expect(await db.executeQuery(byId, [1])).toMatchObject({ cached: true, rows: [{ name: "Ada" }] });
  await db.transaction((tx) => tx.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Eve", 1]));
  expect(await db.executeQuery(byId, [1])).toMatchObject({ cached: false, rows: [{ name: "Eve" }] });
});

test("a change of the schema makes void results and facts", async () => {
  await using db = await open();
  await db.executeQuery("SELECT * FROM users WHERE id = ?", [1]);
  await db.executeQuery("ALTER TABLE users ADD COLUMN mail TEXT");
  expect(await db.executeQuery("SELECT * FROM users WHERE id = ?", [1])).toMatchObject({
    cached: false,
    rows: [{ id: 1, name: "Ada", mail: null }],
  });
});

test("useCache: false neither looks in the cache nor fills it", async () => {
  await using db = await open();
  await db.executeQuery(byId, [1], { useCache: false });
  expect((await db.executeQuery(byId, [1])).cached).toBe(false);
  expect((await db.executeQuery(byId, [1], { useCache: false })).cached).toBe(false);
});

test("cacheSize: 0 turns the cache off", async () => {
  await using db = await open({ cacheSize: 0 });
  await db.executeQuery(byId, [1]);
  expect((await db.executeQuery(byId, [1])).cached).toBe(false);
});

test("invalidateCache forgets one statement, the readers of a table, or all", async () => {
  await using db = await open();
  const other = "SELECT count(*) AS n FROM orders";
  const fill = () => Promise.all([db.executeQuery(byId, [1]), db.executeQuery(other)]);
  const cached = async () => [
    (await db.executeQuery(byId, [1])).cached,
    (await db.executeQuery(other)).cached,
  ];
  await fill();
  db.invalidateCache({ sql: byId });
  expect(await cached()).toEqual([false, true]);
  db.invalidateCache({ tables: ["orders"] });
  expect(await cached()).toEqual([true, false]);
  db.invalidateCache();
  expect(await cached()).toEqual([false, false]);
});

test("rows can't be changed by a caller", async () => {
  await using db = await open();
  const { rows } = await db.executeQuery<{ name: string }>(byId, [1]);
  expect(() => Object.assign(rows[0]!, { name: "Mallory" })).toThrow(TypeError);
  expect((await db.executeQuery(byId, [1])).rows).toEqual([{ name: "Ada" }]);
});

test("a batch is all or nothing and names the row that failed", async () => {
  await using db = await open();
  const rows = [
    [7, "Gus"],
    [1, "twice"],
    [8, "Hal"],
  ];
  const batch = db.executeBatch("INSERT INTO users (id, name) VALUES (?, ?)", rows);
  await expect(batch).rejects.toMatchObject({ code: "VICTOR_BATCH", row: 1 });
  expect((await db.executeQuery("SELECT count(*) AS n FROM users")).rows).toEqual([{ n: 2 }]);
});

test("metrics are kept by fingerprint, hits apart from executions", async () => {
  await using db = await open();
  for (const id of [1, 1, 1, 2]) await db.executeQuery(byId, [id]);
  await db.executeQuery("SELECT name FROM users WHERE id = 2");
  const entry = db.getQueryMetrics().find((each) => each.fingerprint.toLowerCase().startsWith("select name"));
  expect(entry).toMatchObject({ count: 3, hits: 2, hitRate: 0.4, rows: 3, errors: 0 });
});

test("a slow query is logged with its plan and without its parameters", async () => {
  await using db = await open({ slowThresholdMs: 0 });
  await db.executeQuery(byId, [2]);
  await expect.poll(() => db.getSlowQueries().find((each) => each.plan?.includes("users"))).toBeDefined();
  expect(JSON.stringify(db.getSlowQueries())).not.toContain("Bob");
});

test("dollar placeholders work on SQLite, in any order and more than once", async () => {
  await using db = await open();
  const { rows } = await db.executeQuery("SELECT $2 AS b, $1 AS a, $2 AS c", ["x", "y"]);
  expect(rows).toEqual([{ b: "y", a: "x", c: "y" }]);
});

test("cachedQuery makes a function of a statement", async () => {
  await using db = await open();
  const user = db.cachedQuery((id: number) => ({ sql: byId, params: [id] }));
  expect(await user(2)).toEqual([{ name: "Bob" }]);
  await user(2);
  expect(db.getCacheStats()).toMatchObject({ hits: 1, misses: 1 });
});

test("each mistake gets a typed error that says what to do", async () => {
  expect(() => new DatabaseOptimizer({ cacheSise: 1 } as object)).toThrow(
    /unknown option "cacheSise"; known are/,
  );
  expect(() => new DatabaseOptimizer({ cacheSize: -3 })).toThrow(
    "cacheSize: expected an integer ≥ 0, got -3",
  );
  expect(() => new DatabaseOptimizer({ url: "sqlite::memory:", driver: {} as never })).toThrow(/got both/);
  await expect(new DatabaseOptimizer({ url: "oracle://x" }).initialize()).rejects.toMatchObject({
    code: "VICTOR_UNKNOWN_SCHEME",
    message: 'unknown URL scheme "oracle:"; known are sqlite:, postgres:, postgresql:, mysql:, mariadb:',
  });
  await using db = await open();
  await expect(db.executeQuery(byId, [])).rejects.toMatchObject({
    code: "VICTOR_PARAMETER_COUNT",
    expected: 1,
    received: 0,
  });
  await expect(db.executeQuery(byId, [1, 2])).rejects.toMatchObject({ received: 2 });
  await expect(db.executeQuery("")).rejects.toThrow("sql: expected a statement's text");
  await expect(db.executeQuery("SELEC 1")).rejects.toThrow(/near "SELEC"/);
  await expect(db.executeQuery("BEGIN")).rejects.toThrow(/use transaction\(fn\)/);
  await expect(db.executeBatch("SELECT ?", [[1]])).rejects.toThrow(/expected an INSERT, UPDATE or DELETE/);
  await expect(db.executeQuery(byId, [1], { timeout: 5 } as object)).rejects.toThrow(
    /unknown option "timeout"/,
  );
  await db.close();
  await expect(db.executeQuery(byId, [1])).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
});

test("a transaction can't be used after it has ended, nor commit by itself", async () => {
  await using db = await open();
  const kept = await db.transaction((tx) => tx);
  await expect(kept.executeQuery(byId, [1])).rejects.toThrow(/it has ended/);
  await expect(db.transaction((tx) => tx.executeQuery("COMMIT"))).rejects.toThrow(/return to commit/);
});

test("an aborted signal is refused, also where the cache has the answer", async () => {
  await using db = await open();
  await db.executeQuery(byId, [1]);
  const reason = new Error("no longer wanted");
  await expect(db.executeQuery(byId, [1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("without arguments it takes a temporary SQLite file", async () => {
  await using db = new DatabaseOptimizer();
  await db.executeQuery("CREATE TABLE t (a)");
  expect((await db.executeQuery("SELECT * FROM t")).rows).toEqual([]);
});

test("parameters may be reused by the caller as soon as the call has returned", async () => {
  await using db = await open();
  const params: unknown[] = [0, "x"];
  const insert = "INSERT INTO users (id, name) VALUES (?, ?)";
  const direct = [10, 11, 12].map((id) => {
    params[0] = id;
    return db.executeQuery(insert, params);
  });
  const rows = [params];
  params[0] = 13;
  const batch = db.executeBatch(insert, rows);
  params[0] = 99;
  await Promise.all([...direct, batch]);
  await db.transaction(async (tx) => {
    const inside = [14, 15].map((id) => {
      params[0] = id;
      return tx.executeQuery(insert, params);
    });
    await Promise.all(inside);
  });
  const { rows: ids } = await db.executeQuery("SELECT id FROM users WHERE id >= 10 ORDER BY id");
  expect(ids.map(({ id }) => id)).toEqual([10, 11, 12, 13, 14, 15]);
});

test("one caller's abort while the database opens is nobody else's", async () => {
  const gate = Promise.withResolvers<void>();
  await using db = new DatabaseOptimizer({
    driver: async (sink, clock) => {
      await gate.promise;
      return createSqliteEngine({ path: ":memory:" }, sink, clock);
    },
  });
  const leaving = new AbortController();
  const gone = db.executeQuery("SELECT 1 AS one", [], { signal: leaving.signal });
  const stays = db.executeQuery("SELECT 1 AS one");
  leaving.abort(new Error("I leave"));
  await expect(gone).rejects.toThrow("I leave");
  gate.resolve();
  expect((await stays).rows).toEqual([{ one: 1 }]);
});

test("invalidateCache finds a table in any case and qualified, and a view by forgetting everything", async () => {
  await using db = await open();
  for (const name of ["USERS", "main.Users", "names"]) {
    await db.executeQuery("SELECT * FROM names");
    db.invalidateCache({ tables: [name] });
    expect((await db.executeQuery("SELECT * FROM names")).cached, name).toBe(false);
  }
});

test("a batch says which of its rows is none, and bounds are checked everywhere", async () => {
  await using db = await open();
  const insert = "INSERT INTO users (id, name) VALUES (?, ?)";
  const holes: unknown[][] = [[5, "a"]];
  holes[2] = [6, "b"];
  await expect(db.executeBatch(insert, holes)).rejects.toThrow("rows[1]: expected an array, got undefined");
  await expect(db.executeBatch(insert, new Set([[5, "a"]]) as never)).rejects.toThrow(
    "rows: expected an array",
  );
  await expect(db.executeBatch(insert, [], { timeoutMs: Number.NaN })).rejects.toThrow(/timeoutMs: expected/);
  await expect(db.transaction(() => 1, { timeoutMs: -5 })).rejects.toThrow(/timeoutMs: expected/);
  await expect(db.transaction((tx) => tx.executeBatch(insert, 5 as never))).rejects.toThrow(
    "rows: expected an array",
  );
  await expect(db.executeQuery("DELETE FROM users \0 WHERE id = 1")).rejects.toThrow(/NUL/);
  expect((await db.executeQuery("SELECT count(*) AS n FROM users")).rows).toEqual([{ n: 2 }]);
});

test("savepoints may carry comments", async () => {
  await using db = await open();
  await db.transaction(async (tx) => {
    await tx.executeQuery("/* before */ SAVEPOINT a");
    await tx.executeQuery("DELETE FROM users");
    await tx.executeQuery("-- back\nROLLBACK TO a");
  });
  expect((await db.executeQuery("SELECT count(*) AS n FROM users")).rows).toEqual([{ n: 2 }]);
});
