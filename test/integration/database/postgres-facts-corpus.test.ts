import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PostgresFacts } from "../../../src/database/postgres/facts.ts";
import { usePostgres } from "../../services/use-postgres.ts";
import { type CorpusCase, corpus, corpusText } from "../../support/sql-corpus.ts";

const postgres = usePostgres();
let client: pg.Client;
let facts: PostgresFacts;

beforeAll(async () => {
  client = new pg.Client(postgres().url);
  await client.connect();
  await client.query(corpusText("schema.sql"));
  facts = new PostgresFacts(async (sql, params) => {
    const { rows, rowCount } = await client.query(sql, [...params]);
    return { rows, rowCount: rowCount ?? 0 };
  });
});
afterAll(() => client?.end());

/** The relations of the user's that the present transaction has locked in one of these modes. */
async function locked(modes: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT DISTINCT n.nspname || '.' || c.relname AS id
     FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = ANY ($1)
       AND c.relkind IN ('r', 'p', 'm', 'f') AND c.oid >= 16384 AND n.nspname !~ '^pg_toast'`,
    [modes],
  );
  return rows.map((row) => row.id);
}

/** What the server itself locks to run a statement. It is rolled back. */
async function locksOf({ sql, params }: CorpusCase, modes: readonly string[]): Promise<string[]> {
  await client.query("BEGIN");
  try {
    await client.query(sql, [...params]);
    return await locked(modes);
  } finally {
    await client.query("ROLLBACK");
  }
}

const anyMode = [
  "AccessShareLock",
  "RowShareLock",
  "RowExclusiveLock",
  "ExclusiveLock",
  "AccessExclusiveLock",
];
const writeModes = ["RowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"];
const titled = (cases: readonly CorpusCase[]) => cases.map((one) => [one.sql, one] as const);

describe("statements whose results may be cached", () => {
  test.each(titled(corpus("reads.sql")))("%s", async (_, one) => {
    const known = await facts.facts(one.sql);
    expect(known.reason).toBeUndefined();
    expect(known).toMatchObject({ kind: "read", cacheable: true, writes: [] });
    expect([...known.reads].sort()).toEqual(one.reads);
    expect(known.point && { table: known.point.table, param: known.point.param }).toEqual(one.point);
    if (one.point) expect(known.point?.canonicalKey(one.params[one.point.param])).toBeTypeOf("string");
    const locks = await locksOf(one, anyMode);
    expect(locks.filter((table) => !known.reads.includes(table))).toEqual([]);
  });
});

describe("statements whose results may not be cached", () => {
  test.each(titled(corpus("uncacheable.sql")))("%s", async (_, one) => {
    const known = await facts.facts(one.sql);
    expect(known.reason).toContain(one.reason);
    expect(known.kind).toBe(one.kind ?? "read");
    expect(known.writes).toEqual(one.writes ?? []);
    expect(known.cacheable).toBe(false);
    expect(known.point).toBeUndefined();
    expect([...known.reads].sort()).toEqual(one.reads);
    if (one.fails) return;
    const locks = await locksOf(one, writeModes);
    expect(locks).toEqual([]);
  });
});

describe("statements that change rows", () => {
  test.each(titled(corpus("writes.sql")))("%s", async (_, one) => {
    const known = await facts.facts(one.sql);
    expect(known.cacheable).toBe(false);
    expect(known.kind).toBe(one.kind ?? "write");
    expect(known.writes === "all" ? "all" : [...known.writes].sort()).toEqual(one.writes);
    if (one.reason !== undefined) expect(known.reason).toContain(one.reason);
    if (one.reads !== undefined) expect([...known.reads].sort()).toEqual(one.reads);
    expect(known.point && { table: known.point.table, param: known.point.param }).toEqual(one.point);
    if (one.fails || known.writes === "all") return;
    const locks = await locksOf(one, writeModes);
    expect(locks.filter((table) => !known.writes.includes(table))).toEqual([]);
  });
});

describe("statements of other kinds", () => {
  test.each(titled(corpus("others.sql")))("%s", async (_, one) => {
    const known = await facts.facts(one.sql);
    expect(known.cacheable).toBe(false);
    expect(known.kind).toBe(one.kind);
    expect(known.writes).toEqual(one.kind === "ddl" ? "all" : (one.writes ?? []));
  });
});
