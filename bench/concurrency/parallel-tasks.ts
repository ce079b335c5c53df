/**
 * What does it cost to run tasks side by side, ten at a time, with their results in order? Tasks that return at once, async
 * functions that resolve at once, and tasks that wait for one turn of the event loop. Beside `p-limit`, `p-queue`, ten loops
 * by hand, and `Promise.all`, which limits nothing. Figures are for a task, its own call included.
 * Bars, for tasks that do nothing: ≥ 10 × `p-limit`.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, named, nsOf, print } from "../figures.ts";
import type { ParallelTasks } from "./arms/parallel-tasks.ts";

await race("Functions that return at once", { kind: "sync", tasks: 10_000 }, 10);
await race("Async functions that resolve at once", { kind: "async", tasks: 10_000 }, 10);
await race("Tasks that wait for a turn of the event loop", { kind: "immediate", tasks: 1_000 });

async function race(title: string, args: ParallelTasks, bar?: number): Promise<void> {
  const module = new URL("./arms/parallel-tasks.ts", import.meta.url);
  const { arms, warnings } = await measureInterleaved({
    arms: [
      { name: "executeInParallel", module, export: "ours", args },
      { name: "mapConcurrent", module, export: "oursByItem", args },
      { name: named("p-limit"), module, export: "limited", args },
      { name: named("p-queue"), module, export: "queued", args },
      { name: "ten loops by hand", module, export: "loops", args },
      { name: "just Promise.all (no limit)", module, export: "all", args },
    ],
    processes: 3,
    rounds: 8,
    warmupRounds: 4,
    roundMs: 50,
  });
  const [ours, , limit] = arms;
  for (const { name, answer } of arms)
    if (JSON.stringify(answer) !== JSON.stringify({ length: args.tasks, isInOrder: true }))
      throw new Error(`${name}: expected ${args.tasks} results in order, got ${JSON.stringify(answer)}`);
  const rows = arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm) / args.tasks),
    formatDuration(median(arm.cpuNs.flat()) / args.tasks),
    arm === ours ? "" : formatRatio(compareArms(arm, ours!)),
    arm === ours ? "" : formatRatio(compareArms(arm, ours!).cpu),
  ]);
  const { wall, cpu } = compareArms(limit!, ours!);
  const bars =
    bar === undefined
      ? []
      : [
          met(`≥ ${bar}× ${limit!.name}, wall`, wall.ratio >= bar, `${wall.ratio.toFixed(1)}×`),
          met(`≥ ${bar}× ${limit!.name}, CPU`, cpu.ratio >= bar, `${cpu.ratio.toFixed(1)}×`),
        ];
  print(title, ["arm", "wall a task", "CPU a task", "takes × ours, wall, 95 %", "CPU"], rows, bars, warnings);
}
