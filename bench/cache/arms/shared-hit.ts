import { createClient } from "redis";
import type { Arm } from "../../../src/measure/index.ts";
import { type ContenderId, openContender } from "./contenders.ts";

export type SharedHitId = "get" | ContenderId;

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
  const { id, port, together } = args as {
    readonly id: SharedHitId;
    readonly port: number;
    readonly together: number;
  };
  const { read, close } = await opened(id, port);
  for (const key of keys) await read(key);
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
    answer: () => misses,
    close,
  };
}

async function opened(id: SharedHitId, port: number) {
  if (id === "get") {
    const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 3 });
    await client.connect();
    for (const key of keys) await client.set(key, JSON.stringify(rowOf(key)));
    return { read: (key: string): Promise<unknown> => client.get(key), close: async () => client.destroy() };
  }
  const cache = await openContender(id, { port, space: `shared-hit-${id}`, hasMemory: false });
  return {
    read: (key: string) => cache.getOrLoad(key, async () => rowOf(key)),
    close: () => cache.close(),
  };
}
