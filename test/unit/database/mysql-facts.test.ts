import { describe, expect, test } from "vitest";
import { Catalogue, type Relation, type Routine } from "../../../src/database/mysql/catalogue.ts";
import { Dependencies } from "../../../src/database/mysql/dependencies.ts";
import { insertShape } from "../../../src/database/mysql/insert-shape.ts";
import { positional, wireValue } from "../../../src/database/mysql/parameters.ts";
import { statementFacts } from "../../../src/database/mysql/statement-analysis.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";

function relation(name: string, more: Partial<Relation> = {}): Relation {
  const [schema = "app", table = name] = name.includes(".") ? name.split(".") : ["app", name];
  return {
    id: `${schema}.${table}`,
    schema,
    name: table,
    kind: "table",
    transactional: true,
    definition: undefined,
    triggers: [],
    cascades: new Set(),
    timeColumns: new Set(),
    expressions: [],
    ...more,
  };
}
const view = (name: string, definition: string | undefined): Relation =>
  relation(name, { kind: "view", definition });
const routine = (name: string, body: string | undefined): Routine => ({
  id: `app.${name}`,
  schema: "app",
  body,
});

const relations = [
  relation("t"),
  relation("u"),
  relation("1a"),
  relation("2024_01"),
  relation("0b2"),
  relation("0x1f"),
  relation("other.t"),
  relation("other.u"),
  relation("audited", { triggers: ["BEGIN INSERT INTO audit VALUES (NEW.id); SET NEW.x = 1; END"] }),
  relation("audit"),
  relation("calling", { triggers: ["CALL writes_u"] }),
  relation("calling_far", { triggers: ["BEGIN call `other`.`writes_t`; END"] }),
  relation("wild", { triggers: ["BEGIN CALL nobody_knows(); END"] }),
  relation("hidden_target", { triggers: ["INSERT INTO secret.log VALUES (1)"] }),
  relation("parent", { cascades: new Set(["app.child"]) }),
  relation("child", { cascades: new Set(["app.grandchild"]) }),
  relation("grandchild"),
  relation("orphaned", { cascades: new Set(["elsewhere.child"]) }),
  view("v", "select `app`.`t`.`id` AS `id` from `app`.`t`"),
  view("w", "select `v`.`id` AS `id`,now() AS `n` from `app`.`v`"),
  view("joined", "select `j`.`id` AS `id` from (`app`.`v` `j` join `app`.`u` on(1))"),
  view("years", "select extract(year from `app`.`t`.`d`) AS `y` from `app`.`t`"),
  view("closed", undefined),
  view("foreign_view", "select `secret`.`s`.`id` AS `id` from `secret`.`s`"),
  relation("numbers", { kind: "other" }),
  relation("isam", { transactional: false }),
  relation("shops", { timeColumns: new Set(["opens"]) }),
  relation("generated", { expressions: ["current_timestamp()"] }),
];
const routines = [
  routine("pure", "RETURN 1"),
  routine("reads_u", "BEGIN DECLARE n INT; SET n = (SELECT count(*) FROM u); RETURN n; END"),
  routine("writes_u", "BEGIN UPDATE u SET x = 1; RETURN 1; END"),
  routine("sets", "BEGIN SET time_zone = '+01:00'; RETURN 1; END"),
  routine("unseen", undefined),
  routine("insert_t", "BEGIN INSERT INTO t VALUES (1); CALL writes_u(); END"),
  routine("calls_bare", "BEGIN CALL writes_u; END"),
  { id: "other.writes_t", schema: "other", body: "UPDATE t SET x = 1" },
  routine("committing", "BEGIN INSERT INTO t VALUES (1); COMMIT; END"),
  routine("dynamic", "BEGIN PREPARE s FROM 'DROP TABLE t'; EXECUTE s; END"),
];

function catalogue(more: Partial<ConstructorParameters<typeof Catalogue>[0]> = {}): Catalogue {
  return new Catalogue({
    schema: "app",
    caseSensitive: true,
    dirtyReads: false,
    events: [],
    relations,
    routines,
    triggersSeen: true,
    ...more,
  });
}
const known = new Dependencies(catalogue());
const facts = (sql: string, dependencies = known): StatementFacts => statementFacts(sql, dependencies);

