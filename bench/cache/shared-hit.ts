/**
 * What does a value cost that is on the server and not in memory? The trivial rival is a bare `GET` of the same client, whose
 * text nobody reads. One after the other, and 100 keys asked for in one tick.
 * Bars: ours ≤ 1.1× the bare `GET`; 100 keys in one tick ≥ 3× one by one.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { startRedis } from "../../test/services/redis.ts";
import { met, named, nsOf, print } from "../figures.ts";
import type { SharedHitId } from "./arms/shared-hit.ts";

const names: Record<SharedHitId, string> = {
  get: `just GET, ${named("redis")}`,
  ours: "TieredCache",
  bentocache: named("bentocache"),
  cacheable: named("cacheable"),
};
const ids = Object.keys(names) as SharedHitId[];
const ways = [1, 100].flatMap((together) => ids.map((id) => ({ id, together })));
await using redis = await startRedis();
const { arms, warnings } = await measureInterleaved({
  arms: ways.map(({ id, together }) => ({
    name: `${names[id]}${together === 1 ? "" : `, ${together} in a tick`}`,
    module: new URL("./arms/shared-hit.ts", import.meta.url),
    args: { id, port: redis.port, together },
  })),
  processes: 2,
  rounds: 4,
  roundMs: 30,
});
const of = (id: SharedHitId, together: number) =>
  arms[ways.findIndex((way) => way.id === id && way.together === together)]!;
const bare = of("get", 1);
const cost = compareArms(of("ours", 1), bare).wall.ratio;
const batched = compareArms(of("ours", 1), of("ours", 100)).wall.ratio;
print(
  "A hit on the server",
  ["cache", "time for each", "CPU", "faster than one bare GET, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    formatDuration(median(arm.cpuNs.flat())),
    arm === bare ? "" : formatRatio(compareArms(bare, arm)),
  ]),
  [
    met("ours ≤ 1.1× a bare GET", cost <= 1.1, `${cost.toFixed(2)}×`),
    met("100 keys in a tick ≥ 3× one by one", batched >= 3, `${batched.toFixed(1)}×`),
  ],
  warnings,
);
