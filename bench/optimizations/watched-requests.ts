/**
 * What does it cost a request that its step is rolled out, so that it is timed and compared? Dispatches that are answered
 * at once, through the policy of a step: switched by nobody, switched without being watched, and watched; beside a whole
 * `fetch` over a connection kept alive.
 * Bar: watching adds at most 2 % to the CPU time of a `fetch`, even of its quickest rounds.
 */
import { formatDuration, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";

const barShare = 0.02;
const module = new URL("./arms/watched-requests.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "dispatch, switched by nobody", module, export: "unswitched" },
    { name: "dispatch, switched by isOn", module, export: "switched" },
    { name: "dispatch, rolled out to half", module, export: "half" },
    { name: "dispatch, rolled out to all", module, export: "all" },
    { name: "fetch", module, export: "fetched" },
  ],
  processes: 2,
  rounds: 8,
  roundMs: 30,
});
const cpuOf = (index: number): number => median(arms[index]!.cpuNs.flat());
const added = Math.max(cpuOf(2), cpuOf(3)) - cpuOf(0);
const share = added / Math.min(...arms[4]!.cpuNs.flat());
print(
  "A request whose step is rolled out",
  ["arm", "median", "CPU"],
  arms.map((arm, index) => [arm.name, formatDuration(nsOf(arm)), formatDuration(cpuOf(index))]),
  [
    met(
      "watching adds ≤ 2 % to the CPU time of a fetch",
      share <= barShare,
      `${formatDuration(added)}, ${(100 * share).toFixed(2)} %`,
    ),
  ],
  warnings,
);
