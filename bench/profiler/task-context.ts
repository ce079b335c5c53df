/**
 * What does a task of a worker pool cost that is handed the span that it was submitted under? Trivial tasks, 64 in flight.
 * Bar: with a profiler that is switched off, no difference is shown to none at all.
 */
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";

const module = new URL("./arms/task-context.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  // Of a fixed count: how many of the first tasks share a message is chance, and short rounds would be of them alone.
  arms: [
    { name: "no profiler", module, export: "noProfiler" },
    { name: "a profiler that is switched off", module, export: "switchedOff" },
    { name: "switched on, outside of spans", module, export: "outsideOfSpans" },
    { name: "under a span each, not handed on", module, export: "spanWithoutContext" },
    { name: "under a span each, handed on", module, export: "underSpan" },
    { name: "… and the task has a span", module, export: "spansOfTask" },
    { name: "… by `context` and `runInContext`", module, export: "byHand" },
  ].map((arm) => ({ ...arm, count: 20_000 })),
  processes: 5,
  rounds: 4,
});
for (const { name, answer } of arms)
  if (answer !== 0) throw new Error(`${name}: expected no wrong result, got ${answer}`);
const [none, off] = arms as [ArmResult, ArmResult];
const comparison = compareArms(none, off);
print(
  "A trivial task in a thread",
  ["arm", "wall a task", "CPU a task", "wall, × no profiler, 95 %", "CPU, × no profiler, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(median(arm.wallNs.flat())),
    formatDuration(median(arm.cpuNs.flat())),
    arm === none ? "" : formatRatio(compareArms(arm, none)),
    arm === none ? "" : formatRatio(compareArms(arm, none).cpu),
  ]),
  [met("switched off, a task isn't slower", comparison.verdict !== "worse", formatRatio(comparison))],
  warnings,
);
