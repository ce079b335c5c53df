/**
 * What does it cost to ask whether an optimization is on for a user, and to run a call through a rollout that watches it?
 * Beside a share by `Math.random`, which isn't sticky, and by SHA-256 of the key, which is.
 * Bar: `isOn` with a key ≤ 50 ns.
 */
import { formatDuration, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";

const module = new URL("./arms/switch-cost.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "Rollout.isOn, with a key", module, export: "isOnKeyed" },
    { name: "Rollout.isOn, without a key", module, export: "isOn" },
    { name: "Rollout.isOn, at 100 %", module, export: "isOnFull" },
    { name: "Math.random() < share", module, export: "byChance" },
    { name: "SHA-256 of the key", module, export: "bySha" },
    { name: "Rollout.run, watched", module, export: "run" },
    { name: "Rollout.begin and succeed", module, export: "beginAndEnd" },
    { name: "Rollout.run of promises, watched", module, export: "runAsync" },
    { name: "the promise alone", module, export: "bareAsync" },
  ],
  processes: 2,
  rounds: 5,
  roundMs: 20,
});
const keyed = nsOf(arms[0]!);
print(
  "Asking a switch, and running through it",
  ["arm", "median", "CPU"],
  arms.map((arm) => [arm.name, formatDuration(nsOf(arm)), formatDuration(median(arm.cpuNs.flat()))]),
  [met("isOn with a key ≤ 50 ns", keyed <= 50, formatDuration(keyed))],
  warnings,
);
