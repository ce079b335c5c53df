/**
 * What does a value cost that is on the server and not in memory? The trivial rival is a bare `GET` of the same client, whose
 * text nobody reads; the tier alone gives bytes, with what they depend on compared; the caches give values. One after the
 * other, and 100 keys asked for in one tick.
 * Bars: the tier ≤ 1.1× the bare `GET`, with tags as well; so is the whole cache; 100 keys in one tick ≥ 3× one by one.
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
  tier: "the tier alone",
  tierTags: "the tier alone, two tags",
  untagged: "TieredCache, no tag",
  ours: "TieredCache, one tag",
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
  rounds: 6,
  roundMs: 50,
  // Some 20,000 hits: before that, what is compared is how soon code is compiled.
  warmupRounds: 40,
});
const of = (id: SharedHitId, together: number) =>
  arms[ways.findIndex((way) => way.id === id && way.together === together)]!;
const bare = of("get", 1);
const cost = (id: SharedHitId): number => compareArms(of(id, 1), bare).wall.ratio;
const batched = (id: SharedHitId): number => compareArms(of(id, 1), of(id, 100)).wall.ratio;
const cpu = (id: SharedHitId): string => compareArms(of(id, 1), bare).cpu.ratio.toFixed(2);
const atMost = (id: SharedHitId): string =>
  met(`${names[id]} ≤ 1.1× a bare GET`, cost(id) <= 1.1, `${cost(id).toFixed(2)}×, its CPU time ${cpu(id)}×`);
const together = (id: SharedHitId): string =>
  met(`${names[id]}: 100 keys in a tick ≥ 3× one by one`, batched(id) >= 3, `${batched(id).toFixed(1)}×`);
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
    atMost("tier"),
    atMost("tierTags"),
    atMost("untagged"),
    atMost("ours"),
    together("tier"),
    together("ours"),
  ],
  warnings,
);
