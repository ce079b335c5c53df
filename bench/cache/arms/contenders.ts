import { openRedisTier } from "../../../src/cache/redis/tier.ts";
import type { SharedTier } from "../../../src/cache/shared-tier.ts";
import { TieredCache } from "../../../src/cache/tiered-cache.ts";

export type ContenderId = "ours" | "bentocache" | "cacheable";
export const contenderIds: readonly ContenderId[] = ["ours", "bentocache", "cacheable"];

export type Loader = () => Promise<unknown>;

/** One node's cache: memory in front of Redis, set up as its documentation shows. */
export interface Contender {
  getOrLoad(key: string, loader: Loader, after?: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** Of what all keys here are tagged with; `undefined` where it can't be done. */
  deleteByTag: ((tag: string) => Promise<unknown>) | undefined;
  /** Of what this node has forgotten. */
  token(): string | undefined;
  close(): Promise<void>;
}

export interface ContenderPlace {
  readonly port: number;
  /** Apart from others on the same server. */
  readonly space: string;
  /** Without the memory in front, so that each read goes to the server. @default true */
  readonly hasMemory?: boolean;
  /** Waits for the server where it would else ask the source, on a machine that is busy. @default false */
  readonly isPatient?: boolean;
  /** Of ours alone. @default true */
  readonly isTagged?: boolean;
}

export const tag = "all";
const ttlMs = 600_000;

export async function openContender(id: ContenderId, place: ContenderPlace): Promise<Contender> {
  if (id === "ours") return openOurs(place);
  return id === "bentocache" ? openBentocache(place) : openCacheable(place);
}

async function openOurs(place: ContenderPlace): Promise<Contender> {
  const { port, space, hasMemory = true, isPatient = false, isTagged = true } = place;
  const patience = isPatient && { timeoutMs: 10_000, trustMs: 20_000 };
  const tier = await openRedisTier({ url: `redis://127.0.0.1:${port}`, namespace: space, ...patience });
  return ourContender(tier, space, hasMemory, isPatient ? 10_000 : undefined, isTagged);
}

/** Ours on any tier. */
export function ourContender(
  tier: SharedTier,
  name: string,
  hasMemory = true,
  tierTimeoutMs?: number,
  isTagged = true,
): Contender {
  // One entry at most, and no two reads of one key in a row: each goes to the server.
  const memory = hasMemory ? undefined : { maxSize: 1 };
  const cache = new TieredCache({ name, tier, ttlMs, memory, tierTimeoutMs });
  const tags = isTagged ? [tag] : [];
  return {
    getOrLoad: (key, loader, after) =>
      cache.getOrLoad(key, loader, after === undefined ? { tags } : { tags, after }),
    delete: (key) => cache.delete(key),
    deleteByTag: (of) => cache.deleteByTag(of),
    token: () => cache.token(),
    close: async () => {
      await cache.close();
      await tier.close();
    },
  };
}

// A process loads its own cache alone: ten of them start at once.
async function openBentocache({ port, space, hasMemory = true }: ContenderPlace): Promise<Contender> {
  const { BentoCache, bentostore } = await import("bentocache");
  const { memoryDriver } = await import("bentocache/drivers/memory");
  const { redisBusDriver, redisDriver } = await import("bentocache/drivers/redis");
  const connection = { host: "127.0.0.1", port };
  const store = bentostore().useL2Layer(redisDriver({ connection })).useBus(redisBusDriver({ connection }));
  if (hasMemory) store.useL1Layer(memoryDriver({ maxItems: 10_000 }));
  const cache = new BentoCache({ default: "bench", prefix: space, ttl: ttlMs, stores: { bench: store } });
  const tags = [tag];
  return {
    getOrLoad: (key, factory) => cache.getOrSet({ key, factory, tags }),
    delete: (key) => cache.delete({ key }),
    deleteByTag: (of) => cache.deleteByTag({ tags: [of] }),
    token: () => undefined,
    close: () => cache.disconnectAll(),
  };
}

async function openCacheable({ port, space, hasMemory = true }: ContenderPlace): Promise<Contender> {
  const { default: KeyvRedis } = await import("@keyv/redis");
  const { Cacheable, createKeyv } = await import("cacheable");
  const secondary = new KeyvRedis(`redis://127.0.0.1:${port}`, { namespace: space });
  const primary = createKeyv({ lruSize: hasMemory ? 10_000 : 1 });
  const cache = new Cacheable({ primary, secondary, ttl: ttlMs, namespace: space });
  return {
    getOrLoad: (key, loader) => cache.getOrSet(key, loader, { ttl: ttlMs }),
    delete: (key) => cache.delete(key),
    deleteByTag: undefined,
    token: () => undefined,
    close: async () => {
      await cache.disconnect();
    },
  };
}
