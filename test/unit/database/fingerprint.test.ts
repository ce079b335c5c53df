import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bounded, fingerprint } from "../../../src/database/sql/fingerprint.ts";
import type { SqlDialect } from "../../../src/database/sql/sql-lexer.ts";

const sqlite = (sql: string): string => fingerprint(sql, "sqlite");
const postgres = (sql: string): string => fingerprint(sql, "postgresql");

test.each([
  ["SELECT  *\nFROM Users -- all\nWHERE Id = 5;", "select * from users where id = ?"],
  ["select count (*), max( a ) from t", "select count(*), max(a) from t"],
  ["SELECT * FROM t WHERE id IN (1, 2,3)", "select * from t where id in (?)"],
  ["SELECT * FROM t WHERE (a,b) IN ((1,2),(3,4))", "select * from t where (a, b) in ((?, ?))"],
  ["SELECT * FROM t WHERE id IN (1, a, 2, 3)", "select * from t where id in (?, a, ?)"],
  [
    "INSERT INTO t (a,b) VALUES (1,'x'),(2,NULL), (?, ?) RETURNING a",
    "insert into t(a, b) values (?, ?) returning a",
  ],
  ["INSERT INTO t VALUES (1, now()), (2, now())", "insert into t values (?, now())"],
  ["INSERT INTO t VALUES (1), (2, 3)", "insert into t values (?), (?, ?)"],
  ["SELECT -1, - 2, +3, a - 4, (b) -5, c-d", "select ?, ?, ?, a - ?, (b) - ?, c - d"],
  [
    "SELECT a WHERE b IS NOT NULL AND c = NULL AND d = TRUE",
    "select a where b is not null and c = ? and d = ?",
  ],
  ["LIMIT 10 OFFSET -3", "limit ? offset ?"],
  ['SELECT "Id", T.x FROM "My Table" T', 'select "Id", t.x from "My Table" t'],
  ["SELECT x'00', 1.5e3, 0x1F", "select ?, ?, ?"],
  ["SELECT f(1, 2)", "select f(?, ?)"],
  ["", ""],
  ["-- nothing", ""],
])("%j has the fingerprint %j on both engines", (sql, expected) => {
  expect(sqlite(sql)).toBe(expected);
  expect(postgres(sql)).toBe(expected);
});

test.each([
  ["SELECT $1::int, a ->> 'x'", "select ?::int, a ->> ?"],
  ["SELECT ARRAY[1,2,3], a[1]", "select array[?], a[?]"],
  ["SELECT E'\\'' , $f$ secret $f$, U&'x', B'1'", "select ?, ?, ?, ?"],
  ["SELECT interval '1 day', date '2020-01-01'", "select interval ?, date ?"],
  ["SELECT 1 /* a /* b */ c */ , 2", "select ?, ?"],
])("on PostgreSQL %j has the fingerprint %j", (sql, expected) => {
  expect(postgres(sql)).toBe(expected);
});

test("on SQLite names in back quotes and in brackets are kept", () => {
  expect(sqlite("SELECT `A b`, [C d] FROM t")).toBe("select `A b`, [C d] from t");
});

test("non-ASCII letters keep their case, as PostgreSQL keeps it", () => {
  expect(postgres("SELECT ÉCOLE")).toBe("select École");
  expect(postgres("SELECT É")).not.toBe(postgres("SELECT é"));
});

test("statements that differ in a name, or between a value and a column, differ", () => {
  expect(sqlite("SELECT a FROM t")).not.toBe(sqlite("SELECT b FROM t"));
  expect(sqlite("SELECT a FROM t WHERE b = 1")).not.toBe(sqlite("SELECT a FROM t WHERE b = c"));
  expect(sqlite("SELECT a FROM t WHERE b IS NULL")).not.toBe(sqlite("SELECT a FROM t WHERE b IS NOT NULL"));
  expect(sqlite('SELECT "A"')).not.toBe(sqlite('SELECT "a"'));
});

const hostileLength = process.env.VICTOR_LONG ? 1_000_000 : 200_000;

