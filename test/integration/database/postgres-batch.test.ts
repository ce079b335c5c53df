import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkRows, minSetRows } from "../../../src/database/postgres/batch.ts";
import type { PostgresConnection } from "../../../src/database/postgres/connection.ts";
import { postgresDriver } from "../../../src/database/postgres/index.ts";
import { BatchError } from "../../../src/errors.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
let connection: PostgresConnection;
beforeAll(async () => {
  connection = (await postgresDriver({ url: postgres().url }).connect()) as PostgresConnection;
  for (const sql of schema) await connection.query(sql, []);
});
afterAll(() => connection?.close());

const schema = [
  `CREATE TYPE mood AS ENUM ('sad', 'it''s "fine"')`,
  "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
  `CREATE TABLE typed (seq serial, id int PRIMARY KEY, s varchar(5), c char(3), n numeric(4, 1), j jsonb, b bytea,
     ts timestamptz, m mood, ok bool, CHECK (n < 50))`,
  "CREATE TABLE shaped (seq serial, id int UNIQUE DEFERRABLE INITIALLY IMMEDIATE, a text[], p positive, r int4range)",
  "CREATE TABLE counted (id int PRIMARY KEY, before int, s text)",
  `CREATE FUNCTION count_before() RETURNS trigger LANGUAGE plpgsql STABLE AS
     $$ BEGIN NEW.before := (SELECT count(*) FROM counted); RETURN NEW; END $$`,
  "CREATE TRIGGER t BEFORE INSERT ON counted FOR EACH ROW EXECUTE FUNCTION count_before()",
  "CREATE TABLE statements (n int)",
  "CREATE TABLE watched (id int PRIMARY KEY, s text)",
  `CREATE FUNCTION count_statement() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN INSERT INTO statements VALUES (1); RETURN NULL; END $$`,
  "CREATE TRIGGER t AFTER INSERT ON watched FOR EACH STATEMENT EXECUTE FUNCTION count_statement()",
  "CREATE TABLE plain (id int, s text)",
  "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree, s text)",
  "CREATE TABLE defaulted (id int PRIMARY KEY, s text)",
  "ALTER TABLE defaulted ADD before int DEFAULT 0",
  "CREATE FUNCTION how_many() RETURNS int LANGUAGE sql STABLE AS 'SELECT count(*)::int FROM defaulted'",
  "ALTER TABLE defaulted ALTER before SET DEFAULT how_many()",
  "CREATE TABLE parted (id int PRIMARY KEY, s text) PARTITION BY RANGE (id)",
  "CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10)",
  "CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (10) TO (30)",
  "CREATE TABLE ruled (id int PRIMARY KEY, s text)",
  "CREATE TABLE ruled_log (n bigint)",
  "CREATE RULE r AS ON INSERT TO ruled DO ALSO INSERT INTO ruled_log SELECT count(*) FROM ruled",
  "CREATE VIEW seen AS SELECT id, s FROM counted",
];

interface Case {
  readonly sql: string;
  /** Tables to compare afterwards, each with a query. */
  readonly shows: readonly string[];
  readonly row: fc.Arbitrary<unknown[]>;
  readonly clear: string;
}

// Without fast-check's bias to small numbers, two of sixty rows have the same in about every third batch.
const id = fc.noBias(fc.integer({ min: 0, max: 5_000 }));
const nasty = fc.constantFrom(
  "",
  "NULL",
  "null",
  '"',
  "\\",
  "{}",
  "a,b",
  "'",
  "é€😀",
  " x ",
  "\n",
  "\\x41",
  '\\"',
  "{",
  "}",
);
/** Mostly good ones, now and then one that the server or pg refuses. */
const rarely = (good: fc.Arbitrary<unknown>, ...bad: unknown[]) =>
  fc.oneof({ weight: 1_500, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom(...bad) });
const sometimes = (good: fc.Arbitrary<unknown>, bad: unknown) =>
  fc.oneof({ weight: 100, arbitrary: good }, { weight: 1, arbitrary: fc.constant(bad) });
const circular: Record<string, unknown> = {};
circular.self = circular;

