/**
 * How long does a selection take that comes from the cache: by the query alone, and with 20 messages of 200 characters? No text
 * is the object that the cache holds, so that nothing is equal by being the same. Percentiles are of single calls, the clock's
 * own time in them.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, nsOf, print, processes } from "../figures.ts";
import type { HitWork } from "./arms/cache-hit.ts";

const module = new URL("./arms/cache-hit.ts", import.meta.url);
const questions = [
  { title: "A hit by the query", messages: 0, bar: 2 },
  { title: "A hit with 20 messages of 200 characters", messages: 20, bar: 5 },
];

for (const { title, messages, bar } of questions) {
  const args: HitWork = { messages };
  const { arms, warnings } = await measureInterleaved({
    arms: [
      { name: "ToolSelector", module, export: "ours", args },
      { name: "Map by JSON", module, export: "mapByJson", args },
      { name: "the clock alone", module, export: "clockAlone", args },
    ],
    processes,
    rounds: 8,
    roundMs: 60,
  });
  const [ours] = arms;
  const medianOf = (arm: (typeof arms)[number], counter: string): number =>
    median(arm.countersByProcess.map((counters) => counters[counter] ?? Number.NaN));
  print(
    title,
    ["arm", "a call, in a loop", "p50", "p99", "CPU", "takes × ours, 95 %"],
    arms.map((arm) => [
      arm.name,
      formatDuration(nsOf(arm)),
      `${medianOf(arm, "p50Us").toFixed(2)} µs`,
      `${medianOf(arm, "p99Us").toFixed(2)} µs`,
      formatDuration(median(arm.cpuNs.flat())),
      arm === ours ? "" : formatRatio(compareArms(arm, ours!)),
    ]),
    [met(`p99 ≤ ${bar} µs`, medianOf(ours!, "p99Us") <= bar, `${medianOf(ours!, "p99Us").toFixed(2)} µs`)],
    warnings,
  );
}
