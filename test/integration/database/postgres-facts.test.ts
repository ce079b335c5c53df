import fc from "fast-check";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PostgresFacts } from "../../../src/database/postgres/facts.ts";
import type { StatementFacts } from "../../../src/database/statement-facts.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
let databases = 0;
let client: pg.Client;
let facts: PostgresFacts;

/** Facts as another connection's, of the role and with the settings that are given. */
async function connect(database: string, user?: string): Promise<pg.Client> {
  const url = new URL(postgres().urlOf(database));
  if (user) url.username = user;
  const connection = new pg.Client(url.href);
  await connection.connect();
  return connection;
}

const factsOn = (connection: pg.Client): PostgresFacts =>
  new PostgresFacts(async (sql, params) => {
    const { rows, rowCount } = await connection.query(sql, [...params]);
    return { rows, rowCount: rowCount ?? 0 };
  });

let database: string;
let admin: pg.Client;
beforeAll(async () => {
  admin = await connect("postgres");
});
afterAll(() => admin?.end());
beforeEach(async () => {
  database = `facts_${databases++}`;
  await admin.query(`CREATE DATABASE ${database}`);
  client = await connect(database);
  facts = factsOn(client);
});
afterEach(() => client.end());

/** Changes the schema, as a statement of kind `ddl` does. */
async function change(sql: string): Promise<void> {
  await client.query(sql);
  facts.forget();
}
const sorted = ({ writes }: StatementFacts): unknown => (writes === "all" ? writes : [...writes].sort());

