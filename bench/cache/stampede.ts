/**
 * How often is a cold key loaded that ten nodes ask for at once, with a hundred callers each, and a load of 50 ms? And how often
 * when the node that loads is killed in the middle of it?
 * Bars: 1 load; ≤ 2 with the loader killed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "../../test/services/redis.ts";
import { met, named, print } from "../figures.ts";
import { type ContenderId, contenderIds } from "./arms/contenders.ts";
import { Fleet } from "./arms/fleet.ts";
import type { NodeAnswer } from "./arms/node.ts";

const names: Record<ContenderId, string> = {
  ours: "TieredCache",
  bentocache: named("bentocache"),
  cacheable: named("cacheable"),
};
const nodes = 10;
const rounds = 5;

await using redis = await startRedis();
const rows: string[][] = [];
const bars: string[] = [];
for (const id of contenderIds) {
  const { loads, answered } = await whole(id);
  const killed = await withKill(id);
  rows.push([names[id], spread(loads), `${answered}`, spread(killed)]);
  if (id !== "ours") continue;
  bars.push(
    met("10 nodes × 100 callers: 1 load", Math.max(...loads) === 1, spread(loads)),
    met("its loader killed: ≤ 2 loads", Math.max(...killed) <= 2, spread(killed)),
  );
}
const headers = ["cache", "loads", "callers answered", "loads with a loader killed"];
print(`A cold key, ${nodes} nodes × 100 callers, ${rounds} times`, headers, rows, bars, []);

function spread(loads: readonly number[]): string {
  const [least, most] = [Math.min(...loads), Math.max(...loads)];
  return least === most ? `${least}` : `${least}–${most}`;
}

async function whole(id: ContenderId): Promise<{ readonly loads: number[]; readonly answered: number }> {
  using fleet = await Fleet.start(id, nodes, { port: redis.port, space: `stampede-${id}` });
  const loads: number[] = [];
  let answered = 0;
  let before = 0;
  for (let round = 0; round < rounds; round++) {
    const answers = await fleet.askAll({
      op: "reads",
      key: `cold ${round}`,
      version: 7,
      loadMs: 50,
      callers: 100,
    });
    answered += answers.reduce(
      (sum, { values = [] }) => sum + values.filter((value) => value === 7).length,
      0,
    );
    const sum = total(answers);
    loads.push(sum - before);
    before = sum;
  }
  return { loads, answered };
}

/** The first node begins alone, so that it is the one that loads; it dies while the others wait. */
async function withKill(id: ContenderId): Promise<number[]> {
  const loads: number[] = [];
  for (let round = 0; round < 2; round++) {
    using fleet = await Fleet.start(id, nodes, { port: redis.port, space: `killed-${id}-${round}` });
    const order = { op: "reads", key: "cold", version: 7, loadMs: 300, callers: 100 } as const;
    void fleet.ask(0, order);
    await sleep(50);
    const others = Array.from({ length: nodes - 1 }, (_, node) => fleet.ask(node + 1, order));
    await sleep(100);
    fleet.kill(0);
    loads.push(1 + total(await Promise.all(others)));
  }
  return loads;
}

function total(answers: readonly NodeAnswer[]): number {
  return answers.reduce((sum, { loads }) => sum + loads, 0);
}
