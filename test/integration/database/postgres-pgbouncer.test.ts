import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import type { PostgresConnection } from "../../../src/database/postgres/connection.ts";
import { postgresDriver } from "../../../src/database/postgres/index.ts";
import { type PgBouncerService, startPgBouncer } from "../../services/pgbouncer.ts";
import { usePostgres } from "../../services/use-postgres.ts";

const postgres = usePostgres();
let bouncer: PgBouncerService;
beforeAll(async () => {
  bouncer = await startPgBouncer(postgres().url);
});
afterAll(() => bouncer?.stop());

const warnings: { code?: string; message: string }[] = [];
beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(process, "emitWarning").mockImplementation(((message: string, options?: { code?: string }) => {
    warnings.push({ message, ...options });
  }) as typeof process.emitWarning);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("PgBouncer is recognised and said once; the server itself is not taken for one", async () => {
  const driver = postgresDriver({ url: bouncer.url });
  const connections = [];
  for (let i = 0; i < 3; i++) connections.push((await driver.connect()) as PostgresConnection);
  expect(connections.map(({ pooled }) => pooled)).toEqual([true, true, true]);
  expect(warnings).toMatchObject([
    { code: "VICTOR_POOLER", message: expect.stringContaining(`127.0.0.1:${bouncer.port}`) },
  ]);
  expect(warnings[0]?.message).not.toMatch(/s3cret/);
  for (const connection of connections) await connection.close();

  const direct = (await postgresDriver({ url: postgres().url }).connect()) as PostgresConnection;
  expect([direct.pooled, warnings.length]).toEqual([false, 1]);
  await direct.close();
});

test("statements are not prepared by name, so that each may run in another session", async () => {
  const driver = postgresDriver({ url: bouncer.url });
  const connections = [];
  for (let i = 0; i < 6; i++) connections.push((await driver.connect()) as PostgresConnection);
  const answers = [];
  for (let round = 0; round < 20; round++)
    answers.push(...(await Promise.all(connections.map((c) => c.query("SELECT $1::int + 1 AS n", [round])))));
  expect(new Set(answers.map(({ rows }) => rows[0]?.n)).size).toBe(20);
  expect(connections.map(({ namedStatements }) => namedStatements)).toEqual([0, 0, 0, 0, 0, 0]);
  for (const connection of connections) await connection.close();
});

test("reset leaves the sessions alone, which aren't ours", async () => {
  const connection = (await postgresDriver({ url: bouncer.url }).connect()) as PostgresConnection;
  await connection.reset();
  expect((await connection.query("SELECT 1 AS one", [])).rows).toEqual([{ one: 1 }]);
  await connection.close();
});

test("a batch in a transaction goes as ever", async () => {
  await using db = new DatabaseOptimizer({ url: bouncer.url, coherence: "exclusive" });
  await db.initialize();
  await db.executeQuery("CREATE TABLE batched (id int PRIMARY KEY, s text)");
  const rows = Array.from({ length: 100 }, (_, i) => [i, `row ${i}`]);
  expect(await db.executeBatch("INSERT INTO batched (id, s) VALUES ($1, $2)", rows)).toBe(100);
  await expect(
    db.executeBatch("INSERT INTO batched (id, s) VALUES ($1, $2)", [
      [200, ""],
      [7, ""],
    ]),
  ).rejects.toMatchObject({
    code: "VICTOR_BATCH",
    row: 1,
  });
  expect((await db.executeQuery("SELECT count(*)::int AS n FROM batched")).rows).toEqual([{ n: 100 }]);
});

test("a cancelled statement stops on the server, and its connection is not used again", async () => {
  const connection = (await postgresDriver({ url: bouncer.url }).connect()) as PostgresConnection;
  const other = (await postgresDriver({ url: postgres().url }).connect()) as PostgresConnection;
  const running =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
  const stop = new AbortController();
  const query = connection.query("SELECT pg_sleep(60)", [], stop.signal);
  query.catch(() => undefined);
  await expect.poll(async () => (await other.query(running, [])).rows[0]?.n, { interval: 5 }).toBe(1);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(query).rejects.toBe(reason);
  expect(connection.usable).toBe(false);
  await expect.poll(async () => (await other.query(running, [])).rows[0]?.n, { interval: 5 }).toBe(0);
  await other.close();
});

test('coherence "notify" is refused with what to do instead', async () => {
  await using db = new DatabaseOptimizer({ url: bouncer.url, coherence: "notify" });
  await expect(db.initialize()).rejects.toMatchObject({
    code: "VICTOR_COHERENCE_UNAVAILABLE",
    message: expect.stringMatching(/PgBouncer.*the server's own URL/),
  });
});
