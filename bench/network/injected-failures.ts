/**
 * 22 % of the requests fail, by 503, 502 or a closed connection; each takes 20 ms, and a call has 5 s. How many calls succeed, and
 * what do they cost? Bar: ≥ 99 % succeed within the deadline.
 */
import { formatFigure, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";
import type { ClientName } from "./arms/clients.ts";

const calls = 3000;
const names: readonly (readonly [string, ClientName])[] = [
  ["RetryPolicy", "ours"],
  ["undici's retry interceptor", "undiciRetry"],
  [named("got"), "got"],
  [`${named("p-retry")} and fetch`, "pRetry"],
  ["fetch", "fetch"],
];
const { arms } = await measureInterleaved({
  arms: names.map(([name, client]) => ({
    name,
    module: new URL("./arms/resilience.ts", import.meta.url),
    args: { client, service: "flaky", calls, concurrency: 100, options: { timeoutMs: 5_000 } },
    count: 1,
  })),
  processes: 1,
  rounds: 1,
  warmupRounds: 0,
});
const { good } = arms[0]!.counters as Record<string, number>;
print(
  `${calls} calls, 100 at a time, 22 % failures`,
  ["arm", "success", "p50", "p99", "requests a call", "CPU a call"],
  arms.map(({ name, counters, cpuNs }) => [
    name,
    `${(100 * counters.good!).toFixed(1)} %`,
    `${formatFigure(counters.p50!)} ms`,
    `${formatFigure(counters.p99!)} ms`,
    counters.load!.toFixed(2),
    `${formatFigure(median(cpuNs.flat()) / 1000 / calls)} µs`,
  ]),
  [met("≥ 99 % within the deadline", good! >= 0.99, `${(100 * good!).toFixed(1)} %`)],
  [],
);
