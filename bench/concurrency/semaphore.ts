/**
 * What does a limit cost that has room, and what does somebody who waits cost? One after the other, a task that does
 * nothing runs under a limit of 10: all take it in, count, and give its result back. The memory is of 100,000 callers that wait
 * under a limit of 1, their promises included.
 * Bars: `AdaptiveSemaphore` ≥ 3× as fast as p-limit; a waiter ≤ ½ of p-queue's.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, named } from "../figures.ts";
import type { RunId, WaitId } from "./arms/semaphore.ts";

const module = new URL("./arms/semaphore.ts", import.meta.url);
const runNames: Record<RunId, string> = {
  counter: "just a counter and an array",
  fixed: "AdaptiveSemaphore, fixed limit",
  adaptive: "AdaptiveSemaphore, adaptive limit",
  run: "AdaptiveSemaphore.run, fixed limit",
  asyncSema: named("async-sema"),
  pLimit: named("p-limit"),
  pQueue: named("p-queue"),
  cockatiel: `${named("cockatiel")} bulkhead`,
};
const waitNames: Record<WaitId, string> = {
  fixed: "AdaptiveSemaphore",
  deadline: "AdaptiveSemaphore, each with a deadline",
  asyncSema: named("async-sema"),
  pLimit: named("p-limit"),
  pQueue: named("p-queue"),
};

const runIds = Object.keys(runNames) as RunId[];
const { arms, warnings } = await measureInterleaved({
  arms: runIds.map((id) => ({ name: runNames[id], module, export: "uncontended", args: { id } })),
  processes: 3,
  rounds: 6,
  roundMs: 50,
});
const run = (id: RunId) => arms[runIds.indexOf(id)]!;
console.log("### A task under a limit with room\n");
console.log(
  markdownTable(
    ["limit", "time", "CPU", "speed × p-limit, 95 %"],
    arms.map((arm) => [
      arm.name,
      formatDuration(median(arm.wallNs.flat())),
      formatDuration(median(arm.cpuNs.flat())),
      arm === run("pLimit") ? "" : formatRatio(compareArms(run("pLimit"), arm)),
    ]),
  ),
);
const { ratio } = compareArms(run("pLimit"), run("fixed")).wall;
console.log(`\n- AdaptiveSemaphore ${met(`≥ 3× ${runNames.pLimit}`, ratio >= 3, `${ratio.toFixed(2)}×`)}`);
for (const warning of warnings) console.log(`\nWarning: ${warning}`);

const waitIds = Object.keys(waitNames) as WaitId[];
const memory = await measureInterleaved({
  arms: waitIds.map((id) => ({
    name: waitNames[id],
    module,
    export: "waiting",
    args: { id },
    nodeArgs: ["--expose-gc"],
    count: 1,
  })),
  processes: 3,
  rounds: 1,
  warmupRounds: 0,
});
const bytes = (id: WaitId): number => memory.arms[waitIds.indexOf(id)]!.counters.bytes!;
console.log("\n### Each of 100,000 that wait\n");
console.log(
  markdownTable(
    ["limit", "bytes", "of p-queue's"],
    waitIds.map((id) => [waitNames[id], bytes(id).toFixed(0), (bytes(id) / bytes("pQueue")).toFixed(2)]),
  ),
);
const share = bytes("fixed") / bytes("pQueue");
console.log(`\n- AdaptiveSemaphore ${met(`≤ ½ of ${waitNames.pQueue}`, share <= 0.5, share.toFixed(2))}`);
