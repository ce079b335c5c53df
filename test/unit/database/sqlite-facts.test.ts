import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lex } from "../../../src/database/sql/sql-lexer.ts";
import { AuthorizerFacts } from "../../../src/database/sqlite/authorizer-facts.ts";
import { NodeConnection } from "../../../src/database/sqlite/node-connection.ts";

const schema = `
  CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INT);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INT REFERENCES users (id) ON DELETE CASCADE, total);
  CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id) ON DELETE SET NULL);
  CREATE TABLE codes (code TEXT PRIMARY KEY, label TEXT);
  CREATE TABLE folded (code TEXT COLLATE NOCASE PRIMARY KEY, label TEXT);
  CREATE TABLE loose (code PRIMARY KEY, label TEXT);
  CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b));
  CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INT REFERENCES tree (id) ON DELETE CASCADE);
  CREATE TABLE picky (id INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE);
  CREATE TABLE clock (id INTEGER PRIMARY KEY, at TEXT);
  CREATE TRIGGER clock_touch AFTER UPDATE ON clock BEGIN UPDATE clock SET at = 'x' WHERE id = NEW.id + 1; END;
  CREATE TABLE audited (id INTEGER PRIMARY KEY, x);
  CREATE TABLE audit (id INTEGER PRIMARY KEY, x);
  CREATE TRIGGER audited_log AFTER DELETE ON audited BEGIN INSERT INTO audit (x) VALUES (OLD.x); END;
  CREATE VIEW adults AS SELECT u.id, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.age > 17;
  CREATE TABLE single (x);
  CREATE TABLE users_ids (id INTEGER PRIMARY KEY);
  CREATE VIEW inbox AS SELECT 1 AS x;
  CREATE TRIGGER inbox_in INSTEAD OF INSERT ON inbox BEGIN INSERT INTO audit (x) VALUES (NEW.x); END;
  CREATE VIRTUAL TABLE notes USING fts5 (body);
  CREATE INDEX users_age ON users (age);
  CREATE TABLE a (id INTEGER PRIMARY KEY, x);
  CREATE TABLE b (id INTEGER PRIMARY KEY, x);
  CREATE INDEX b_x ON b (x);
  CREATE TABLE w (x TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE body (body);
  CREATE TABLE mixed (id TEXT COLLATE NOCASE, x, PRIMARY KEY (id COLLATE BINARY));
  CREATE TABLE kelvin (k INTEGER PRIMARY KEY, "\u212a" INTEGER);
  CREATE TABLE "é" (id INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE);
  CREATE TABLE "É" (id INTEGER PRIMARY KEY, u);
`;

function open() {
  const connection = new NodeConnection(":memory:");
  connection.database.exec(schema);
  const facts = new AuthorizerFacts(connection, true);
  return { connection, examine: (sql: string) => facts.examine(sql, lex(sql, "sqlite")).facts };
}
const { examine } = open();

