import { createClient } from "redis";
import { openRedisTier } from "../../../src/cache/redis/tier.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { type ContenderId, openContender } from "./contenders.ts";

/** `get`: the client alone; `tier`: the tier alone, as bytes, without tags and with two; the rest: whole caches, `untagged` ours without a tag. */
export type SharedHitId = "get" | "tier" | "tierTags" | "untagged" | ContenderId;

interface Args {
  readonly id: SharedHitId;
  readonly port: number;
  /** Reads of one tick; 1 reads one after the other. */
  readonly together: number;
}

const keys = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
const rowOf = (key: string) => ({
  id: key,
  name: "Ada",
  mail: "ada@example.org",
  roles: ["admin", "author"],
  age: 36,
});

/** One operation: a value that is on the server and not in memory; `together` of them are asked for in one tick. */
export async function setup(args: unknown): Promise<Arm> {
  const { id, port, together } = args as Args;
  // Whoever loads what is there is measured with a source that costs nothing.
  let loads = 0;
  const { read, close } = await opened(id, port, () => loads++);
  for (const key of keys) await read(key);
  loads = 0;
  let misses = 0;
  let at = 0;
  const once = async (): Promise<void> => {
    if ((await read(keys[at++ % keys.length] as string)) === undefined) misses++;
  };
  return {
    async run(count) {
      for (let done = 0; done < count; done += together)
        if (together === 1) await once();
        else await Promise.all(Array.from({ length: Math.min(together, count - done) }, once));
    },
    answer: () => misses + loads,
    close,
  };
}

async function opened(id: SharedHitId, port: number, loaded: () => void) {
  const url = `redis://127.0.0.1:${port}`;
  if (id === "get") {
    const client = createClient({ url, RESP: 3 });
    await client.connect();
    for (const key of keys) await client.set(key, JSON.stringify(rowOf(key)));
    return { read: (key: string): Promise<unknown> => client.get(key), close: async () => client.destroy() };
  }
  if (id === "tier" || id === "tierTags") {
    const tier = await openRedisTier({ url, namespace: id, timeoutMs: 10_000, trustMs: 20_000 });
    const tags = id === "tier" ? [] : ["a", "b"];
    for (const key of keys) {
      const lease = await tier.acquire(key, tags, 60_000);
      if (lease !== undefined && "token" in lease)
        await tier.fill(lease, Buffer.from(JSON.stringify(rowOf(key))), 600_000);
    }
    return { read: (key: string): Promise<unknown> => tier.get(key), close: () => tier.close() };
  }
  const cache = await openContender(id === "untagged" ? "ours" : id, {
    isTagged: id !== "untagged",
    port,
    space: `shared-hit-${id}`,
    hasMemory: false,
    isPatient: true,
  });
  return {
    read: (key: string) =>
      cache.getOrLoad(key, async () => {
        loaded();
        return rowOf(key);
      }),
    close: () => cache.close(),
  };
}
