/**
 * How much faster are 1,000 rows in a batch than one after the other on SQLite, at equal durability?
 * Bar: ≥ 5 × the built-in driver's autocommit, awaited row by row. With `synchronous = FULL` (the default of both)
 * every autocommit waits for the disk; with `NORMAL` none does.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const module = new URL("./arms/sqlite-batch.ts", import.meta.url);
const rivals = [
  { name: "executeBatch", export: "engineBatch" },
  { name: "node:sqlite, autocommit", export: "plainAutocommit", bar: 5 },
  { name: "node:sqlite, one transaction by hand", export: "plainTransaction" },
  { name: "execute, row by row", export: "engineAutocommit" },
];

for (const synchronous of ["FULL", "NORMAL"]) {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map(({ name, export: arm }) => ({ name, module, export: arm, args: { synchronous } })),
    processes: 3,
    rounds: 8,
    roundMs: 100,
  });
  const [ours] = arms;
  const rows = arms.map((arm, i) => {
    const { bar } = rivals[i]!;
    const comparison = compareArms(arm, ours!);
    return [
      arm.name,
      formatDuration(median(arm.wallNs.flat())),
      arm === ours ? "" : formatRatio(comparison),
      bar === undefined ? "" : `≥ ${bar}× ${comparison.wall.ratio >= bar ? "met" : "missed"}`,
    ];
  });
  console.log(`### 1,000 rows, synchronous = ${synchronous}\n`);
  console.log(markdownTable(["arm", "median", "takes × ours, 95 %", "bar"], rows));
  for (const warning of warnings) console.log(`\nWarning: ${warning}`);
  console.log();
}