describe("facts of reads", () => {
  it.each<[string, string[]]>([
    ["SELECT 1", []],
    ["SELECT name FROM Users", ["users"]],
    ["SELECT count(*) FROM users", ["users"]],
    ["SELECT 1 FROM users WHERE 0", ["users"]],
    ["SELECT EXISTS (SELECT 1 FROM orders)", ["orders"]],
    ["SELECT * FROM adults", ["users", "orders"]],
    ["SELECT users.id FROM users LEFT JOIN orders ON orders.id = users.id", ["users", "orders"]],
    ["SELECT 1 WHERE 3 IN (SELECT total FROM orders)", ["orders"]],
    ["SELECT 1 WHERE 'x' IN single OR 1 IN (SELECT id FROM lines)", ["single", "lines"]],
    [
      "WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 5) SELECT count(*) FROM r",
      [],
    ],
    [
      "WITH a AS (SELECT id FROM users) SELECT count(*) FROM a, (SELECT total FROM orders)",
      ["users", "orders"],
    ],
    ["SELECT id FROM users UNION SELECT id FROM lines ORDER BY 1", ["users", "lines"]],
    ["SELECT row_number() OVER (ORDER BY age), sum(age), max(age), group_concat(name) FROM users", ["users"]],
    ["SELECT upper(name) || json_extract(name, '$.x') FROM users WHERE name LIKE 'a%'", ["users"]],
    ["SELECT value FROM json_each('[1]'), users", ["users"]],
    ["VALUES (1), ((SELECT max(id) FROM audit))", ["audit"]],
    ["SELECT a.id FROM a JOIN b USING (x)", ["a", "b"]],
    ["SELECT x FROM a JOIN b USING (x)", ["a", "b"]],
    ["SELECT count(*) FROM a JOIN b USING (x)", ["a", "b"]],
    ["SELECT count(*) FROM a FULL JOIN b USING (id)", ["a", "b"]],
    ["SELECT 1 FROM a NATURAL JOIN b", ["a", "b"]],
    ["SELECT 1 FROM a NATURAL JOIN w", ["a", "w"]],
    ["SELECT EXISTS (SELECT 1 FROM a JOIN b USING (x))", ["a", "b"]],
    ["SELECT count(*) FROM a p JOIN a q USING (x)", ["a"]],
    [`SELECT * FROM "É", 'é'`, ["É", "é"]],
  ])("are cacheable, with all their tables: %s", (sql, tables) => {
    const facts = examine(sql);
    expect(facts).toMatchObject({ kind: "read", cacheable: true, writes: [] });
    expect(facts.reads.toSorted()).toEqual(tables.map((table) => `main.${table}`).toSorted());
  });

  it.each([
    ["SELECT random()", "random()"],
    ["SELECT current_timestamp", "current_timestamp()"],
    ["SELECT date('now')", "date()"],
    ["SELECT strftime('%Y', name) FROM users", "strftime()"],
    ["SELECT last_insert_rowid()", "last_insert_rowid()"],
    ["SELECT changes(), total_changes()", "changes()"],
    ["SELECT * FROM sqlite_master", "sqlite_"],
    ["SELECT count(*) FROM sqlite_schema", "sqlite_"],
    ["SELECT * FROM pragma_table_info('users')", "pragma_table_info"],
    ["SELECT count(*) FROM pragma_table_info('users')", "pragma_table_info"],
    ["SELECT * FROM notes", "notes"],
    ["SELECT count(*) FROM notes", "notes"],
    ["SELECT * FROM notes_content", "notes_content"],
    ["SELECT * FROM sqlite_temp_schema", "temp database"],
    ["EXPLAIN SELECT 1", "inspects"],
    ["PRAGMA table_info(users)", "inspects"],
  ])("are not cacheable when more than tables decides: %s", (sql, reason) => {
    const facts = examine(sql);
    expect(facts).toMatchObject({ kind: "read", cacheable: false });
    expect(facts.reason).toContain(reason);
    expect(facts.point).toBeUndefined();
  });

  it.each([
    "SELECT 1 FROM body NATURAL JOIN notes",
    "SELECT 1 FROM sqlite_schema NATURAL JOIN sqlite_schema AS other",
    "SELECT 1 FROM notes_content p JOIN notes_content q USING (id)",
  ])("are not cacheable when a name joins something else than tables: %s", (sql) => {
    expect(examine(sql)).toMatchObject({ kind: "read", cacheable: false });
  });

  it("know what a view joins by name", () => {
    const { connection, examine: examined } = open();
    connection.database.exec("CREATE VIEW v AS SELECT count(*) AS n FROM a JOIN b USING (x)");
    connection.database.exec(
      "CREATE VIEW vv AS SELECT 1 AS one FROM v, (SELECT 1 FROM body NATURAL JOIN notes)",
    );
    expect(examined("SELECT n FROM v").reads.toSorted()).toEqual(["main.a", "main.b"]);
    expect(examined("SELECT n FROM v").columns).toBeUndefined();
    expect(examined("SELECT one FROM vv").cacheable).toBe(false);
  });

  it("name the columns that an IN looks into", () => {
    expect(examine("SELECT 7 IN single FROM users WHERE age > 1").columns).toEqual(
      new Map([
        ["main.single", ["x"]],
        ["main.users", ["age"]],
      ]),
    );
  });

  it("are unknown when the statement can't be prepared", () => {
    expect(examine("SELECT * FROM nowhere")).toMatchObject({ kind: "read", cacheable: false, writes: [] });
    expect(examine("WITH a AS (SELECT * FROM nowhere) SELECT * FROM a")).toMatchObject({ writes: "all" });
  });
});

