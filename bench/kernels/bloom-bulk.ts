/**
 * What does a look-up in a Bloom filter take when many are made at a time? The kernel beside its twin and beside a loop
 * over the filter's own `has`; for integers and for byte strings that lie one behind the other, for filters that fit in
 * the second-level cache and one that doesn't, and for few items at a time, to show the border.
 */
import {
  compareArms,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const rivals = [
  ["BloomBulk", "chosen"],
  ["kernel", "kernel"],
  ["twin", "twin"],
  ["one by one", "oneByOne"],
] as const;
/** Held, asked for at a time, bytes (0: integers). */
const cases = [
  [100_000, 8, 0],
  [100_000, 16, 0],
  [100_000, 32, 0],
  [100_000, 1_000, 0],
  [1_000_000, 10_000, 0],
  [4_000_000, 10_000, 0],
  [100_000, 4, 16],
  [100_000, 8, 16],
  [100_000, 1_000, 16],
  [1_000_000, 10_000, 16],
  [1_000_000, 5_000, 100],
] as const;

const rows: string[][] = [];
const warnings: string[] = [];
for (const [held, asked, bytes] of cases) {
  const measurement = await measureInterleaved({
    arms: rivals.map(([name, setup]) => ({
      name,
      module: new URL("./arms/bloom-bulk.ts", import.meta.url),
      export: setup,
      args: { held, asked, bytes },
    })),
    processes: 3,
    rounds: 8,
    roundMs: 12,
    warmupRounds: 3,
  });
  const { arms } = measurement;
  warnings.push(...measurement.warnings);
  const answers = new Set(arms.map(({ answer }) => answer));
  if (answers.size !== 1) throw new Error(`expected one count, got ${[...answers].join(" and ")}`);
  rows.push([
    bytes === 0 ? "integers" : `${bytes} bytes`,
    String(held),
    String(asked),
    ...arms.map(({ wallNs }) => (median(wallNs.flat()) / asked).toFixed(1)),
    formatRatio(compareArms(arms[2]!, arms[1]!)),
    formatRatio(compareArms(arms[3]!, arms[1]!)),
  ]);
}
console.log("ns a look-up:\n");
console.log(
  markdownTable(
    [
      ...["items", "held", "asked at a time", ...rivals.map(([name]) => name)],
      ...["twin takes × kernel, 95 %", "one by one takes × kernel, 95 %"],
    ],
    rows,
  ),
);
if (warnings.length > 0) console.log(`\n${warnings.length} warnings, such as: ${warnings[0]}`);