describe("A read is cached by the tables that it names", () => {
  test.each([
    ["SELECT * FROM t", ["app.t"]],
    ["select T.id from `T` AS x", ["app.t"]],
    ["(SELECT id FROM t) UNION (SELECT id FROM u)", ["app.t", "app.u"]],
    ["SELECT 1 FROM t, u", ["app.t", "app.u"]],
    ["SELECT * FROM (t JOIN u USING (id))", ["app.t", "app.u"]],
    ["SELECT * FROM t WHERE id IN (SELECT id FROM u)", ["app.t", "app.u"]],
    ["SELECT * FROM other.t", ["other.t"]],
    ["SELECT * FROM 1a", ["app.1a"]],
    ["SELECT * FROM 2024_01", ["app.2024_01"]],
    ["SELECT * FROM 0b2, 0X1F", ["app.0b2", "app.0x1f"]],
    ["SELECT * FROM .t", ["app.t"]],
    ["SELECT 1 FROM u JOIN .t USING (id)", ["app.t", "app.u"]],
    ["SELECT * FROM other . u", ["app.u", "other.u"]],
    ['SELECT * FROM "t"', ["app.t"]],
    ["SELECT /* from u */ id -- u\n FROM t # u", ["app.t"]],
    ["SELECT 'u' FROM t", ["app.t"]],
    ["SELECT 5--1 FROM t", ["app.t"]],
    ["SELECT * FROM v", ["app.t"]],
    ["SELECT * FROM joined", ["app.t", "app.u"]],
    ["SELECT * FROM years", ["app.t"]],
    ["SELECT EXTRACT(YEAR FROM d), SUBSTRING(x FROM 2), count(*) FROM t GROUP BY 1 HAVING (1)", ["app.t"]],
    ["WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n, t", ["app.t"]],
    ["SELECT * FROM t WHERE a BETWEEN ? AND ? AND b IN (?, ?) ORDER BY c LIMIT ?", ["app.t"]],
    ["SELECT row_number() OVER (PARTITION BY a) FROM t", ["app.t"]],
    ["SELECT CAST(a AS CHAR(10)), CAST(b AS DECIMAL(10, 2)) FROM t", ["app.t"]],
    ["SELECT id FROM t;", ["app.t"]],
    ["SELECT * FROM shops", ["app.shops"]],
  ])("%s", (sql, reads) => {
    const found = facts(sql);
    expect(found).toMatchObject({ kind: "read", cacheable: true, writes: [] });
    expect([...found.reads].sort()).toEqual(reads);
  });
});

describe("A read is not cached where its result could be another without a write", () => {
  test.each([
    "SELECT NOW()",
    "SELECT current_timestamp FROM t",
    "SELECT id FROM t WHERE a > UNIX_TIMESTAMP()",
    "SELECT rand ( ) FROM t",
    "SELECT uuid() FROM t",
    "SELECT @a FROM t",
    "SELECT @@version",
    "SELECT LAST_INSERT_ID()",
    "SELECT FOUND_ROWS()",
    "SELECT SQL_CALC_FOUND_ROWS id FROM t",
    "SELECT id FROM t FOR UPDATE",
    "SELECT id FROM t LOCK IN SHARE MODE",
    "SELECT NEXT VALUE FOR numbers",
    "SELECT * FROM numbers",
    "SELECT * FROM isam",
    "SELECT * FROM w",
    "SELECT * FROM closed",
    "SELECT * FROM foreign_view",
    "SELECT * FROM generated",
    "SELECT opens FROM shops",
    "SELECT 1 FROM shops NATURAL JOIN t",
    "SELECT dt FROM t UNION SELECT * FROM shops",
    "SELECT dt FROM t UNION TABLE shops",
    "SELECT CAST('10:00' AS TIME) FROM t",
    "SELECT DATE(CONVERT('10:00', TIME)) FROM t",
    "SELECT DATE({t '10:00:00'}) FROM t",
    "SELECT DATE(JSON_VALUE(a, '$' RETURNING TIME)) FROM t",
    "SELECT TIME'10:00' > a FROM t",
    "SELECT * FROM mysql.user",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM unknown_table",
    "SELECT * FROM .unknown_table",
    "SELECT * FROM 2024_02",
    "SELECT * FROM t JOIN unknown_table",
    "SELECT reads_u() FROM t",
    "SELECT pure() FROM t",
    "SHOW TABLES",
    "EXPLAIN SELECT * FROM t",
  ])("%s", (sql) => {
    expect(facts(sql)).toMatchObject({ kind: "read", cacheable: false, writes: [] });
  });
});

