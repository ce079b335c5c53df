/**
 * What does it cost to know what a statement reads and writes? PostgreSQL facts remembered by text, beside a parse by
 * `libpg-query`, facts of a statement never seen, and "just a Map" of texts.
 * Bar: remembered facts cost ≤ 1/20 of a parse.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const bar = 20;
const arms = [
  { name: "facts, remembered", export: "cached" },
  { name: "just a Map", export: "justAMap" },
  { name: "libpg-query: a parse", export: "parse" },
  { name: "facts, never seen", export: "unseen" },
];

const measurement = await measureInterleaved({
  arms: arms.map((arm) => ({ ...arm, module: new URL("./arms/statement-facts.ts", import.meta.url) })),
  rounds: 10,
  roundMs: 50,
  warmupRounds: 8,
});
const [ours] = measurement.arms;
for (const arm of measurement.arms)
  if (arm.answer !== ours!.answer)
    throw new Error(`${arm.name}: found ${arm.answer} tables, ${ours!.name} found ${ours!.answer}`);
const rows = measurement.arms.map((arm) => {
  const comparison = compareArms(arm, ours!);
  const met = comparison.wall.ratio >= bar ? "met" : "missed";
  return [
    arm.name,
    formatDuration(median(arm.wallNs.flat())),
    arm === ours ? "" : formatRatio(comparison),
    arm.name.startsWith("libpg-query") ? `≥ ${bar}× ${met}` : "",
  ];
});
console.log("### Facts of a PostgreSQL statement\n");
console.log(markdownTable(["arm", "median", "takes × ours, 95 %", "bar"], rows));
console.log();
for (const warning of measurement.warnings) console.log(`Warning: ${warning}\n`);
