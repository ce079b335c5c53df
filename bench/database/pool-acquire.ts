/**
 * What does it cost to take an idle connection out of the pool and to give it back, when nobody else wants one?
 * Beside `pg-pool`, and the least that could be done: an array and a promise.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const module = new URL("./arms/pool-acquire.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "ConnectionPool.acquire", module, export: "acquire" },
    { name: "ConnectionPool.tryAcquire", module, export: "tryAcquire" },
    { name: "pg-pool", module, export: "pgPool" },
    { name: "an array and a promise", module, export: "bareArray" },
  ],
  processes: 3,
  rounds: 10,
  roundMs: 30,
});
const [ours] = arms as [(typeof arms)[0]];
const rows = arms.map((arm) => [
  arm.name,
  formatDuration(median(arm.wallNs.flat())),
  arm === ours ? "" : formatRatio(compareArms(arm, ours)),
]);
console.log(markdownTable(["arm", "median", "takes × acquire, 95 %"], rows));
for (const warning of warnings) console.log(`\nWarning: ${warning}`);
