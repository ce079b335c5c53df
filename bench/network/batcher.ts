/** What does batching cost a load, beside `dataloader`, and how many requests does it leave? */
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";
import type { Loads } from "./arms/batcher.ts";

const module = new URL("./arms/batcher.ts", import.meta.url);
const rival = named("dataloader");
const cases: readonly [string, Loads][] = [
  ["1000 different keys in one tick, 100 in a batch", { loads: 1000, distinct: 1000, maxBatchSize: 100 }],
  ["1000 loads of 100 keys in one tick", { loads: 1000, distinct: 100, maxBatchSize: 100 }],
  ["10 different keys in one tick", { loads: 10, distinct: 10, maxBatchSize: 100 }],
  ["1 key in a tick", { loads: 1, distinct: 1, maxBatchSize: 100 }],
];

for (const [title, args] of cases) {
  const { arms, warnings } = await measureInterleaved({
    arms: [
      { name: "createBatcher", module, export: "ours", args },
      { name: `${rival}, a cache for each tick`, module, export: "dataloaderCaching", args },
      { name: "createBatcher, cacheKey: false", module, export: "oursSharingNone", args },
      { name: `${rival}, cache off`, module, export: "dataloader", args },
      { name: "no batching, a request that costs nothing", module, export: "oneByOne", args },
    ],
    processes: 3,
    rounds: 8,
    // Code that is new to the compiler is several times as slow, and takes a while.
    warmupRounds: 6,
    roundMs: 40,
  });
  const [ours, caching, sharingNone, off] = arms as [ArmResult, ArmResult, ArmResult, ArmResult];
  const cpuOf = (arm: ArmResult): number => median(arm.cpuNs.flat()) / args.loads;
  const countOf = (arm: ArmResult, counter: string): number => arm.counters[counter] ?? Number.NaN;
  const notSlower = (own: ArmResult, other: ArmResult): string =>
    met(
      `${own.name}: no more CPU a load than ${other.name}`,
      cpuOf(own) <= cpuOf(other),
      `${formatDuration(cpuOf(own))} beside ${formatDuration(cpuOf(other))}, ${formatRatio(compareArms(other, own))}`,
    );
  print(
    title,
    ["arm", "CPU a load", "requests a tick", "keys a tick", "takes × ours, 95 %"],
    arms.map((arm) => [
      arm.name,
      formatDuration(cpuOf(arm)),
      countOf(arm, "requests").toFixed(0),
      countOf(arm, "keys").toFixed(0),
      arm === ours ? "" : formatRatio(compareArms(arm, ours)),
    ]),
    [
      notSlower(ours, caching),
      notSlower(sharingNone, off),
      met(
        "no more requests",
        countOf(ours, "requests") <= countOf(caching, "requests"),
        `${countOf(ours, "requests")} beside ${countOf(caching, "requests")}`,
      ),
    ],
    warnings,
  );
}
