import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import { DatabaseOptimizer, installNotifyTriggers } from "../../../src/database/index.ts";
import { usePostgres } from "../../services/use-postgres.ts";

// Durable, since the server is killed below.
const postgres = usePostgres({ settings: { fsync: "on", synchronous_commit: "on", full_page_writes: "on" } });

async function direct<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(postgres().url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

beforeEach(() =>
  direct((client) =>
    client.query(`
      DROP TABLE IF EXISTS kept, balance;
      CREATE TABLE kept (id int, part int, PRIMARY KEY (id, part));
      CREATE TABLE balance (id int PRIMARY KEY, v int NOT NULL);
      INSERT INTO balance VALUES (1, 0)`),
  ),
);

/** Kills the server with all its sessions, and waits until nothing is left of it. */
async function crash(): Promise<void> {
  const { pid } = postgres();
  postgres().kill("SIGKILL");
  // A server that starts before the dead one is reaped takes it for running.
  await expect.poll(() => isThere(pid), { interval: 2 }).toBe(false);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Errors that a caller may meet while the server is down: his connection broke, or there was none in time. */
function isOutage(error: unknown): boolean {
  const { code = "" } = error as { readonly code?: string };
  return /^(VICTOR_CONNECTION_LOST|VICTOR_POOL_TIMEOUT|VICTOR_DEADLINE|ECONN\w+|57P0\d)$/.test(code);
}

test("crashes under load lose nothing acknowledged, tear nothing, and need no new optimizer", async () => {
  await using db = new DatabaseOptimizer({
    url: postgres().url,
    coherence: "exclusive",
    timeoutMs: 5_000,
    pool: { maxSize: 4 },
  });
  await db.initialize();
  const insert = "INSERT INTO kept VALUES ($1, $2)";
  const ways = [
    (id: number) => db.executeQuery("INSERT INTO kept VALUES ($1, 1), ($1, 2)", [id]),
    (id: number) =>
      db.executeBatch(insert, [
        [id, 1],
        [id, 2],
      ]),
    (id: number) =>
      db.transaction(async (transaction) => {
        await transaction.executeQuery(insert, [id, 1]);
        await transaction.executeQuery(insert, [id, 2]);
      }),
  ];
  const acknowledged = new Set<number>();
  const wrong: unknown[] = [];
  let next = 0;
  let stopped = false;
  const writers = ways.map(async (write) => {
    while (!stopped) {
      const id = next++;
      try {
        await write(id);
        acknowledged.add(id);
      } catch (error) {
        if (!isOutage(error)) wrong.push(error);
        await sleep(5);
      }
    }
  });
  // The one row that is cached all the time, by its own counter.
  let least = 0;
  const counter = (async () => {
    while (!stopped) {
      try {
        await db.executeQuery("UPDATE balance SET v = v + 1 WHERE id = 1");
        least++;
        const { rows } = await db.executeQuery("SELECT v FROM balance WHERE id = $1", [1]);
        if (Number(rows[0]?.v) < least) wrong.push(`${rows[0]?.v} read after ${least} acknowledged`);
      } catch (error) {
        if (!isOutage(error)) wrong.push(error);
        await sleep(5);
      }
    }
  })();
  for (let crashes = 0; crashes < 3; crashes++) {
    const enough = acknowledged.size + 60;
    await expect.poll(() => acknowledged.size, { interval: 5 }).toBeGreaterThan(enough);
    await crash();
    await postgres().restart();
  }
  const enough = acknowledged.size + 60;
  await expect.poll(() => acknowledged.size, { interval: 5 }).toBeGreaterThan(enough);
  stopped = true;
  await Promise.all([...writers, counter]);

  const { rows } = await direct((client) =>
    client.query<{ id: number; parts: number }>("SELECT id, count(*)::int AS parts FROM kept GROUP BY id"),
  );
  const parts = new Map(rows.map((row) => [row.id, row.parts]));
  expect([...acknowledged].filter((id) => parts.get(id) !== 2)).toEqual([]);
  expect(rows.filter((row) => row.parts !== 2)).toEqual([]);
  expect(wrong).toEqual([]);
});

test("an optimizer that listens caches nothing while the server is away, and again when it is back", async () => {
  await installNotifyTriggers(postgres().url, { tables: ["balance"] });
  await using db = new DatabaseOptimizer({ url: postgres().url, coherence: "notify", timeoutMs: 5_000 });
  /** @returns the value and whether it was cached, or that the server is away */
  const read = async (): Promise<[unknown, boolean] | "away"> => {
    try {
      const { rows, cached } = await db.executeQuery("SELECT v FROM balance WHERE id = $1", [1], {
        timeoutMs: 500,
      });
      return [rows[0]?.v, cached];
    } catch (error) {
      if (isOutage(error)) return "away";
      throw error;
    }
  };
  const waiting = { interval: 5 };
  await read();
  await expect.poll(read, waiting).toEqual([0, true]);
  await crash();
  await expect.poll(read, waiting).toBe("away");
  await postgres().restart();
  await direct((client) => client.query("UPDATE balance SET v = 1"));
  // What was written while nobody listened is seen by the first read.
  let first: [unknown, boolean] | "away" = "away";
  while (first === "away") first = await read();
  expect(first[0]).toBe(1);
  await expect.poll(read, waiting).toEqual([1, true]);
  await direct((client) => client.query("UPDATE balance SET v = 2"));
  await expect.poll(read, waiting).toEqual([2, true]);
});