const cases: Record<string, Case> = {
  "of many types": {
    sql: "INSERT INTO typed (id, s, c, n, j, b, ts, m, ok) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    shows: ["SELECT * FROM typed ORDER BY seq"],
    clear: "TRUNCATE typed RESTART IDENTITY",
    row: fc.tuple(
      rarely(id, null, "x", 1.5, 2 ** 40),
      rarely(
        fc.oneof(
          nasty,
          fc.string({ maxLength: 5 }).map((s) => s.replaceAll("\0", "")),
        ),
        "too long",
        "\0",
        Buffer.from("buf"),
        12345,
      ),
      rarely(fc.constantFrom("", "a", "abc", "a  ", null), "abcd"),
      rarely(fc.constantFrom(0, 1.25, -3, "7.77", null, 10n), 50, 1000, NaN, true),
      rarely(
        fc.constantFrom({ a: [1, '"\\'] }, '"text"', "null", 3, null, '{"k": "\\u00e9"}'),
        "{",
        [1, 2],
        circular,
      ),
      rarely(
        fc.constantFrom(
          Buffer.from([0, 255, 92, 34]),
          new Uint8Array([1, 2]),
          "\\x00ff",
          "abc\\\\d",
          null,
          Buffer.alloc(0),
        ),
        "\\xzz",
      ),
      rarely(
        fc.constantFrom(new Date(0), new Date(1.7e12), "2024-02-29 12:00+02", "infinity", null),
        "2023-02-29",
      ),
      rarely(fc.constantFrom("sad", `it's "fine"`, null), "happy"),
      rarely(fc.constantFrom(true, false, "yes", "off", null), "perhaps"),
    ),
  },
  "with arrays, domains and ranges": {
    sql: "INSERT INTO shaped (id, a, p, r) VALUES ($1, $2, $3, $4)",
    shows: ["SELECT * FROM shaped ORDER BY seq"],
    clear: "TRUNCATE shaped RESTART IDENTITY",
    row: fc.tuple(
      id,
      fc.constantFrom([], ["a", null, '"'], [["a"], ["b"]], "{x}", null),
      rarely(fc.constantFrom(1, "2", null), 0),
      rarely(fc.constantFrom("[1,5)", "empty", null), "[5,1)"),
    ),
  },
  "without columns named": {
    sql: "INSERT INTO tree VALUES ($1, $2)",
    shows: ["SELECT * FROM tree ORDER BY id"],
    clear: "TRUNCATE tree",
    row: fc.tuple(id, fc.constant(null)),
  },
  "that refer to rows of the same batch": {
    sql: "INSERT INTO tree (id, parent) VALUES ($2, $1)",
    shows: ["SELECT * FROM tree ORDER BY id"],
    clear: "TRUNCATE tree",
    row: fc.tuple(fc.oneof({ weight: 100, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: id }), id),
  },
  "into a table whose trigger looks at it": {
    sql: "INSERT INTO counted (id, s) VALUES ($1, $2)",
    shows: ["SELECT * FROM counted ORDER BY id"],
    clear: "TRUNCATE counted",
    row: fc.tuple(id, nasty),
  },
  "into a view": {
    sql: "INSERT INTO seen (id, s) VALUES ($1, $2)",
    shows: ["SELECT * FROM counted ORDER BY id"],
    clear: "TRUNCATE counted",
    row: fc.tuple(id, nasty),
  },
  "into a table that counts statements": {
    sql: "INSERT INTO watched (id, s) VALUES ($1, $2)",
    shows: ["SELECT * FROM watched ORDER BY id", "SELECT count(*) FROM statements"],
    clear: "TRUNCATE watched, statements",
    row: fc.tuple(id, nasty),
  },
  "into a table whose default looks at it": {
    sql: "INSERT INTO defaulted (id, s) VALUES ($1, $2)",
    shows: ["SELECT * FROM defaulted ORDER BY id"],
    clear: "TRUNCATE defaulted",
    row: fc.tuple(id, nasty),
  },
  "into a table with a rule": {
    sql: "INSERT INTO ruled (id, s) VALUES ($1, $2)",
    shows: ["SELECT * FROM ruled ORDER BY id", "SELECT * FROM ruled_log ORDER BY n"],
    clear: "TRUNCATE ruled, ruled_log",
    row: fc.tuple(id, nasty),
  },
  "into partitions": {
    sql: "INSERT INTO parted (id, s) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    shows: ["SELECT tableoid::regclass::text, * FROM parted ORDER BY id"],
    clear: "TRUNCATE parted",
    row: fc.tuple(rarely(fc.noBias(fc.integer({ min: 0, max: 29 })), 30, null), nasty),
  },
  "that update on conflict": {
    sql: `INSERT INTO typed (id, s, n) VALUES ($1, $2, $3)
      ON CONFLICT (id) DO UPDATE SET s = excluded.s, n = coalesce(typed.n, 0) + excluded.n -- so`,
    shows: ["SELECT id, s, c, n FROM typed ORDER BY id"],
    clear:
      "TRUNCATE typed; INSERT INTO typed (id, s, n) SELECT i, 'old', 1 FROM generate_series(0, 5000, 3) AS i",
    row: fc.tuple(id, nasty, sometimes(fc.constantFrom(1, 2, null), 50)),
  },
  "that update rows": {
    sql: "UPDATE typed SET s = $2, n = n + 1 WHERE id BETWEEN $1 AND $1::int + 60",
    shows: ["SELECT id, s, n FROM typed ORDER BY id"],
    clear:
      "TRUNCATE typed; INSERT INTO typed (id, s, n) SELECT i, 'old', 46 FROM generate_series(0, 5000, 3) AS i",
    // A value that is too long fails or not by the plan that the server chooses; the check on n always does.
    row: fc.tuple(id, nasty),
  },
};

