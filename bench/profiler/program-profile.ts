/**
 * What does it cost a program to be profiled? While it runs, beside CPU profiling alone (what `node --cpu-prof` does),
 * and from start to end, where loading, V8's log of deoptimizations and saving come in.
 * Bars: ≤ 1.1× the time while it runs; ≤ 0.5 s in all of a program of a second or two.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { prepareCommand } from "../../src/profiler/program/program-command.ts";
import { met, nsOf, print, processes } from "../figures.ts";
import type { Recorder } from "./arms/program-profile.ts";

const names: Record<Recorder, string> = {
  none: "not profiled",
  cpu: "CPU profile alone",
  collector: "victor profile: stacks, allocations, GC, event loop",
};
const ids = Object.keys(names) as Recorder[];
const module = new URL("./arms/program-profile.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: ids.map((recorder) => ({ name: names[recorder], module, args: { recorder } })),
  processes,
  rounds: 8,
  roundMs: 60,
});
const arm = (id: Recorder) => arms[ids.indexOf(id)]!;
const slower = (id: Recorder) => compareArms(arm(id), arm("none"));
const cost = slower("collector").cpu.ratio;

print(
  "A program while it is profiled",
  ["recorded", "time", "wall × not profiled, 95 %", "CPU"],
  ids.map((id) => [
    names[id],
    formatDuration(nsOf(arm(id))),
    id === "none" ? "" : formatRatio(slower(id)),
    id === "none" ? "" : formatRatio(slower(id).cpu),
  ]),
  [met("≤ 1.1× the CPU time", cost <= 1.1, `${cost.toFixed(3)}×`)],
  warnings,
);

/** Functions whose guesses go wrong now and then, and garbage, for about a second. */
const program = `let total = 0;
function add(o) { return o.value + 1; }
for (let i = 0; i < 60; i++) {
  const Kind = new Function("value", "this.value = value; this.k" + i + " = 1;");
  for (let j = 0; j < 150000; j++) total += add(new Kind(j));
}`;
const folder = mkdtempSync(join(tmpdir(), "victor-bench-"));
const script = join(folder, "program.cjs");
writeFileSync(script, program);
const settings = {
  dir: folder,
  intervalUs: 1000,
  saveEveryMs: 15_000,
  allocationIntervalBytes: 524_288,
  children: false,
};
const runs = [
  ["not profiled", undefined],
  ["profiled, --no-deopts", false],
  ["profiled", true],
] as const;
const times: number[][] = runs.map(() => []);
for (let round = 0; round < 5; round++) {
  for (const [i, [, deopts]] of runs.entries()) {
    rmSync(join(folder, "main"), { force: true });
    const { file, args, env } =
      deopts === undefined
        ? { file: "node", args: [script], env: process.env }
        : prepareCommand(["node", script], process.env, settings, deopts);
    const from = performance.now();
    const { status, stderr } = spawnSync(file, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    times[i]?.push(performance.now() - from);
  }
}
rmSync(folder, { recursive: true });
const [plain = 0, , full = 0] = times.map((ms) => median(ms));
print(
  "A program from start to end",
  ["run", "median", "least"],
  runs.map(([name], i) => [
    name,
    formatDuration(median(times[i] ?? []) * 1e6),
    formatDuration(Math.min(...(times[i] ?? [])) * 1e6),
  ]),
  [met("≤ 0.5 s more", full - plain <= 500, `${Math.round(full - plain)} ms`)],
  [],
);
