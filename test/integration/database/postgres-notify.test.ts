import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Coherence, DatabaseDriver } from "../../../src/database/driver.ts";
import type { PostgresConnection } from "../../../src/database/postgres/connection.ts";
import {
  installNotifyTriggers,
  postgresDriver,
  removeNotifyTriggers,
} from "../../../src/database/postgres/index.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
let writer: PostgresConnection;
const closing: (() => Promise<unknown>)[] = [];

async function connectTo(url: string): Promise<PostgresConnection> {
  const connection = (await postgresDriver({ url }).connect()) as PostgresConnection;
  closing.push(() => connection.close());
  return connection;
}

const schema = `
  DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop;
  DROP TABLE IF EXISTS plain, "Odd.Name", parent, child, events CASCADE;
  CREATE TABLE plain (id int PRIMARY KEY, v text);
  CREATE TABLE shop.orders (id int PRIMARY KEY, v text);
  CREATE TABLE "Odd.Name" (id int);
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int, parent int REFERENCES parent ON DELETE CASCADE);
  CREATE TABLE events (day int, v text) PARTITION BY RANGE (day);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
  CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20)`;

beforeAll(async () => {
  const setup = await connectTo(postgres().url);
  await setup.query("CREATE ROLE owner LOGIN PASSWORD 'owner' NOSUPERUSER", []);
  await setup.query("CREATE DATABASE owned OWNER owner", []);
});
beforeEach(async () => {
  writer = await connectTo(postgres().url);
  await removeNotifyTriggers(postgres().url);
  await writer.query(schema, []);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Listens as the optimizer would, and keeps what it is told. */
async function listen(url = postgres().url) {
  const driver: DatabaseDriver = postgresDriver({ url, coherence: "notify", applicationName: "listener" });
  const told: string[] = [];
  const sink = {
    tables: (tables: readonly string[]) => void told.push(...tables),
    everything: () => void told.push("everything"),
    schema: () => void told.push("schema"),
  };
  const coherence = (await driver.coherence?.(sink, { deadline: Infinity })) as Coherence;
  closing.push(
    () => driver.close(),
    () => coherence.close(),
  );
  return {
    driver,
    coherence,
    told,
    /** What was told of until a last, known notice came: notices arrive in the order of their commits. */
    async until(last: string): Promise<string[]> {
      await expect.poll(() => told.at(-1), { interval: 2 }).toBe(last);
      return told.splice(0).toSorted();
    },
  };
}
const mark = () => writer.query("SELECT pg_notify('victor_coherence', 'the.end')", []);

describe("triggers", () => {
  test("tell of every kind of write, once a transaction, when it commits", async () => {
    await installNotifyTriggers(postgres().url);
    const { until, told } = await listen();
    for (const sql of [
      "INSERT INTO plain VALUES (1, 'a')",
      "UPDATE plain SET v = 'b'",
      "DELETE FROM plain",
      "TRUNCATE shop.orders",
      'INSERT INTO "Odd.Name" VALUES (1)',
      "MERGE INTO plain USING (SELECT 7 AS id) AS s ON plain.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (7, 'm')",
    ]) {
      await writer.query(sql, []);
      await mark();
      const table = /orders/.test(sql) ? "shop.orders" : /Odd/.test(sql) ? "public.Odd.Name" : "public.plain";
      expect(await until("the.end")).toEqual([table, "the.end"]);
    }
    await writer.query(
      "BEGIN; INSERT INTO plain VALUES (2, 'x'); UPDATE plain SET v = 'y'; DELETE FROM shop.orders; COMMIT",
      [],
    );
    await mark();
    expect(await until("the.end")).toEqual(["public.plain", "shop.orders", "the.end"]);
    await writer.query("BEGIN; DELETE FROM plain; ROLLBACK", []);
    await mark();
    expect(await until("the.end")).toEqual(["the.end"]);
    expect(told).toEqual([]);
  });

  test("tell of rows that a cascade removes, and under a role that switches triggers off", async () => {
    await installNotifyTriggers(postgres().url);
    await writer.query("INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1)", []);
    const { until } = await listen();
    await writer.query("DELETE FROM parent", []);
    await mark();
    expect(await until("the.end")).toEqual(["public.child", "public.parent", "the.end"]);
    await writer.query("SET session_replication_role = replica", []);
    await writer.query("INSERT INTO plain VALUES (1, 'a')", []);
    await mark();
    expect(await until("the.end")).toEqual(["public.plain", "the.end"]);
  });

  test("tell of partitions and parents, whichever of them the statement names", async () => {
    await installNotifyTriggers(postgres().url);
    const { until } = await listen();
    await writer.query("INSERT INTO events VALUES (3, 'x')", []);
    await mark();
    expect(await until("the.end")).toEqual([
      "public.events",
      "public.events_1",
      "public.events_2",
      "the.end",
    ]);
    await writer.query("INSERT INTO events_2 VALUES (12, 'x')", []);
    await mark();
    expect(await until("the.end")).toEqual(["public.events", "public.events_2", "the.end"]);
  });

  test("tell of DDL, but not of temporary tables", async () => {
    await installNotifyTriggers(postgres().url);
    const { until } = await listen();
    await writer.query("CREATE TEMP TABLE mine (id serial, v text)", []);
    await mark();
    expect(await until("the.end")).toEqual(["the.end"]);
    for (const sql of [
      "ALTER TABLE plain ADD w int",
      "DROP TABLE shop.orders",
      "GRANT SELECT ON plain TO PUBLIC",
    ]) {
      await writer.query(sql, []);
      await mark();
      expect(await until("the.end")).toEqual(["schema", "the.end"]);
    }
  });

  test("can be installed twice, on some tables, and leave no trace when removed", async () => {
    const trace = async () =>
      (
        await writer.query(
          `SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)::int AS triggers,
             (SELECT count(*) FROM pg_proc WHERE oid >= 16384)::int AS functions,
             (SELECT count(*) FROM pg_event_trigger)::int AS events,
             (SELECT count(*) FROM pg_namespace WHERE nspname = 'victor_coherence')::int AS schemas`,
          [],
        )
      ).rows[0];
    const before = await trace();
    const some = { tables: ["shop.orders", '"Odd.Name"', "events"] };
    const ids = ["public.Odd.Name", "public.events", "public.events_1", "public.events_2", "shop.orders"];
    expect(await installNotifyTriggers(postgres().url, some)).toEqual({ tables: ids, schemaChanges: true });
    expect(await installNotifyTriggers(postgres().url, some)).toEqual({ tables: ids, schemaChanges: true });
    expect(await trace()).toEqual({ triggers: 5, functions: 2, events: 1, schemas: 1 });
    expect(await removeNotifyTriggers(postgres().url, { tables: ["events"] })).toEqual(ids.slice(1, 4));
    expect(await removeNotifyTriggers(postgres().url)).toEqual(["public.Odd.Name", "shop.orders"]);
    expect(await removeNotifyTriggers(postgres().url)).toEqual([]);
    expect(await trace()).toEqual(before);
  });

  test("are all or none: a table that isn't there leaves nothing behind", async () => {
    const attempt = installNotifyTriggers(postgres().url, { tables: ["plain", "nowhere"] });
    await expect(attempt).rejects.toMatchObject({ code: "42P01" });
    expect((await writer.query("SELECT to_regnamespace('victor_coherence') AS s", [])).rows).toEqual([
      { s: null },
    ]);
  });
});

describe("a plain owner, who is no superuser,", () => {
  const ownersUrl = () => {
    const url = new URL(postgres().urlOf("owned"));
    [url.username, url.password] = ["owner", "owner"];
    return url.href;
  };

  test("may install and remove them; DDL is then noticed by the ping", async () => {
    const owner = await connectTo(ownersUrl());
    await owner.query("CREATE TABLE mine (id int)", []);
    expect(await installNotifyTriggers(ownersUrl())).toEqual({
      tables: ["public.mine"],
      schemaChanges: false,
    });
    const { told } = await listen(ownersUrl());
    await owner.query("ALTER TABLE mine RENAME id TO key", []);
    await expect.poll(() => told, { interval: 20 }).toContain("schema");
    expect(await removeNotifyTriggers(ownersUrl())).toEqual(["public.mine"]);
  });
});

describe("a read can be cached", () => {
  const cacheable = async (driver: DatabaseDriver, sql: string) => {
    const { cacheable, reason } = await driver.dependencies(sql);
    return cacheable || reason;
  };

  test("only of tables whose every write is told, and again as soon as triggers are installed", async () => {
    const { driver, until } = await listen();
    expect(await cacheable(driver, "SELECT * FROM plain")).toMatch(/public\.plain are not notified/);
    await installNotifyTriggers(postgres().url, { tables: ["plain", "events"] });
    await mark();
    await until("the.end");
    expect(await cacheable(driver, "SELECT * FROM plain")).toBe(true);
    expect(await cacheable(driver, "SELECT * FROM plain JOIN shop.orders USING (id)")).toMatch(
      /shop\.orders/,
    );
    expect(await cacheable(driver, "SELECT * FROM events")).toBe(true);
    expect(await cacheable(driver, "SELECT * FROM events_1")).toBe(true);
  });

  test("no more once a trigger is switched off, or a partition comes along without one", async () => {
    await installNotifyTriggers(postgres().url);
    const { driver, until } = await listen();
    expect(await cacheable(driver, "SELECT * FROM plain")).toBe(true);
    expect(await cacheable(driver, "SELECT * FROM events_1")).toBe(true);
    await writer.query("ALTER TABLE plain DISABLE TRIGGER victor_coherence", []);
    await writer.query("CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM (20) TO (30)", []);
    await mark();
    await until("the.end");
    expect(await cacheable(driver, "SELECT * FROM plain")).toMatch(/not notified/);
    expect(await cacheable(driver, "SELECT * FROM events")).toMatch(/not notified/);
    // Its facts name the parent, too, which is no longer covered whole.
    expect(await cacheable(driver, "SELECT * FROM events_1")).toMatch(/not notified/);
  });

  test("and our trigger doesn't make a write one to unknown tables", async () => {
    await installNotifyTriggers(postgres().url);
    const { driver } = await listen();
    expect(await driver.dependencies("INSERT INTO plain VALUES ($1, $2)")).toMatchObject({
      kind: "write",
      writes: ["public.plain"],
    });
  });
});

test("another process's write is told", async () => {
  await installNotifyTriggers(postgres().url);
  const { until } = await listen();
  const script = `
    import pg from "pg";
    const client = new pg.Client(process.env.URL);
    await client.connect();
    await client.query("INSERT INTO plain VALUES (1, 'theirs')");
    await client.end();`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    env: { URL: postgres().url },
  });
  expect(await until("public.plain")).toEqual(["public.plain"]);
});

describe("when the listening connection is lost", () => {
  const terminate =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'listener'";

  test("it is incoherent until it listens again, and everything is void by then", async () => {
    await installNotifyTriggers(postgres().url);
    const { coherence, told, until } = await listen();
    expect(coherence.coherent()).toBe(true);
    await writer.query(terminate, []);
    await expect.poll(() => coherence.coherent(), { interval: 1 }).toBe(false);
    await writer.query("INSERT INTO plain VALUES (1, 'missed')", []);
    await expect.poll(() => coherence.coherent(), { interval: 1 }).toBe(true);
    expect(told.splice(0)).toEqual(expect.arrayContaining(["everything"]));
    await writer.query("INSERT INTO plain VALUES (2, 'seen')", []);
    expect(await until("public.plain")).toEqual(["public.plain"]);
  });

  test("by a server that hangs, the ping finds out", async () => {
    const { coherence } = await listen();
    postgres().kill("SIGSTOP");
    try {
      await expect.poll(() => coherence.coherent(), { interval: 20 }).toBe(false);
    } finally {
      postgres().kill("SIGCONT");
    }
    await expect.poll(() => coherence.coherent(), { interval: 20 }).toBe(true);
  });
});
