/**
 * What does care for the event loop cost? A turn given to it; an item gone through by `chunked`; and the watchdog at its default
 * threshold of 100 ms: in a process that idles, in one that is busy without blocking, and in one that blocks, where its profiler runs.
 */
import {
  type ArmSpec,
  compareArms,
  formatDuration,
  formatRatio,
  type Measurement,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";

const module = new URL("./arms/event-loop.ts", import.meta.url);
type Spec = Omit<ArmSpec, "module">;

show(
  "A turn of the event loop",
  await race([
    { name: "yieldToEventLoop", export: "ours" },
    { name: "setImmediate of node:timers/promises", export: "promisedImmediate" },
    { name: "scheduler.yield", export: "schedulerYield" },
    { name: "setTimeout 0", export: "timeout" },
  ]),
);
show(
  "An item of 10,000, with 10 ms between turns",
  await race([
    { name: "chunked", export: "byChunked" },
    { name: "an async generator that looks at the clock", export: "byGenerator" },
    { name: "just a loop (no turns)", export: "plainLoop" },
  ]),
  10_000,
);
for (const [title, arm, options] of [
  ["Idle for 500 ms", "idling", { count: 1, rounds: 4, warmupRounds: 1 }],
  ["Busy, a few ms at a time", "working", { rounds: 10, warmupRounds: 2 }],
  ["Blocked by one long call", "blocking", { count: 1, rounds: 8, warmupRounds: 2 }],
] as const) {
  const { rounds, warmupRounds, ...count } = options;
  const measurement = await race(
    [
      { name: "watched", export: arm, args: { isWatched: true }, ...count },
      { name: "not watched", export: arm, args: { isWatched: false }, ...count },
    ],
    { rounds, warmupRounds },
  );
  show(title, measurement);
  const [watched] = measurement.arms;
  console.log(`Reported as blocked, a process: ${watched!.counters.reports}\n`);
}

function race(arms: readonly Spec[], options = { rounds: 8, warmupRounds: 2 }): Promise<Measurement> {
  return measureInterleaved({
    arms: arms.map((arm) => ({ ...arm, module })),
    processes: 3,
    roundMs: 40,
    ...options,
  });
}

/** @param parts of an operation, for which the figures are */
function show(title: string, { arms, warnings }: Measurement, parts = 1): void {
  const [first] = arms;
  const rows = arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm) / parts),
    formatDuration(median(arm.cpuNs.flat()) / parts),
    arm === first ? "" : formatRatio(compareArms(arm, first!)),
    arm === first ? "" : formatRatio(compareArms(arm, first!).cpu),
  ]);
  const headers = ["arm", "wall", "CPU", "takes × the first, wall, 95 %", "CPU"];
  print(title, headers, rows, [], warnings);
}
