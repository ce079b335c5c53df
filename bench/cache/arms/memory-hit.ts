import { createClient } from "redis";
import type { Arm } from "../../../src/measure/index.ts";
import { type ContenderId, openContender } from "./contenders.ts";

export type HitId = "map" | "nodeRedis" | ContenderId;

const keys = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
/** What each key has: a row, as from a database. */
const rowOf = (key: string) => ({
  id: key,
  name: "Ada",
  mail: "ada@example.org",
  roles: ["admin", "author"],
  age: 36,
});

/** One operation: a value that is in memory, of 1,000 in turn. */
export async function setup(args: unknown): Promise<Arm> {
  const { id, port } = args as { readonly id: HitId; readonly port: number };
  const { read, close } = await opened(id, port);
  for (const key of keys) await read(key);
  let read0: unknown;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) read0 = await read(keys[i % keys.length] as string);
    },
    answer: () => (typeof read0 === "string" ? JSON.parse(read0) : read0) !== undefined,
    close,
  };
}

interface Opened {
  readonly read: (key: string) => unknown;
  readonly close: () => Promise<void>;
}

async function opened(id: HitId, port: number): Promise<Opened> {
  if (id === "map") {
    const map = new Map(keys.map((key) => [key, rowOf(key)]));
    return { read: async (key) => map.get(key), close: async () => undefined };
  }
  if (id === "nodeRedis") {
    const client = createClient({
      url: `redis://127.0.0.1:${port}`,
      RESP: 3,
      clientSideCache: { ttl: 0, maxEntries: 10_000 },
    });
    await client.connect();
    for (const key of keys) await client.set(key, JSON.stringify(rowOf(key)));
    return { read: (key) => client.get(key), close: async () => client.destroy() };
  }
  const cache = await openContender(id, { port, space: `memory-hit-${id}` });
  return {
    read: (key) => cache.getOrLoad(key, async () => rowOf(key)),
    close: () => cache.close(),
  };
}
