import { describe, expect, test } from "vitest";
import { singleRowInsert } from "../../../src/database/postgres/insert-statement.ts";

describe("an INSERT of one row of placeholders", () => {
  test("is taken apart around its values", async () => {
    expect(await singleRowInsert('INSERT INTO shop."Order" (id, "Total") VALUES ($1, $2)')).toEqual({
      table: '"shop"."Order"',
      columns: ["id", "Total"],
      params: [0, 1],
      head: 'INSERT INTO shop."Order" (id, "Total") ',
      tail: "",
    });
  });

  test("may take its placeholders in any order", async () => {
    expect((await singleRowInsert("insert into t (a, b, c) values ($3, $1, $2)"))?.params).toEqual([2, 0, 1]);
  });

  test("may name no columns", async () => {
    expect((await singleRowInsert("insert into t values ($1, $2)"))?.columns).toBeUndefined();
  });

  test("keeps what follows the values, without the semicolon", async () => {
    const insert = await singleRowInsert(
      "insert into t (a) values ($1) on conflict (a) do update set a = excluded.a ;",
    );
    expect(insert?.tail).toBe(" on conflict (a) do update set a = excluded.a");
  });

  test.each([
    [
      "a column named values",
      'insert into t ("values", values) values ($1, $2)',
      'insert into t ("values", values) ',
    ],
    ["an alias named values", "insert into t as values (a) values ($1)", "insert into t as values (a) "],
    ["values in a comment", "/* values ($1) */ insert into t (a) -- values\n values ($1)", undefined],
    ["letters of several bytes", 'insert into "größe€" (a) values ($1)', 'insert into "größe€" (a) '],
    ["OVERRIDING", "insert into t (a) overriding system value values ($1)", undefined],
  ])("is cut at the right place with %s", async (_, sql, head) => {
    const insert = await singleRowInsert(sql);
    expect(insert?.head).toBe(head ?? sql.slice(0, sql.lastIndexOf("values")));
    expect(insert?.tail).toBe("");
  });

  test("quotes a table's quotes", async () => {
    expect((await singleRowInsert('insert into "a""b" values ($1)'))?.table).toBe('"a""b"');
  });
});

describe("a statement whose rows might see each other, or with other values, is left alone:", () => {
  test.each([
    "update t set a = $1",
    "insert into t (a) values ($1), ($2)",
    "insert into t (a, b) values ($1, $1)",
    "insert into t (a, b) values ($1, $3)",
    "insert into t (a, b) values ($1, now())",
    "insert into t (a) values ($1::int)",
    "insert into t (a) values (DEFAULT)",
    "insert into t default values",
    "insert into t (a, b) values ($1)",
    "insert into t (a[1]) values ($1)",
    "insert into t (a.b) values ($1)",
    "insert into t (a) select $1",
    "insert into t (a) values ($1) returning a",
    "with x as (select 1) insert into t (a) values ($1)",
    "insert into t (a) values ($1) order by 1",
    "insert into t (a) values ($1) limit 1",
    "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = $2",
    "insert into t (a) values ($1) on conflict (a) do update set a = (select max(a) from t)",
    "insert into t (a) values ($1) on conflict (a) do update set a = f(excluded.a)",
    "insert into t (a) values ($1); select 1",
    "insert into t (a) values ($1",
    "",
  ])("%s", async (sql) => {
    expect(await singleRowInsert(sql)).toBeUndefined();
  });
});
