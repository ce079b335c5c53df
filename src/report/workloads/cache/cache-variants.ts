import { peerModule, peerVersion } from "../../peer-module.ts";
import type { MissingVariant, Variant } from "../../workload.ts";
import type { FleetWork } from "./fleet-arms.ts";
import { armModule } from "./module-url.ts";
import type { CachePlace } from "./node-caches.ts";
import type { ReadWork } from "./read-arms.ts";

const bento = "bentocache";
const bentoModules = [bento, `${bento}/drivers/redis`, `${bento}/drivers/memory`] as const;

/** What all arms of the area need to know. @param redisUrl of the client's package */
export function cachePlace(port: number, redisUrl: string): CachePlace {
  const urls: Record<string, string> = { redis: redisUrl };
  for (const name of bentoModules) {
    const url = peerModule(name);
    if (url !== undefined) urls[name] = url;
  }
  return { port, space: "report", urls };
}

/** The caches of a row. @param module of the arms @param where what is particular to the row */
export function cacheVariants(
  module: "read-arms" | "fleet-arms",
  work: ReadWork | FleetWork,
  where = "",
): { baseline: Variant; peer: Variant | MissingVariant; optimized: Variant } {
  const of = { module: armModule(module), args: work };
  return {
    baseline: {
      name: ["redis", peerVersion("redis")].filter(Boolean).join(" "),
      about: "the client alone: GET, JSON.parse, and SET where there was nothing",
      export: "bare",
      ...of,
    },
    peer: bentoPackage(work.place, of, where),
    optimized: {
      name: "TieredCache",
      about: `getOrLoad(key, loader)${where}, at its defaults`,
      export: "tiered",
      ...of,
    },
  };
}

function bentoPackage(
  { urls }: CachePlace,
  of: Pick<Variant, "module" | "args">,
  where: string,
): Variant | MissingVariant {
  const about = `getOrSet, memory before Redis, with its bus between the nodes${where}`;
  if (bentoModules.some((name) => urls[name] === undefined))
    return { name: bento, about, install: `${bento} ioredis` };
  return { name: `${bento} ${peerVersion(bento)}`, about, export: "bento", ...of };
}
