import { afterEach, describe, expect, test } from "vitest";
import { maxNamedStatements, type PostgresConnection } from "../../../src/database/postgres/connection.ts";
import { postgresDriver } from "../../../src/database/postgres/index.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
const open: PostgresConnection[] = [];

async function connect(options: { prepare?: boolean; statementTimeoutMs?: number } = {}) {
  const connection = (await postgresDriver({
    url: postgres().url,
    ...options,
  }).connect()) as PostgresConnection;
  open.push(connection);
  return connection;
}
afterEach(() => {
  for (const connection of open.splice(0)) connection.destroy();
});

const prepared = async (connection: PostgresConnection) =>
  Number((await connection.query("SELECT count(*) FROM pg_prepared_statements", [])).rows[0]?.count);

describe("a query", () => {
  test("gives plain rows with pg's types: bigint and numeric as text, timestamps as dates", async () => {
    const connection = await connect();
    const { rows, rowCount } = await connection.query(
      "SELECT 1::int4 AS i, 2::int8 AS b, 3.50::numeric AS n, $1::timestamptz AS t, '{\"a\":1}'::jsonb AS j, NULL AS z",
      [new Date(1e12)],
    );
    expect(rows).toEqual([{ i: 1, b: "2", n: "3.50", t: new Date(1e12), j: { a: 1 }, z: null }]);
    expect(rowCount).toBe(1);
  });

  test("that writes says how many rows it changed, and DDL none", async () => {
    const connection = await connect();
    expect((await connection.query("CREATE TEMP TABLE w (a int)", [])).rowCount).toBe(0);
    const insert = await connection.query("INSERT INTO w SELECT generate_series(1, $1)", [7]);
    expect(insert).toEqual({ rows: [], rowCount: 7 });
  });

  test("may be several statements, without parameters: the last one's result counts", async () => {
    const connection = await connect();
    const { rows } = await connection.query(
      "CREATE TEMP TABLE m (a int); INSERT INTO m VALUES (4); SELECT a FROM m",
      [],
    );
    expect(rows).toEqual([{ a: 4 }]);
  });

  test("that fails rejects with the server's own error, code and position", async () => {
    const connection = await connect();
    await expect(connection.query("SELECT nothing FROM pg_class", [])).rejects.toMatchObject({
      name: "error",
      code: "42703",
      position: "8",
    });
    await expect(connection.query("SELECT 1 / $1", [0])).rejects.toMatchObject({ code: "22012" });
    expect(connection.usable).toBe(true);
    expect((await connection.query("SELECT 1 AS one", [])).rows).toEqual([{ one: 1 }]);
  });

  test("with a value that can't be converted fails, and goes well the next time", async () => {
    const connection = await connect();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const sql = "SELECT $1::text AS v";
    await connection.query(sql, ["x"]);
    await expect(connection.query(sql, [circular])).rejects.toThrow(/circular/);
    expect((await connection.query(sql, ["y"])).rows).toEqual([{ v: "y" }]);
  });

  test("is ended by the server after statementTimeoutMs, also when the session was reset", async () => {
    const connection = await connect({ statementTimeoutMs: 30 });
    await connection.reset();
    await expect(connection.query("SELECT pg_sleep(5)", [])).rejects.toMatchObject({ code: "57014" });
    expect(connection.usable).toBe(true);
  });

  test("can be explained without its values, by way of placeholders or in full", async () => {
    const driver = postgresDriver({ url: postgres().url });
    const connection = (await driver.connect()) as PostgresConnection;
    open.push(connection);
    const sql = driver.explainSql?.("SELECT * FROM pg_class WHERE oid = $1") ?? "";
    expect(sql).toBe("EXPLAIN (GENERIC_PLAN) SELECT * FROM pg_class WHERE oid = $1");
    for (const params of [[], [1259]])
      expect(JSON.stringify((await connection.query(sql, params)).rows)).toMatch(/pg_class_oid_index/);
  });
});

describe("prepared statements", () => {
  test("are kept by text, at most 250 a connection, and those used longest ago go", async () => {
    const connection = await connect();
    for (let i = 0; i < maxNamedStatements + 20; i++)
      await connection.query(`SELECT ${i} AS i, $1::int AS p`, [i]);
    expect(connection.namedStatements).toBe(maxNamedStatements);
    expect(await prepared(connection)).toBe(maxNamedStatements);
    for (const i of [0, maxNamedStatements])
      expect((await connection.query(`SELECT ${i} AS i, $1::int AS p`, [7])).rows).toEqual([{ i, p: 7 }]);
  });

  test("are not made with prepare: false", async () => {
    const connection = await connect({ prepare: false });
    await connection.query("SELECT $1::int", [1]);
    expect(await prepared(connection)).toBe(0);
  });

  test("are prepared anew when the columns of their result have changed", async () => {
    const [connection, other] = [await connect(), await connect()];
    await other.query("CREATE TABLE changing (a int)", []);
    await other.query("INSERT INTO changing VALUES (1)", []);
    const sql = "SELECT * FROM changing";
    expect((await connection.query(sql, [])).rows).toEqual([{ a: 1 }]);
    await other.query("ALTER TABLE changing ADD b int DEFAULT 2", []);
    expect((await connection.query(sql, [])).rows).toEqual([{ a: 1, b: 2 }]);
    await other.query("ALTER TABLE changing ADD c int DEFAULT 3", []);
    await connection.query("BEGIN", []);
    await expect(connection.query(sql, [])).rejects.toMatchObject({ code: "0A000" });
    await connection.query("ROLLBACK", []);
    expect((await connection.query(sql, [])).rows).toEqual([{ a: 1, b: 2, c: 3 }]);
  });

  test("are prepared anew when somebody has deallocated them", async () => {
    const connection = await connect();
    const sql = "SELECT $1::int AS a";
    await connection.query(sql, [1]);
    await connection.query("DEALLOCATE ALL", []);
    expect((await connection.query(sql, [2])).rows).toEqual([{ a: 2 }]);
  });
});