/** A statement in which `literals` stand where values may. */
const shapes: readonly ((literal: (i: number) => string) => string)[] = [
  (v) => `SELECT a, ${v(0)} FROM t WHERE b = ${v(1)} AND c BETWEEN ${v(2)} AND ${v(3)} LIMIT ${v(0)}`,
  (v) => `INSERT INTO t (a, b) VALUES (${v(0)}, ${v(1)}), (${v(2)}, ${v(3)})`,
  (v) => `UPDATE t SET a = ${v(0)}, b = f(${v(1)}) WHERE c IN (${v(2)}, ${v(3)})`,
  (v) => `SELECT CASE WHEN a > ${v(0)} THEN ${v(1)} ELSE ${v(2)} END`,
];

describe.each(["sqlite", "postgresql", "mysql"] as const)("on %s", (dialect: SqlDialect) => {
  const literal = fc.oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    // On MySQL a backslash escapes, so that it stands for itself only twice.
    fc
      .string()
      .map((text) => `'${text.replaceAll("'", "''").replaceAll("\\", dialect === "mysql" ? "\\\\" : "\\")}'`),
    fc.constantFrom("NULL", "true", "?", "x'00ff'", "- 1", "0x1f"),
  );

  test("statements that differ only in literals have one fingerprint", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...shapes),
        fc.array(literal, { minLength: 4, maxLength: 4 }),
        (shape, literals) => {
          expect(
            fingerprint(
              shape((i) => literals[i]!),
              dialect,
            ),
          ).toBe(
            fingerprint(
              shape(() => "1"),
              dialect,
            ),
          );
        },
      ),
    );
  });

  test("the number of items in a list and of rows in VALUES doesn't count", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (n) => {
        const list = Array(n).fill("1").join(",");
        const rows = Array(n).fill("(1, 'a')").join(", ");
        expect(fingerprint(`SELECT 1 WHERE a IN (${list})`, dialect)).toBe("select ? where a in (?)");
        expect(fingerprint(`INSERT INTO t VALUES ${rows}`, dialect)).toBe("insert into t values (?, ?)");
        expect(fingerprint(`SELECT * FROM (VALUES ${rows}) AS v`, dialect)).toBe(
          "select * from (values (?, ?)) as v",
        );
      }),
    );
  });

  test("a fingerprint is its own fingerprint", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...shapes),
        fc.array(literal, { minLength: 4, maxLength: 4 }),
        (shape, literals) => {
          const print = fingerprint(
            shape((i) => literals[i]!),
            dialect,
          );
          expect(fingerprint(print, dialect)).toBe(print);
        },
      ),
    );
  });

  test("no text makes it throw or grow beyond its bound", () => {
    const piece = fc.constantFrom(
      "values",
      "in",
      "(",
      ")",
      ",",
      "[",
      "]",
      "array",
      "'",
      "-",
      "?",
      "1",
      " ",
      "x",
      ";",
      '"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        expect(fingerprint(pieces.join(" "), dialect).length).toBeLessThanOrEqual(2048);
      }),
      { numRuns: 500 },
    );
  });

  // A quadratic pass would run into the test's time limit.
  test.each(["(", "values (", "in (1,", "values ((1,2),", "(1),", "- ", "array[", "((1),"])(
    "a long text of %j is read in linear time",
    (piece) => {
      expect(fingerprint(piece.repeat(hostileLength / piece.length), dialect).length).toBeLessThanOrEqual(
        2048,
      );
    },
  );
});

test("a long one is cut at 2,048 units, and what was cut is told apart by its hash", () => {
  const names = Array.from({ length: 500 }, (_, i) => `column_${i}`).join(", ");
  const a = sqlite(`SELECT ${names}, a`);
  const b = sqlite(`SELECT ${names}, b`);
  expect(a).toHaveLength(2048);
  expect(a.slice(0, 2030)).toBe(b.slice(0, 2030));
  expect(a).toMatch(/…#[0-9a-f]{16}$/);
  expect(a).not.toBe(b);
});

test("a cut never splits a character", () => {
  for (const lead of ["", "a"]) {
    const text = bounded(lead + "😀".repeat(100), 101);
    expect(text.isWellFormed()).toBe(true);
    expect(text.length).toBeLessThanOrEqual(101);
  }
});