describe("after forget, what changed is seen", () => {
  const read = "SELECT * FROM t WHERE id = $1";
  const write = "UPDATE t SET v = 1 WHERE id = $1";

  beforeEach(() =>
    change("CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE u (id int PRIMARY KEY, v int)"),
  );

  test("a table with nothing special: point read, point write", async () => {
    expect(await facts.facts(read)).toMatchObject({
      reads: ["public.t"],
      cacheable: true,
      point: { param: 0 },
    });
    expect(await facts.facts(write)).toMatchObject({ writes: ["public.t"], point: { param: 0 } });
  });

  test("row security", async () => {
    await change("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    expect(await facts.facts(read)).toMatchObject({ cacheable: false, reason: "public.t has row security" });
    await change("ALTER TABLE t DISABLE ROW LEVEL SECURITY");
    expect(await facts.facts(read)).toMatchObject({ cacheable: true });
  });

  test("a child table", async () => {
    await change("CREATE TABLE child () INHERITS (t)");
    const known = await facts.facts(read);
    expect(known).toMatchObject({ reads: ["public.t", "public.child"], cacheable: true });
    expect(known.point).toBeUndefined();
    expect(sorted(await facts.facts(write))).toEqual(["public.child", "public.t"]);
  });

  test("a trigger, disabled and enabled", async () => {
    await change(`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE u SET v = 1; RETURN NULL; END';
      CREATE TRIGGER f AFTER UPDATE ON t EXECUTE FUNCTION f()`);
    expect(sorted(await facts.facts(write))).toEqual(["public.t", "public.u"]);
    await change("ALTER TABLE t DISABLE TRIGGER f");
    expect(sorted(await facts.facts(write))).toEqual(["public.t"]);
    await change("ALTER TABLE t ENABLE ALWAYS TRIGGER f");
    expect(sorted(await facts.facts(write))).toEqual(["public.t", "public.u"]);
  });

  test("a trigger in a language that can't be read", async () => {
    await change(
      `CREATE EXTENSION tcn; CREATE TRIGGER f AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION triggered_change_notification()`,
    );
    const known = await facts.facts(write);
    expect(known).toMatchObject({
      kind: "write",
      writes: "all",
      reason: "public.triggered_change_notification is written in c",
    });
    expect(known.point).toBeUndefined();
  });

  test("a trigger that only notifies, and one of the server's own, write nothing", async () => {
    await change(`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_notify(''x'', tg_table_name); RETURN NULL; END';
      CREATE TRIGGER f AFTER UPDATE ON t EXECUTE FUNCTION f();
      CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`);
    expect(await facts.facts(write)).toMatchObject({ writes: ["public.t"], point: { table: "public.t" } });
  });

  test("a rule", async () => {
    await change("CREATE RULE r AS ON UPDATE TO t DO ALSO UPDATE u SET v = 1");
    expect(await facts.facts(write)).toMatchObject({ writes: "all", reason: "public.t has rules" });
    expect(await facts.facts(read)).toMatchObject({ cacheable: true });
  });

  test("a foreign key's actions", async () => {
    await change("ALTER TABLE u ADD FOREIGN KEY (v) REFERENCES t ON DELETE SET NULL ON UPDATE RESTRICT");
    expect(sorted(await facts.facts("DELETE FROM t WHERE id = $1"))).toEqual(["public.t", "public.u"]);
    expect(sorted(await facts.facts("UPDATE t SET id = 2"))).toEqual(["public.t"]);
    await change(
      "ALTER TABLE u DROP CONSTRAINT u_v_fkey; ALTER TABLE u ADD FOREIGN KEY (v) REFERENCES t ON UPDATE CASCADE",
    );
    expect(sorted(await facts.facts("DELETE FROM t WHERE id = $1"))).toEqual(["public.t"]);
    expect(sorted(await facts.facts("UPDATE t SET id = 2"))).toEqual(["public.t", "public.u"]);
    expect(sorted(await facts.facts(write))).toEqual(["public.t"]);
  });

  test("an update that a trigger may turn into one of the key", async () => {
    await change(`ALTER TABLE u ADD FOREIGN KEY (v) REFERENCES t ON UPDATE CASCADE;
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.id := 5; RETURN new; END';
      CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`);
    const known = await facts.facts(write);
    expect(sorted(known)).toEqual(["public.t", "public.u"]);
    expect(known.point).toBeUndefined();
  });

  test("a key that is computed from an assigned column", async () => {
    await change(`CREATE TABLE g (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v * 2) STORED UNIQUE);
      CREATE TABLE h (w int REFERENCES g (w) ON UPDATE CASCADE);
      INSERT INTO g VALUES (1, 1); INSERT INTO h VALUES (2)`);
    expect(sorted(await facts.facts("UPDATE g SET v = 5 WHERE id = $1"))).toEqual(["public.g", "public.h"]);
    await client.query("UPDATE g SET v = 5");
    expect((await client.query("SELECT w FROM h")).rows).toEqual([{ w: 10 }]);
  });

  test("a primary key of two columns, or none", async () => {
    await change("ALTER TABLE t DROP CONSTRAINT t_pkey");
    expect((await facts.facts(read)).point).toBeUndefined();
    await change("ALTER TABLE t ADD PRIMARY KEY (id, v)");
    expect((await facts.facts(read)).point).toBeUndefined();
    await change("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (v)");
    expect((await facts.facts(read)).point).toBeUndefined();
    expect((await facts.facts("SELECT * FROM t WHERE v = $1")).point).toMatchObject({ param: 0 });
  });

  test("a view's definition", async () => {
    await change("CREATE VIEW v AS SELECT id FROM t");
    expect(await facts.facts("SELECT * FROM v")).toMatchObject({ reads: ["public.t"] });
    await change("CREATE OR REPLACE VIEW v AS SELECT id FROM u");
    expect(await facts.facts("SELECT * FROM v")).toMatchObject({ reads: ["public.u"] });
    await change("CREATE OR REPLACE VIEW v AS SELECT id FROM u WHERE random() < 2");
    expect(await facts.facts("SELECT * FROM v")).toMatchObject({
      cacheable: false,
      reason: "function random is not IMMUTABLE",
    });
  });

  test("a function's body and volatility", async () => {
    await change("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'UPDATE t SET v = 1'");
    expect(await facts.facts("SELECT f()")).toMatchObject({ kind: "write", writes: ["public.t"] });
    await change("CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE sql AS 'UPDATE u SET v = 1'");
    expect(await facts.facts("SELECT f()")).toMatchObject({ kind: "write", writes: ["public.u"] });
    await change(
      "CREATE FUNCTION g() RETURNS trigger LANGUAGE internal AS 'suppress_redundant_updates_trigger'",
    );
    expect(await facts.facts("SELECT g()")).toMatchObject({ kind: "read", cacheable: false });
  });

  test("an overload of a function that comes with the server", async () => {
    expect(await facts.facts("SELECT lower($1)")).toMatchObject({ cacheable: true });
    await change("CREATE FUNCTION lower(int) RETURNS int LANGUAGE sql AS 'UPDATE t SET v = 1 RETURNING v'");
    expect(await facts.facts("SELECT lower($1)")).toMatchObject({ kind: "write", writes: ["public.t"] });
    await change("ALTER FUNCTION lower(int) RENAME TO lower_down");
    await change(
      "CREATE SCHEMA apart; CREATE FUNCTION apart.lower(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    expect(await facts.facts("SELECT lower($1)")).toMatchObject({ cacheable: true });
    expect(await facts.facts("SELECT pg_catalog.lower($1)")).toMatchObject({ cacheable: true });
    expect(await facts.facts("SELECT apart.lower($1)")).toMatchObject({ cacheable: false });
    await change("CREATE FUNCTION lower(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1'");
    expect(await facts.facts("SELECT lower($1)")).toMatchObject({ cacheable: true });
    await change("CREATE FUNCTION lower(text, int DEFAULT 1) RETURNS text LANGUAGE sql AS 'SELECT $1'");
    expect(await facts.facts("SELECT lower($1)")).toMatchObject({ cacheable: false });
  });

  test("an operator that every comparison might mean", async () => {
    await change(`CREATE FUNCTION same(int, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
      CREATE OPERATOR = (leftarg = int, rightarg = text, function = same)`);
    expect(await facts.facts(read)).toMatchObject({ cacheable: false, reason: "operator = is user-defined" });
  });

  test("casts", async () => {
    await change(
      "CREATE FUNCTION f(int) RETURNS uuid LANGUAGE sql AS 'UPDATE u SET v = 1 RETURNING NULL::uuid'",
    );
    await change("CREATE CAST (int AS uuid) WITH FUNCTION f(int)");
    expect(await facts.facts(read)).toMatchObject({ kind: "write", writes: ["public.u"], cacheable: false });
    await change("CREATE OR REPLACE FUNCTION f(int) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'");
    expect(await facts.facts(read)).toMatchObject({ cacheable: true });
    expect(await facts.facts("SELECT id::uuid FROM t")).toMatchObject({
      cacheable: false,
      reason: "there are user-defined casts",
    });
    await change("DROP CAST (int AS uuid); CREATE CAST (int AS uuid) WITH FUNCTION f(int) AS IMPLICIT");
    expect(await facts.facts(read)).toMatchObject({
      cacheable: false,
      reason: "there are user-defined casts",
    });
  });

  test("a materialized view is refreshed, and its functions run", async () => {
    await change(`CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'UPDATE u SET v = $1 RETURNING v';
      CREATE MATERIALIZED VIEW m AS SELECT f(id) FROM t WITH NO DATA`);
    expect(sorted(await facts.facts("REFRESH MATERIALIZED VIEW m"))).toEqual(["public.m", "public.u"]);
    expect(await facts.facts("SELECT * FROM m")).toMatchObject({ reads: ["public.m"], cacheable: true });
  });

  test("a policy's functions run when rows are read", async () => {
    await change(`CREATE FUNCTION f(int) RETURNS boolean LANGUAGE sql AS 'UPDATE u SET v = 1 RETURNING true';
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (f(id))`);
    expect(await facts.facts(read)).toMatchObject({ kind: "write", writes: ["public.u"] });
  });

  test("a domain's check runs when rows are written", async () => {
    await change(`CREATE FUNCTION f(int) RETURNS boolean LANGUAGE sql AS 'UPDATE u SET v = 1 RETURNING true';
      CREATE DOMAIN d AS int CHECK (f(VALUE)); ALTER TABLE t ADD COLUMN w d`);
    expect(sorted(await facts.facts(write))).toEqual(["public.t", "public.u"]);
  });
});

describe("the search path", () => {
  beforeEach(() =>
    change(`CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (id int); CREATE TABLE b.t (id int);
      CREATE TABLE public.p (id int); CREATE TABLE "a"."Mixed" (id int)`),
  );

  test("decides which table a name means", async () => {
    expect(await facts.facts("SELECT * FROM t")).toMatchObject({
      reads: [],
      reason: "relation t is not known",
    });
    await change("SET search_path = b, a");
    expect(await facts.facts("SELECT * FROM t")).toMatchObject({ reads: ["b.t"], cacheable: true });
    await change("SET search_path = a, b");
    expect(await facts.facts('SELECT * FROM t, "Mixed"')).toMatchObject({ reads: ["a.t", "a.Mixed"] });
    expect(await facts.facts("SELECT * FROM p")).toMatchObject({ cacheable: false });
    expect(await facts.facts("SELECT * FROM mixed")).toMatchObject({ cacheable: false });
  });

  test("of a function of its own holds inside it alone", async () => {
    await change(`CREATE FUNCTION f() RETURNS void LANGUAGE sql SET search_path = b AS 'DELETE FROM t';
      CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql SET search_path = a, b AS 'BEGIN DELETE FROM t; PERFORM public.f(); END';
      SET search_path = a, public`);
    expect(await facts.facts("SELECT f()")).toMatchObject({ writes: ["b.t"] });
    expect(sorted(await facts.facts("SELECT g()"))).toEqual(["a.t", "b.t"]);
    expect(sorted(await facts.facts("WITH x AS (DELETE FROM t) SELECT f()"))).toEqual(["a.t", "b.t"]);
  });

  test("is printed into views and functions bound when made", async () => {
    await change(`CREATE VIEW public.v AS SELECT * FROM b.t; SET search_path = b, public`);
    expect(await facts.facts("SELECT * FROM v")).toMatchObject({ reads: ["b.t"], cacheable: true });
    await change("SET search_path = a, public");
    expect(await facts.facts("SELECT * FROM v")).toMatchObject({ reads: ["b.t"], cacheable: true });
  });

  test("a temporary table comes before all others", async () => {
    await change("SET search_path = a; CREATE TEMP TABLE t (id int)");
    const known = await facts.facts("SELECT * FROM t");
    expect(known).toMatchObject({ cacheable: false });
    expect(known.reason).toMatch(/^pg_temp_\d+\.t is temporary$/);
    expect(await facts.facts("SELECT * FROM pg_temp.t")).toEqual(known);
    expect(await facts.facts("SELECT * FROM a.t")).toMatchObject({ cacheable: true });
  });

  test("the server's own relations come before a user's of the same name", async () => {
    await change('CREATE TABLE public.pg_class (id int); CREATE TABLE public."tables" (id int)');
    expect(await facts.facts("SELECT * FROM pg_class")).toMatchObject({
      reason: "pg_class belongs to the server",
    });
    expect(await facts.facts("SELECT * FROM public.pg_class")).toMatchObject({ reads: ["public.pg_class"] });
    expect(await facts.facts("SELECT * FROM tables")).toMatchObject({ reads: ["public.tables"] });
  });
});

test("a role that may do nothing but connect learns the same facts", async () => {
  await change(`CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM t;
    CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM t'`);
  await client.query("DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special LOGIN");
  await client.query("SET ROLE nobody_special");
  const theirs = factsOn(client);
  for (const sql of ["SELECT * FROM v", "DELETE FROM t WHERE id = $1", "SELECT f()"])
    expect(JSON.stringify(await theirs.facts(sql))).toBe(JSON.stringify(await facts.facts(sql)));
});

test("ids are the catalogue's exact names", async () => {
  await change('CREATE SCHEMA "Ünï cödé"; CREATE TABLE "Ünï cödé"."a""b.c" (id int)');
  expect(await facts.facts('SELECT * FROM "Ünï cödé"."a""b.c"')).toMatchObject({ reads: ['Ünï cödé.a"b.c'] });
});

describe("canonical keys agree with the server", () => {
  const integers: fc.Arbitrary<unknown> = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.bigInt({ min: -3n, max: 3n }),
    fc.constantFrom("1", "-1", "01", "+1", " 1", "1 ", "-0", "0", "0x1", "1_0", "10", -0),
  );
  const texts: fc.Arbitrary<unknown> = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3 }).filter((text) => !text.includes("\0")),
    fc.constantFrom("a", "A", "a ", "é", "e\u0301", "\ufffd", "\ud800", "ß", "ss"),
  );
  const uuids: fc.Arbitrary<unknown> = fc.constantFrom(
    "0123abcd-0123-4567-89ab-0123456789ab",
    "0123ABCD-0123-4567-89ab-0123456789ab",
    "{0123abcd-0123-4567-89ab-0123456789ab}",
    "0123abcd0123456789ab0123456789ab",
    "0123abcd-0123-4567-89ab-0123456789ac",
  );
  const arbitraries: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    smallint: integers,
    int: integers,
    bigint: integers,
    text: texts,
    "varchar(2)": texts,
    uuid: uuids,
  };

  test.each(Object.keys(arbitraries))("%s", async (type) => {
    await change(`CREATE TABLE t (id ${type} PRIMARY KEY)`);
    const insert = (await facts.facts("INSERT INTO t VALUES ($1)")).point;
    const read = (await facts.facts("SELECT * FROM t WHERE id = $1")).point;
    const pair = arbitraries[type] as fc.Arbitrary<unknown>;
    await fc.assert(
      fc.asyncProperty(pair, pair, async (written, asked) => {
        const [to, from] = [insert?.canonicalKey(written), read?.canonicalKey(asked)];
        if (to === undefined || from === undefined || to === from) return;
        // Said to be different rows: then the one must not be seen under the other's key.
        await client.query("BEGIN");
        try {
          const value = typeof written === "bigint" ? String(written) : written;
          const taken = await client.query("INSERT INTO t VALUES ($1)", [value]).catch(() => undefined);
          if (taken === undefined) return;
          const { rows } = await client.query("SELECT * FROM t WHERE id = $1", [asked]);
          expect(rows).toEqual([]);
        } finally {
          await client.query("ROLLBACK");
        }
      }),
      { numRuns: process.env.VICTOR_LONG ? 5_000 : 300 },
    );
  });
});
