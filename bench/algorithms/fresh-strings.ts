/**
 * What does a hit cost when the key is a string that was only just made, as a server makes them from what it receives? Nobody
 * has hashed such a string yet, and it is another object than the key that the cache holds. All keys are there, 6 to 15
 * characters long, and asked for equally often.
 * Making the string is part of the time; what it costs alone is measured as an arm of its own, and in the second column
 * taken off each round, as the median of the same repetition. Joining a string's parts is part of the look-up.
 * Bar: the get alone of `LruCache` ≥ 1.4× as fast as that of the best peer of exact capacity.
 */
import {
  type ArmResult,
  compareArms,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { nsOf, print, processes } from "../figures.ts";
import type { FreshStrings, Making } from "./arms/fresh-strings.ts";
import { Race } from "./tables/race.ts";
import { rivals } from "./tables/rivals.ts";

for (const capacity of [1_000, 10_000, 100_000]) await compare("parsed", capacity);
for (const making of ["sliced", "joined"] satisfies Making[]) await compare(making, 10_000);

async function compare(making: Making, capacity: number): Promise<void> {
  const module = new URL("./arms/fresh-strings.ts", import.meta.url);
  const argsOf = (cache: FreshStrings["cache"]): FreshStrings => ({ cache, capacity, making });
  const measurement = await measureInterleaved({
    arms: [
      { name: "making the string alone", module, args: argsOf(undefined) },
      ...rivals.map(({ id, name }) => ({ name, module, args: argsOf(id) })),
    ],
    processes,
    rounds: 5,
    roundMs: 15,
    warmupRounds: 2,
  });
  const [makingAlone, ...arms] = measurement.arms;
  for (const { name, answer } of arms)
    if ((answer as { absent: number }).absent !== 0)
      throw new Error(`${name}: expected nothing to be absent, got ${JSON.stringify(answer)}`);
  const race = new Race(
    rivals,
    arms.map((arm) => without(makingAlone!, arm)),
  );
  const baseline = race.arm("nodeLruCache");
  print(
    `Strings ${making}, ${capacity.toLocaleString("en")} entries`,
    ["cache", "ns, making included", "ns, get alone", "get alone: speed × lru-cache, 95 %"],
    [
      [makingAlone!.name, nsOf(makingAlone!).toFixed(1), "", ""],
      ...race.rows((arm) => [
        arm.name,
        nsOf(arms.find(({ name }) => name === arm.name)!).toFixed(1),
        nsOf(arm).toFixed(1),
        arm === baseline ? "" : formatRatio(compareArms(baseline, arm)),
      ]),
    ],
    [`LruCache ${race.bar("lruCache", 1.4, race.fastest("exact LRU", "exact"))}`],
    measurement.warnings,
  );
}

/** @returns the arm's rounds less what making costs; at least 1 ns, for a round may fall below */
function without(makingAlone: ArmResult, arm: ArmResult): ArmResult {
  const less = (times: ArmResult["wallNs"], alone: ArmResult["wallNs"]): number[][] =>
    times.map((rounds, process) => rounds.map((ns) => Math.max(1, ns - median(alone[process]!))));
  return {
    ...arm,
    wallNs: less(arm.wallNs, makingAlone.wallNs),
    cpuNs: less(arm.cpuNs, makingAlone.cpuNs),
  };
}
