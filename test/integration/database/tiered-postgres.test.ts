import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import {
  DatabaseOptimizer,
  type DatabaseOptimizerOptions,
  installNotifyTriggers,
  type QueryResult,
} from "../../../src/database/index.ts";
import { startRedis } from "../../services/redis.ts";
import { usePostgres } from "../../services/use-postgres.ts";
import { useService } from "../../services/use-service.ts";
import { TieredProcess } from "../../support/tiered-processes.ts";
import { SeededRandom } from "../../support/virtual-scheduler.ts";

const postgres = usePostgres();
const redis = useService(() => startRedis());

async function direct(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(postgres().url);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

beforeEach(async () => {
  await redis().command("FLUSHALL");
  await direct(`
    DROP TABLE IF EXISTS t, kinds CASCADE;
    CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);
    INSERT INTO t SELECT id, 0 FROM generate_series(1, 3) id;`);
});

const open = (options: DatabaseOptimizerOptions = {}): DatabaseOptimizer =>
  new DatabaseOptimizer({
    url: postgres().url,
    tier: { url: redis().url },
    coherence: "tier",
    timeoutMs: 20_000,
    ...options,
  });
const start = (settings: { writeMarkMs?: number; writes?: "held before and silent after" } = {}) =>
  TieredProcess.start({ url: postgres().url, tier: redis().url, ...settings });

const byId = "SELECT v FROM t WHERE id = $1";
const all = "SELECT id, v FROM t ORDER BY id";
const update = "UPDATE t SET v = v + 1 WHERE id = $1 RETURNING v";

test("three processes read, with a token, nothing older than what any of them wrote", async () => {
  await using a = await start();
  await using b = await start();
  await using c = await start();
  const nodes = [a, b, c];
  const random = new SeededRandom(1);
  /** By row: the version that was acknowledged last, and the token of its writer. */
  const written = new Map([1, 2, 3].map((id) => [id, { v: 0, token: "" }]));
  const stale: string[] = [];
  let hits = 0;
  const client = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const node = random.pick(nodes);
      const id = 1 + random.below(3);
      if (random.chance(0.2)) {
        const { rows, token } = await node.query(update, [id]);
        const v = Number(rows[0]!.v);
        if (v > written.get(id)!.v) written.set(id, { v, token });
      } else {
        const { v, token } = written.get(id)!;
        const isPoint = random.chance(0.5);
        const options = token === "" ? {} : { after: token };
        const { rows, cached } = await node.query(isPoint ? byId : all, isPoint ? [id] : [], options);
        if (cached) hits++;
        const seen = Number(rows[isPoint ? 0 : id - 1]!.v);
        if (seen < v) stale.push(`row ${id}: ${seen} instead of ${v}${cached ? ", cached" : ""}`);
      }
    }
  };
  await Promise.all([client(), client(), client(), client()]);
  console.log(`240 steps, ${hits} hits, ${stale.length} stale`);
  expect(stale).toEqual([]);
  expect(hits).toBeGreaterThan(0);
});

test("a writer that is killed between its commit and the news leaves no old row behind", async () => {
  const writer = await start({ writes: "held before and silent after", writeMarkMs: 10_000 });
  await using reader = await start();
  await using other = await start();
  await reader.query(byId, [1]);
  await expect.poll(async () => (await other.query(byId, [1])).cached).toBe(true);
  const lost = writer.query(update, [1]).catch(() => undefined);
  await writer.heard("held");
  // Loaded after the news and before the commit: it must not be kept.
  expect((await reader.query(byId, [1])).rows).toEqual([{ v: 0 }]);
  expect((await reader.query(byId, [1])).cached).toBe(false);
  // Another row is none of the writer's business.
  await other.query(byId, [2]);
  await expect.poll(async () => (await reader.query(byId, [2])).cached).toBe(true);
  writer.goOn();
  await writer.heard("took effect");
  await writer.kill();
  void lost;
  for (const node of [reader, other])
    for (let i = 0; i < 3; i++) expect((await node.query(byId, [1])).rows).toEqual([{ v: 1 }]);
  // The mark of the dead ends by itself.
  await expect.poll(async () => (await reader.query(byId, [1])).cached).toBe(true);
  expect((await other.query(byId, [1])).rows).toEqual([{ v: 1 }]);
});

