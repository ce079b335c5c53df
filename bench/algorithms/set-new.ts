/**
 * How fast does a full cache take in new keys? Each is one that it doesn't hold, so each makes another leave. Half a million
 * keys are made before; when they come again they are long gone, but the strings are the same objects, whose hash V8 remembers
 * from then on.
 * Left out are the bare Map, which never evicts, and the LRU on a Map, which takes tens of µs.
 * Bar: `LruCache` ≥ 1.3× as fast as the best peer of exact capacity.
 */
import { compareArms, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { formatMops, print, processes } from "../figures.ts";
import type { KeyKind } from "./arms/keys.ts";
import type { SetNew } from "./arms/set-new.ts";
import { Race } from "./tables/race.ts";
import { evictingRivals } from "./tables/rivals.ts";

const capacity = 100_000;
const rivals = evictingRivals(capacity).filter(({ id }) => id !== "map");

for (const keys of ["strings", "integers"] satisfies KeyKind[]) {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map(({ id, name }) => ({
      name,
      module: new URL("./arms/set-new.ts", import.meta.url),
      args: { cache: id, capacity, keys } satisfies SetNew,
    })),
    processes,
    rounds: 8,
    roundMs: 25,
    warmupRounds: 2,
  });
  const race = new Race(rivals, arms);
  race.mustHold(capacity);
  const baseline = race.arm("nodeLruCache");
  print(
    `New keys at ${capacity.toLocaleString("en")} entries, ${keys}`,
    ["cache", "Mops/s", "speed × lru-cache, 95 %", "entries held"],
    race.rows((arm) => [
      arm.name,
      formatMops(arm),
      arm === baseline ? "" : formatRatio(compareArms(baseline, arm)),
      arm.counters.held!.toLocaleString("en", { maximumFractionDigits: 0 }),
    ]),
    [`LruCache ${race.bar("lruCache", 1.3, race.fastest("exact LRU", "exact"))}`],
    warnings,
  );
}
