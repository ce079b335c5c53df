/**
 * A server whose process switches auto mode on and off, many times, and tells its parent the CPU time of a request in each
 * state. Its argument is a plan; `node` needs `--expose-gc`.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, get, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { seededRandom, shuffled } from "../../../src/measure/index.ts";
import type { AppliedOptimizations } from "../../../src/optimizations/index.ts";

export interface SwitchedServerPlan {
  /** `/hello`, `/order-by-http` or `/order-by-fetch`. */
  readonly path: string;
  /** Requests of a turn, whose CPU time is one figure. */
  readonly turnRequests: number;
  /** Turns of a block. */
  readonly turns: number;
  /** Requests after a switch that don't count: what was compiled for the other state has to be compiled anew. */
  readonly settling: number;
  readonly warmUpBlocks: number;
  /** Units of four blocks, of either kind. */
  readonly units: number;
  /** It ends after this with what it has. */
  readonly longestMs: number;
}

/** Four blocks; nanoseconds of CPU time for a request, by block and turn. */
export interface BlockUnit {
  readonly kind: "auto" | "control";
  readonly off: readonly (readonly number[])[];
  /** Auto mode, or of a control off again. */
  readonly other: readonly (readonly number[])[];
}

export interface SwitchedServerResult {
  readonly units: readonly BlockUnit[];
  /** Outgoing requests that auto mode counted, on and off. */
  readonly countedWhenOn: number;
  readonly countedWhenOff: number;
}

const built = new URL("../../../dist/optimizations/index.js", import.meta.url).href;
const { applyAllOptimizations } = (await import(
  built
)) as typeof import("../../../src/optimizations/index.ts");
const plan = JSON.parse(process.argv[2]!) as SwitchedServerPlan;
const collect = globalThis.gc!;
const prices = new Map(Array.from({ length: 200 }, (_, id) => [`article ${id}`, 99 + id]));

const asker = fork(fileURLToPath(new URL("./asker.mjs", import.meta.url)), { execArgv: [], env: {} });
const [askedPort] = (await once(asker, "message")) as [number];
const server = createServer((request, response) => {
  if (request.url === "/hello") answer(response, "hello, world");
  else if (request.url === "/order-by-http") stockByHttp((stock) => answer(response, order(stock)));
  else stockByFetch((stock) => answer(response, order(stock)));
});
// Connections are idle while it switches.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1");
await once(server, "listening");
asker.send({ port: (server.address() as AddressInfo).port, path: plan.path });
await once(asker, "message");

function answer(response: ServerResponse, text: string): void {
  response.setHeader("Content-Type", "application/json");
  response.end(text);
}

function stockByHttp(use: (text: string) => void): void {
  get({ host: "127.0.0.1", port: askedPort, path: "/" }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part: string) => {
      text += part;
    });
    response.on("end", () => use(text));
  });
}

async function stockByFetch(use: (text: string) => void): Promise<void> {
  use(await (await fetch(`http://127.0.0.1:${askedPort}/`)).text());
}

/** What a route does that joins what it is told with what it knows: parse, look up, sort, write. */
function order(stock: string): string {
  const articles = JSON.parse(stock) as { id: number; name: string; left: number }[];
  const lines = articles
    .filter(({ left }) => left > 0)
    .map(({ id, name, left }) => ({
      name,
      amount: left,
      cents: prices.get(name)! * left,
      rank: (id * 5) % 7,
    }))
    .sort((one, other) => one.rank - other.rank || one.name.localeCompare(other.name));
  return JSON.stringify({ lines, cents: lines.reduce((sum, { cents }) => sum + cents, 0) });
}

async function requests(count: number): Promise<void> {
  asker.send(count);
  await once(asker, "message");
}

/** Switches as often in each state, so that what this leaves behind is alike. */
async function switchTo(isOn: boolean): Promise<AppliedOptimizations> {
  await applyAllOptimizations().close();
  const handle = applyAllOptimizations();
  if (!isOn) await handle.close();
  await requests(plan.settling);
  collect({ type: "minor" });
  return handle;
}

/**
 * CPU time of a request in each turn. What a turn has allocated is collected within its own time: it is too short for the
 * collector to come as often in one as in another.
 */
async function block(isOn: boolean): Promise<number[]> {
  const handle = await switchTo(isOn);
  const turns: number[] = [];
  for (let turn = 0; turn < plan.turns; turn++) {
    const before = process.cpuUsage();
    await requests(plan.turnRequests);
    collect({ type: "minor" });
    const { user, system } = process.cpuUsage(before);
    turns.push((1000 * (user + system)) / plan.turnRequests);
  }
  await handle.close();
  return turns;
}

async function counted(isOn: boolean): Promise<number> {
  const handle = await switchTo(isOn);
  const count = handle.registry
    .collect()
    .reduce((sum, sample) => sum + (sample.type === "histogram" ? sample.histogram.count : 0), 0);
  await handle.close();
  return count;
}

const startMs = performance.now();
const deadlineMs = startMs + plan.longestMs;
const [countedWhenOn, countedWhenOff] = [await counted(true), await counted(false)];
for (let i = 0; i < plan.warmUpBlocks && performance.now() < startMs + plan.longestMs / 2; i++)
  await block(i % 2 === 1);
const random = seededRandom(1);
// What moves steadily adds nothing to either state, nor to one kind more than to the other.
const orders = [
  { kind: "auto", order: ["off", "other", "other", "off"] },
  { kind: "auto", order: ["other", "off", "off", "other"] },
  { kind: "control", order: ["off", "other", "other", "off"] },
  { kind: "control", order: ["other", "off", "off", "other"] },
] as const;
const units: BlockUnit[] = [];
// Without two of each kind there is no interval.
while (units.length < orders.length || (units.length < 2 * plan.units && performance.now() < deadlineMs))
  for (const { kind, order: states } of shuffled(orders, random)) {
    const blocks: { off: number[][]; other: number[][] } = { off: [], other: [] };
    for (const state of states) blocks[state].push(await block(kind === "auto" && state === "other"));
    units.push({ kind, ...blocks });
  }
const result: SwitchedServerResult = { units, countedWhenOn, countedWhenOff };
process.send!(result);
process.disconnect();
asker.disconnect();
await once(asker, "exit");
server.close();