const positive = (n: number): boolean => n > 0;

interface Outcome {
  readonly changed?: number;
  readonly row?: number | undefined;
  readonly code?: string | undefined;
  readonly shows?: unknown;
}

async function outcome(subject: Case, work: () => Promise<number>): Promise<Outcome> {
  await connection.query(subject.clear, []);
  await connection.query("BEGIN", []);
  try {
    const changed = await work();
    const shows = [];
    for (const sql of subject.shows) shows.push((await connection.query(sql, [])).rows);
    return { changed, shows };
  } catch (error) {
    expect(error).toBeInstanceOf(BatchError);
    const { row, cause } = error as BatchError;
    return { row, code: (cause as { code?: string }).code };
  } finally {
    await connection.query("ROLLBACK", []);
  }
}

/** What the batch has to come to: pg's own single statements, awaited one by one. */
async function oneByOne({ sql }: Case, rows: unknown[][]): Promise<number> {
  let changed = 0;
  for (const [index, row] of rows.entries()) {
    try {
      changed += (await connection.query(sql, row)).rowCount;
    } catch (cause) {
      throw new BatchError(index, { cause });
    }
  }
  return changed;
}

describe("a batch comes to the same as its rows one by one, down to the row that fails:", () => {
  const numRuns = process.env.VICTOR_LONG ? 500 : 25;
  test.each(Object.entries(cases))("rows %s", async (_, subject) => {
    const seen = { sets: 0, failures: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(subject.row, { minLength: 1, maxLength: 60, size: "max" }), async (rows) => {
        const expected = await outcome(subject, () => oneByOne(subject, rows));
        const got = await outcome(subject, () => connection.batch(subject.sql, rows));
        expect(got).toEqual(expected);
        if (expected.changed === undefined) seen.failures++;
        else if (rows.length >= minSetRows) seen.sets++;
      }),
      { numRuns, seed: 20_260_101 },
    );
    // Else the property would say nothing about one of the two.
    expect(seen).toEqual({ sets: expect.toSatisfy(positive), failures: expect.toSatisfy(positive) });
  });
});

describe("a batch of sixteen rows or more", () => {
  const filler = (from: number) => Array.from({ length: 20 }, (_, i): unknown[] => [from + i, null]);

  test("fails at a row that refers to a later one", async () => {
    const subject = {
      ...(cases["that refer to rows of the same batch"] as Case),
      sql: "INSERT INTO tree (id, parent) VALUES ($1, $2)",
    };
    const rows = [...filler(0), [100, 101], [101, null]];
    expect(await outcome(subject, () => connection.batch(subject.sql, rows))).toEqual({
      row: 20,
      code: "23503",
    });
    const turned = [...filler(0), [101, null], [100, 101]];
    expect((await outcome(subject, () => connection.batch(subject.sql, turned))).changed).toBe(22);
  });

  test("takes a buffer for a text's own bytes, as pg does", async () => {
    const subject: Case = {
      ...(cases["that refer to rows of the same batch"] as Case),
      sql: "INSERT INTO plain (id, s) VALUES ($1, $2)",
      shows: ["SELECT s FROM plain WHERE id = 100"],
    };
    const rows = [...filler(0), [100, Buffer.from("é€")]];
    const got = await outcome(subject, () => connection.batch(subject.sql, rows));
    expect(got).toEqual({ changed: 21, shows: [[{ s: "é€" }]] });
  });
});