describe("A text that could be read in two ways may do anything", () => {
  test.each([
    "SELECT /*!50001 id, */ a FROM t",
    "/*!50001 SELECT 1 */",
    "SELECT /*M!100101 1 */",
    "SELECT 'a\\' , id FROM t -- '",
    'SELECT "a\\" FROM u WHERE x = "',
    "SELECT 1; DROP TABLE t",
    "SELECT .5a FROM t",
    "SELECT * FROM app.5e2u",
    "FROBNICATE t",
    "EXECUTE IMMEDIATE 'DROP TABLE t'",
    "SET STATEMENT max_statement_time = 1 FOR DELETE FROM t",
    "SET GLOBAL event_scheduler = ON",
    "SET GLOBAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
    "SET sort_buffer_size = 1, @@global.tx_isolation = 'READ-UNCOMMITTED'",
    "ANALYZE UPDATE t SET a = 1",
    "EXPLAIN ANALYZE DELETE FROM t",
    "CALL committing()",
    "CALL dynamic()",
    "CALL unseen()",
    "CALL nobody_knows()",
  ])("%s", (sql) => {
    expect(facts(sql)).toMatchObject({ kind: "ddl", writes: "all", cacheable: false, commits: true });
  });

  test("but a backslash elsewhere is no riddle", () => {
    expect(facts("SELECT * FROM t WHERE a LIKE 'x\\_%' AND b = 'c\\\\'")).toMatchObject({ cacheable: true });
  });
});

describe("A write changes the tables that it names, and what follows from them", () => {
  test.each<[string, readonly string[] | "all"]>([
    ["INSERT INTO t VALUES (?, ?)", ["app.t"]],
    ["INSERT IGNORE t (a, b) SELECT a, b FROM u", ["app.t"]],
    ["INSERT INTO other.t (a) VALUES (NOW())", ["other.t"]],
    ["INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a)", ["app.t"]],
    ["REPLACE INTO t SET a = 1", ["app.t"]],
    ["INSERT INTO audited VALUES (1)", ["app.audit", "app.audited"]],
    ["INSERT INTO calling VALUES (1)", ["app.calling", "app.u"]],
    ["INSERT INTO calling_far VALUES (1)", ["app.calling_far", "other.t"]],
    ["INSERT INTO wild VALUES (1)", "all"],
    ["INSERT INTO hidden_target VALUES (1)", "all"],
    ["INSERT INTO unknown_table VALUES (1)", "all"],
    ["INSERT INTO v VALUES (1)", ["app.t"]],
    ["INSERT INTO closed VALUES (1)", "all"],
    ["INSERT INTO numbers VALUES (1)", "all"],
    ["INSERT INTO t VALUES (writes_u())", ["app.t", "app.u"]],
    ["INSERT INTO t VALUES (unseen())", "all"],
    ["INSERT INTO t VALUES (plugin_function())", "all"],
    ["UPDATE t SET a = ? WHERE id = ?", ["app.t"]],
    ["UPDATE t, u SET t.a = u.a", ["app.t", "app.u"]],
    ["UPDATE LOW_PRIORITY IGNORE t JOIN u USING (id) SET t.a = 1", ["app.t", "app.u"]],
    ["DELETE FROM parent WHERE id = 1", ["app.child", "app.grandchild", "app.parent"]],
    ["DELETE t FROM t JOIN u ON t.id = u.id", ["app.t", "app.u"]],
    ["DELETE FROM orphaned", "all"],
    ["WITH n AS (SELECT 1) DELETE FROM t", ["app.t"]],
    ["WITH n AS (SELECT 1) UPDATE (t JOIN u USING (id)) SET t.a = 1", ["app.t", "app.u"]],
    ["LOAD DATA INFILE 'x' INTO TABLE t", "all"],
    ["SELECT writes_u()", ["app.u"]],
    ["SELECT unseen()", "all"],
    ["SELECT app.writes_u()", ["app.u"]],
    ["SELECT `writes_u`()", ["app.u"]],
    ['SELECT "writes_u"()', ["app.u"]],
    ["CALL insert_t()", ["app.t", "app.u"]],
    ["CALL calls_bare()", ["app.u"]],
    ["TRUNCATE TABLE t", ["app.t"]],
    ["DELETE FROM mysql.user", "all"],
  ])("%s", (sql, writes) => {
    const found = facts(sql);
    expect(found).toMatchObject({ kind: "write", cacheable: false });
    expect(found.writes === "all" ? "all" : [...found.writes].sort()).toEqual(writes);
  });

  test("of a schema whose triggers can't be seen may change anything", () => {
    const blind = new Dependencies(catalogue({ triggersSeen: new Set(["other"]) }));
    expect(facts("INSERT INTO t VALUES (1)", blind).writes).toBe("all");
    expect(facts("INSERT INTO other.t VALUES (1)", blind).writes).toEqual(["other.t"]);
  });
});

