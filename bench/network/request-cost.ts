/**
 * What does a request cost on kept HTTP/1.1 connections, 50 at once, in CPU time of the client?
 * The server is a process of its own; every arm reads a JSON body of some 90 bytes.
 * Bar: ≥ 6× less CPU than the global `fetch`, with all features on but unused.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, named, nsOf, print } from "../figures.ts";
import { jsonServer } from "./arms/start-json-server.ts";

const server = await jsonServer();
const module = new URL("./arms/request-cost.ts", import.meta.url);
const arm = (name: string, exported: string) => ({
  name,
  module,
  export: exported,
  args: { url: `${server.url}/item` },
});
const { arms, warnings } = await measureInterleaved({
  arms: [
    arm("global fetch", "globalFetch"),
    arm("NetworkOptimizer.request", "ours"),
    arm("… with everything off", "oursBare"),
    arm("undici.request", "byUndiciRequest"),
    arm("undici.fetch", "byUndiciFetch"),
    arm("node:http, keep-alive agent", "byNodeHttp"),
    arm(named("got"), "byGot"),
    arm(named("axios"), "byAxios"),
  ],
  processes: 3,
  rounds: 8,
  warmupRounds: 6,
  roundMs: 200,
});
server.close();
const [base, ours] = arms as [(typeof arms)[number], (typeof arms)[number]];
const cpu = compareArms(base, ours).cpu;
print(
  "A request on kept HTTP/1.1 connections, 50 at once",
  ["arm", "client CPU", "time", "CPU: global fetch takes × as much, 95 %"],
  arms.map((each) => [
    each.name,
    formatDuration(median(each.cpuNs.flat())),
    formatDuration(nsOf(each)),
    each === base ? "" : formatRatio(compareArms(base, each).cpu),
  ]),
  [met("≥ 6× less CPU than global fetch", cpu.ratio >= 6, formatRatio(cpu))],
  warnings,
);
