import { openRedisTier } from "../../../cache/redis/tier.ts";
import { TieredCache } from "../../../cache/tiered-cache.ts";

/** Where the nodes of a fleet meet. */
export interface CachePlace {
  readonly port: number;
  /** Apart from others on the same server. */
  readonly space: string;
  /** URLs of the packages, as far as the arm needs them. */
  readonly urls: Readonly<Record<string, string>>;
}

/** What one node of a fleet reads and forgets by. */
export interface NodeCache {
  read(key: string, load: () => Promise<unknown>): Promise<unknown>;
  forget(key: string): Promise<unknown>;
  close(): Promise<unknown>;
}

/** @param hasMemory whether values are kept in the process as well */
export type OpenNode = (place: CachePlace, hasMemory: boolean) => Promise<NodeCache>;

const ttlMs = 600_000;

/** Each call loads. */
export const noCache: OpenNode = async () => ({
  read: (_key, load) => load(),
  forget: async () => undefined,
  close: async () => undefined,
});

interface BareClient {
  connect(): Promise<unknown>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string, options: { readonly PX: number }): Promise<unknown>;
  del(key: string): Promise<unknown>;
  destroy(): void;
}

/** `GET`, `JSON.parse`, and `SET` where there was nothing: as it is mostly written by hand. */
export const bareClient: OpenNode = async ({ port, space, urls }) => {
  const { createClient } = (await import(urls.redis!)) as {
    createClient(options: { readonly url: string; readonly RESP: 3 }): BareClient;
  };
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 3 });
  await client.connect();
  return {
    async read(key, load) {
      const text = await client.get(`${space}:${key}`);
      if (text !== null) return JSON.parse(text);
      const value = await load();
      await client.set(`${space}:${key}`, JSON.stringify(value), { PX: ttlMs });
      return value;
    },
    forget: (key) => client.del(`${space}:${key}`),
    close: async () => client.destroy(),
  };
};

interface BentoStore {
  useL1Layer(layer: unknown): BentoStore;
  useL2Layer(layer: unknown): BentoStore;
  useBus(bus: unknown): BentoStore;
}

interface BentoModule {
  readonly bentostore: () => BentoStore;
  readonly BentoCache: new (options: {
    readonly default: string;
    readonly prefix: string;
    readonly ttl: number;
    readonly stores: Readonly<Record<string, BentoStore>>;
  }) => {
    getOrSet(options: { readonly key: string; readonly factory: () => unknown }): Promise<unknown>;
    delete(options: { readonly key: string }): Promise<unknown>;
    disconnectAll(): Promise<void>;
  };
}

/** Memory in front of Redis with a bus between the nodes, as its documentation shows. */
export const bentoCache: OpenNode = async ({ port, space, urls }, hasMemory) => {
  const { BentoCache, bentostore } = (await import(urls.bentocache!)) as BentoModule;
  const { redisDriver, redisBusDriver } = (await import(urls["bentocache/drivers/redis"]!)) as Record<
    "redisDriver" | "redisBusDriver",
    (options: unknown) => unknown
  >;
  const { memoryDriver } = (await import(urls["bentocache/drivers/memory"]!)) as Record<
    "memoryDriver",
    (options: unknown) => unknown
  >;
  const connection = { host: "127.0.0.1", port };
  const store = bentostore().useL2Layer(redisDriver({ connection })).useBus(redisBusDriver({ connection }));
  if (hasMemory) store.useL1Layer(memoryDriver({ maxItems: 10_000 }));
  const cache = new BentoCache({ default: "report", prefix: space, ttl: ttlMs, stores: { report: store } });
  return {
    read: (key, factory) => cache.getOrSet({ key, factory }),
    forget: (key) => cache.delete({ key }),
    close: () => cache.disconnectAll(),
  };
};

/**
 * Milliseconds that the server may take to answer, and a node to load: what a cache does without its server isn't asked here, and
 * a machine that stands still for a moment must not look like that.
 */
const patienceMs = 30_000;

/** `TieredCache` on a tier of its own, at its defaults but for its patience. */
export const tieredCache: OpenNode = async ({ port, space }, hasMemory) => {
  const url = `redis://127.0.0.1:${port}`;
  const tier = await openRedisTier({ url, namespace: space, timeoutMs: patienceMs, trustMs: patienceMs });
  // One entry at most, and no two reads of one key in a row: each goes to the server.
  const memory = hasMemory ? undefined : { maxSize: 1 };
  const cache = new TieredCache({
    name: space,
    tier,
    ttlMs,
    memory,
    tierTimeoutMs: patienceMs,
    leaseMs: patienceMs,
  });
  return {
    read: (key, load) => cache.getOrLoad(key, load),
    forget: (key) => cache.delete(key),
    close: () => cache.close(),
  };
};
