/**
 * What does a filter cost that is made once, of a million strings? Binary fuse filters beside Bloom filters and a `Set`.
 * Strings have 6 to 15 characters; of those asked for, every other one is there.
 * Bars: 8 bits: ≤ 9.05 bits an item at ≤ 0.41 % (0.39 % is what 8 bits can do), asking ≥ 19 M/s, building ≥ 5.5 M/s.
 * On a noisy machine the ratios count: the bars were set where bloomfilter answered 6.4 M/s.
 */
import { compareArms, formatRatio, markdownTable, measureInterleaved } from "../../src/measure/index.ts";
import { formatMops, met, named, nsOf, print, processes } from "../figures.ts";
import { type FilterId, openFilter } from "./arms/filters.ts";
import type { FuseWork } from "./arms/fuse-filter.ts";
import { makeKeys } from "./arms/keys.ts";

const items = 1_000_000;
const filters: readonly (readonly [id: FilterId, name: string])[] = [
  ["fuse8", "BinaryFuseFilter, 8 bits"],
  ["fuse16", "BinaryFuseFilter, 16 bits"],
  ["bloomFilter", "BloomFilter, 1 %"],
  ["bloomfilter", named("bloomfilter")],
  ["set", "just a Set"],
];

await time("Building", "build", items, 5.5);
await time("Asking", "has", 1, 19);
await errors();

/** @param perOperation items that an operation is about */
async function time(title: string, what: string, perOperation: number, leastMops: number): Promise<void> {
  const measurement = await measureInterleaved({
    arms: filters.map(([filter, name]) => ({
      name,
      module: new URL("./arms/fuse-filter.ts", import.meta.url),
      export: what,
      args: { filter, items } satisfies FuseWork,
      ...(perOperation > 1 ? { count: 1 } : {}),
    })),
    processes,
    rounds: 6,
    roundMs: 60,
    warmupRounds: 3,
  });
  const arms = measurement.arms.map((arm) => ({
    ...arm,
    wallNs: arm.wallNs.map((rounds) => rounds.map((ns) => ns / perOperation)),
    cpuNs: arm.cpuNs.map((rounds) => rounds.map((ns) => ns / perOperation)),
  }));
  for (const { name, answer } of arms)
    if (!(answer as { has: boolean }).has) throw new Error(`${name}: denies an item that was added`);
  const ours = arms[0]!;
  print(
    title,
    ["filter", "ns an item", "M items/s", "8 bits: speed × this, 95 %"],
    arms.map((arm) => [
      arm.name,
      nsOf(arm).toFixed(1),
      formatMops(arm),
      arm === ours ? "" : formatRatio(compareArms(arm, ours)),
    ]),
    [met(`≥ ${leastMops} M/s`, 1000 / nsOf(ours) >= leastMops, `${formatMops(ours)} M/s`)],
    measurement.warnings,
  );
}

async function errors(): Promise<void> {
  const keys = makeKeys("strings", 11 * items);
  const held = keys.slice(0, items);
  const rows: string[][] = [];
  const figures: [bits: number, rate: number][] = [];
  for (const [id, name] of filters.slice(0, -1)) {
    const filter = await openFilter(id, items, held);
    if (!id.startsWith("fuse")) for (const key of held) filter.add(key);
    let found = 0;
    for (let i = items; i < keys.length; i++) if (filter.has(keys[i]!)) found++;
    const [bits, rate] = [filter.bits! / items, found / (keys.length - items)];
    figures.push([bits, rate]);
    rows.push([name, bits.toFixed(2), `${(100 * rate).toFixed(4)} %`]);
  }
  console.log("### Memory and errors with a million strings\n");
  console.log(markdownTable(["filter", "bits an item", "false positives, of 10 million"], rows));
  const [bits, rate] = figures[0]!;
  console.log(
    `\n- ${met("≤ 9.05 bits an item at ≤ 0.41 %", bits <= 9.05 && rate <= 0.0041, rows[0]!.slice(1).join(", "))}\n`,
  );
}
