import { createClient } from "redis";
import { openRedisTier } from "../../../src/cache/redis/tier.ts";
import type { Arm } from "../../../src/measure/index.ts";

/** Every arm reads values of so many bytes by so many keys, in turn. */
export const keys = 1000;
export const valueBytes = 200;

interface Args {
  readonly url: string;
  /** Reads of one tick; 1 reads one after the other. */
  readonly batch: number;
  readonly tags: readonly string[];
}

const nameOf = (index: number): string => `key ${index % keys}`;

/** Reads in turn, `batch` at once. */
function reading(batch: number, read: (key: string) => Promise<number>, close: () => Promise<void>): Arm {
  let next = 0;
  let length = 0;
  return {
    async run(count) {
      if (batch === 1) for (let i = 0; i < count; i++) length += await read(nameOf(next++));
      else
        for (let left = count; left > 0; left -= batch) {
          const reads = Array.from({ length: Math.min(left, batch) }, () => read(nameOf(next++)));
          for (const got of await Promise.all(reads)) length += got;
        }
    },
    answer: async () => [await read(nameOf(0)), await read(nameOf(keys - 1))],
    counters: () => ({ length }),
    close,
  };
}

/** Just the client: `GET` of the same bytes, with no word of what they depend on. */
export async function bareGet({ url, batch }: Args): Promise<Arm> {
  const client = createClient({ url });
  await client.connect();
  const reader = client.withTypeMapping({ 36: Buffer });
  const value = Buffer.alloc(valueBytes, "v");
  await Promise.all(Array.from({ length: keys }, (_, i) => client.set(`bare:${nameOf(i)}`, value)));
  const read = async (key: string) => ((await reader.get(`bare:${key}`)) as Buffer | null)?.length ?? 0;
  return reading(batch, read, () => client.close());
}

/** The tier: the same `GET`, and what it gave is compared with what is known of the generations. */
export async function tierGet({ url, batch, tags }: Args): Promise<Arm> {
  const tier = await openRedisTier({
    url,
    namespace: `bench-${tags.length}`,
    timeoutMs: 10_000,
    trustMs: 20_000,
  });
  const value = Buffer.alloc(valueBytes, "v");
  await Promise.all(Array.from({ length: keys }, (_, i) => tier.set(nameOf(i), value, tags, 600_000)));
  const read = async (key: string) => (await tier.get(key))?.bytes.length ?? 0;
  return reading(batch, read, () => tier.close());
}

/** What a memory tier asks at each hit. */
export async function stillCurrent({ url }: Args): Promise<Arm> {
  const tier = await openRedisTier({ url, namespace: "bench-current", timeoutMs: 10_000, trustMs: 600_000 });
  const stamp = await tier.set("k", Buffer.from("v"), ["a"], 600_000);
  let yes = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) if (tier.isCurrent(stamp) === true) yes++;
    },
    answer: () => tier.isCurrent(stamp),
    counters: () => ({ yes }),
    close: () => tier.close(),
  };
}
