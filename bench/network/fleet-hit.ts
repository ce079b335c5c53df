/**
 * What does a response cost that is in this node's memory and vouched for by a shared server, or that only another node has asked
 * for? Responses of 1 KiB, Redis and origin on loopback.
 * Bar: a hit in memory with a shared server ≤ 1.5× one without.
 */
import { compareArms, formatDuration, measureInterleaved } from "../../src/measure/index.ts";
import { startRedis } from "../../test/services/redis.ts";
import { met, nsOf, print } from "../figures.ts";

const module = new URL("./arms/fleet-hit.ts", import.meta.url);
await using server = await startRedis();
const arm = (name: string, url: string | undefined, isOthers: boolean, count: number) => ({
  name,
  module,
  export: "fleetHit",
  args: { url, isOthers },
  count,
});
const { arms, warnings } = await measureInterleaved({
  arms: [
    arm("memory, no server", undefined, false, 2_000),
    arm("memory, vouched for by Redis", server.url, false, 2_000),
    arm("first use of what another node stored", server.url, true, 200),
  ],
  processes: 1,
  rounds: 6,
  warmupRounds: 2,
});
const [alone, vouched] = arms;
const cost = 1 / compareArms(alone!, vouched!).wall.ratio;
print(
  "A response of a fleet",
  ["from", "time", "requests to the origin"],
  arms.map((each) => [each.name, formatDuration(nsOf(each)), String(each.counters?.requests)]),
  [met("a hit with a shared server ≤ 1.5× one without", cost <= 1.5, `${cost.toFixed(2)}×`)],
  warnings,
);
