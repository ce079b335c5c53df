/**
 * What does a value cost that another process stored? A tier's `get` sends one `GET`, as the client alone would; what the value
 * depends on is compared in this process. Redis on loopback, values of 200 bytes.
 * Bars: a shared hit ≤ 1.1× a bare `GET` of the same client; 100 keys of one tick ≥ 3× as fast as one after the other.
 */
import {
  type ArmSpec,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { startRedis } from "../../test/services/redis.ts";
import { met, named, nsOf, print } from "../figures.ts";

const module = new URL("./arms/redis-shared-hit.ts", import.meta.url);
await using server = await startRedis();
const arm = (name: string, what: string, batch: number, tags: readonly string[] = []): ArmSpec => ({
  name,
  module,
  export: what,
  args: { url: server.url, batch, tags },
});
const client = named("redis");
const specs = [
  arm(`${client}, bare GET`, "bareGet", 1),
  arm("tier, no tags", "tierGet", 1),
  arm("tier, two tags", "tierGet", 1, ["a", "b"]),
  arm(`${client}, 100 of a tick`, "bareGet", 100),
  arm("tier, 100 of a tick", "tierGet", 100),
  arm("tier, isCurrent alone", "stillCurrent", 1),
];
const { arms, warnings } = await measureInterleaved({
  arms: specs,
  processes: 2,
  rounds: 8,
  roundMs: 40,
  warmupRounds: 10,
});
const [bare, plain, tagged, bareBatch, batch] = arms as [
  (typeof arms)[0],
  (typeof arms)[0],
  (typeof arms)[0],
  (typeof arms)[0],
  (typeof arms)[0],
];
const cost = (a: typeof bare, base: typeof bare): number => 1 / compareArms(base, a).wall.ratio;
print(
  "A shared hit",
  ["read", "time", "CPU", "speed × bare GET, 95 %"],
  arms.map((each) => [
    each.name,
    formatDuration(nsOf(each)),
    formatDuration(median(each.cpuNs.flat())),
    each === bare ? "" : formatRatio(compareArms(bare, each)),
  ]),
  [
    met("a shared hit ≤ 1.1× a bare GET", cost(plain, bare) <= 1.1, `${cost(plain, bare).toFixed(2)}×`),
    met("the same with two tags", cost(tagged, bare) <= 1.1, `${cost(tagged, bare).toFixed(2)}×`),
    met(
      "100 keys of a tick ≥ 3× one after the other",
      compareArms(plain, batch).wall.ratio >= 3,
      `${compareArms(plain, batch).wall.ratio.toFixed(1)}×; beside the bare client's ${cost(batch, bareBatch).toFixed(2)}×`,
    ),
  ],
  warnings,
);