describe("reset", () => {
  test("gives back the session as it was after connecting", async () => {
    const connection = await connect();
    await connection.query("SELECT $1::int AS a", [1]);
    await connection.query("SET search_path = pg_catalog", []);
    await connection.query("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", []);
    await connection.query("CREATE TEMP TABLE gone (a int)", []).catch(() => undefined);
    await connection.query("LISTEN something", []);
    await connection.reset();
    expect(await prepared(connection)).toBe(0 + 1);
    expect((await connection.query("SHOW search_path", [])).rows).toEqual([
      { search_path: '"$user", public' },
    ]);
    expect((await connection.query("SELECT to_regclass('gone') AS t", [])).rows).toEqual([{ t: null }]);
    expect(
      (await connection.query("SELECT count(*)::int AS n FROM pg_listening_channels()", [])).rows,
    ).toEqual([{ n: 0 }]);
    expect((await connection.query("SELECT $1::int AS a", [2])).rows).toEqual([{ a: 2 }]);
  });
});

describe("when the signal aborts", () => {
  const running =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%marker%' AND pid <> pg_backend_pid()";

  test("the statement is cancelled on the server, and the connection serves on", async () => {
    const [connection, other] = [await connect(), await connect()];
    const stop = new AbortController();
    const query = connection.query("SELECT pg_sleep(60) /* marker */", [], stop.signal);
    query.catch(() => undefined);
    await expect.poll(async () => (await other.query(running, [])).rows[0]?.n, { interval: 5 }).toBe(1);
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(query).rejects.toBe(reason);
    expect((await other.query(running, [])).rows[0]?.n).toBe(0);
    expect(connection.usable).toBe(true);
    for (let i = 0; i < 20; i++)
      expect((await connection.query("SELECT $1::int AS i", [i])).rows).toEqual([{ i }]);
  });

  test("before the start, nothing is sent", async () => {
    const connection = await connect();
    const reason = new Error("too late");
    await expect(connection.query("CREATE TABLE never (a int)", [], AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
    expect((await connection.query("SELECT to_regclass('never') AS t", [])).rows).toEqual([{ t: null }]);
  });

  test("while connecting, nothing stays open", async () => {
    const driver = postgresDriver({ url: postgres().url, applicationName: "cut-while-connecting" });
    const [other] = [await connect()];
    const reason = new Error("enough");
    for (let turn = 0; turn < 10; turn++) {
      const stop = new AbortController();
      const connecting = driver.connect(stop.signal);
      for (let i = 0; i < turn; i++) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(reason);
      await expect(connecting).rejects.toBe(reason);
    }
    const count =
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'cut-while-connecting'";
    await expect.poll(async () => (await other.query(count, [])).rows[0]?.n, { interval: 5 }).toBe(0);
  });
});

describe("a backend that is killed", () => {
  test("in mid-query fails that query with the server's code, and the connection is known to be broken", async () => {
    const [connection, other] = [await connect(), await connect()];
    const [row] = (await connection.query("SELECT pg_backend_pid() AS pid", [])).rows;
    const query = connection.query("SELECT pg_sleep(60)", []);
    const failed = query.then(
      () => undefined,
      // At that very moment, since the pool asks then.
      (error) => ({ code: error.code, usable: connection.usable }),
    );
    await other.query("SELECT pg_terminate_backend($1)", [row?.pid]);
    expect(await failed).toEqual({ code: "57P01", usable: false });
  });

  test("while idle ends nothing but the connection", async () => {
    const [connection, other] = [await connect(), await connect()];
    const [row] = (await connection.query("SELECT pg_backend_pid() AS pid", [])).rows;
    await other.query("SELECT pg_terminate_backend($1)", [row?.pid]);
    await expect.poll(() => connection.usable, { interval: 5 }).toBe(false);
    await expect(connection.query("SELECT 1", [])).rejects.toThrow();
    await connection.close();
  });
});

test("a wrong password is refused by the server, and no message holds one", async () => {
  const url = new URL(postgres().url);
  url.password = "wr0ng";
  const error = await postgresDriver({ url: url.href })
    .connect()
    .catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "28P01" });
  expect(String(error)).not.toContain("wr0ng");
});

test("close ends the session on the server", async () => {
  const [connection, other] = [await connect(), await connect()];
  const [row] = (await connection.query("SELECT pg_backend_pid() AS pid", [])).rows;
  await connection.close();
  const count = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = $1";
  await expect.poll(async () => (await other.query(count, [row?.pid])).rows[0]?.n, { interval: 5 }).toBe(0);
});
