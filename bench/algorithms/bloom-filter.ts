/**
 * What does a Bloom filter of a million items at 1 % cost, in time and memory, and how often does it err? Beside
 * `bloomfilter` and `bloom-filters`, the two that are used, and beside a `Set`, which doesn't err and needs no filter.
 * Items are ids ("user:…", 14 characters) and UUIDs (36 characters), as taken from a buffer, and integers; all are made
 * before, and come again and again. In one table the ids are freshly made, as by a server that takes them from a buffer; the
 * making is part of the time, and stands alone in the first row. Of what is asked for, every other
 * item is there. What a filter can't save is the reading of a string's units, 1.5 to 2 ns each: it is all of a short one.
 * Bars: adding and asking for strings ≥ 2.8× bloomfilter and ≥ 120× bloom-filters; integers ≥ 50 M/s; ≤ 10.9 bits an item
 * at ≤ 1 %.
 */
import {
  type ArmResult,
  compareArms,
  formatRatio,
  markdownTable,
  measureInterleaved,
} from "../../src/measure/index.ts";
import { formatMops, met, named, nsOf, print, processes } from "../figures.ts";
import type { BloomWork, ItemKind } from "./arms/bloom-filter.ts";
import { type FilterId, openFilter } from "./arms/filters.ts";
import { makeKeys } from "./arms/keys.ts";

const items = 1_000_000;
const integersPerSecond = 50e6;
const names: Record<"bloomFilter" | "bloomfilter" | "bloom-filters" | "set", string> = {
  bloomFilter: "BloomFilter",
  bloomfilter: named("bloomfilter"),
  "bloom-filters": named("bloom-filters"),
  set: "just a Set",
};
const ids = Object.keys(names) as (keyof typeof names)[];

interface Race {
  readonly name: string;
  readonly export: string;
  readonly filter?: FilterId;
  readonly keys?: ItemKind;
}

const beside = (what: string, keys: ItemKind, without: readonly FilterId[] = []): Race[] =>
  ids
    .filter((id) => !without.includes(id))
    .map((id) => ({ name: names[id], export: what, filter: id, keys }));

await strings("Adding ids", beside("add", "ids"));
await strings("Asking for ids", beside("has", "ids"));
// It takes some µs for each, whichever string.
const slow = ["bloom-filters"] as const;
await strings("Adding UUIDs", beside("add", "uuids", slow));
await strings("Asking for UUIDs", beside("has", "uuids", slow));
await strings("Asking for ids, freshly made", [
  { name: "making the string alone", export: "parse" },
  ...beside("hasParsed", "ids", slow),
]);
await integers();
await errors();

async function measure(races: readonly Race[]) {
  const measurement = await measureInterleaved({
    arms: races.map(({ name, export: what, filter = "bloomFilter", keys = "integers" }) => ({
      name,
      module: new URL("./arms/bloom-filter.ts", import.meta.url),
      export: what,
      args: { filter, items, keys } satisfies BloomWork,
    })),
    processes,
    rounds: 6,
    roundMs: 40,
    warmupRounds: 3,
  });
  for (const { name, answer } of measurement.arms)
    if (!(answer as { has: boolean }).has) throw new Error(`${name}: denies an item that was added`);
  return measurement;
}

async function strings(title: string, races: readonly Race[]): Promise<void> {
  const { arms, warnings } = await measure(races);
  const [ours, ...others] = arms.slice(arms.findIndex(({ name }) => name === names.bloomFilter));
  const bar = (id: keyof typeof names, least: number): string[] =>
    others
      .filter(({ name }) => name === names[id])
      .map((arm) => {
        const { ratio } = compareArms(arm, ours!).wall;
        return met(`≥ ${least}× ${arm.name}`, ratio >= least, `${ratio.toFixed(2)}×`);
      });
  const isFresh = races[0]!.filter === undefined;
  print(
    title,
    ["filter", "ns", "Mops/s", "BloomFilter's speed × this, 95 %"],
    arms.map((arm) => row(arm, others.includes(arm) ? formatRatio(compareArms(arm, ours!)) : "")),
    isFresh ? [] : [...bar("bloomfilter", 2.8), ...bar("bloom-filters", 120)],
    warnings,
  );
}

function row(arm: ArmResult, last: string): string[] {
  return [arm.name, nsOf(arm).toFixed(1), formatMops(arm), last];
}

async function integers(): Promise<void> {
  const races: readonly Race[] = [
    { name: "BloomFilter: addAll(Int32Array)", export: "addBulk" },
    { name: "BloomFilter: hasEach(Int32Array)", export: "hasInt32" },
    { name: "BloomFilter: hasEach(Float64Array)", export: "hasFloat64" },
    ...(["add", "has"] as const).flatMap((what) =>
      ids
        .filter((id) => id !== "bloom-filters")
        .map((id): Race => ({ name: `${names[id]}: ${what}`, export: what, filter: id })),
    ),
  ];
  const { arms, warnings } = await measure(races);
  print(
    "Integers",
    ["filter", "ns", "Mops/s", ""],
    arms.map((arm) => row(arm, "")),
    arms
      .slice(0, 3)
      .map((arm) =>
        met(`${arm.name} ≥ 50 M/s`, 1e9 / nsOf(arm) >= integersPerSecond, `${formatMops(arm)} M/s`),
      ),
    warnings,
  );
}

/** Not timed: a million strings in, others asked for. */
async function errors(): Promise<void> {
  const keys = makeKeys("strings", 2 * items);
  const rows: string[][] = [];
  let isMet = false;
  for (const id of ids.filter((id) => id !== "set")) {
    // It takes µs for each.
    const asked = id === "bloom-filters" ? 100_000 : items;
    const filter = await openFilter(id, items);
    for (let i = 0; i < items; i++) filter.add(keys[i]!);
    let found = 0;
    for (let i = items; i < items + asked; i++) if (filter.has(keys[i]!)) found++;
    const [bits, rate] = [filter.bits! / items, found / asked];
    if (id === "bloomFilter") isMet = bits <= 10.9 && rate <= 0.01;
    rows.push([names[id], bits.toFixed(2), `${(100 * rate).toFixed(3)} %`]);
  }
  console.log("### Memory and errors with a million strings\n");
  console.log(markdownTable(["filter", "bits an item", "false positives"], rows));
  console.log(`\n- ${met("≤ 10.9 bits an item at ≤ 1 %", isMet, rows[0]!.slice(1).join(", "))}\n`);
}
