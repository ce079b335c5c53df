import { beforeAll, describe, expect, test } from "vitest";
import { PostgresFacts } from "../../../src/database/postgres/facts.ts";
import { loadParser, type SqlParser } from "../../../src/database/postgres/parser.ts";
import { readTree } from "../../../src/database/postgres/statement-tree.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";
import { catalogueOf } from "../../support/catalogue-rows.ts";
import { corpus } from "../../support/sql-corpus.ts";

const tables = {
  users: { id: "int4", name: "text", email: "text", seen: "int4" },
  orders: { id: "int8", user_id: "int4", total: "int4", name: "text" },
  /** Named as a column of others is. */
  total: { id: "int4", total: "int4" },
  [`${"é".repeat(31)}`]: { id: "int4", [`${"ü".repeat(31)}`]: "int4" },
} as const;

const functions = ["count", "sum", "max", "lower", "coalesce", "hash_record", "generate_series", "name"];
let facts: PostgresFacts;
beforeAll(() => {
  facts = new PostgresFacts(catalogueOf(tables, functions));
});

/** Columns by table, both without their schema and in alphabetical order; `undefined` when none are told. */
async function columnsOf(sql: string): Promise<Record<string, string[]> | undefined> {
  const known: StatementFacts = await facts.facts(sql);
  expect(known.reason).toBeUndefined();
  expect(known.cacheable).toBe(true);
  if (known.columns === undefined) return undefined;
  expect(known.reads).toEqual(expect.arrayContaining([...known.columns.keys()]));
  return Object.fromEntries(
    [...known.columns].map(([table, columns]) => [table.replace("public.", ""), [...columns].sort()]),
  );
}

