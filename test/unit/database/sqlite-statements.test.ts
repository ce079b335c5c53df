import { describe, expect, it } from "vitest";
import { lex } from "../../../src/database/sql/sql-lexer.ts";
import {
  bindParameters,
  countParameters,
  ownRows,
  ownValues,
} from "../../../src/database/sqlite/parameters.ts";
import { queryPlanText } from "../../../src/database/sqlite/query-plan-text.ts";
import { classify, requireOneStatement } from "../../../src/database/sqlite/statement-kind.ts";
import { ParameterCountError } from "../../../src/errors.ts";

const tokens = (sql: string) => lex(sql, "sqlite");

describe("requireOneStatement", () => {
  it.each([
    "select 1",
    "select 1;",
    "select 1; -- the end\n;",
    "select ';' from [a;b]",
    "create trigger tr after update on t begin insert into l values (case when 1 then 2 end); delete from l; end",
    "create temp trigger tr after update on t begin select 1; end;",
  ])("accepts %s", (sql) => {
    expect(() => requireOneStatement(tokens(sql))).not.toThrow();
  });

  it.each([
    "select 1; select 2",
    "select 1;; delete from t",
    "create trigger tr after update on t begin select 1; end; drop table t",
  ])("refuses %s", (sql) => {
    expect(() => requireOneStatement(tokens(sql))).toThrow(TypeError);
    expect(() => requireOneStatement(tokens(sql))).toThrow("one statement at a time");
  });

  it.each(["", "  ", "-- nothing", ";"])("refuses the empty statement %j", (sql) => {
    expect(() => requireOneStatement(tokens(sql))).toThrow("expected a statement, got none");
  });
});

describe("classify", () => {
  it.each([
    ["select 1", "query"],
    ["with a as (select 1) insert into t select * from a", "query"],
    ["replace into t values (1)", "query"],
    ["explain query plan select 1", "inspection"],
    ["explain pragma foreign_keys = off", "session"],
    ["pragma table_info(t)", "inspection"],
    ["pragma main.integrity_check", "inspection"],
    ["pragma journal_mode", "session"],
    ["pragma foreign_keys = off", "session"],
    ["attach 'x.db' as x", "session"],
    ["create table t (a)", "ddl"],
    ["create index if not exists i on t (a)", "ddl"],
    ["create temp table t (a)", "session"],
    ["CREATE TEMPORARY TRIGGER tr after update on t begin select 1; end", "session"],
    ["create table if not exists temp.t (a)", "session"],
    ['create view "temp".v as select 1', "session"],
    ["vacuum", "ddl"],
    ["analyze", "ddl"],
    ["begin immediate", "transaction"],
    ["end", "transaction"],
    ["rollback", "transaction"],
    ["rollback to a", "savepoint"],
    ["rollback transaction to savepoint a", "savepoint"],
    ["release a", "savepoint"],
  ])("takes %s for %s", (sql, expected) => {
    expect(classify(tokens(sql))).toBe(expected);
  });
});

describe("countParameters", () => {
  it.each([
    ["select 1", 0],
    ["select ?, '?', ? -- ?", 2],
    ["select ?2", 2],
    ["select ?3, ?", 4],
    ["select ?1, ?1", 1],
  ])("counts in %s", (sql, expected) => {
    expect(countParameters(tokens(sql))).toBe(expected);
  });

  it.each(["select :a", "select @a", "select $a"])("refuses the name in %s", (sql) => {
    expect(() => countParameters(tokens(sql))).toThrow(TypeError);
  });
});

describe("bindParameters", () => {
  it("binds integers as integers, everything else as SQLite has it", () => {
    const bytes = new Uint8Array([1]);
    const date = new Date(Date.UTC(2024, 1, 29, 12));
    expect(bindParameters([1, -2.5, 2 ** 53, 5n, "x", null, true, false, date, bytes], 10)).toEqual([
      1n,
      -2.5,
      2 ** 53,
      5n,
      "x",
      null,
      1n,
      0n,
      "2024-02-29T12:00:00.000Z",
      bytes,
    ]);
  });

  it.each([
    [undefined, "undefined"],
    [Number.NaN, "NaN"],
    [new Date(Number.NaN), "an invalid Date"],
    [{}, "an object"],
    [[1], "an array"],
    [Symbol("s"), "a symbol"],
    [() => 1, "a function"],
  ])("refuses %s, naming the parameter", (value, name) => {
    expect(() => bindParameters([1, value], 2)).toThrow(TypeError);
    expect(() => bindParameters([1, value], 2)).toThrow(`parameter 1: `);
    expect(() => bindParameters([1, value], 2)).toThrow(`got ${name}`);
  });

  it("copies bytes and dates that have to wait, and only these", () => {
    const bytes = Buffer.from([1, 2]);
    const date = new Date(0);
    const values = ownValues([bytes, "x"]);
    const plain = [1, "x", null];
    const [row, same] = ownRows([[bytes, date, 5], plain]);
    bytes[0] = 9;
    date.setTime(1);
    expect(values).toEqual([new Uint8Array([1, 2]), "x"]);
    expect(row).toEqual([new Uint8Array([1, 2]), new Date(0), 5]);
    expect(same).toBe(plain);
  });

  it("refuses a wrong number of them", () => {
    expect(() => bindParameters([], 1)).toThrow(ParameterCountError);
    expect(() => bindParameters([1, 2], 1)).toThrow(ParameterCountError);
  });
});

describe("queryPlanText", () => {
  it("draws the plan as SQLite's shell does", () => {
    const rows = [
      { id: 2, parent: 0, detail: "SCAN a" },
      { id: 5, parent: 0, detail: "LIST SUBQUERY 1" },
      { id: 7, parent: 5, detail: "SCAN b" },
      { id: 9, parent: 5, detail: "USE TEMP B-TREE FOR ORDER BY" },
    ];
    expect(queryPlanText(rows)).toBe(
      "QUERY PLAN\n|--SCAN a\n`--LIST SUBQUERY 1\n   |--SCAN b\n   `--USE TEMP B-TREE FOR ORDER BY",
    );
  });
});
