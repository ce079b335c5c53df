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
  // Ten processes take longer to start than all that they are asked for.
  using fleet = await Fleet.start(id, nodes, { port: redis.port, space: `stampede-${id}` });
  // Their first calls take so long, with ten processes that compile at once, that they wouldn't wait for the server.
  for (let i = 0; i < 3; i++) await fleet.askAll({ op: "reads", key: `warm ${i}`, version: 7, callers: 100 });
  const { loads, answered } = await whole(fleet);
  const killed = await withKill(fleet);
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

async function whole(fleet: Fleet): Promise<{ readonly loads: number[]; readonly answered: number }> {
  const loads: number[] = [];
  let answered = 0;
  for (let round = 0; round < rounds; round++) {
    const before = total(await fleet.askAll({ op: "token", key: "" }));
    const answers = await fleet.askAll({
      op: "reads",
      key: `cold ${round}`,
      version: 7,
      loadMs: 50,
      callers: 100,
    });
    answered += answers.flatMap(({ values = [] }) => values).filter((value) => value === 7).length;
    loads.push(total(answers) - before);
  }
  return { loads, answered };
}

/** One node begins alone, so that it is the one that loads; it dies while the others wait. One node fewer each time. */
async function withKill(fleet: Fleet): Promise<number[]> {
  const loads: number[] = [];
  for (let holder = 0; holder < 2; holder++) {
    const order = { op: "reads", key: `killed ${holder}`, version: 7, loadMs: 300, callers: 100 } as const;
    const waiting = Array.from({ length: nodes - 1 - holder }, (_, i) => holder + 1 + i);
    const asked = (op: "token" | "reads") =>
      Promise.all(waiting.map((node) => fleet.ask(node, op === "reads" ? order : { op, key: "" })));
    const before = total(await asked("token"));
    void fleet.ask(holder, order);
    await sleep(50);
    const answers = asked("reads");
    await sleep(100);
    fleet.kill(holder);
    loads.push(1 + total(await answers) - before);
  }
  return loads;
}

function total(answers: readonly NodeAnswer[]): number {
  return answers.reduce((sum, { loads }) => sum + loads, 0);
}