describe("What a statement leaves behind is said", () => {
  test.each([
    "SET time_zone = '+01:00'",
    "USE other",
    "SELECT 1 INTO @a",
    "SELECT @a := 1",
    "SELECT GET_LOCK('a', 1)",
    "CREATE TEMPORARY TABLE t (id INT)",
    "DROP TEMPORARY TABLE t",
    "PREPARE s FROM 'SELECT 1'",
  ])("in the session: %s", (sql) => {
    expect(facts(sql).kind).toBe("session");
  });

  test.each(["SELECT sets()", "INSERT INTO t VALUES (sets())", "LOAD DATA INFILE 'x' INTO TABLE t"])(
    "in the session, besides: %s",
    (sql) => {
      expect(facts(sql).kind === "session" || facts(sql).changesSession).toBe(true);
    },
  );

  test.each([
    "CREATE TABLE n (id INT)",
    "ALTER TABLE t ADD x INT",
    "DROP TABLE t",
    "TRUNCATE t",
    "RENAME TABLE t TO s",
    "GRANT SELECT ON t TO a",
    "LOCK TABLES t READ",
    "FLUSH TABLES",
    "SET autocommit = 1",
    "OPTIMIZE TABLE t",
  ])("by a commit: %s", (sql) => {
    expect(facts(sql).commits).toBe(true);
  });

  test.each(["INSERT INTO t VALUES (1)", "CALL insert_t()", "SET @a = 1", "SELECT writes_u()"])(
    "by no commit: %s",
    (sql) => {
      expect(facts(sql).commits ?? false).toBe(false);
    },
  );

  test.each(["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK TO s", "SAVEPOINT s", "XA START 'a'"])(
    "as control of a transaction: %s",
    (sql) => {
      expect(facts(sql).kind).toBe("transaction");
    },
  );
});

