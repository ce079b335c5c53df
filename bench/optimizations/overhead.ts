/**
 * What does auto mode cost a program that gains nothing: a server that answers from memory, over connections kept alive?
 * Rival: the same server without it.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
} from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";

const barShare = 0.02;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
execFileSync(process.execPath, [file("../../scripts/build.ts")], { stdio: "inherit" });

const module = new URL("./arms/keep-alive-load.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "bare", module, args: { flags: [] }, count: 2000 },
    { name: "auto mode", module, args: { flags: ["--import", file("../../dist/auto.js")] }, count: 2000 },
  ],
  processes: 5,
  rounds: 16,
  warmupRounds: 5,
});
const [bare, auto] = arms as [ArmResult, ArmResult];
const comparison = compareArms(bare, auto);
const lostAtMost = 1 - comparison.wall.low;

print(
  "A server that answers from memory",
  ["arm", "a request", "throughput beside bare"],
  [
    [bare.name, formatDuration(nsOf(bare)), "1"],
    [auto.name, formatDuration(nsOf(auto)), formatRatio(comparison)],
  ],
  [
    met(
      "throughput lost ≤ 2 %, 95 % upper bound",
      lostAtMost <= barShare,
      `${(100 * (1 - comparison.wall.ratio)).toFixed(1)} %, at most ${(100 * lostAtMost).toFixed(1)} %`,
    ),
  ],
  warnings,
);
