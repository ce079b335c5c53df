/**
 * What does it take to find the k = 10 rows of int8 nearest to a query? The kernel beside its twin in TypeScript, beside
 * what one writes first (a Float32Array, a loop and a sort) and that loop alone, without any ranking. The smallest
 * matrices show the border below which `Int8Matrix` takes the twin.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const rivals = [
  ["Int8Matrix", "chosen"],
  ["kernel", "kernel"],
  ["twin", "twin"],
  ["floats, sorted", "floatsAndSort"],
  ["floats, loop alone", "floatsUnranked"],
] as const;
const cases = [
  [2, 32],
  [4, 64],
  [16, 64],
  [200, 64],
  [200, 384],
  [2_000, 384],
  [10_000, 64],
  [10_000, 384],
] as const;

const rows: string[][] = [];
const warnings: string[] = [];
for (const [count, dimensions] of cases) {
  const measurement = await measureInterleaved({
    arms: rivals.map(([name, setup]) => ({
      name,
      module: new URL("./arms/int8-matrix.ts", import.meta.url),
      export: setup,
      args: { rows: count, dimensions, k: 10 },
    })),
    processes: 3,
    rounds: 8,
    roundMs: 15,
    warmupRounds: 3,
  });
  const { arms } = measurement;
  warnings.push(...measurement.warnings);
  const answers = new Set(arms.slice(0, 4).map(({ answer }) => JSON.stringify(answer)));
  if (answers.size !== 1) throw new Error(`expected one ranking, got ${[...answers].join(" and ")}`);
  rows.push([
    `${count} × ${dimensions}`,
    ...arms.map(({ wallNs }) => formatDuration(median(wallNs.flat()))),
    formatRatio(compareArms(arms[2]!, arms[1]!)),
    formatRatio(compareArms(arms[4]!, arms[1]!)),
  ]);
}
console.log(
  markdownTable(
    [
      "rows × dimensions",
      ...rivals.map(([name]) => name),
      "twin takes × kernel, 95 %",
      "loop alone takes × kernel",
    ],
    rows,
  ),
);
if (warnings.length > 0) console.log(`\n${warnings.length} warnings, such as: ${warnings[0]}`);