describe("facts of writes", () => {
  it.each<[string, string[] | "all"]>([
    ["INSERT INTO users (name) VALUES ('x')", ["users"]],
    ["REPLACE INTO codes VALUES ('a', 'b')", ["codes"]],
    ["INSERT INTO codes VALUES ('a', 'b') ON CONFLICT DO UPDATE SET label = 'c' RETURNING code", ["codes"]],
    ["UPDATE orders SET total = 0 FROM users WHERE users.id = user_id", ["orders"]],
    ["DELETE FROM users WHERE age > 3", ["users", "orders", "lines"]],
    ["DELETE FROM orders", ["orders", "lines"]],
    ["DELETE FROM audited", ["audited", "audit"]],
    ["REPLACE INTO audited VALUES (1, 2)", ["audited", "audit"]],
    ["INSERT INTO inbox VALUES (1)", ["audit"]],
    ["WITH a AS (SELECT 1) INSERT INTO lines (id) SELECT * FROM a", ["lines"]],
    ["INSERT INTO notes VALUES ('x')", ["notes"]],
    ["INSERT INTO users (name) VALUES (random())", ["users"]],
    ["UPDATE sqlite_sequence SET seq = 1", "all"],
  ])("name every table, through triggers, views and cascades: %s", (sql, tables) => {
    const facts = examine(sql);
    expect(facts).toMatchObject({ kind: "write", cacheable: false });
    const expected = tables === "all" ? "all" : tables.map((table) => `main.${table}`).toSorted();
    expect(facts.writes === "all" ? "all" : facts.writes.toSorted()).toEqual(expected);
  });

  it.each<[string, string]>([
    ["CREATE TABLE x (a)", "ddl"],
    ["DROP TABLE users", "ddl"],
    ["VACUUM", "ddl"],
    ["ANALYZE", "ddl"],
    ["CREATE TEMP TABLE x (a)", "session"],
    ["ATTACH 'x' AS y", "session"],
    ["PRAGMA foreign_keys = OFF", "session"],
    ["BEGIN", "transaction"],
    ["SAVEPOINT a", "transaction"],
  ])("tell the kind of %s: %s", (sql, kind) => {
    expect(examine(sql).kind).toBe(kind);
  });

  it("know what they read by USING or NATURAL", () => {
    const facts = examine("INSERT INTO single SELECT 1 FROM a NATURAL JOIN b");
    expect(facts).toMatchObject({ reads: ["main.a", "main.b"], writes: ["main.single"] });
  });

  it("promise nothing about single rows where a trigger has no name", () => {
    const { connection, examine: fresh } = open();
    const sql = "UPDATE a SET x = ? WHERE id = ?";
    expect(fresh(sql)).toMatchObject({ updates: ["x"], point: { param: 1 } });
    connection.database.exec('CREATE TRIGGER "" AFTER UPDATE OF x ON a BEGIN UPDATE a SET x = x + 100; END');
    expect(fresh(sql)).toMatchObject({ writes: ["main.a"] });
    expect([fresh(sql).updates, fresh(sql).point]).toEqual([undefined, undefined]);
  });

  it("know of a trigger that another connection has just made", () => {
    const { connection, examine: fresh } = open();
    expect(fresh("UPDATE users SET age = 1").writes).toEqual(["main.users"]);
    connection.database.exec("CREATE TRIGGER tr AFTER UPDATE ON users BEGIN DELETE FROM lines; END");
    expect(fresh("UPDATE users SET age = 1").writes).toEqual(["main.users", "main.lines"]);
  });

  it("count a trigger that calls a function of the user's as a write to everything", () => {
    const connection = new NodeConnection(":memory:");
    connection.database.exec("CREATE TABLE t (a); CREATE TABLE u (a)");
    connection.database.exec("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT lower(NEW.a); END");
    const facts = new AuthorizerFacts(connection, true, () => new Set(["lower"]));
    const examined = (sql: string) => facts.examine(sql, lex(sql, "sqlite")).facts;
    expect(examined("INSERT INTO t VALUES (1)").writes).toBe("all");
    expect(examined("SELECT lower(a) FROM t")).toMatchObject({ cacheable: false, writes: "all" });
  });
});

