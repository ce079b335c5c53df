/**
 * What does a point read by primary key cost on SQLite: through the engine in place, through the drivers themselves,
 * and through a thread? And the look for other processes' commits, which a cached read can't do without?
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const module = new URL("./arms/sqlite-point-read.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "engine.execute, in place", module, export: "engine" },
    { name: "node:sqlite, prepared", module, export: "plain" },
    { name: "better-sqlite3, prepared", module, export: "betterSqlite" },
    { name: "through a reader thread", module, export: "onThread" },
    { name: "engine.coherent()", module, export: "coherent" },
  ],
  processes: 3,
  rounds: 10,
  roundMs: 30,
  warmupRounds: 3,
});
const [ours] = arms;
for (const arm of arms)
  if (arm.answer !== undefined && JSON.stringify(arm.answer) !== JSON.stringify(ours!.answer))
    throw new Error(
      `${arm.name}: expected ${JSON.stringify(ours!.answer)}, got ${JSON.stringify(arm.answer)}`,
    );
const rows = arms.map((arm) => [
  arm.name,
  formatDuration(median(arm.wallNs.flat())),
  arm === ours ? "" : formatRatio(compareArms(arm, ours!)),
]);
console.log(markdownTable(["arm", "median", "takes × ours, 95 %"], rows));
for (const warning of warnings) console.log(`\nWarning: ${warning}`);