describe("columns on which a result depends", () => {
  test.each<[string, Record<string, string[]>]>([
    ["SELECT name FROM users", { users: ["name"] }],
    ["SELECT count(*) FROM users", { users: [] }],
    ["SELECT 1 FROM users", { users: [] }],
    ["SELECT FROM users", { users: [] }],
    ["SELECT EXISTS (SELECT 1 FROM users)", { users: [] }],
    ["SELECT name FROM users WHERE email = $1 ORDER BY seen", { users: ["email", "name", "seen"] }],
    [
      "SELECT max(seen) FROM users GROUP BY name HAVING lower(email) > $1",
      { users: ["email", "name", "seen"] },
    ],
    ["SELECT DISTINCT ON (name) seen FROM users ORDER BY name", { users: ["name", "seen"] }],
    [
      "SELECT sum(seen) OVER (PARTITION BY name ORDER BY email) FROM users",
      { users: ["email", "name", "seen"] },
    ],
    ["SELECT sum(seen) OVER w FROM users WINDOW w AS (PARTITION BY name)", { users: ["name", "seen"] }],
    ["SELECT max(seen) FILTER (WHERE name > 'a') FROM users", { users: ["name", "seen"] }],
    ["SELECT CASE WHEN seen > 1 THEN name ELSE email END FROM users", { users: ["email", "name", "seen"] }],
    ["SELECT 1 FROM users WHERE (name, email) < ($1, $2)", { users: ["email", "name"] }],
    ["SELECT 1 FROM users WHERE name IN ($1) OR seen IS NULL", { users: ["name", "seen"] }],
    ["SELECT NAME FROM users", { users: ["name"] }],
    ["SELECT name AS email FROM users", { users: ["name"] }],
    // An alias may hide a column: counted, to be sure.
    ["SELECT name AS email FROM users ORDER BY email", { users: ["email", "name"] }],
    ["SELECT name AS other FROM users ORDER BY other", { users: ["name"] }],
    ["SELECT name, count(*) FROM users GROUP BY name ORDER BY count DESC", { users: ["name"] }],
    ["SELECT name FROM users GROUP BY 1 ORDER BY 1", { users: ["name"] }],
  ])("of one table: %s", async (sql, expected) => {
    expect(await columnsOf(sql)).toEqual(expected);
  });

  test.each<[string, Record<string, string[]>]>([
    // Without its table's name a column counts for all tables that have one of that name.
    ["SELECT name FROM users, orders", { users: ["name"], orders: ["name"] }],
    ["SELECT users.name FROM users, orders", { users: ["name"], orders: [] }],
    ["SELECT public.users.name FROM public.users, orders", { users: ["name"], orders: [] }],
    [
      "SELECT u.name FROM users u JOIN orders o ON o.user_id = u.id",
      { users: ["id", "name"], orders: ["user_id"] },
    ],
    ["SELECT seen FROM users JOIN orders USING (id)", { users: ["id", "seen"], orders: ["id"] }],
    [
      "SELECT seen FROM users LEFT JOIN orders USING (id, name)",
      { users: ["id", "name", "seen"], orders: ["id", "name"] },
    ],
    // The same table twice: what either of them shows counts.
    ["SELECT a.name, b.seen FROM users a, users b", { users: ["name", "seen"] }],
    [
      "SELECT name FROM users WHERE id IN (SELECT user_id FROM orders)",
      { users: ["id", "name"], orders: ["id", "name", "user_id"] },
    ],
    [
      "SELECT (SELECT max(o.total) FROM orders o WHERE o.user_id = u.id) FROM users u",
      { users: ["id"], orders: ["total", "user_id"] },
    ],
    ["SELECT s.n FROM (SELECT name AS n FROM users) s", { users: ["name"] }],
    ["SELECT s.n FROM (SELECT name FROM users) s (n)", { users: ["name"] }],
    ["SELECT s FROM (SELECT name, seen FROM users) s", { users: ["name", "seen"] }],
    ["SELECT s.hash_record FROM (SELECT name FROM users) s", { users: ["name"] }],
    ["WITH c (n) AS (SELECT name FROM users) SELECT n, c.n FROM c", { users: ["name"] }],
    ["WITH c AS (SELECT name FROM users) SELECT x.name FROM c x", { users: ["name"] }],
    // The WITH query hides the table of its name.
    ["WITH users AS (SELECT total FROM orders) SELECT users FROM users", { orders: ["total"] }],
    ["SELECT user_id FROM orders UNION SELECT seen FROM users", { orders: ["user_id"], users: ["seen"] }],
    ["SELECT name, n FROM users, generate_series(1, seen) AS n", { users: ["name", "seen"] }],
    ["SELECT name, g.n FROM users, generate_series(1, seen) AS g (n)", { users: ["name", "seen"] }],
    [
      "SELECT o.total FROM orders o JOIN total ON total.id = o.id",
      { orders: ["id", "total"], total: ["id"] },
    ],
    [
      "WITH RECURSIVE c (n) AS (SELECT id FROM users UNION ALL SELECT user_id FROM orders, c WHERE c.n = total) SELECT n FROM c",
      { users: ["id"], orders: ["id", "total", "user_id"] },
    ],
  ])("of several relations: %s", async (sql, expected) => {
    expect(await columnsOf(sql)).toEqual(expected);
  });

  test.each([
    "SELECT * FROM users",
    "TABLE users",
    "SELECT users.* FROM users",
    "SELECT u.*, o.total FROM users u, orders o",
    "SELECT EXISTS (SELECT * FROM users)",
    "SELECT count(u.*) FROM users u",
    "SELECT count(u) FROM users u",
    "SELECT users FROM users",
    "SELECT (u).name FROM users u",
    "SELECT name(u) FROM users u",
    "SELECT u.hash_record FROM users u",
    "SELECT public.users.hash_record FROM users",
    // `name` is a column of one of the tables called `x`, and a function of the other's row.
    "SELECT x.email FROM users x WHERE EXISTS (SELECT x.email FROM orders x)",
    "SELECT 1 FROM users u WHERE u IS NOT NULL",
    "SELECT 1 FROM users u, users v WHERE u = v",
    "SELECT u IN (SELECT v FROM users v) FROM users u",
    "SELECT ROW(u) FROM users u",
    "SELECT 1 FROM users NATURAL JOIN orders",
    "SELECT x FROM users AS u (x)",
    "SELECT name FROM users AS u (x, id, name)",
    "SELECT j.seen FROM (users JOIN orders USING (id)) AS j",
    "SELECT j FROM (users JOIN orders USING (id)) AS j",
    "SELECT j.id FROM users JOIN orders USING (id) AS j",
    "SELECT s.hash_record FROM (SELECT * FROM users) s",
    "SELECT total FROM orders, total",
    // What no name explains is not guessed at.
    "SELECT mystery FROM users",
    "SELECT mystery.name FROM users",
  ])("all may count: %s", async (sql) => {
    expect(await columnsOf(sql)).toBeUndefined();
  });

  test("a name longer than PostgreSQL keeps is the shortened one", async () => {
    const [table, column] = ["é".repeat(31), "ü".repeat(31)];
    expect(await columnsOf(`SELECT ${column}ü FROM ${table}éé`)).toEqual({ [table]: [column] });
  });

  test("are not told of a single row, nor of what can't be cached or isn't read", async () => {
    const point = await facts.facts("SELECT name FROM users WHERE id = $1");
    expect(point.point).toBeDefined();
    for (const sql of ["SELECT now(), name FROM users", "DELETE FROM users WHERE name = $1"])
      expect((await facts.facts(sql)).columns).toBeUndefined();
    expect(point.columns).toBeUndefined();
  });

  test("a column that is called as its table counts, and so do all others", async () => {
    expect(await columnsOf("SELECT t.total FROM total t")).toEqual({ total: ["total"] });
    expect(await columnsOf("SELECT total FROM total t")).toEqual({ total: ["total"] });
    expect(await columnsOf("SELECT total FROM total")).toBeUndefined();
  });

  test("are frozen", async () => {
    const { columns } = await facts.facts("SELECT name FROM users");
    expect(Object.isFrozen(columns?.get("public.users"))).toBe(true);
  });
});

