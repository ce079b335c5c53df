/**
 * What does it cost to have a task done by a thread, with 64 in flight, and are long tasks spread as well as elsewhere?
 * Bars: trivial tasks ≥ 3× piscina; not slower than piscina at 1 ms and 50 ms of computing.
 * "uneven" is 49 trivial tasks, then one of 20 ms: a batch must not make the short ones wait for the long one.
 */
import { readFileSync } from "node:fs";
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import type { Load } from "./arms/worker-tasks.ts";

interface Rival {
  readonly name: string;
  readonly export: string;
}

const module = new URL("./arms/worker-tasks.ts", import.meta.url);
const ours: Rival = { name: "WorkerPool, a file", export: "victor" };
const inline: Rival = { name: "WorkerPool, an inline function", export: "victorInline" };
const piscina: Rival = { name: `piscina ${version("piscina")}`, export: "piscina" };
const batched: Rival = { name: "batches on piscina", export: "batchedPiscina" };
const others: readonly Rival[] = [
  { name: `tinypool ${version("tinypool")}`, export: "tinypool" },
  { name: `workerpool ${version("workerpool")}`, export: "workerPool" },
  { name: "one thread, postMessage", export: "onePort" },
  { name: "the main thread", export: "mainThread" },
];

interface Race {
  readonly title: string;
  readonly load: Load;
  readonly rivals: readonly Rival[];
  /** Tasks of a round. @default as many as take 100 ms */
  readonly count?: number;
  readonly rounds: number;
  readonly bar?: (ours: ArmResult, piscina: ArmResult) => string;
}

await race({
  title: "Trivial tasks",
  load: { taskMs: [0] },
  rivals: [ours, piscina, inline, batched, ...others],
  rounds: 8,
  bar(own, other) {
    const { wall } = compareArms(other, own);
    return met(`≥ 3× ${other.name}`, wall.ratio >= 3, formatRatio(wall));
  },
});
await race({
  title: "Trivial tasks with objects",
  load: { taskMs: [0] },
  rivals: [
    { ...ours, export: "victorObjects" },
    { ...piscina, export: "piscinaObjects" },
  ],
  rounds: 5,
});
await race({
  title: "Tasks of 1 ms",
  load: { taskMs: [1] },
  rivals: [ours, piscina, batched, ...others.slice(0, 1)],
  rounds: 5,
  bar: notSlower,
});
await race({
  title: "Tasks of 50 ms",
  load: { taskMs: [50] },
  rivals: [ours, piscina, ...others.slice(0, 1)],
  count: 8,
  rounds: 4,
  bar: notSlower,
});
await race({
  title: "Uneven tasks",
  load: { taskMs: [...new Array<number>(49).fill(0), 20] },
  rivals: [ours, piscina, batched],
  count: 500,
  rounds: 5,
  bar: notSlower,
});

async function race({ title, load, rivals, count, rounds, bar }: Race): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map((rival) => ({
      name: rival.name,
      module,
      export: rival.export,
      args: load,
      ...(count !== undefined && { count }),
    })),
    processes: 3,
    rounds,
  });
  for (const { name, answer } of arms)
    if (answer !== 0) throw new Error(`${name}: expected no wrong result, got ${answer}`);
  const [own, other] = arms as [ArmResult, ArmResult];
  const isUneven = load.taskMs.length > 1;
  const rows = arms.map((arm) => [
    arm.name,
    formatDuration(median(arm.wallNs.flat())),
    formatDuration(median(arm.cpuNs.flat())),
    arm === own ? "" : formatRatio(compareArms(arm, own)),
    arm === own ? "" : formatRatio(compareArms(arm, own).cpu),
    ...(isUneven ? [formatDuration((arm.counters.shortTaskMs ?? Number.NaN) * 1e6)] : []),
  ]);
  console.log(`### ${title}\n`);
  const headers = ["arm", "wall a task", "CPU a task", "takes × ours, 95 %", "CPU × ours, 95 %"];
  console.log(markdownTable(isUneven ? [...headers, "a short task is answered after"] : headers, rows));
  if (bar !== undefined) console.log(`\n- ${bar(own, other)}`);
  const first = warnings[0];
  if (first !== undefined) console.log(`\nWarnings: ${warnings.length}, such as ${first}`);
  console.log();
}

function notSlower(own: ArmResult, other: ArmResult): string {
  const comparison = compareArms(other, own);
  return met(`not slower than ${other.name}`, comparison.verdict !== "worse", formatRatio(comparison));
}

function met(bar: string, isMet: boolean, measured: string): string {
  return `${bar}: ${isMet ? "met" : "missed"} (${measured})`;
}

function version(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
