/**
 * A load starts, the source is written and the key forgotten, the load ends: is what it read before the write served afterwards?
 * On one node, and with another node that forgets.
 * Bar: 0 stale.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "../../test/services/redis.ts";
import { met, named, print } from "../figures.ts";
import { type ContenderId, contenderIds } from "./arms/contenders.ts";
import { Fleet } from "./arms/fleet.ts";

const names: Record<ContenderId, string> = {
  ours: "TieredCache",
  bentocache: named("bentocache"),
  cacheable: named("cacheable"),
};
const tries = 50;

await using redis = await startRedis();
const rows: string[][] = [];
const bars: string[] = [];
for (const id of contenderIds) {
  using fleet = await Fleet.start(id, 2, { port: redis.port, space: `stale-${id}` });
  const [same, other] = [await stale(fleet, 0), await stale(fleet, 1)];
  rows.push([names[id], `${same} of ${tries}`, `${other} of ${tries}`]);
  if (id === "ours") bars.push(met("0 stale", same + other === 0, `${same + other} of ${2 * tries}`));
}
const headers = ["cache", "stale, one node", "stale, another node forgets"];
print("Written and forgotten while it is loaded", headers, rows, bars, []);

async function stale(fleet: Fleet, writer: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < tries; i++) {
    const key = `k${writer}-${i}`;
    const loading = fleet.ask(0, { op: "read", key, version: 1, loadMs: 30 });
    await sleep(10);
    // Written: all who load from now on read version 2.
    await fleet.askAll({ op: "token", key, version: 2 });
    await fleet.ask(writer, { op: "delete", key });
    await loading;
    const { values } = await fleet.ask(0, { op: "read", key });
    if (values?.[0] !== 2) count++;
  }
  return count;
}
