import { afterEach, beforeEach, expect, test } from "vitest";
import { DatabaseOptimizer } from "../../../src/database/index.ts";
import type { PostgresConnection } from "../../../src/database/postgres/connection.ts";
import { postgresDriver } from "../../../src/database/postgres/index.ts";
import { usePostgres } from "../../services/use-postgres.ts";

// Durable, since the server is killed below.
const postgres = usePostgres({ settings: { fsync: "on", synchronous_commit: "on", full_page_writes: "on" } });
let db: DatabaseOptimizer;

beforeEach(async () => {
  db = new DatabaseOptimizer({
    url: postgres().url,
    coherence: "exclusive",
    timeoutMs: 60_000,
    pool: { maxSize: 4 },
  });
  await db.initialize();
  await db.executeQuery("DROP TABLE IF EXISTS kept");
  await db.executeQuery("CREATE TABLE kept (id int PRIMARY KEY)");
});
afterEach(() => db.close());

const count = async () =>
  (await db.executeQuery("SELECT count(*)::int AS n FROM kept", [], { useCache: false })).rows[0]?.n;

/** A second look at the server, past the optimizer. */
async function watch<T>(work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
  const connection = (await postgresDriver({ url: postgres().url }).connect()) as PostgresConnection;
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
const sleeping =
  "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";

test("a backend killed in mid-query is a lost connection, and the next statement gets another one", async () => {
  const query = db.executeQuery("SELECT pg_sleep(60)");
  query.catch(() => undefined);
  await watch(async (server) => {
    await expect.poll(async () => (await server.query(sleeping, [])).rows[0]?.n, { interval: 5 }).toBe(1);
    await server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
      [],
    );
  });
  await expect(query).rejects.toMatchObject({ code: "VICTOR_CONNECTION_LOST", cause: { code: "57P01" } });
  expect(await count()).toBe(0);
});

test("a deadline stops the statement on the server, too", async () => {
  await watch(async (server) => {
    const query = db.executeQuery("SELECT pg_sleep(60)", [], { timeoutMs: 150 });
    await expect(query).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
    await expect.poll(async () => (await server.query(sleeping, [])).rows[0]?.n, { interval: 5 }).toBe(0);
  });
  expect(await count()).toBe(0);
});

test("a restart of the server costs the statements under way, and nothing else", async () => {
  await db.executeQuery("INSERT INTO kept VALUES (1)");
  const cut = Promise.allSettled([1, 2, 3].map(() => db.executeQuery("SELECT pg_sleep(60)")));
  await watch(async (server) => {
    await expect.poll(async () => (await server.query(sleeping, [])).rows[0]?.n, { interval: 5 }).toBe(3);
  });
  await postgres().restart();
  expect((await cut).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(await count()).toBe(1);
});

test("a crash of the server loses no row whose insert was acknowledged", async () => {
  const acknowledged: number[] = [];
  let next = 0;
  const writing = Array.from({ length: 3 }, async () => {
    for (;;) {
      const id = next++;
      await db.executeQuery("INSERT INTO kept VALUES ($1)", [id]);
      acknowledged.push(id);
    }
  });
  const stopped = Promise.allSettled(writing);
  await expect.poll(() => acknowledged.length, { interval: 5 }).toBeGreaterThan(50);
  postgres().kill("SIGKILL");
  await stopped;
  await postgres().restart();
  const { rows } = await db.executeQuery("SELECT id FROM kept ORDER BY id");
  const there = new Set(rows.map(({ id }) => id));
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
});

test("a server that hangs holds nobody past the deadline, and is used again when it goes on", async () => {
  expect(await count()).toBe(0);
  postgres().kill("SIGSTOP");
  try {
    const hung = [200, 250, 300].map((timeoutMs) =>
      db.executeQuery("SELECT 1", [], { timeoutMs, useCache: false }),
    );
    for (const result of await Promise.allSettled(hung)) {
      expect(result).toMatchObject({
        status: "rejected",
        reason: { code: expect.stringMatching(/DEADLINE|TIMEOUT/) },
      });
    }
    // Connections that hung are gone, and new ones hang too: the deadline holds while connecting.
    await expect(db.executeQuery("SELECT 1", [], { timeoutMs: 200, useCache: false })).rejects.toMatchObject({
      code: expect.stringMatching(/DEADLINE|TIMEOUT/),
    });
  } finally {
    postgres().kill("SIGCONT");
  }
  expect(await count()).toBe(0);
});

test("an idle program with open connections ends by itself", async () => {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const module = new URL("../../../src/database/index.ts", import.meta.url).href;
  const script = `
    const { DatabaseOptimizer } = await import(${JSON.stringify(module)});
    const db = new DatabaseOptimizer({ url: process.env.URL, coherence: "notify" });
    await db.initialize();
    const { rows } = await db.executeQuery("SELECT 41 + $1::int AS n", [1]);
    console.log(rows[0].n);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { URL: postgres().url },
    timeout: 240_000,
  });
  expect(stdout).toBe("42\n");
});

test("a program that waits for a second connection inside a transaction doesn't end before it has it", async () => {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const module = new URL("../../../src/database/index.ts", import.meta.url).href;
  const script = `
    const { DatabaseOptimizer } = await import(${JSON.stringify(module)});
    const db = new DatabaseOptimizer({ url: process.env.URL });
    await db.transaction(async (tx) => {
      await tx.executeQuery("SELECT 1");
      console.log((await db.executeQuery("SELECT 42 AS n")).rows[0].n);
    });`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { URL: postgres().url },
    timeout: 240_000,
  });
  expect(stdout).toBe("42\n");
});
