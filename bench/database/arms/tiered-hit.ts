import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createClient } from "redis";
import { DatabaseOptimizer, type DatabaseOptimizerOptions } from "../../../src/database/index.ts";
import type { Arm } from "../../../src/measure/index.ts";

/** Ids that are read in turn. */
export const keys = 100;

/** A read by primary key, and one that the server has to work for. */
export const statements = {
  point: "SELECT id, name FROM users WHERE id = $1",
  aggregate:
    "SELECT count(*)::int AS count, min(name) AS first, max(name) AS last FROM users WHERE id % 100 = $1 AND name LIKE '%e%'",
};

export interface TieredArgs {
  readonly url: string;
  readonly redis: string;
  readonly statement: keyof typeof statements;
  readonly options?: DatabaseOptimizerOptions;
}

type Read = (id: number) => Promise<readonly unknown[]>;

function reading(read: Read, close: () => Promise<unknown>): Arm {
  let next = 0;
  let rows = 0;
  return {
    async run(count) {
      for (; count > 0; count--) rows += (await read(1 + (next++ % keys))).length;
    },
    answer: async () => [await read(1), await read(keys)],
    counters: () => ({ rows }),
    close: async () => {
      await close();
    },
  };
}

export async function optimizer(args: unknown): Promise<Arm> {
  const { url, redis, statement, options } = args as TieredArgs;
  const db = new DatabaseOptimizer({
    url,
    ...(options?.coherence === "exclusive"
      ? {}
      : { tier: { url: redis, namespace: statement }, coherence: "tier" }),
    ...options,
  });
  const read: Read = async (id) => (await db.executeQuery(statements[statement], [id])).rows;
  for (let id = 1; id <= keys; id++) await read(id);
  // Results go to the server in the background.
  await sleep(300);
  return reading(read, () => db.close());
}

/** What is written without us: a key of one's own, JSON, and no invalidation. */
export async function byHand(args: unknown): Promise<Arm> {
  const { url, redis, statement } = args as TieredArgs;
  const client = createClient({ url: redis });
  await client.connect();
  const database = new pg.Client(url);
  await database.connect();
  const read: Read = async (id) => {
    const text = await client.get(`hand:${statement}:${id}`);
    if (text !== null) return JSON.parse(text);
    const { rows } = await database.query(statements[statement], [id]);
    await client.set(`hand:${statement}:${id}`, JSON.stringify(rows), {
      expiration: { type: "EX", value: 300 },
    });
    return rows;
  };
  for (let id = 1; id <= keys; id++) await read(id);
  return reading(read, () => Promise.all([client.close(), database.end()]));
}

export async function query(args: unknown): Promise<Arm> {
  const { url, statement } = args as TieredArgs;
  const client = new pg.Client(url);
  await client.connect();
  const read: Read = async (id) =>
    (await client.query({ name: statement, text: statements[statement], values: [id] })).rows;
  return reading(read, () => client.end());
}

/** One row is written, over and over. */
export async function write(args: unknown): Promise<Arm> {
  const { url, redis, options } = args as TieredArgs;
  const db = new DatabaseOptimizer({
    url,
    ...(options?.coherence === "exclusive" ? {} : { tier: { url: redis }, coherence: "tier" }),
    ...options,
  });
  await db.initialize();
  return {
    async run(count) {
      for (; count > 0; count--) await db.executeQuery("UPDATE written SET v = v + 1 WHERE id = $1", [1]);
    },
    answer: () => 0,
    close: () => db.close(),
  };
}