describe("The server's settings count", () => {
  test("tables that an event changes are not cached, and none are when that can't be known", () => {
    const some = new Dependencies(catalogue({ events: [{ schema: "app", body: "DELETE FROM t" }] }));
    expect(facts("SELECT * FROM t", some).cacheable).toBe(false);
    expect(facts("SELECT * FROM u", some).cacheable).toBe(true);
    const any = new Dependencies(catalogue({ events: [{ schema: "app", body: "CALL nobody_knows()" }] }));
    expect(facts("SELECT * FROM u", any).cacheable).toBe(false);
    for (const body of ["ALTER TABLE t DROP PARTITION p0", "EXECUTE IMMEDIATE CONCAT('DELETE FROM ', 't')"]) {
      const altering = new Dependencies(catalogue({ events: [{ schema: "app", body }] }));
      expect(facts("SELECT * FROM t", altering).cacheable).toBe(false);
    }
  });

  test("reads that see what isn't committed are not cached", () => {
    expect(facts("SELECT * FROM t", new Dependencies(catalogue({ dirtyReads: true }))).cacheable).toBe(false);
  });

  test("names beyond ASCII are not guessed where the server folds them", () => {
    const folding = new Dependencies(catalogue({ caseSensitive: false }));
    expect(facts("SELECT größe FROM t", folding).cacheable).toBe(false);
    expect(facts("SELECT größe FROM t").cacheable).toBe(true);
  });

  test("a native function whose name a stored one bears may be the stored one", () => {
    const shadowed = new Dependencies(catalogue({ routines: [routine("abs", "RETURN 1"), ...routines] }));
    expect(facts("SELECT ABS(1) FROM t", shadowed).cacheable).toBe(false);
  });

  test("without a schema, unqualified names mean nothing", () => {
    const homeless = new Dependencies(catalogue({ schema: undefined }));
    expect(facts("SELECT * FROM t", homeless).cacheable).toBe(false);
    expect(facts("SELECT * FROM app.t", homeless)).toMatchObject({ cacheable: true, reads: ["app.t"] });
  });
});

describe("An INSERT can be repeated", () => {
  test("when it is one row of placeholders", () => {
    expect(
      insertShape("INSERT INTO `a b`.t (x, y) VALUES (?, ?) ON DUPLICATE KEY UPDATE x = VALUES(x)"),
    ).toEqual({
      table: { schema: "a b", name: "t" },
      head: "INSERT INTO `a b`.t (x, y) VALUES ",
      tuple: "(?, ?)",
      tail: " ON DUPLICATE KEY UPDATE x = VALUES(x)",
      width: 2,
    });
    expect(insertShape("REPLACE t VALUES(?);")).toMatchObject({ tuple: "(?)", tail: "", width: 1 });
  });

  test.each([
    "INSERT INTO t VALUES (?, NOW())",
    "INSERT INTO t VALUES (?), (?)",
    "INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE x = ?",
    "INSERT INTO t SELECT ?",
    "INSERT DELAYED INTO t VALUES (?)",
    "INSERT INTO t VALUES (?) RETURNING id",
    "INSERT INTO t VALUES (?2, ?1)",
    "INSERT INTO t VALUES ()",
    "UPDATE t SET a = ?",
  ])("and not otherwise: %s", (sql) => {
    expect(insertShape(sql)).toBeUndefined();
  });
});

describe("Parameters", () => {
  test("that are numbered go in the order of their places", () => {
    expect(positional("SELECT ?2, ?1, '?3' FROM t WHERE a = ?2")).toEqual({
      text: "SELECT ?, ?, '?3' FROM t WHERE a = ?",
      order: [1, 0, 1],
    });
    expect(positional("SELECT ?")).toEqual({ text: "SELECT ?", order: undefined });
  });

  test("that the server would store as something else are refused", () => {
    expect(() => wireValue(Number.NaN)).toThrow(RangeError);
    for (const date of ["no date", "-000001-12-31T23:59:59.999Z", "+010000-01-01T00:00:00.000Z"])
      expect(() => wireValue(new Date(date)), date).toThrow(RangeError);
    for (const date of ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
      expect(wireValue(new Date(date))).toEqual(new Date(date));
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [
      undefined,
      Symbol("1"),
      () => 1,
      circle,
      { a: 1n },
      new Map(),
      { toJSON: () => undefined },
    ])
      expect(() => wireValue(value)).toThrow(TypeError);
    expect(wireValue([{ a: 1 }])).toEqual([{ a: 1 }]);
    expect(wireValue(new Uint16Array([258]))).toEqual(Buffer.from([2, 1]));
    expect(wireValue(new Uint8Array([1]).buffer)).toEqual(Buffer.from([1]));
    expect(wireValue(new Uint8Array([1, 2]).subarray(1))).toEqual(Buffer.from([2]));
  });
});
