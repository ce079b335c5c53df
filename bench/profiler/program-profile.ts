/**
 * What does it cost a program to be profiled? While it runs, beside CPU profiling alone (what `node --cpu-prof` does),
 * and from start to end, where loading, deoptimizations, saving and the page come in.
 * Bars: ≤ 1.1× the time while it runs; ≤ 0.5 s in all of a program of a second or two.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
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
// What users run is built; as TypeScript, the preload and the command take longer to load.
execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.ts", import.meta.url))]);
const built = new URL("../../dist/", import.meta.url);
const { prepareCommand }: typeof import("../../src/profiler/program/program-command.ts") = await import(
  new URL("profiler/program/program-command.js", built).href
);
const folder = mkdtempSync(join(tmpdir(), "victor-bench-"));
const script = join(folder, "program.cjs");
writeFileSync(script, program);
const recorded = (deopts: boolean) => (): Started => {
  rmSync(join(folder, "main"), { force: true });
  return prepareCommand(["node", script], process.env, {
    dir: folder,
    intervalUs: 1000,
    saveEveryMs: 15_000,
    allocationIntervalBytes: 524_288,
    children: false,
    deopts,
  });
};
interface Started {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}
const runs: readonly (readonly [string, () => Started])[] = [
  ["not profiled", () => ({ file: "node", args: [script], env: process.env })],
  ["recorded", recorded(false)],
  ["recorded, with deoptimizations", recorded(true)],
  [
    "victor profile, with its page",
    () => ({
      file: "node",
      args: [
        fileURLToPath(new URL("cli/main.js", built)),
        "profile",
        "--out",
        join(folder, "page.html"),
        "--",
        "node",
        script,
      ],
      env: process.env,
    }),
  ],
];
const times: number[][] = runs.map(() => []);
for (let round = 0; round < 9; round++) {
  for (const [i, [, start]] of runs.entries()) {
    const { file, args, env } = start();
    const from = performance.now();
    const { status, stderr } = spawnSync(file, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    times[i]?.push(performance.now() - from);
  }
}
rmSync(folder, { recursive: true });
const plain = median(times[0] ?? []);
const whole = median(times.at(-1) ?? []);
print(
  "A program from start to end",
  ["run", "median", "least", "more than not profiled, median"],
  runs.map(([name], i) => [
    name,
    formatDuration(median(times[i] ?? []) * 1e6),
    formatDuration(Math.min(...(times[i] ?? [])) * 1e6),
    i === 0 ? "" : formatDuration((median(times[i] ?? []) - plain) * 1e6),
  ]),
  [met("≤ 0.5 s more with its page", whole - plain <= 500, `${Math.round(whole - plain)} ms`)],
  [],
);