describe("a large batch", () => {
  const typed = cases["of many types"] as Case;
  const rowOf = (i: number): unknown[] => [
    i,
    `n${i % 100}`,
    "c",
    i % 40,
    { i },
    Buffer.from([i % 256]),
    new Date(i),
    "sad",
    true,
  ];

  test("of more rows than one chunk is inserted whole, in order", async () => {
    const rows = Array.from({ length: chunkRows * 2 + 3 }, (_, i) => rowOf(i));
    const { changed, shows } = await outcome(
      { ...typed, shows: ["SELECT count(*)::int AS n, bool_and(id = seq - 1) AS ordered FROM typed"] },
      () => connection.batch(typed.sql, rows),
    );
    expect([changed, shows]).toEqual([rows.length, [[{ n: rows.length, ordered: true }]]]);
  });

  test("names the row that failed beyond the first chunk", async () => {
    const rows = Array.from({ length: chunkRows + 100 }, (_, i) => rowOf(i));
    rows[chunkRows + 57] = rowOf(3);
    rows[chunkRows + 80] = rowOf(4);
    expect(await outcome(typed, () => connection.batch(typed.sql, rows))).toEqual({
      row: chunkRows + 57,
      code: "23505",
    });
  });

  test("with our own notify trigger still goes as one statement", async () => {
    await connection.query("CREATE TABLE told (id int)", []);
    await connection.query("CREATE TABLE tellings (n int)", []);
    await connection.query(
      "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO tellings VALUES (1); RETURN NULL; END $$",
      [],
    );
    await connection.query(
      "CREATE TRIGGER victor_coherence AFTER INSERT ON told FOR EACH STATEMENT EXECUTE FUNCTION tell()",
      [],
    );
    await connection.query("BEGIN", []);
    const changed = await connection.batch(
      "INSERT INTO told VALUES ($1)",
      Array.from({ length: 100 }, (_, i) => [i]),
    );
    const { rows } = await connection.query("SELECT count(*)::int AS n FROM tellings", []);
    await connection.query("COMMIT", []);
    expect([changed, rows]).toEqual([100, [{ n: 1 }]]);
  });

  test("of no rows does nothing", async () => {
    expect(await connection.batch(typed.sql, [])).toBe(0);
  });

  test("with a row of the wrong length names it", async () => {
    const rows: unknown[][] = Array.from({ length: 30 }, (_, i) => [i, "x"]);
    rows[20] = [20];
    const subject = cases["into a table whose trigger looks at it"] as Case;
    expect(
      await outcome(subject, () => connection.batch("INSERT INTO tree (id, s) VALUES ($1, $2)", rows)),
    ).toEqual({
      row: 20,
      code: "08P01",
    });
  });

  test("stops on the server when its signal aborts", async () => {
    const other = (await postgresDriver({ url: postgres().url }).connect()) as PostgresConnection;
    await other.query("BEGIN", []);
    await other.query("LOCK TABLE told IN ACCESS EXCLUSIVE MODE", []);
    const stop = new AbortController();
    await connection.query("BEGIN", []);
    const batch = connection.batch("INSERT INTO told VALUES ($1)", [[1], [2]], stop.signal);
    batch.catch(() => undefined);
    const waiting = "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted";
    await expect.poll(async () => (await other.query(waiting, [])).rows[0]?.n, { interval: 5 }).toBe(1);
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(batch).rejects.toBe(reason);
    expect((await other.query(waiting, [])).rows).toEqual([{ n: 0 }]);
    await other.close();
    await connection.query("ROLLBACK", []);
    expect(connection.usable).toBe(true);
  });

  test("blames no row for a deadlock, a lock timeout or a lost connection", async () => {
    const other = (await postgresDriver({ url: postgres().url }).connect()) as PostgresConnection;
    await other.query("BEGIN", []);
    await other.query("LOCK TABLE told IN ACCESS EXCLUSIVE MODE", []);
    await connection.query("BEGIN", []);
    await connection.query("SET LOCAL lock_timeout = 20", []);
    const rows = Array.from({ length: 20 }, (_, i) => [i]);
    await expect(connection.batch("INSERT INTO told VALUES ($1)", rows)).rejects.toMatchObject({
      code: "VICTOR_BATCH",
      row: undefined,
      cause: { code: "55P03" },
    });
    await connection.query("ROLLBACK", []);
    await other.close();
  });
});
