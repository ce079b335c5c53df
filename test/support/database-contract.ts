import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DatabaseOptimizer, type DatabaseOptimizerOptions } from "../../src/database/index.ts";

/** An engine as the contract needs it; SQL is the same on all but for what stands here. */
export interface ContractEngine {
  /** Options that open a database of which nobody else knows, empty at the first call of a test. */
  readonly options: () => DatabaseOptimizerOptions;
  /** Statements before each test that leave no table, view, trigger or function behind. */
  readonly reset: readonly string[];
  /** A text of at most 100 characters, a bytes column, a moment column. */
  readonly types: { readonly text: string; readonly bytes: string; readonly moment: string };
  /** Makes a trigger that counts the inserts into `users` in `counts`. */
  readonly trigger: readonly string[];
  readonly truncate: (table: string) => string;
  /** Reads, of `users` where they name a table, whose result must not be kept. */
  readonly volatile: readonly string[];
  /** Takes far longer than a test; `undefined` where nothing of the kind can be cut. */
  readonly endless: string | undefined;
  /** What the engine's own error of a duplicate key is known by. */
  readonly duplicate: Record<string, unknown>;
  readonly syntaxError: Record<string, unknown>;
}

/** What every engine of `DatabaseOptimizer` keeps to; run it on each. */
export function databaseContract(name: string, engine: () => ContractEngine): void {
  describe(`${name} keeps the contract:`, () => {
    let db: DatabaseOptimizer;
    const opened: DatabaseOptimizer[] = [];
    const open = (options: DatabaseOptimizerOptions = {}): DatabaseOptimizer => {
      const one = new DatabaseOptimizer({ timeoutMs: 20_000, ...engine().options(), ...options });
      opened.push(one);
      return one;
    };
    const rowsOf = async (sql: string, params: readonly unknown[] = []): Promise<readonly object[]> =>
      (await db.executeQuery(sql, params)).rows;
    const cachedTwice = async (sql: string, params: readonly unknown[] = []): Promise<boolean> => {
      await db.executeQuery(sql, params, { useCache: true });
      return (await db.executeQuery(sql, params)).cached;
    };
    const all = "SELECT id, name FROM users ORDER BY id";
    const ada = { id: 1, name: "Ada" };
    const grace = { id: 2, name: "Grace" };

    beforeEach(async () => {
      const { text, bytes, moment } = engine().types;
      db = open();
      for (const sql of engine().reset) await db.executeQuery(sql);
      for (const sql of [
        `CREATE TABLE users (id INTEGER PRIMARY KEY, name ${text} NOT NULL UNIQUE)`,
        "CREATE TABLE others (id INTEGER PRIMARY KEY, n INTEGER)",
        `CREATE TABLE kinds (id INTEGER PRIMARY KEY, b ${bytes}, d DOUBLE PRECISION, t ${text}, m ${moment})`,
        "INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')",
        "INSERT INTO others VALUES (1, 10)",
      ])
        await db.executeQuery(sql);
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    describe("a statement", () => {
      test("gives numbers, texts, bytes and NULL as they were put in", async () => {
        const bytes = new Uint8Array([0, 39, 92, 255]);
        await db.executeQuery("INSERT INTO kinds (id, b, d, t) VALUES (?, ?, ?, ?)", [
          1,
          bytes,
          0.1,
          "O'Hara \\ ü 🙂",
        ]);
        await db.executeQuery("INSERT INTO kinds (id, b, d, t) VALUES (?, ?, ?, ?)", [2, null, null, null]);
        const [first, second] = (
          await db.executeQuery<Record<string, unknown>>("SELECT id, b, d, t FROM kinds ORDER BY id")
        ).rows;
        expect({ ...first, b: Array.from(first?.b as Uint8Array) }).toEqual({
          id: 1,
          b: [0, 39, 92, 255],
          d: 0.1,
          t: "O'Hara \\ ü 🙂",
        });
        expect(second).toEqual({ id: 2, b: null, d: null, t: null });
      });

      test("takes placeholders by place and by number, out of order and twice", async () => {
        expect(await rowsOf("SELECT name FROM users WHERE id = ? AND name = ?", [1, "Ada"])).toEqual([
          { name: "Ada" },
        ]);
        expect(
          await rowsOf("SELECT name FROM users WHERE name = $2 AND id = $1 AND id = $1", [1, "Ada"]),
        ).toEqual([{ name: "Ada" }]);
        await expect(db.executeQuery("SELECT name FROM users WHERE id = ?", [])).rejects.toMatchObject({
          code: "VICTOR_PARAMETER_COUNT",
          expected: 1,
          received: 0,
        });
      });

      test("counts the rows that it changed or found", async () => {
        expect(
          await db.executeQuery("INSERT INTO users VALUES (3, 'Barbara'), (4, 'Frances')"),
        ).toMatchObject({
          rows: [],
          rowCount: 2,
        });
        // One of them has that name already.
        expect(await db.executeQuery("UPDATE others SET n = ? WHERE id = ?", [10, 1])).toMatchObject({
          rowCount: 1,
        });
        expect(await db.executeQuery("DELETE FROM users WHERE id > ?", [2])).toMatchObject({ rowCount: 2 });
        expect(await db.executeQuery(all)).toMatchObject({ rowCount: 2 });
      });

      test("that fails keeps the driver's own error, and the next one is served", async () => {
        await expect(db.executeQuery("INSERT INTO users VALUES (1, 'Eve')")).rejects.toMatchObject(
          engine().duplicate,
        );
        await expect(db.executeQuery("SELEC 1")).rejects.toMatchObject(engine().syntaxError);
        expect(await rowsOf(all)).toEqual([ada, grace]);
      });

      test("that would begin or end a transaction is refused", async () => {
        for (const sql of ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a"])
          await expect(db.executeQuery(sql), sql).rejects.toThrow(/transaction\(fn\)/);
      });

      test("whose signal has aborted is not run", async () => {
        const reason = new Error("no longer wanted");
        const signal = AbortSignal.abort(reason);
        await expect(db.executeQuery("DELETE FROM users", [], { signal })).rejects.toBe(reason);
        expect(await rowsOf(all)).toEqual([ada, grace]);
      });

      test("that takes too long ends at its deadline or its signal, and its connection is of use", async () => {
        const { endless } = engine();
        if (endless === undefined) return;
        await expect(db.executeQuery(endless, [], { timeoutMs: 100 })).rejects.toMatchObject({
          code: "VICTOR_DEADLINE",
        });
        const stop = new AbortController();
        const running = db.executeQuery(endless, [], { signal: stop.signal });
        const reason = new Error("no longer wanted");
        setTimeout(() => stop.abort(reason), 50);
        await expect(running).rejects.toBe(reason);
        expect(await rowsOf(all)).toEqual([ada, grace]);
      });
    });

    describe("a cached result", () => {
      test("is the same as the first, frozen, and the caller's own where it can't be", async () => {
        await db.executeQuery("INSERT INTO kinds (id, b) VALUES (?, ?)", [1, new Uint8Array([1])]);
        const first = await db.executeQuery<{ b: Uint8Array }>("SELECT id, b FROM kinds");
        first.rows[0]!.b[0] = 9;
        const second = await db.executeQuery<{ b: Uint8Array }>("SELECT id, b FROM kinds");
        expect(second.cached).toBe(true);
        expect([...second.rows[0]!.b]).toEqual([1]);
        expect(Object.isFrozen(second.rows[0])).toBe(true);
        expect(await cachedTwice(all)).toBe(true);
      });

      const writes: Record<string, string> = {
        INSERT: "INSERT INTO users VALUES (3, 'Barbara')",
        UPDATE: "UPDATE users SET name = 'Lovelace' WHERE id = 1",
        DELETE: "DELETE FROM users WHERE id = 1",
        "INSERT of a SELECT": "INSERT INTO users SELECT id + 10, 'Copy' FROM others",
      };
      for (const [kind, sql] of Object.entries(writes))
        test(`goes with one ${kind}, and not with a write to another table`, async () => {
          expect(await cachedTwice(all)).toBe(true);
          await db.executeQuery("UPDATE others SET n = n + 1");
          expect((await db.executeQuery(all)).cached).toBe(true);
          const before = await rowsOf(all);
          await db.executeQuery(sql);
          const after = await db.executeQuery(all);
          expect(after.cached).toBe(false);
          expect(after.rows).not.toEqual(before);
        });

      test("goes with a TRUNCATE and with a change of the schema", async () => {
        expect(await cachedTwice("SELECT * FROM others")).toBe(true);
        await db.executeQuery("ALTER TABLE others ADD COLUMN added INTEGER");
        expect(await rowsOf("SELECT * FROM others")).toEqual([{ id: 1, n: 10, added: null }]);
        await db.executeQuery(engine().truncate("others"));
        expect(await rowsOf("SELECT * FROM others")).toEqual([]);
        await db.executeQuery("DROP TABLE others");
        await expect(db.executeQuery("SELECT * FROM others")).rejects.toThrow();
      });

      test("of a view goes with its tables, and is another once the view is", async () => {
        await db.executeQuery("CREATE VIEW shown AS SELECT name FROM users");
        await db.executeQuery("CREATE VIEW shown_again AS SELECT * FROM shown");
        expect(await cachedTwice("SELECT name FROM shown_again ORDER BY name")).toBe(true);
        await db.executeQuery("UPDATE users SET name = 'Lovelace' WHERE id = 1");
        expect(await rowsOf("SELECT name FROM shown_again ORDER BY name")).toEqual([
          { name: "Grace" },
          { name: "Lovelace" },
        ]);
      });

      test("of what a trigger writes goes with the write that fires it", async () => {
        await db.executeQuery("CREATE TABLE counts (n INTEGER)");
        await db.executeQuery("INSERT INTO counts VALUES (0)");
        for (const sql of engine().trigger) await db.executeQuery(sql);
        expect(await cachedTwice("SELECT n FROM counts")).toBe(true);
        await db.executeQuery("INSERT INTO users VALUES (?, ?)", [3, "Barbara"]);
        expect(await rowsOf("SELECT n FROM counts")).toEqual([{ n: 1 }]);
      });

      test("of what a foreign key cascades to goes with the parent's row", async () => {
        await db.executeQuery(
          "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, FOREIGN KEY (author) REFERENCES users (id) ON DELETE CASCADE)",
        );
        await db.executeQuery("INSERT INTO posts VALUES (1, 1), (2, 2)");
        expect(await cachedTwice("SELECT id FROM posts ORDER BY id")).toBe(true);
        await db.executeQuery("DELETE FROM users WHERE id = ?", [1]);
        expect(await rowsOf("SELECT id FROM posts ORDER BY id")).toEqual([{ id: 2 }]);
      });

      test("of a common table expression, a join, a subquery and a union depends on all of their tables", async () => {
        for (const sql of [
          "WITH few AS (SELECT id FROM users) SELECT f.id, n FROM few f JOIN others o ON o.id = f.id",
          "SELECT users.id, n FROM users, others WHERE users.id = others.id",
          "SELECT n FROM others WHERE id IN (SELECT id FROM users WHERE id = 1)",
          "SELECT n FROM others UNION ALL SELECT id FROM users",
        ]) {
          expect(await cachedTwice(sql), sql).toBe(true);
          await db.executeQuery("UPDATE users SET name = 'Lovelace' WHERE id = 1");
          expect(await cachedTwice(sql), sql).toBe(true);
          await db.executeQuery("UPDATE others SET n = n + 1");
          expect((await db.executeQuery(sql)).cached, sql).toBe(false);
        }
      });

      test("is not kept of what depends on the moment, on chance or on the session", async () => {
        for (const sql of engine().volatile) expect(await cachedTwice(sql), sql).toBe(false);
      });

      test("is loaded once for all who ask at the same time", async () => {
        const sql = "SELECT count(*) AS n FROM users WHERE id = ?";
        await db.executeQuery(sql, [5]);
        const results = await Promise.all(Array.from({ length: 20 }, () => db.executeQuery(sql, [6])));
        expect(new Set(results.map(({ rows }) => Number(rows[0]?.n)))).toEqual(new Set([0]));
        const shape = db.getQueryMetrics().find(({ fingerprint }) => /^select count/.test(fingerprint));
        expect(shape?.count).toBe(2);
      });
    });

    describe("a transaction", () => {
      test("shows its writes to itself, and to others and their cache when it commits", async () => {
        expect(await cachedTwice(all)).toBe(true);
        await db.transaction(async (inner) => {
          await inner.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Lovelace", 1]);
          expect((await inner.executeQuery(all)).rows).toEqual([{ id: 1, name: "Lovelace" }, grace]);
          expect(await db.executeQuery(all)).toMatchObject({ rows: [ada, grace], cached: true });
        });
        expect(await db.executeQuery(all)).toMatchObject({
          rows: [{ id: 1, name: "Lovelace" }, grace],
          cached: false,
        });
      });

      test("that throws leaves nothing behind, and the cache as it was", async () => {
        expect(await cachedTwice(all)).toBe(true);
        const failure = new Error("enough");
        const transaction = db.transaction(async (inner) => {
          await inner.executeQuery("DELETE FROM users");
          throw failure;
        });
        await expect(transaction).rejects.toBe(failure);
        expect(await db.executeQuery(all)).toMatchObject({ rows: [ada, grace], cached: true });
      });

      test("whose caller has left when its function returns leaves nothing behind, and no lock", async () => {
        const caller = new AbortController();
        const transaction = db.transaction(
          async (inner) => {
            await inner.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Lovelace", 1]);
            caller.abort(new Error("left"));
          },
          { signal: caller.signal },
        );
        await expect(transaction).rejects.toThrow("left");
        await db.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Augusta", 1]);
        expect(await rowsOf(all)).toEqual([{ id: 1, name: "Augusta" }, grace]);
      });

      test("goes back to a savepoint, and commits the rest", async () => {
        await db.transaction(async (inner) => {
          await inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')");
          await inner.executeQuery("SAVEPOINT attempt");
          await inner.executeQuery("DELETE FROM users");
          await inner.executeQuery("ROLLBACK TO SAVEPOINT attempt");
        });
        expect(await rowsOf(all)).toEqual([ada, grace, { id: 3, name: "Barbara" }]);
      });

      test("refuses to be ended by a statement", async () => {
        await expect(db.transaction((inner) => inner.executeQuery("COMMIT"))).rejects.toThrow(
          /return to commit/,
        );
      });
    });

    describe("a batch", () => {
      const insert = "INSERT INTO users VALUES (?, ?)";
      test.each([3, 2_500])("of %i rows is inserted, and what is cached of its table goes", async (count) => {
        expect(await cachedTwice("SELECT count(*) AS n FROM users")).toBe(true);
        const rows = Array.from({ length: count }, (_, i) => [i + 10, `user ${i}`]);
        expect(await db.executeBatch(insert, rows)).toBe(count);
        expect(Number((await db.executeQuery("SELECT count(*) AS n FROM users")).rows[0]?.n)).toBe(count + 2);
        expect(await rowsOf("SELECT name FROM users WHERE id = ?", [count + 9])).toEqual([
          { name: `user ${count - 1}` },
        ]);
      });

      test.each([3, 300])("of %i rows names the row that failed, and keeps none", async (count) => {
        const rows = Array.from({ length: count }, (_, i) => [i + 10, `user ${i}`]);
        rows[count - 2] = [1, "Ada again"];
        await expect(db.executeBatch(insert, rows)).rejects.toMatchObject({
          code: "VICTOR_BATCH",
          row: count - 2,
          cause: engine().duplicate,
        });
        expect(await rowsOf(all)).toEqual([ada, grace]);
      });

      test("of updates changes each row, and says how many", async () => {
        expect(
          await db.executeBatch("UPDATE users SET name = ? WHERE id = ?", [
            ["Lovelace", 1],
            ["Hopper", 2],
            ["Nobody", 3],
          ]),
        ).toBe(2);
        expect(await rowsOf(all)).toEqual([
          { id: 1, name: "Lovelace" },
          { id: 2, name: "Hopper" },
        ]);
      });
    });

    test("statements are measured by their shape, without their literals", async () => {
      await rowsOf("SELECT name FROM users WHERE name = 'Ada'");
      await rowsOf("select name from users  where name = 'Grace' -- hers");
      const shapes = db.getQueryMetrics().filter(({ fingerprint }) => /name = \?/.test(fingerprint));
      expect(shapes.map(({ fingerprint, count }) => ({ fingerprint, count }))).toEqual([
        { fingerprint: "select name from users where name = ?", count: 2 },
      ]);
    });

    test("a slow statement is kept with its plan", async () => {
      const slow = open({ slowThresholdMs: 0 });
      await slow.executeQuery("SELECT name FROM users WHERE id = ?", [1]);
      await expect
        .poll(() => slow.getSlowQueries({ thresholdMs: 0 }).find(({ plan }) => plan !== undefined)?.plan)
        .toMatch(/users/i);
    });

    test("after its end everything is refused", async () => {
      await db.close();
      await expect(db.executeQuery(all)).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    });
  });
}
