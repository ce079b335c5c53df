/**
 * What do retries, hedging, circuits and limits cost a request that needs none of them? CPU of the client, 50 requests at once over
 * connections that are kept. Bar: all together ≤ 10 % of undici's own.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";

const module = new URL("./arms/resilience.ts", import.meta.url);
const arm = (name: string, client: string) => ({
  name,
  module,
  export: "unneeded",
  args: { client },
  count: 4000,
});
const { arms, warnings } = await measureInterleaved({
  arms: [
    arm("undici's request, all policies", "unused"),
    arm("undici's request", "undici"),
    arm("fetch", "fetch"),
  ],
  processes: 3,
  rounds: 6,
  warmupRounds: 2,
});
const cpu = arms.map(({ cpuNs }) => median(cpuNs.flat()));
const more = cpu[0]! / cpu[1]! - 1;
print(
  "A GET, 50 at once",
  ["arm", "CPU a request", "wall time", "CPU × less than fetch", "wall time by ours, 95 %"],
  arms.map((each, i) => [
    each.name,
    formatDuration(cpu[i]!),
    formatDuration(median(each.wallNs.flat())),
    `${(cpu[2]! / cpu[i]!).toFixed(1)}×`,
    i === 0 ? "" : formatRatio(compareArms(each, arms[0]!)),
  ]),
  [met("≤ 10 % more CPU than undici alone", more <= 0.1, `${(100 * more).toFixed(1)} %`)],
  warnings,
);
