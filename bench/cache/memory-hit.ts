/**
 * What does a value cost that is in memory, with Redis behind it? The trivial rival is a `Map` that is awaited; node-redis keeps
 * what it has read by its client-side caching, as text.
 * Bars: ours ≤ 0.2 µs; ≥ 10× node-redis; ≥ 2× bentocache.
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
import type { HitId } from "./arms/memory-hit.ts";

const names: Record<HitId, string> = {
  map: "just an awaited Map.get",
  ours: "TieredCache, Redis behind it",
  bentocache: named("bentocache"),
  cacheable: named("cacheable"),
  nodeRedis: `${named("redis")} client-side caching`,
};
const ids = Object.keys(names) as HitId[];
await using redis = await startRedis();
const { arms, warnings } = await measureInterleaved({
  arms: ids.map((id) => ({
    name: names[id],
    module: new URL("./arms/memory-hit.ts", import.meta.url),
    args: { id, port: redis.port },
  })),
  processes: 3,
  rounds: 8,
  roundMs: 30,
  warmupRounds: 12,
});
const of = (id: HitId) => arms[ids.indexOf(id)]!;
const ours = of("ours");
const times = (id: HitId): number => compareArms(of(id), ours).wall.ratio;
print(
  "A hit in memory",
  ["cache", "time", "CPU", "ours is faster by, 95 %"],
  arms.map((arm) => [
    arm.name,
    formatDuration(nsOf(arm)),
    formatDuration(median(arm.cpuNs.flat())),
    arm === ours ? "" : formatRatio(compareArms(arm, ours)),
  ]),
  [
    met("ours ≤ 0.2 µs", nsOf(ours) <= 200, formatDuration(nsOf(ours))),
    met(`ours ≥ 10× ${names.nodeRedis}`, times("nodeRedis") >= 10, `${times("nodeRedis").toFixed(1)}×`),
    met(`ours ≥ 2× ${names.bentocache}`, times("bentocache") >= 2, `${times("bentocache").toFixed(1)}×`),
  ],
  warnings,
);
