import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { translatePlaceholders } from "../../../src/database/sql/placeholders.ts";

const toSqlite = (sql: string) => translatePlaceholders(sql, "sqlite", "?");
const toPostgres = (sql: string) => translatePlaceholders(sql, "postgresql", "$");

describe("towards SQLite", () => {
  test("? stays, and each one counts", () => {
    expect(toSqlite("SELECT ?, '?' -- ?\n, ?")).toEqual({ sql: "SELECT ?, '?' -- ?\n, ?", count: 2 });
  });

  test("$2 becomes ?2, so that a number may come twice and out of order", () => {
    expect(toSqlite("SELECT $2, $1, $2")).toEqual({ sql: "SELECT ?2, ?1, ?2", count: 2 });
  });

  test("?2 stays, and the highest number counts", () => {
    expect(toSqlite("SELECT ?3, ?1")).toEqual({ sql: "SELECT ?3, ?1", count: 3 });
  });

  test("SQLite itself agrees on what each number means", () => {
    using database = new DatabaseSync(":memory:");
    const { sql } = toSqlite("SELECT $2 AS a, $1 AS b, $2 AS c, '$1' AS d");
    expect({ ...database.prepare(sql).get("first", "second") }).toEqual({
      a: "second",
      b: "first",
      c: "second",
      d: "$1",
    });
  });
});

describe("towards PostgreSQL", () => {
  test("each ? takes the next number", () => {
    expect(toPostgres("SELECT ? WHERE a=? AND b='?'")).toEqual({
      sql: "SELECT $1 WHERE a=$2 AND b='?'",
      count: 2,
    });
  });

  test("?2 becomes $2", () => {
    expect(toPostgres("SELECT ?2, ?1")).toEqual({ sql: "SELECT $2, $1", count: 2 });
  });

  test("a text with $1 keeps its question marks as operators", () => {
    const sql = "SELECT data ? $1, data ?| $2, a ?? b";
    expect(toPostgres(sql)).toEqual({ sql, count: 2 });
  });

  test("in a text with ?, the operator is written ??, while ?|, ?& and @? are operators as they are", () => {
    expect(toPostgres("SELECT data ?? ?, a ?| ?, b ?& ?, c @? ?, ?||'x'")).toEqual({
      sql: "SELECT data ? $1, a ?| $2, b ?& $3, c @? $4, $5||'x'",
      count: 5,
    });
  });

  test("?? is the operator in a text without placeholders, too", () => {
    expect(toPostgres("SELECT data ?? 'key'")).toEqual({ sql: "SELECT data ? 'key'", count: 0 });
  });

  test("a number doesn't run into what stands beside the ?", () => {
    expect(toPostgres("SELECT a LIKE?AND b")).toEqual({ sql: "SELECT a LIKE $1 AND b", count: 1 });
  });

  test("casts and slices are left alone", () => {
    const sql = "SELECT a::int, b[1:n], $$ ? :x $$, E'\\'?'";
    expect(toPostgres(sql)).toEqual({ sql, count: 0 });
  });
});

test("a text without placeholders comes back as it is", () => {
  expect(toSqlite("SELECT 1")).toEqual({ sql: "SELECT 1", count: 0 });
});

test("from PostgreSQL's $2 to a driver that writes ?, numbers are kept", () => {
  expect(translatePlaceholders("SELECT $2, $1", "postgresql", "?")).toEqual({
    sql: "SELECT ?2, ?1",
    count: 2,
  });
});

test("from SQLite's ? to a driver that writes $, each takes the next number", () => {
  expect(translatePlaceholders("SELECT ?, ?", "sqlite", "$")).toEqual({ sql: "SELECT $1, $2", count: 2 });
});

test.each([
  ["SELECT :id", "sqlite"],
  ["SELECT @id", "sqlite"],
  ["SELECT $id", "sqlite"],
  ["SELECT * FROM t WHERE id = :id", "postgresql"],
] as const)("%s on %s: only positional placeholders are supported", (sql, dialect) => {
  expect(() => translatePlaceholders(sql, dialect, "?")).toThrow(
    new TypeError(`placeholder ${sql.slice(-3)}: only positional placeholders are supported, write ? or $1`),
  );
});

test.each(["SELECT ?, $1", "SELECT ?, ?2", "SELECT ?1, $2"])("%s mixes styles and is refused", (sql) => {
  expect(() => toSqlite(sql)).toThrow(/^mixed placeholders: expected one of \?, \?1 or \$1 throughout, got /);
});

test("a number that the engine doesn't take is refused", () => {
  expect(() => toSqlite("SELECT $0")).toThrow(
    new RangeError("placeholder $0: expected a number from 1 to 32766"),
  );
  expect(() => toSqlite("SELECT ?32767")).toThrow(RangeError);
  expect(() => toPostgres(`SELECT $${"9".repeat(400)}`)).toThrow(RangeError);
  expect(toSqlite("SELECT ?32766").count).toBe(32_766);
});

test("whatever stands around them, as many placeholders are written as there were", () => {
  const piece = fc.constantFrom("?", " ", "'?'", "a", ",", '"?"', "-- ?\n", "/* ? */", "(", "=", "1");
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const sql = pieces.join(" ");
      const { sql: written, count } = toPostgres(sql);
      expect(count).toBe(pieces.filter((text) => text === "?").length);
      const again = toPostgres(written);
      expect(again).toEqual({ sql: written, count });
    }),
  );
});
