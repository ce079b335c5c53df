import { beforeAll, describe, expect, test } from "vitest";
import { functionBody } from "../../../src/database/postgres/function-body.ts";
import { loadParser, type SqlParser } from "../../../src/database/postgres/parser.ts";
import { readTree } from "../../../src/database/postgres/statement-tree.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadParser();
});

interface Seen {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly calls: readonly string[];
  readonly unknown: string | undefined;
  readonly schema: boolean;
}

function seen(definition: string): Seen {
  const body = functionBody(parser, definition);
  const trees = body.statements.map(readTree);
  const names = (part: "reads" | "writes" | "functions"): string[] =>
    [...new Set(trees.flatMap((tree) => tree[part].map(({ name }) => name)))].sort();
  return {
    reads: names("reads"),
    writes: names("writes"),
    calls: names("functions"),
    unknown: body.unknown,
    schema: body.schema ?? false,
  };
}

/** Only some functions may return what they say. */
const headFor = (text: string): string =>
  /RETURN (?:QUERY|NEXT)/.test(text)
    ? "f() RETURNS SETOF int"
    : /RETURN \(/.test(text)
      ? "f() RETURNS int"
      : "f() RETURNS trigger";
const plpgsql = (text: string, head = headFor(text)): Seen =>
  seen(`CREATE OR REPLACE FUNCTION public.${head} LANGUAGE plpgsql AS $body$ ${text} $body$`);
const nothing: Seen = { reads: [], writes: [], calls: [], unknown: undefined, schema: false };

describe("the SQL inside a PL/pgSQL function", () => {
  test.each<[string, string, Partial<Seen>]>([
    ["a statement", "BEGIN INSERT INTO t VALUES (new.id); RETURN new; END", { writes: ["t"] }],
    ["a SELECT INTO", "DECLARE x int; BEGIN SELECT a INTO x FROM t; END", { reads: ["t"] }],
    [
      "INTO STRICT after RETURNING",
      "DECLARE x int; BEGIN UPDATE t SET a = 1 RETURNING a INTO STRICT x; END",
      { writes: ["t"] },
    ],
    ["PERFORM", "BEGIN PERFORM f(1) FROM t; END", { reads: ["t"], calls: ["f"] }],
    ["CALL", "BEGIN CALL p((SELECT 1 FROM t)); END", { reads: ["t"], calls: ["p"] }],
    [
      "a declared default",
      "DECLARE x int := (SELECT max(a) FROM t); BEGIN END",
      { reads: ["t"], calls: ["max"] },
    ],
    [
      "a bound cursor",
      "DECLARE c CURSOR (k int) FOR SELECT * FROM t WHERE id = k; BEGIN OPEN c(f(1)); END",
      { reads: ["t"], calls: ["f"] },
    ],
    ["an opened cursor", "DECLARE c refcursor; BEGIN OPEN c FOR SELECT * FROM t; END", { reads: ["t"] }],
    [
      "a loop over rows",
      "DECLARE r record; BEGIN FOR r IN SELECT * FROM t LOOP DELETE FROM u; END LOOP; END",
      { reads: ["t"], writes: ["u"] },
    ],
    ["a loop over numbers", "BEGIN FOR i IN f(1)..g(2) LOOP NULL; END LOOP; END", { calls: ["f", "g"] }],
    [
      "a loop over an array",
      "DECLARE x int; BEGIN FOREACH x IN ARRAY f(1) LOOP NULL; END LOOP; END",
      { calls: ["f"] },
    ],
    ["WHILE and EXIT WHEN", "BEGIN WHILE f(1) LOOP EXIT WHEN g(1); END LOOP; END", { calls: ["f", "g"] }],
    [
      "IF, ELSIF, ELSE",
      "BEGIN IF f(1) THEN NULL; ELSIF g(1) THEN NULL; ELSE PERFORM h(1); END IF; END",
      { calls: ["f", "g", "h"] },
    ],
    [
      "CASE",
      "BEGIN CASE f(1) WHEN g(1) THEN PERFORM h(1); ELSE PERFORM i(1); END CASE; END",
      { calls: ["f", "g", "h", "i"] },
    ],
    [
      "RETURN of an expression",
      "BEGIN RETURN (SELECT count(*) FROM t); END",
      { reads: ["t"], calls: ["count"] },
    ],
    ["RETURN QUERY", "BEGIN RETURN QUERY DELETE FROM t RETURNING *; END", { writes: ["t"] }],
    ["RETURN NEXT", "BEGIN RETURN NEXT f(1); END", { calls: ["f"] }],
    ["RAISE", "BEGIN RAISE NOTICE 'x %', f(1) USING DETAIL = g(1); END", { calls: ["f", "g"] }],
    ["ASSERT", "BEGIN ASSERT f(1), g(1); END", { calls: ["f", "g"] }],
    [
      "an exception handler",
      "BEGIN NULL; EXCEPTION WHEN OTHERS THEN INSERT INTO t VALUES (1); END",
      { writes: ["t"] },
    ],
    [
      "a nested block",
      "BEGIN DECLARE x int := f(1); BEGIN UPDATE t SET a = 1; END; END",
      { writes: ["t"], calls: ["f"] },
    ],
    ["an assignment", "DECLARE x int; BEGIN x := f(1); x = g(1); END", { calls: ["f", "g"] }],
    [
      "an assignment to elements",
      "DECLARE x int[]; BEGIN x[f(1)] := 1; x[1:g(1)] := h(1); END",
      { calls: ["f", "g", "h"] },
    ],
    ["an assignment to NEW", 'BEGIN new.a := f(1); NEW."B c" = g(1); RETURN new; END', { calls: ["f", "g"] }],
    [
      "an assignment to a row variable",
      "DECLARE r public.t%ROWTYPE; BEGIN r.a := f(1); END",
      { calls: ["f"] },
    ],
    [
      "an assignment to a variable of a composite type",
      "DECLARE r app.address; BEGIN r.a := f(1); END",
      { calls: ["f"] },
    ],
    [
      "MERGE and data-modifying WITH",
      "BEGIN WITH x AS (DELETE FROM t RETURNING *) MERGE INTO u USING x ON true WHEN MATCHED THEN DELETE; END",
      { reads: ["u"], writes: ["t", "u"] },
    ],
    ["a pragma", "#variable_conflict use_column\nBEGIN INSERT INTO t VALUES (1); END", { writes: ["t"] }],
  ])("%s", (_, text, expected) => {
    const all = plpgsql(text);
    const wanted = { ...nothing, ...expected };
    expect(all).toEqual(wanted);
  });

  test("a parameter of a composite type may be assigned to", () => {
    expect(plpgsql("BEGIN u.name := f(1); RETURN u; END", "f(u users) RETURNS users")).toEqual({
      ...nothing,
      calls: ["f"],
    });
  });

  test.each<[string, string, boolean]>([
    ["EXECUTE of a variable", "BEGIN EXECUTE tg_argv[0]; END", true],
    ["EXECUTE of a constant that changes rows", "BEGIN EXECUTE 'insert into t values (1)'; END", false],
    ["EXECUTE of a format that changes rows", "BEGIN EXECUTE format('UPDATE %I SET a = 1', 't'); END", false],
    [
      "EXECUTE of a constant that changes the schema",
      "BEGIN EXECUTE 'CREATE TABLE ' || 't (a int)'; END",
      true,
    ],
    ["EXECUTE of a format with the verb left open", "BEGIN EXECUTE format('%s TABLE t', 'DROP'); END", true],
    [
      "a loop over dynamic rows",
      "DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP; END",
      false,
    ],
    ["a cursor over dynamic rows", "DECLARE c refcursor; BEGIN OPEN c FOR EXECUTE tg_argv[0]; END", true],
    ["RETURN QUERY EXECUTE", "BEGIN RETURN QUERY EXECUTE 'SELECT ' || f(1); END", false],
  ])("%s leaves unknown what it does", (_, text, schema) => {
    const { unknown, ...rest } = plpgsql(text);
    expect(unknown).toBe("it runs dynamic SQL");
    expect(rest.schema).toBe(schema);
  });

  test.each<[string, string, boolean]>([
    ["a syntax error", "BEGIN INSERT; END", false],
    ["a syntax error near DDL", "BEGIN INSERT; ALTER TABLE t ADD a int; END", true],
    ["an unknown variable's field", "BEGIN nowhere.a := 1; END", false],
  ])("%s leaves unknown what it does", (_, text, schema) => {
    const body = plpgsql(text);
    expect(body.unknown).toMatch(/^can't be parsed: /);
    expect(body.schema).toBe(schema);
  });

  test("a DO block is read like a function", () => {
    expect(seen("DO $$ BEGIN DELETE FROM t; END $$")).toEqual({ ...nothing, writes: ["t"] });
    expect(seen("DO LANGUAGE plpgsql 'BEGIN DELETE FROM t; END'")).toEqual({ ...nothing, writes: ["t"] });
    expect(seen("DO LANGUAGE plpython3u 'x'").unknown).toBe("written in plpython3u");
  });
});

describe("the SQL inside an SQL function", () => {
  const sql = (text: string): Seen => seen(`CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql ${text}`);

  test("as text with several statements", () => {
    expect(sql("AS $$ INSERT INTO t VALUES ($1); UPDATE u SET a = g(1); SELECT 1 FROM v $$")).toEqual({
      ...nothing,
      reads: ["v"],
      writes: ["t", "u"],
      calls: ["g"],
    });
  });

  test("as statements of its own", () => {
    expect(sql("BEGIN ATOMIC INSERT INTO t VALUES (a); SELECT g(1) FROM u; END")).toEqual({
      ...nothing,
      reads: ["u"],
      writes: ["t"],
      calls: ["g"],
    });
    expect(sql("RETURN (SELECT g(a) FROM t)")).toEqual({ ...nothing, reads: ["t"], calls: ["g"] });
  });

  test("that can't be parsed is unknown", () => {
    expect(sql("AS 'SELEC'").unknown).toMatch(/^can't be parsed: /);
  });
});
