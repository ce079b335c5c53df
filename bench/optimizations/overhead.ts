/**
 * What does auto mode cost a program that gains nothing by it? Servers of Node's own `http`, over connections kept alive:
 * one that says hello, and two that do some work on what another service tells them, asked by `http` or by `fetch`.
 *
 * A server that has no more to give answers as many requests as its CPU time allows, so throughput is compared by the CPU
 * time of its process for a request; who asks, and who is asked, is another process. Processes of one program differ by
 * themselves by far more than 2 %, so one process switches auto mode on and off, in blocks of off, on, on, off and the
 * other way round. In the control "on" is off as well, after the same switching: it shows how far the method errs.
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { formatDuration, median, pairedRatio, quantile } from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";
import type { SwitchedServerPlan, SwitchedServerResult } from "./arms/switched-server.ts";

const barShare = 0.02;
const fewestUnits = 20;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
execFileSync(process.execPath, [file("../../scripts/build.ts")], { stdio: "inherit" });

/** On a busy machine fewer blocks are done by then, and the intervals are as wide as that makes them. */
const called = { turnRequests: 64, turns: 8, settling: 512, warmUpBlocks: 16, units: 60, longestMs: 60_000 };
const plans: readonly (SwitchedServerPlan & { readonly name: string })[] = [
  {
    ...{ name: "hello", path: "/hello", turnRequests: 192, turns: 8, settling: 128 },
    ...{ warmUpBlocks: 16, units: 60, longestMs: 15_000 },
  },
  { ...called, name: "JSON, one call by http", path: "/order-by-http" },
  {
    ...{ ...called, name: "JSON, one call by fetch", path: "/order-by-fetch" },
    ...{ turnRequests: 40, settling: 384, longestMs: 75_000 },
  },
];

async function measured(plan: SwitchedServerPlan): Promise<SwitchedServerResult> {
  const child = fork(file("./arms/switched-server.ts"), [JSON.stringify(plan)], {
    execArgv: ["--expose-gc"],
    env: { ...process.env, VICTOR_OPTIMIZATIONS: undefined, NODE_OPTIONS: undefined },
  });
  const [[result]] = (await Promise.all([once(child, "message"), once(child, "exit")])) as [
    [SwitchedServerResult],
    unknown,
  ];
  return result;
}

/**
 * CPU time off by that of the other state: throughput of the other, beside that of off. Neighbours slow a program's own CPU
 * time, never quicken it, so of the turns of a state counts the one that a quarter are quicker than.
 */
function throughput({ units }: SwitchedServerResult, kind: "auto" | "control") {
  const ofKind = units.filter((unit) => unit.kind === kind);
  const of = (side: "off" | "other") => ofKind.map((unit) => quantile(unit[side].flat(), 0.25));
  return { ...pairedRatio(of("off"), of("other")), units: ofKind.length };
}

const rows: string[][] = [];
const bars: string[] = [];
const warnings: string[] = [];
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
for (const plan of plans) {
  const result = await measured(plan);
  const isCalling = plan !== plans[0];
  if (isCalling !== result.countedWhenOn > 0 || result.countedWhenOff > 0)
    throw new Error(`${plan.name}: auto mode is in force where it shouldn't be, or not where it should`);
  const [auto, control] = [throughput(result, "auto"), throughput(result, "control")];
  const text = ({ ratio, low, high }: typeof auto) =>
    `${ratio.toFixed(4)}× [${low.toFixed(4)}, ${high.toFixed(4)}]`;
  rows.push([
    plan.name,
    formatDuration(median(result.units.flatMap(({ off }) => off.flat()))),
    String(auto.units),
    text(auto),
    text(control),
  ]);
  bars.push(
    met(
      `${plan.name}: throughput lost ≤ 2 %, 95 % upper bound`,
      1 - auto.low <= barShare,
      `${percent(1 - auto.ratio)}, at most ${percent(1 - auto.low)}; the method itself errs by at most ${percent(Math.max(1 - control.low, control.high - 1))}`,
    ),
  );
  if (auto.units < fewestUnits)
    warnings.push(`${plan.name}: ${auto.units} units are too few to show 2 %; quieten the machine`);
  if (control.low > 1 || control.high < 1)
    warnings.push(
      `${plan.name}: off differs from off, so the machine is too restless for this; run it again`,
    );
}
print(
  "Auto mode on beside off, in one process",
  ["server", "CPU time of a request", "units", "on: throughput [95 %]", "control: off beside off"],
  rows,
  bars,
  warnings,
);
