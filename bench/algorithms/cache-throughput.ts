/**
 * How fast is a cache under skewed traffic? Keys are asked for by Zipf's law (exponent 0.99, that of YCSB), and stored where
 * they aren't there; a cache holds a tenth of them, the usual "large cache" of the literature. The requests, over a
 * million, are drawn before and played again and again. Keys are the same objects each time: strings that the program has
 * kept, whose hash V8 remembers, or integers; fresh-strings.ts has those that a server parses. All values are one object.
 * Hit ratios are those of the second half of the first million, and must be one for all exact LRUs.
 * Above 1,000 entries the LRU on a Map is left out (0.6 Mops/s at 10,000, 0.04 at 100,000).
 * Bars: `LruCache` ≥ 1.15× lru-cache and not slower than any exact LRU (no interval of the ratio below 1);
 * `AdaptiveCache` ≥ 1.1× lru-cache (aim 1.4×) and ≥ 5× transitory.
 */
import { compareArms, formatRatio, measureInterleaved, seededRandom } from "../../src/measure/index.ts";
import { formatMops, print, processes } from "../figures.ts";
import type { GetThenSet } from "./arms/get-then-set.ts";
import { type KeyKind, zipfIndexes } from "./arms/keys.ts";
import { Race } from "./tables/race.ts";
import { evictingRivals } from "./tables/rivals.ts";

for (const capacity of [1_000, 10_000, 100_000]) {
  const keyCount = 10 * capacity;
  const rivals = evictingRivals(capacity);
  const requests = zipfIndexes(2 ** 20, keyCount, 0.99, seededRandom(1));
  for (const keys of ["strings", "integers"] satisfies KeyKind[]) {
    const { arms, warnings } = await measureInterleaved({
      arms: rivals.map(({ id, name }) => ({
        name,
        module: new URL("./arms/get-then-set.ts", import.meta.url),
        args: { cache: id, capacity, keys, keyCount, requests } satisfies GetThenSet,
      })),
      processes,
      rounds: 5,
      roundMs: 15,
      warmupRounds: 2,
    });
    const race = new Race(rivals, arms);
    race.mustAgree("hitRatio", "exact LRU");
    const baseline = race.arm("nodeLruCache");
    print(
      `Capacity ${capacity.toLocaleString("en")}, ${keys}`,
      ["cache", "Mops/s", "speed × lru-cache, 95 %", "hit ratio"],
      race.rows((arm) => [
        arm.name,
        formatMops(arm),
        arm === baseline ? "" : formatRatio(compareArms(baseline, arm)),
        `${(100 * arm.counters.hitRatio!).toFixed(1)} %`,
      ]),
      [
        `LruCache ${race.bar("lruCache", 1.15, baseline)}, ${race.notSlowerBar("lruCache", race.fastest("exact LRU"))}`,
        `AdaptiveCache ${race.bar("adaptiveCache", 1.1, baseline)}, aim 1.4×, ${race.bar("adaptiveCache", 5, race.arm("transitory"))}`,
      ],
      warnings,
    );
  }
}