describe("point access", () => {
  it.each<[string, string, number]>([
    ["SELECT * FROM users WHERE id = ?", "users", 0],
    ['SELECT u."name" FROM main.users AS u WHERE u.id = ?;', "users", 0],
    ["SELECT name || ? FROM users u WHERE age > ? AND [ID] = ? LIMIT 1", "users", 2],
    ["SELECT count(*) FROM codes WHERE code = ?", "codes", 0],
    ["SELECT * FROM users WHERE id = ?2 AND age = ?1", "users", 1],
    ["UPDATE users SET age = age + ?, name = ? WHERE id = ?", "users", 2],
    ["UPDATE codes SET label = ? WHERE code = ? AND label IS ? RETURNING *", "codes", 1],
    ["DELETE FROM lines WHERE id = ?", "lines", 0],
    ["INSERT INTO codes (label, code) VALUES (upper(?), ?)", "codes", 1],
    ["INSERT INTO users (id, name) VALUES (?, ?) RETURNING id", "users", 0],
  ])("is seen in %s", (sql, table, param) => {
    expect(examine(sql).point).toMatchObject({ table: `main.${table}`, param });
  });

  it.each([
    "SELECT * FROM users WHERE id = ? OR age = ?",
    "SELECT * FROM users WHERE id = ? AND (age = ? OR 1)",
    "SELECT * FROM users WHERE id > ?",
    "SELECT * FROM users WHERE id = 5",
    "SELECT * FROM users WHERE NOT id = ?",
    "SELECT * FROM users WHERE id = ? + 1",
    "SELECT * FROM users WHERE age = ?",
    "SELECT * FROM users WHERE id = ? UNION SELECT * FROM users",
    "SELECT *, (SELECT max(age) FROM users) FROM users WHERE id = ?",
    "SELECT * FROM users, orders WHERE users.id = ?",
    "SELECT * FROM users a JOIN users b WHERE a.id = ?",
    "SELECT * FROM adults WHERE id = ?",
    "SELECT * FROM users WHERE id = ? LIMIT 1 OFFSET 1",
    "SELECT * FROM folded WHERE code = ?",
    "SELECT * FROM loose WHERE code = ?",
    "SELECT * FROM pairs WHERE a = ? AND b = ?",
    "UPDATE users SET id = ? WHERE id = ?",
    "UPDATE users SET rowid = ? WHERE id = ?",
    "UPDATE OR REPLACE users SET age = ? WHERE id = ?",
    "UPDATE users SET age = (SELECT max(age) FROM users) WHERE id = ?",
    "UPDATE picky SET u = ? WHERE id = ?",
    "UPDATE clock SET at = ? WHERE id = ?",
    "DELETE FROM tree WHERE id = ?",
    "DELETE FROM users WHERE id = ?",
    "DELETE FROM audited WHERE id = ?",
    "INSERT INTO users VALUES (?, ?, ?)",
    "INSERT INTO users (id) VALUES (?), (?)",
    "INSERT INTO users (id) VALUES (? + 1)",
    "INSERT INTO users (name) VALUES (?)",
    "INSERT OR REPLACE INTO users (id) VALUES (?)",
    "INSERT INTO users (id) VALUES (?) ON CONFLICT DO NOTHING",
    "INSERT INTO picky (id) VALUES (?)",
    "REPLACE INTO users (id) VALUES (?)",
    "WITH a AS (SELECT 1) SELECT * FROM users WHERE id = ?",
    "UPDATE users SET 'id' = ? WHERE id = ?",
    "UPDATE users SET [ID] = ? WHERE id = ?",
    "INSERT INTO users (id, rowid, age) VALUES (?, ?, ?)",
    "INSERT INTO users (id, id, age) VALUES (?, ?, ?)",
    "INSERT INTO users (id, 'id') VALUES (?, ?)",
    'INSERT INTO users (id, "OID") VALUES (?, ?)',
    "SELECT * FROM mixed WHERE id = ?",
    "SELECT 7 IN users_ids AS x FROM users_ids WHERE id = ?",
    'SELECT * FROM kelvin WHERE "\u212a" = ?',
    `INSERT INTO "é" (id, u) VALUES (?, ?)`,
  ])("is not seen in %s", (sql) => {
    expect(examine(sql).point).toBeUndefined();
  });

  it("gives one text to all spellings of an integer key, and none where SQLite would have to convert", () => {
    const { canonicalKey } = examine("SELECT * FROM users WHERE id = ?").point!;
    expect([5, 5n, -0, 0n, -(2n ** 63n)].map(canonicalKey)).toEqual([
      "5",
      "5",
      "0",
      "0",
      "-9223372036854775808",
    ]);
    expect(["5", 5.5, 2 ** 53, 2n ** 63n, null, true, undefined].map(canonicalKey)).toEqual(
      Array(7).fill(undefined),
    );
  });

  it("takes only well-formed strings for text keys", () => {
    const { canonicalKey } = examine("SELECT * FROM codes WHERE code = ?").point!;
    expect(["a", "A", ""].map(canonicalKey)).toEqual(["a", "A", ""]);
    expect([1, 1n, null, "\ud800", new Uint8Array(1)].map(canonicalKey)).toEqual(Array(5).fill(undefined));
  });
});

