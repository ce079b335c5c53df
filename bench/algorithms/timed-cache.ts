/**
 * What does it cost that entries expire? A full cache of 10,000 entries with 5 minutes to live: getting one that is there,
 * storing anew what is there, and storing what isn't. The keys are strings that the program has kept, in random order.
 * What happens when they do expire is the question of expiry-pause.ts.
 * ttlcache's `get` doesn't look at the time unless asked, so it may return what has expired. The trivial rival forgets the
 * oldest entry when it is full, for which V8's Map walks over what was deleted.
 * Bars: `TimedCache` ≥ 1.4× lru-cache at getting, ≥ 1.5× at storing, ≥ 40× ttlcache at storing.
 */
import { type ArmResult, compareArms, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { formatMops, met, named, print, processes } from "../figures.ts";
import type { Operation, TimedOperation } from "./arms/timed-cache.ts";
import type { TimedCacheId } from "./arms/timed-caches.ts";

const capacity = 10_000;
const rivals: readonly { readonly id: TimedCacheId; readonly name: string }[] = [
  { id: "timedCache", name: "TimedCache" },
  { id: "nodeLruCache", name: named("lru-cache") },
  { id: "ttlCache", name: named("@isaacs/ttlcache") },
  { id: "datesInMap", name: "just a Map of { value, expires }" },
];

await compare("get-hit", 1.4);
await compare("set-existing", 1.5, 40);
await compare("set-new", 1.5, 40);

async function compare(operation: Operation, leastLru: number, leastTtl?: number): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map(({ id, name }) => ({
      name,
      module: new URL("./arms/timed-cache.ts", import.meta.url),
      args: { cache: id, capacity, operation } satisfies TimedOperation,
    })),
    processes,
    rounds: 10,
    roundMs: 50,
    warmupRounds: 4,
  });
  for (const { name, answer } of arms) {
    const { absent, held } = answer as { absent: number; held: number };
    if (absent !== 0 || held !== capacity) throw new Error(`${name}: ${absent} absent, ${held} held`);
  }
  const [ours, lruCache, ttlCache] = arms;
  const bar = (least: number, other: ArmResult): string => {
    const comparison = compareArms(other, ours!);
    return met(
      `TimedCache ≥ ${least}× ${other.name}`,
      comparison.wall.ratio >= least,
      formatRatio(comparison),
    );
  };
  print(
    `${operation}, ${capacity.toLocaleString("en")} entries`,
    ["cache", "Mops/s", "speed × lru-cache, 95 %"],
    arms.map((arm) => [
      arm.name,
      formatMops(arm),
      arm === lruCache ? "" : formatRatio(compareArms(lruCache!, arm)),
    ]),
    [bar(leastLru, lruCache!), ...(leastTtl === undefined ? [] : [bar(leastTtl, ttlCache!)])],
    warnings,
  );
}
