/**
 * What does auto mode cost a program that gains nothing: a server that answers from memory, over connections kept alive?
 * Rivals: the same server without it, and once more without it, which shows how far two equal programs differ here.
 *
 * A server that has no more to give answers as many requests as its CPU time allows, so throughput is compared by the CPU
 * time of its process for a request: what else runs on the machine doesn't count in it. Processes of one program differ by
 * themselves, by their compiler's and collector's luck; so the unit is a pair of fresh processes, and there are many.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type ArmResult,
  formatDuration,
  measureInterleaved,
  median,
  pairedRatio,
} from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";

const barShare = 0.02;
const pairs = 40;
/** Some 10,000 requests on, the compiler takes what is left of the server's code, and for a while most of the time. */
const warmUpRounds = 44;
/** A round of 10 ms is over before most neighbours come, and a neighbour slows a program's own CPU time as well. */
const rounds = 50;
const roundRequests = 320;
/** On a busy machine fewer pairs are ready by then, and the interval is as wide as that makes it. */
const longestMs = 200_000;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
execFileSync(process.execPath, [file("../../scripts/build.ts")], { stdio: "inherit" });

const module = new URL("./arms/keep-alive-server.ts", import.meta.url);
const arm = (name: string, nodeArgs: readonly string[]) => ({ name, module, nodeArgs, count: roundRequests });
const { arms, warnings } = await measureInterleaved({
  arms: [arm("bare", []), arm("bare again", []), arm("auto mode", ["--import", file("../../dist/auto.js")])],
  processes: pairs,
  rounds,
  warmupRounds: warmUpRounds,
  signal: AbortSignal.timeout(longestMs),
});
const [bare, again, auto] = arms as [ArmResult, ArmResult, ArmResult];
if (bare.counters.hasAutoMode !== 0 || auto.counters.hasAutoMode !== 1)
  throw new Error("auto mode is in force where it shouldn't be, or not where it should");

/** The last pair may have been cut short. */
const measuredPairs = bare.cpuNs.filter((taken) => taken.length === rounds).length;

type Times = "cpuNs" | "wallNs";
/**
 * Throughput beside the bare server. Rounds of the same number ran one after the other, so what the machine did to one it
 * did to the other: of each pair of processes counts the median of its rounds' ratios.
 */
function beside(of: ArmResult, times: Times) {
  const whole = bare[times].slice(0, measuredPairs);
  const ratios = whole.map((taken, pair) =>
    median(taken.map((time, round) => time / of[times][pair]![round]!)),
  );
  return pairedRatio(
    ratios,
    ratios.map(() => 1),
  );
}
const text = ({ ratio, low, high }: { ratio: number; low: number; high: number }): string =>
  `${ratio.toFixed(4)}× [${low.toFixed(4)}, ${high.toFixed(4)}]`;
const lost = beside(auto, "cpuNs");
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

print(
  `A server that answers from memory, ${measuredPairs} fresh processes of each`,
  ["arm", "CPU time of a request", "throughput by CPU time [95 %]", "by wall time [95 %]"],
  [bare, again, auto].map((one) => [
    one.name,
    formatDuration(median(one.cpuNs.flat())),
    one === bare ? "1" : text(beside(one, "cpuNs")),
    one === bare ? "1" : text(beside(one, "wallNs")),
  ]),
  [
    met(
      "throughput lost ≤ 2 %, 95 % upper bound",
      1 - lost.low <= barShare,
      `${percent(1 - lost.ratio)}, at most ${percent(1 - lost.low)}`,
    ),
  ],
  warnings,
);