describe("facts against what really happens", () => {
  const tables = ["users", "orders", "lines", "codes", "tree", "clock", "audited", "audit"] as const;
  const table = fc.constantFrom(...tables);
  const number = fc.integer({ min: 1, max: 4 });
  const write = fc.oneof(
    fc.tuple(table, number).map(([t, n]) => `DELETE FROM ${t} WHERE rowid = ${n}`),
    fc.tuple(table, number).map(([t, n]) => `INSERT OR REPLACE INTO ${t} (rowid) VALUES (${n})`),
    number.map((n) => `UPDATE clock SET at = 'y' WHERE id = ${n}`),
    fc.tuple(number, number).map(([a, b]) => `UPDATE users SET age = ${a} WHERE id = ${b}`),
    number.map((n) => `INSERT INTO inbox VALUES (${n})`),
    fc.tuple(number, number).map(([a, b]) => `INSERT OR IGNORE INTO orders VALUES (${a}, ${b}, 1)`),
    fc.tuple(number, number).map(([a, b]) => `INSERT OR IGNORE INTO tree VALUES (${a}, ${b})`),
  );

  it("never miss a table that a write changes", () => {
    fc.assert(
      fc.property(fc.array(write, { minLength: 1, maxLength: 20 }), (statements) => {
        const { connection, examine: examined } = open();
        const contents = () =>
          tables.map((name) =>
            JSON.stringify(connection.database.prepare(`SELECT rowid, * FROM ${name}`).all()),
          );
        for (const sql of statements) {
          const { writes } = examined(sql);
          const before = contents();
          try {
            connection.database.exec(sql);
          } catch (error) {
            expect(String(error)).toContain("FOREIGN KEY");
          }
          const after = contents();
          const changed = tables
            .filter((_, index) => before[index] !== after[index])
            .map((name) => `main.${name}`);
          expect(writes).toEqual(expect.arrayContaining(changed));
        }
        connection.close();
      }),
      { numRuns: process.env.VICTOR_LONG ? 5000 : 150 },
    );
  });
});
