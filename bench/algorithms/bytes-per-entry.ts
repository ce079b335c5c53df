/**
 * How much memory does a cache take for each entry, beyond the key and the value themselves? A cache of 100,000 is filled and then
 * churned with a million requests, half of them for popular keys by Zipf's law, half for keys that never come again. The
 * program has made all keys and the value before and holds them to the end, so that what the heap and the array buffers
 * shrink by when the cache is dropped, after full collections, is the structure alone: its slots for key and value
 * included, the key's characters not. It is divided by the entries that the cache then holds. Each figure is the mean of five processes.
 * Bars: `LruCache` and `AdaptiveCache` ≤ 38 bytes, for strings and for integers.
 */
import { measureInterleaved } from "../../src/measure/index.ts";
import { met, print, processes } from "../figures.ts";
import type { BytesPerEntry } from "./arms/bytes-per-entry.ts";
import type { KeyKind } from "./arms/keys.ts";
import { Race } from "./tables/race.ts";
import { evictingRivals } from "./tables/rivals.ts";

const capacity = 100_000;
const most = 38;
const rivals = evictingRivals(capacity);

for (const keys of ["strings", "integers"] satisfies KeyKind[]) {
  // The bare Map is the only one that grows with all keys, which is why its bytes are divided by the entries held.
  const { arms } = await measureInterleaved({
    arms: rivals.map(({ id, name }) => ({
      name,
      module: new URL("./arms/bytes-per-entry.ts", import.meta.url),
      args: { cache: id, capacity, keys } satisfies BytesPerEntry,
      // Compiled code would count, too: some 100 kB, which it drops with what it was made for.
      nodeArgs: ["--expose-gc", "--no-opt", "--no-maglev", "--no-sparkplug"],
      count: 1,
    })),
    processes,
    rounds: 1,
    warmupRounds: 0,
  });
  const race = new Race(rivals, arms);
  race.mustHold(capacity);
  const bytes = (id: (typeof rivals)[number]["id"]): number => {
    const { bytes: all, held } = race.arm(id).counters;
    return all! / held!;
  };
  const theirs = bytes("nodeLruCache");
  print(
    `${capacity.toLocaleString("en")} entries after churn, ${keys}`,
    ["cache", "bytes an entry", "against lru-cache", "entries held"],
    race.rows(({ name, counters }, { id }) => [
      name,
      bytes(id).toFixed(1),
      id === "nodeLruCache" ? "" : `${(100 * (bytes(id) / theirs - 1)).toFixed(0)} %`,
      counters.held!.toLocaleString("en", { maximumFractionDigits: 0 }),
    ]),
    (["lruCache", "adaptiveCache"] as const).map((id) =>
      met(`${race.arm(id).name} ≤ ${most} bytes`, bytes(id) <= most, bytes(id).toFixed(1)),
    ),
    // Its warnings are about times, which one round says nothing of.
    [],
  );
}
