/**
 * Can anybody make a cache slow by choosing its keys? Gets of 4,096 keys that are there, in sets at which hash tables with
 * a known hash turn into lists: collisions of FNV-1a, Fx, Murmur 3, Java's and every polynomial hash, strings that are
 * equal but for a few units, steps of powers of two and of the golden ratio. Beside a bare Map, whose own hash is seeded,
 * and lru-cache, which keeps its keys in a Map.
 * Each set twice: with the keys at hand, as objects whose hash V8's Map has stored, and with strings cut anew out of a
 * text, as a parser makes them (their making is part of the time).
 * Bar: `LruCache` takes at most twice as long as the Map on every set.
 */
import { compareArms, measureInterleaved } from "../../src/measure/index.ts";
import { hostileKeys } from "../../test/support/hostile-keys.ts";
import { met, named, nsOf, print } from "../figures.ts";
import type { CacheId } from "./arms/caches.ts";
import type { HostileKeys } from "./arms/hostile-keys.ts";

const count = 4096;
const caches: readonly { readonly id: CacheId; readonly name: string }[] = [
  { id: "lruCache", name: "LruCache" },
  { id: "nodeLruCache", name: named("lru-cache") },
  { id: "map", name: "just a Map" },
];

await report("Keys at hand", Object.keys(hostileKeys), false);
const strings = Object.entries(hostileKeys).filter(([, make]) => typeof make(2)[0] === "string");
await report(
  "Strings cut out of a text",
  strings.map(([name]) => name),
  true,
);

async function report(title: string, sets: readonly string[], isFresh: boolean): Promise<void> {
  const rows: string[][] = [];
  const warnings: string[] = [];
  let worst = { set: "", ratio: 0 };
  for (const keys of sets) {
    const measurement = await measure(keys, isFresh);
    const [ours, ...others] = measurement.arms;
    const ratio = compareArms(ours!, others.at(-1)!).wall.ratio;
    if (ratio > worst.ratio) worst = { set: keys, ratio };
    const ns = measurement.arms.map((arm) => nsOf(arm).toFixed(1));
    rows.push([keys, ...ns, `${ratio.toFixed(2)}×`]);
    warnings.push(...measurement.warnings);
  }
  print(
    title,
    ["set", ...caches.map(({ name }) => `${name}, ns`), "LruCache takes × Map"],
    rows,
    [met("≤ 2× a Map on every set", worst.ratio <= 2, `worst ${worst.ratio.toFixed(2)}×, ${worst.set}`)],
    warnings,
  );
}

async function measure(keys: string, isFresh: boolean) {
  const measurement = await measureInterleaved({
    arms: caches.map(({ id, name }) => ({
      name,
      module: new URL("./arms/hostile-keys.ts", import.meta.url),
      args: { cache: id, keys, count, isFresh } satisfies HostileKeys,
    })),
    // Each process has another secret.
    processes: 3,
    rounds: 5,
    roundMs: 10,
    warmupRounds: 10,
  });
  for (const { name, answer } of measurement.arms)
    if (!(answer as { isThere: boolean }).isThere)
      throw new Error(`${name}: expected every key of "${keys}" to be found, got ${JSON.stringify(answer)}`);
  return measurement;
}
