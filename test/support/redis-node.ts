/** One node of a fleet: does to its cache what it is told by messages. Its argument holds the options of its tier and its cache. */
import { flushCompileCache } from "node:module";
import type { RedisTierOptions } from "../../src/cache/redis/options.ts";
import { openRedisTier } from "../../src/cache/redis/tier.ts";
import { TieredCache } from "../../src/cache/tiered-cache.ts";

/** What a node is told to do; `space` is a namespace. */
export interface CacheOrder {
  readonly id: number;
  readonly space: string;
  readonly op: "getOrLoad" | "get" | "set" | "delete" | "deleteByTag" | "clear" | "block";
  readonly key: string;
  readonly tags: readonly string[];
  /** To be set; of `block`, the milliseconds. */
  readonly version: number;
  readonly after?: string | undefined;
}

/** What came of it, or a question to the source, which has the `load` of that number under way. */
export interface CacheAnswer {
  readonly id: number;
  readonly version?: number | undefined;
  readonly reach?: "fleet" | "pending";
  readonly token?: string;
  readonly error?: string;
  readonly load?: string;
}

/** What the source says. */
export interface SourceAnswer {
  readonly loaded: number;
  /** `undefined` when it failed. */
  readonly version: number | undefined;
}

const { tier: tierOptions, cache: cacheOptions } = JSON.parse(process.argv[2] as string) as {
  readonly tier: RedisTierOptions;
  readonly cache: Readonly<Record<string, number>>;
};
const loads = new Map<number, (version: number | undefined) => void>();
let asked = 0;
let space = "";
let cache: Promise<TieredCache<number>> | undefined;

async function opened(namespace: string): Promise<TieredCache<number>> {
  const tier = await openRedisTier({ ...tierOptions, namespace });
  // Whoever is killed keeps nothing for its successor.
  flushCompileCache();
  return new TieredCache<number>({ name: "fleet", tier, ttlMs: 60_000, jitter: 0, ...cacheOptions });
}

async function cacheOf(namespace: string): Promise<TieredCache<number>> {
  if (namespace === space) return cache!;
  const former = cache;
  space = namespace;
  cache = opened(namespace);
  await (await former)?.close();
  return cache;
}

async function load(key: string): Promise<number> {
  const id = ++asked;
  const version = await new Promise<number | undefined>((resolve) => {
    loads.set(id, resolve);
    process.send!({ id, load: key } satisfies CacheAnswer);
  });
  if (version === undefined) throw new Error("the source failed");
  return version;
}

async function run({
  op,
  key,
  tags,
  version,
  after,
  ...order
}: CacheOrder): Promise<Omit<CacheAnswer, "id">> {
  const own = await cacheOf(order.space);
  switch (op) {
    case "getOrLoad":
      return { version: await own.getOrLoad(key, load, { tags, ...(after !== undefined && { after }) }) };
    case "get":
      return { version: await own.get(key, { ...(after !== undefined && { after }) }) };
    case "block":
      for (const until = performance.now() + version; performance.now() < until; );
      return {};
    default: {
      const reach = await (op === "set"
        ? own.set(key, version, { tags })
        : op === "delete"
          ? own.delete(key)
          : op === "clear"
            ? own.clear()
            : own.deleteByTag(tags[0]!));
      return { reach, token: own.token() };
    }
  }
}

process.on("message", (message: CacheOrder | SourceAnswer) => {
  if ("loaded" in message) {
    loads.get(message.loaded)?.(message.version);
    loads.delete(message.loaded);
    return;
  }
  run(message).then(
    (answer) => process.send?.({ ...answer, id: message.id }),
    (error: Error) => process.send?.({ id: message.id, error: error.message }),
  );
});
process.on("unhandledRejection", (error) => {
  process.send?.({ id: -1, error: `unhandled: ${String(error)}` });
});
process.on("disconnect", () => process.exit(0));
