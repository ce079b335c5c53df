/**
 * What does `--import victor-optimizations/auto` cost the start of a program that does nothing? Rivals: bare Node, and an
 * `--import` of an empty module, which no auto mode can beat.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ArmResult, formatDuration, measureInterleaved } from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";

const barMs = 15;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
execFileSync(process.execPath, [file("../../scripts/build.ts")], { stdio: "inherit" });

const module = new URL("./arms/start.ts", import.meta.url);
const arm = (name: string, flags: readonly string[]) => ({ name, module, args: { flags }, count: 2 });
const { arms, warnings } = await measureInterleaved({
  arms: [
    arm("bare node", []),
    arm("--import of an empty module", ["--import", file("./arms/empty-program.mjs")]),
    arm("--import victor-optimizations/auto", ["--import", file("../../dist/auto.js")]),
  ],
  processes: 3,
  rounds: 8,
  warmupRounds: 1,
});
const [bare, empty, auto] = arms as [ArmResult, ArmResult, ArmResult];
/** The least of all rounds: what others do on the machine only ever adds. */
const leastNs = ({ wallNs }: ArmResult): number => Math.min(...wallNs.flat());
const costMs = (of: (arm: ArmResult) => number): number => (of(auto) - of(bare)) / 1e6;

print(
  "Start of a program that does nothing",
  ["arm", "median", "least", "above bare, median", "above bare, least"],
  [bare, empty, auto].map((one) => [
    one.name,
    formatDuration(nsOf(one)),
    formatDuration(leastNs(one)),
    formatDuration(nsOf(one) - nsOf(bare)),
    formatDuration(leastNs(one) - leastNs(bare)),
  ]),
  [
    met(`start-up cost ≤ ${barMs} ms, median`, costMs(nsOf) <= barMs, `${costMs(nsOf).toFixed(1)} ms`),
    met(`start-up cost ≤ ${barMs} ms, least`, costMs(leastNs) <= barMs, `${costMs(leastNs).toFixed(1)} ms`),
  ],
  warnings,
);