test("while Redis is down, reads are true and writes succeed; afterwards results are shared again", async () => {
  await using server = await startRedis();
  const tier = { url: server.url, maxReconnectMs: 50, timeoutMs: 200 } as const;
  await using a = open({ tier });
  await using b = open({ tier });
  const read = async (db: DatabaseOptimizer): Promise<unknown> =>
    (await db.executeQuery(byId, [1])).rows[0]!.v;
  await read(a);
  await expect.poll(async () => (await b.executeQuery(byId, [1])).cached).toBe(true);
  await server.kill("SIGKILL");
  for (let v = 1; v <= 5; v++) {
    await a.executeQuery(update, [1]);
    // Nobody can be told, so nobody may keep anything.
    expect([await read(a), await read(b)]).toEqual([v, v]);
  }
  await server.restart();
  await expect.poll(() => read(a).then(async () => (await b.executeQuery(byId, [1])).cached)).toBe(true);
  await a.executeQuery(update, [1]);
  expect((await b.executeQuery(byId, [1], { after: a.token() })).rows).toEqual([{ v: 6 }]);
});

test("a change of the schema reaches what the others know of statements", async () => {
  await using a = open();
  await using b = open();
  const star = "SELECT * FROM t WHERE id = $1";
  await b.executeQuery(star, [1]);
  await a.executeQuery("ALTER TABLE t ADD COLUMN more int DEFAULT 7");
  expect((await b.executeQuery(star, [1], { after: a.token() })).rows).toEqual([{ id: 1, v: 0, more: 7 }]);
  // A trigger that b hasn't seen made: its write changes a table that its facts don't name.
  await b.executeQuery("CREATE TABLE kinds (id int PRIMARY KEY, v int)");
  await b.executeQuery("INSERT INTO kinds VALUES (1, 0)");
  await a.executeQuery("SELECT v FROM kinds WHERE id = $1", [1]);
  await expect
    .poll(async () => (await a.executeQuery("SELECT v FROM kinds WHERE id = $1", [1])).cached)
    .toBe(true);
  await b.executeQuery(update, [1]);
  await a.executeQuery(
    `CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN UPDATE kinds SET v = NEW.v WHERE id = NEW.id; RETURN NULL; END $$`,
  );
  await a.executeQuery("CREATE TRIGGER copied AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION copy()");
  await a.executeQuery("SELECT v FROM kinds WHERE id = $1", [1]);
  await b.executeQuery(update, [1]);
  const { rows } = await a.executeQuery("SELECT v FROM kinds WHERE id = $1", [1], { after: b.token() });
  expect(rows).toEqual([{ v: 2 }]);
  await direct("DROP FUNCTION copy CASCADE");
});

test("with notices, writes past the optimizers reach the shared results, too", async () => {
  await installNotifyTriggers(postgres().url);
  await using a = open({ coherence: "notify" });
  await using b = open({ coherence: "notify" });
  await a.executeQuery(byId, [1]);
  await expect.poll(async () => (await b.executeQuery(byId, [1])).cached).toBe(true);
  await direct("UPDATE t SET v = 9 WHERE id = 1");
  for (const db of [a, b])
    await expect.poll(async () => (await db.executeQuery(byId, [1])).rows).toEqual([{ v: 9 }]);
});

test("values come out of Redis as they came out of PostgreSQL", async () => {
  await direct(`
    CREATE TABLE kinds (id int PRIMARY KEY, at timestamptz, day date, bytes bytea, big bigint, exact numeric, f float8,
      nan float8, flags bool[], doc jsonb, texts text[], nothing text);
    INSERT INTO kinds VALUES (1, '2024-02-29 12:34:56.789Z', '2024-02-29', '\\x00ff10', 9007199254740993, 1.10, 1e-300, 'NaN',
      '{t,f}', '{"a": [1, null, {"b": "ü"}]}', '{"x","y,\\"z"}', NULL)`);
  const sql = "SELECT * FROM kinds WHERE id = $1";
  await using a = open();
  const own = await a.executeQuery(sql, [1]);
  let shared: QueryResult | undefined;
  // A node goes on without Redis when it is late, and then asks the database itself.
  await expect
    .poll(async () => {
      await using b = open();
      shared = await b.executeQuery(sql, [1]);
      return b.getQueryMetrics().reduce((sum, { count }) => sum + count, 0);
    })
    .toBe(0);
  expect(shared?.rows).toStrictEqual(own.rows);
  expect(shared?.rows).toStrictEqual((await a.executeQuery(sql, [1], { useCache: false })).rows);
  const stored = await redis().command("KEYS", "*");
  expect(stored).not.toContain("kinds WHERE");
});
