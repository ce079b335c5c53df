/**
 * 2 % of the answers take 300 ms longer than the others' 1 to 4 ms. What is the 99th percentile, and for how many requests?
 * Bars: p99 ≤ 30 ms, a tenth of the slow ones, for ≤ 3 % more requests.
 */
import { formatFigure, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";
import type { ClientName } from "./arms/clients.ts";

const calls = 5000;
const names: readonly (readonly [string, ClientName])[] = [
  ["HedgePolicy", "hedged"],
  ["undici", "undici"],
  [named("got"), "got"],
  ["fetch", "fetch"],
  [`fetch given up after 30 ms, ${named("p-retry")}`, "fetchAgain"],
];
const { arms } = await measureInterleaved({
  arms: names.map(([name, client]) => ({
    name,
    module: new URL("./arms/resilience.ts", import.meta.url),
    args: { client, service: "tail", calls, concurrency: 10 },
    count: 1,
  })),
  processes: 1,
  rounds: 1,
  warmupRounds: 0,
});
const { load, p99, good } = arms[0]!.counters as Record<string, number>;
print(
  `${calls} calls, 10 at a time`,
  ["arm", "p50", "p99", "requests a call", "answered well", "CPU a call"],
  arms.map(({ name, counters, cpuNs }) => [
    name,
    `${formatFigure(counters.p50!)} ms`,
    `${formatFigure(counters.p99!)} ms`,
    counters.load!.toFixed(3),
    `${(100 * counters.good!).toFixed(1)} %`,
    `${formatFigure(median(cpuNs.flat()) / 1000 / calls)} µs`,
  ]),
  [
    met("p99 ≤ 30 ms", p99! <= 30, `${formatFigure(p99!)} ms`),
    met("≤ 3 % more requests", load! <= 1.03, `${(100 * (load! - 1)).toFixed(1)} %`),
    met("all answered", good === 1, `${(100 * good!).toFixed(1)} %`),
  ],
  [],
);