describe("columns that an update changes", () => {
  test.each<[string, string[]]>([
    ["UPDATE users SET name = $1", ["name"]],
    ["UPDATE users SET name = $1, seen = seen + 1 WHERE id = $2", ["name", "seen"]],
    ["UPDATE ONLY users AS u SET name = u.email", ["name"]],
    ["UPDATE users SET (name, email) = (email, name)", ["name", "email"]],
    ["UPDATE users SET (name, email) = (SELECT name, name FROM orders LIMIT 1)", ["name", "email"]],
    ["UPDATE users SET name = DEFAULT", ["name"]],
    ["UPDATE users SET name[1] = $1, name[2] = $2", ["name"]],
    ["UPDATE users SET name = orders.name FROM orders WHERE user_id = users.id RETURNING *", ["name"]],
    ["WITH o AS (SELECT user_id FROM orders) UPDATE users SET seen = 1 FROM o WHERE id = user_id", ["seen"]],
  ])("%s", async (sql, expected) => {
    const known = await facts.facts(sql);
    expect(known).toMatchObject({ kind: "write", writes: ["public.users"] });
    expect(known.updates).toEqual(expected);
    expect(Object.isFrozen(known.updates)).toBe(true);
  });

  test.each([
    // Another key is another row.
    "UPDATE users SET id = $1",
    "UPDATE users SET name = $1, id = $2",
    "UPDATE users SET mystery = $1",
    "INSERT INTO users (id) VALUES ($1)",
    "DELETE FROM users",
    "INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET name = 'x'",
    "MERGE INTO users USING orders ON users.id = user_id WHEN MATCHED THEN UPDATE SET name = 'x'",
    "WITH u AS (UPDATE users SET name = 'x' RETURNING id) SELECT * FROM u",
    "WITH u AS (UPDATE users SET name = 'x' RETURNING id) UPDATE users SET seen = 1",
    "WITH u AS (UPDATE orders SET name = 'x' RETURNING id) UPDATE users SET seen = 1",
    "WITH u AS (DELETE FROM users WHERE id = 1 RETURNING id) UPDATE users SET seen = 1",
    "EXPLAIN ANALYZE UPDATE users SET name = 'x'",
    "UPDATE users SET name = 'x'; UPDATE users SET seen = 1",
    "UPDATE users SET name = mystery()",
    "SELECT name FROM users",
  ])("not known, or not only columns: %s", async (sql) => {
    expect((await facts.facts(sql)).updates).toBeUndefined();
  });
});

describe("no column is missed", () => {
  let parser: SqlParser;
  beforeAll(async () => {
    parser = await loadParser();
  });

  /** Last parts of all column references, wherever they stand, found by no knowledge of the grammar. */
  const mentioned = (statement: unknown): Set<string> => {
    const names = new Set<string>();
    JSON.stringify(statement, (key, value) => {
      const fields = key === "ColumnRef" ? value.fields : key === "usingClause" ? value : [];
      for (const name of key === "usingClause" ? fields : fields.slice(-1))
        if (name.String !== undefined) names.add(name.String.sval);
      return value;
    });
    return names;
  };

  test.each(["reads.sql", "uncacheable.sql"])("in %s", (file) => {
    let references = 0;
    for (const { sql, fails } of corpus(file)) {
      if (fails) continue;
      for (const statement of parser.statements(sql)) {
        const found = new Set(readTree(statement).columns.map((parts) => parts.at(-1)));
        const missed = [...mentioned(statement)].filter((name) => !found.has(name));
        references += found.size;
        expect({ sql, missed }).toEqual({ sql, missed: [] });
      }
    }
    expect(references).toBeGreaterThan(40);
  });
});
