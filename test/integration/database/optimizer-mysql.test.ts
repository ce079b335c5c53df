import mysql from "mysql2/promise";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DatabaseOptimizer, type DatabaseOptimizerOptions } from "../../../src/database/index.ts";
import { mysqlDriver } from "../../../src/database/mysql/index.ts";
import { useMariadb } from "../../services/use-mariadb.ts";

const mariadb = useMariadb();
const closing: (() => Promise<unknown>)[] = [];
/** A session of its own, past the optimizer. */
let server: mysql.Connection;

function open(options: DatabaseOptimizerOptions = {}): DatabaseOptimizer {
  const db = new DatabaseOptimizer({
    ...(options.driver === undefined && { url: mariadb().url }),
    coherence: "exclusive",
    timeoutMs: 20_000,
    pool: { maxSize: 4 },
    ...options,
  });
  closing.push(() => db.close());
  return db;
}
async function look(): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({ uri: mariadb().url, multipleStatements: true });
  connection.on("error", () => undefined);
  closing.push(async () => connection.destroy());
  return connection;
}

beforeEach(async () => {
  server = await look();
  await server.query(`
    DROP TABLE IF EXISTS kinds, child, users, log;
    DROP PROCEDURE IF EXISTS rename_all; DROP PROCEDURE IF EXISTS commit_all; DROP FUNCTION IF EXISTS note;
    CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);
    INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')`);
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

const byId = "SELECT name FROM users WHERE id = ?";
const names = async (db: DatabaseOptimizer): Promise<unknown[]> =>
  (await db.executeQuery("SELECT name FROM users ORDER BY id", [], { useCache: false })).rows.map(
    ({ name }) => name,
  );
const cachedTwice = async (db: DatabaseOptimizer, sql: string, params: unknown[] = []): Promise<boolean> => {
  await db.executeQuery(sql, params);
  return (await db.executeQuery(sql, params)).cached;
};
const sleeping = async (): Promise<readonly number[]> => {
  const [rows] = await server.query(
    "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'",
  );
  return (rows as { id: number }[]).map(({ id }) => id);
};
const sessionOf = async (db: DatabaseOptimizer): Promise<number> =>
  Number((await db.executeQuery("SELECT CONNECTION_ID() AS id")).rows[0]?.id);

describe("values", () => {
  test("come exactly: large integers, decimals, moments to the millisecond, JSON, bytes", async () => {
    const db = open();
    await server.query(
      "CREATE TABLE kinds (id INT, big BIGINT, wide BIGINT UNSIGNED, dec_ DECIMAL(30, 10), at DATETIME(3), stamp TIMESTAMP(3) NULL, j JSON, b BLOB)",
    );
    const at = new Date("2024-02-29T23:59:59.123Z");
    await db.executeQuery("INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [
      1,
      -9007199254740993n,
      18446744073709551615n,
      "12345678901234567890.0123456789",
      at,
      at,
      { a: [1, "ü"] },
      Buffer.from([0, 255]),
    ]);
    const expected = {
      id: 1,
      big: "-9007199254740993",
      wide: "18446744073709551615",
      dec_: "12345678901234567890.0123456789",
      at,
      stamp: at,
      j: { a: [1, "ü"] },
      b: Buffer.from([0, 255]),
    };
    // As text, and by a prepared statement.
    expect((await db.executeQuery("SELECT * FROM kinds")).rows).toEqual([expected]);
    expect((await db.executeQuery("SELECT * FROM kinds WHERE id = ?", [1])).rows).toEqual([expected]);
    expect((await db.executeQuery("SELECT id FROM kinds WHERE big = ?", [-9007199254740993n])).rows).toEqual([
      { id: 1 },
    ]);
    await expect(db.executeQuery("SELECT ? AS n", [Number.NaN])).rejects.toThrow(/finite/);
  });

  test("of a bigint are reckoned with exactly, and those that no BIGINT holds go as text", async () => {
    const db = open();
    await server.query("CREATE TABLE kinds (big BIGINT); INSERT INTO kinds VALUES (9007199254740993)");
    await db.executeQuery("UPDATE kinds SET big = big + ?", [2n]);
    const { rows } = await db.executeQuery("SELECT big, ? - 1 AS u, ? AS wide FROM kinds", [
      18446744073709551615n,
      2n ** 64n,
    ]);
    expect(rows).toEqual([
      { big: "9007199254740995", u: "18446744073709551614", wide: "18446744073709551616" },
    ]);
  });

  test("of a DATETIME are of the time zone that the driver was given, as NOW() is", async () => {
    const db = open({ driver: mysqlDriver({ url: mariadb().url, timeZone: "+02:00" }) });
    const [row] = (
      await db.executeQuery("SELECT CAST('2024-06-01 12:00:00' AS DATETIME) AS at, @@time_zone AS zone")
    ).rows;
    expect(row).toEqual({ at: new Date("2024-06-01T10:00:00Z"), zone: "+02:00" });
  });

  test("of a DATETIME are the day that they say, or none: of the years 1 to 99, and of no day of the calendar", async () => {
    await server.query("CREATE TABLE kinds (id INT, d DATE, at DATETIME(6), stamp TIMESTAMP(3) NULL)");
    const db = open({ driver: mysqlDriver({ url: mariadb().url, timeZone: "-03:30" }) });
    const at = new Date("0001-02-03T04:05:06.789Z");
    await db.executeQuery("INSERT INTO kinds VALUES (1, ?, ?, ?)", [at, at, new Date(5)]);
    await db.executeQuery("INSERT IGNORE INTO kinds VALUES (2, '0000-00-00', '2024-00-10 01:02:03', NULL)");
    for (const [where, params] of [
      ["", []],
      ["WHERE 1 = ?", [1]],
    ] as const) {
      const { rows } = await db.executeQuery(`SELECT d, at, stamp FROM kinds ${where} ORDER BY id`, params);
      expect(rows[0]).toEqual({ d: new Date("0001-02-03T03:30:00Z"), at, stamp: new Date(5) });
      const { d, at: none, stamp } = rows[1] as Record<string, Date>;
      expect([d?.getTime(), none?.getTime(), stamp]).toEqual([Number.NaN, Number.NaN, null]);
    }
    await server.query(
      "CREATE PROCEDURE rename_all() BEGIN SELECT at FROM kinds WHERE id = 1; SELECT 2 AS two; END",
    );
    expect((await db.executeQuery("CALL rename_all()")).rows).toEqual([{ at }]);
    expect((await db.executeQuery("SELECT d, 'text' AS d FROM kinds WHERE id = 1")).rows).toEqual([
      { d: "text" },
    ]);
  });

  test("of a key that the server made come back, and the session's sql_mode is the server's", async () => {
    const db = open();
    await server.query("CREATE TABLE log (id BIGINT AUTO_INCREMENT PRIMARY KEY, x INT) AUTO_INCREMENT = 7");
    expect((await db.executeQuery("INSERT INTO log (x) VALUES (?)", [1])).lastInsertRowid).toBe(7);
    await server.query("ALTER TABLE log AUTO_INCREMENT = 9007199254740993");
    expect((await db.executeQuery("INSERT INTO log (x) VALUES (?)", [1])).lastInsertRowid).toBe(
      9007199254740993n,
    );
    const { rows } = await db.executeQuery("SELECT @@sql_mode = @@global.sql_mode AS same");
    expect(rows).toEqual([{ same: 1 }]);
  });
});

describe("the cache", () => {
  test("keeps nothing unless the user says how it stays true, and can't be told by notices", async () => {
    const db = new DatabaseOptimizer({ url: mariadb().url });
    closing.push(() => db.close());
    expect(await cachedTwice(db, byId, [1])).toBe(false);
    await expect(open({ coherence: "notify" }).initialize()).rejects.toMatchObject({
      code: "VICTOR_COHERENCE_UNAVAILABLE",
    });
  });

  test.each([
    ["REPLACE INTO users VALUES (1, 'Eve')"],
    ["INSERT INTO users VALUES (1, 'Eve') ON DUPLICATE KEY UPDATE name = VALUES(name)"],
    ["UPDATE users u JOIN (SELECT 1 AS id) one USING (id) SET u.name = 'Eve'"],
    ["DELETE users FROM users WHERE id = 1"],
    ["CALL rename_all()"],
    ["SELECT note(1)"],
  ])("forgets what %s changes", async (sql) => {
    await server.query(`
      CREATE PROCEDURE rename_all() UPDATE users SET name = CONCAT(name, '!');
      CREATE FUNCTION note(x INT) RETURNS INT MODIFIES SQL DATA BEGIN DELETE FROM users WHERE id = x; RETURN x; END`);
    const db = open();
    expect(await cachedTwice(db, byId, [1])).toBe(true);
    await db.executeQuery(sql);
    const after = await db.executeQuery(byId, [1]);
    expect(after.cached).toBe(false);
    expect(after.rows).not.toEqual([{ name: "Ada" }]);
  });

  test("keeps nothing once new sessions see what isn't committed, nor what two names differ by case in", async () => {
    await server.query("CREATE TABLE log (id INT, x INT); CREATE VIEW `LOG` AS SELECT name FROM users");
    const db = open();
    try {
      expect(await cachedTwice(db, "SELECT * FROM log")).toBe(false);
      expect(await cachedTwice(db, "SELECT * FROM LOG")).toBe(false);
      expect(await cachedTwice(db, byId, [1])).toBe(true);
      await db.executeQuery("SET GLOBAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
      expect(await cachedTwice(db, byId, [1])).toBe(false);
    } finally {
      await server.query("SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ; DROP VIEW `LOG`");
    }
  });

  test("of a user who can't see triggers forgets everything at each write", async () => {
    await server.query(`
      CREATE OR REPLACE USER 'plain'@'127.0.0.1' IDENTIFIED BY 's3cret-p@ss/word';
      GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO 'plain'@'127.0.0.1';
      CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, x INT); INSERT INTO log (x) VALUES (0);
      CREATE TRIGGER noted AFTER UPDATE ON users FOR EACH ROW UPDATE log SET x = x + 1`);
    const db = open({ url: mariadb().urlOf("app", "plain") });
    expect(await cachedTwice(db, "SELECT x FROM log")).toBe(true);
    await db.executeQuery("UPDATE users SET name = ? WHERE id = ?", ["Lovelace", 1]);
    expect((await db.executeQuery("SELECT x FROM log")).rows).toEqual([{ x: 1 }]);
  });

  test("names every table that the server names when it explains a statement", async () => {
    await server.query(`
      CREATE TABLE log (id INT PRIMARY KEY, x INT); CREATE TABLE child (id INT PRIMARY KEY, x INT);
      CREATE OR REPLACE VIEW v AS SELECT u.id, (SELECT max(x) FROM log l WHERE l.id = u.id) AS x FROM users u`);
    const driver = mysqlDriver({ url: mariadb().url, coherence: "exclusive" });
    closing.push(() => driver.close());
    for (const sql of [
      "SELECT * FROM users u JOIN log l ON l.id = u.id",
      "SELECT * FROM v WHERE id > 0",
      "SELECT * FROM child WHERE EXISTS (SELECT 1 FROM v WHERE v.id = child.id)",
      "SELECT c.id FROM child c LEFT JOIN (SELECT id FROM log UNION SELECT id FROM users) d ON d.id = c.id",
      "WITH a AS (SELECT * FROM log), b AS (SELECT * FROM a) SELECT * FROM b, users",
      "SELECT (SELECT count(*) FROM `log`) AS n FROM app.`users`",
      "SELECT * FROM ((users NATURAL JOIN log))",
    ]) {
      await server.query(`EXPLAIN EXTENDED ${sql}`);
      const [warnings] = await server.query("SHOW WARNINGS");
      const explained = (warnings as { Message: string }[]).map(({ Message }) => Message).join(" ");
      const named = [...explained.matchAll(/`app`\.`(users|log|child)`/g)].map(([, name]) => `app.${name}`);
      const { reads, cacheable } = await driver.dependencies(sql);
      expect(named.length, sql).toBeGreaterThan(0);
      expect(reads, sql).toEqual(expect.arrayContaining([...new Set(named)]));
      expect(cacheable, sql).toBe(true);
    }
    await server.query("DROP VIEW v");
  });
});

describe("a session", () => {
  test("that a statement changed doesn't reach the next user of the connection", async () => {
    const db = open({ pool: { maxSize: 1 } });
    const zone = async (): Promise<unknown> =>
      (await db.executeQuery("SELECT @@time_zone AS z, @x AS x")).rows[0];
    for (const sql of ["SET time_zone = '+05:00'", "SET @x = 1", "SELECT @x := 2", "SELECT 1 INTO @x"]) {
      await db.executeQuery(sql);
      expect(await zone(), sql).toEqual({ z: "+00:00", x: null });
    }
    await db.executeQuery("CREATE TEMPORARY TABLE users (id INT)");
    expect(await names(db)).toEqual(["Ada", "Grace"]);
    await db.executeQuery("SELECT GET_LOCK('mine', 0)");
    await expect
      .poll(async () => (await db.executeQuery("SELECT IS_FREE_LOCK('mine') AS free")).rows[0]?.free, {
        timeout: 60_000,
      })
      .toBe(1);
  });
});

test("writes are committed, and reads fresh, whatever the server's defaults for autocommit and chains are", async () => {
  await server.query("SET GLOBAL autocommit = 0; SET GLOBAL completion_type = 'CHAIN'");
  try {
    const db = open({ coherence: "ttl", pool: { maxSize: 1 } });
    await db.transaction((inner) => inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')"));
    await db.executeQuery("INSERT INTO users VALUES (4, 'Frances')");
    expect((await server.query("SELECT count(*) AS n FROM users"))[0]).toEqual([{ n: 4 }]);
    await names(db);
    await server.query("DELETE FROM users WHERE id > 2");
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  } finally {
    await server.query("SET GLOBAL autocommit = 1; SET GLOBAL completion_type = 'NO_CHAIN'");
  }
});

test("a result with a row that can't be read costs the connection, lest the next statement get its rest", async () => {
  await server.query("SET GLOBAL group_concat_max_len = 10");
  const db = open({ pool: { maxSize: 1 } });
  try {
    // Each row fills the server's buffer, so that the rows come apart.
    const broken = (where: string): string =>
      `SELECT JSON_ARRAYAGG(CONCAT('value', b.id)) AS j, REPEAT('-', 70000) AS pad, SLEEP(0.02) AS z
        FROM users a JOIN users b ${where} GROUP BY a.id`;
    for (const [where, params] of [
      ["", []],
      ["WHERE 1 = ?", [1]],
    ] as const) {
      const [failed, next] = await Promise.allSettled([
        db.executeQuery(broken(where), params),
        db.executeQuery("SELECT 'mine' AS whose"),
      ]);
      expect(failed).toMatchObject({ status: "rejected", reason: { code: "VICTOR_CONNECTION_LOST" } });
      expect(next).toMatchObject({ status: "fulfilled", value: { rows: [{ whose: "mine" }] } });
    }
  } finally {
    await server.query("SET GLOBAL group_concat_max_len = DEFAULT");
  }
});

test("a parameter that can't be sent costs no connection, and no transaction", async () => {
  const db = open({ pool: { maxSize: 1 } });
  const id = await sessionOf(db);
  await db.transaction(async (inner) => {
    await inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')");
    for (const value of [undefined, Symbol("s"), new Map(), { a: 1n }])
      await expect(inner.executeQuery("SELECT ? AS v", [value])).rejects.toThrow(TypeError);
  });
  expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  expect(await sessionOf(db)).toBe(id);
});

describe("a transaction", () => {
  test.each(["CREATE TABLE log (id INT)", "TRUNCATE users", "LOCK TABLES users READ", "CALL commit_all()"])(
    "refuses %s, which would commit it",
    async (sql) => {
      await server.query("CREATE PROCEDURE commit_all() COMMIT");
      const db = open();
      const transaction = db.transaction(async (inner) => {
        await inner.executeQuery("DELETE FROM users");
        await inner.executeQuery(sql);
      });
      await expect(transaction).rejects.toThrow(/commits what the transaction has done/);
      expect(await names(db)).toEqual(["Ada", "Grace"]);
    },
  );

  test("whom a deadlock has undone runs nothing more, and doesn't commit", async () => {
    const db = open();
    const deadlocked = async (first: number, second: number, ready: Promise<void>, go: () => void) =>
      db.transaction(async (inner) => {
        await inner.executeQuery("UPDATE users SET name = CONCAT(name, ?) WHERE id = ?", [
          `-${first}`,
          first,
        ]);
        go();
        await ready;
        const failed = await inner
          .executeQuery("UPDATE users SET name = CONCAT(name, ?) WHERE id = ?", [`-${first}`, second])
          .then(
            () => false,
            () => true,
          );
        // Its error was caught: what follows would stand alone.
        if (failed) await inner.executeQuery("INSERT INTO users VALUES (3, 'Stray')");
      });
    const one = Promise.withResolvers<void>();
    const two = Promise.withResolvers<void>();
    const outcomes = await Promise.allSettled([
      deadlocked(1, 2, two.promise, one.resolve),
      deadlocked(2, 1, one.promise, two.resolve),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find((each) => each.status === "rejected")).toMatchObject({
      reason: { code: "VICTOR_ROLLED_BACK" },
    });
    expect(await names(db)).toHaveLength(2);
    // Every connection is as good as before.
    await db.transaction((inner) => inner.executeQuery("INSERT INTO users VALUES (3, 'Barbara')"));
    expect(await names(db)).toContain("Barbara");
  });
});

describe("a batch", () => {
  test("of large rows stays within max_allowed_packet", async () => {
    await server.query("CREATE TABLE kinds (id INT PRIMARY KEY, b LONGBLOB)");
    const db = open();
    const bytes = Buffer.alloc(1_000_000, 7);
    expect(
      await db.executeBatch(
        "INSERT INTO kinds VALUES (?, ?)",
        Array.from({ length: 40 }, (_, i) => [i, bytes]),
      ),
    ).toBe(40);
    const { rows } = await db.executeQuery("SELECT count(*) AS n, sum(length(b)) AS bytes FROM kinds");
    expect(rows).toEqual([{ n: 40, bytes: "40000000" }]);
  });

  test("refuses NULL for a column that must not be, as one row does, also when sql_mode isn't strict", async () => {
    await server.query("SET GLOBAL sql_mode = ''");
    try {
      const db = open();
      const rows = Array.from({ length: 20 }, (_, i) => [i + 10, i === 15 ? null : `user ${i}`]);
      await expect(db.executeBatch("INSERT INTO users VALUES (?, ?)", rows)).rejects.toMatchObject({
        code: "VICTOR_BATCH",
        row: 15,
      });
      expect(await names(db)).toEqual(["Ada", "Grace"]);
    } finally {
      await server.query("SET GLOBAL sql_mode = DEFAULT");
    }
  });

  test("of upserts counts as its rows do one by one", async () => {
    const db = open();
    const upsert = "INSERT INTO users VALUES (?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name)";
    const rows = Array.from({ length: 20 }, (_, i) => [i % 10, `user ${i}`]);
    const changed = await db.executeBatch(upsert, rows);
    await db.executeQuery("DELETE FROM users");
    await db.executeQuery("INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')");
    let single = 0;
    for (const row of rows) single += (await db.executeQuery(upsert, row)).rowCount;
    expect(changed).toBe(single);
  });
});

describe("errors", () => {
  const everything = (error: unknown): string => {
    const { message, stack, cause } = error as Error;
    return [message, stack, JSON.stringify(error), cause ? everything(cause) : ""].join("\n");
  };
  const failureOf = (db: DatabaseOptimizer): Promise<unknown> =>
    db.initialize().then(
      () => expect.unreachable("expected a failure"),
      (error: unknown) => error,
    );

  test("of a wrong password and of a server that isn't there name the password nowhere", async () => {
    const wrong = new URL(mariadb().url);
    wrong.password = "not-the-s3cret";
    const denied = await failureOf(open({ url: wrong.href }));
    expect(denied).toMatchObject({ code: "ER_ACCESS_DENIED_ERROR" });
    const absent = new URL(mariadb().url);
    absent.port = "1";
    const refused = await failureOf(open({ url: absent.href }));
    expect(everything(refused)).toMatch(/ECONNREFUSED/);
    expect(everything(denied) + everything(refused)).not.toMatch(/s3cret/);
    const db = open();
    await db.initialize();
    expect(JSON.stringify([...db.collect()])).not.toMatch(/s3cret/);
  });

  test("of a host that doesn't answer come at the deadline", async () => {
    mariadb().kill("SIGSTOP");
    try {
      expect(await failureOf(open({ timeoutMs: 200 }))).toMatchObject({ code: "VICTOR_POOL_TIMEOUT" });
    } finally {
      mariadb().kill("SIGCONT");
    }
  });

  test("of a server that takes no more connections, or no writes, are its own and pass", async () => {
    await server.query("SET GLOBAL max_connections = 10");
    const held: mysql.Connection[] = [];
    try {
      const filling = async (): Promise<void> => {
        for (;;) held.push(await look());
      };
      await expect(filling()).rejects.toMatchObject({ errno: 1040 });
      expect(await failureOf(open())).toMatchObject({ errno: 1040 });
    } finally {
      await server.query("SET GLOBAL max_connections = 100");
    }
    for (const one of held) one.destroy();
    const db = open();
    expect(await names(db)).toEqual(["Ada", "Grace"]);
    await server.query(`
      CREATE OR REPLACE USER 'plain'@'127.0.0.1' IDENTIFIED BY 's3cret-p@ss/word';
      GRANT ALL ON app.* TO 'plain'@'127.0.0.1'; SET GLOBAL read_only = 1`);
    const plain = open({ url: mariadb().urlOf("app", "plain") });
    try {
      await expect(plain.executeQuery("DELETE FROM users")).rejects.toMatchObject({ errno: 1290 });
    } finally {
      await server.query("SET GLOBAL read_only = 0");
    }
    await plain.executeQuery("DELETE FROM users WHERE id = 2");
    expect(await names(db)).toEqual(["Ada"]);
  });
});

describe("a connection", () => {
  test("that is killed or times out while idle is not noticed by anybody", async () => {
    const db = open({ pool: { maxSize: 1 } });
    const id = await sessionOf(db);
    await server.query("KILL CONNECTION ?", [id]);
    await vi.waitFor(async () => expect(await sessionOf(db)).not.toBe(id), { interval: 20, timeout: 60_000 });
    const timed = open({ pool: { maxSize: 1, validateAfterIdleMs: 0 } });
    await server.query("SET GLOBAL wait_timeout = 1");
    try {
      const first = await sessionOf(timed);
      await expect
        .poll(
          async () => {
            const [rows] = await server.query("SELECT ID FROM information_schema.PROCESSLIST WHERE ID = ?", [
              first,
            ]);
            return (rows as unknown[]).length;
          },
          { timeout: 60_000 },
        )
        .toBe(0);
      expect(await sessionOf(timed)).not.toBe(first);
    } finally {
      await server.query("SET GLOBAL wait_timeout = 28800");
    }
  });

  test("that is killed in mid-statement is lost, and the next statement gets another one", async () => {
    const db = open();
    const query = db.executeQuery("SELECT SLEEP(600)");
    query.catch(() => undefined);
    await expect.poll(sleeping, { interval: 20, timeout: 60_000 }).toHaveLength(1);
    await server.query("KILL CONNECTION ?", [(await sleeping())[0]]);
    await expect(query).rejects.toMatchObject({ code: "VICTOR_CONNECTION_LOST" });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  test("that is killed in a transaction loses what it did, and says so", async () => {
    const db = open();
    const transaction = db.transaction(async (inner) => {
      await inner.executeQuery("DELETE FROM users");
      const { rows } = await inner.executeQuery("SELECT CONNECTION_ID() AS id");
      await server.query("KILL CONNECTION ?", [rows[0]?.id]);
      await inner.executeQuery("INSERT INTO users VALUES (4, 'Frances')");
    });
    await expect(transaction).rejects.toMatchObject({
      code: "VICTOR_CONNECTION_LOST",
      outcomeUnknown: false,
    });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  test("is left by a statement whose time is up, and the server runs that no longer", async () => {
    const db = open({ pool: { maxSize: 1 } });
    const id = await sessionOf(db);
    await expect(db.executeQuery("SELECT SLEEP(600)", [], { timeoutMs: 200 })).rejects.toMatchObject({
      code: "VICTOR_DEADLINE",
    });
    await expect.poll(sleeping, { interval: 20, timeout: 60_000 }).toEqual([]);
    // By KILL QUERY, so that the connection is still the same.
    expect(await sessionOf(db)).toBe(id);
  });

  test("comes back after a restart of the server, which costs the statements under way", async () => {
    const db = open();
    await db.executeQuery("INSERT INTO users VALUES (3, 'Barbara')");
    const cut = Promise.allSettled([1, 2].map(() => db.executeQuery("SELECT SLEEP(600)")));
    await expect.poll(sleeping, { interval: 20, timeout: 60_000 }).toHaveLength(2);
    await mariadb().restart();
    expect((await cut).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });
});

test("a lease that is held too long is reported with its statement", async () => {
  const onLeak = vi.fn();
  const db = open({ pool: { maxSize: 1, leakThresholdMs: 300, onLeak } });
  // So that the transaction doesn't wait for the catalogue.
  await db.executeQuery("SELECT 1");
  await db.transaction(async (inner) => {
    await inner.executeQuery("SELECT 1");
    await expect.poll(() => onLeak.mock.calls.length, { interval: 10 }).toBe(1);
  });
  expect(onLeak.mock.calls[0]?.[0]).toMatchObject({ sql: expect.stringMatching(/^(BEGIN|SELECT 1)$/) });
});
