/**
 * What does a service that is down get from clients that retry? First a permanent 503: requests at the origin for each
 * of 1,000 calls. Then 100 calls that fail in the same moment: how many come back within the busiest 10 ms
 * when the budget lets all of them.
 * Bars: ≤ 1.25 requests a call, floor included, every call answered by the 503; the busiest 10 ms ≤ ⅓ of that without jitter.
 */
import { formatFigure, measureInterleaved, median } from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";
import type { ClientName } from "./arms/clients.ts";
import type { ResilienceArgs } from "./arms/resilience.ts";

const module = new URL("./arms/resilience.ts", import.meta.url);
const names: readonly (readonly [string, ClientName])[] = [
  ["RetryPolicy", "ours"],
  ["undici's retry interceptor", "undiciRetry"],
  [named("got"), "got"],
  [`${named("p-retry")} and fetch`, "pRetry"],
  ["fetch", "fetch"],
];

async function measured(args: Omit<ResilienceArgs, "client">, rounds: typeof names) {
  const { arms } = await measureInterleaved({
    arms: rounds.map(([name, client]) => ({ name, module, args: { ...args, client }, count: 1 })),
    processes: 1,
    rounds: 1,
    warmupRounds: 0,
  });
  return arms;
}

const storm = await measured(
  { service: "unavailable", calls: 1000, concurrency: 100, options: { baseDelayMs: 20, maxDelayMs: 200 } },
  names,
);
const load = storm[0]!.counters.load!;
print(
  "A permanent 503, 1,000 calls",
  ["arm", "requests a call", "calls that got the 503", "p50", "CPU a call"],
  storm.map(({ name, counters, cpuNs }) => [
    name,
    formatFigure(counters.load!),
    `${(100 * counters.answered!).toFixed(0)} %`,
    `${formatFigure(counters.p50!)} ms`,
    `${formatFigure(median(cpuNs.flat()) / 1e6)} µs`,
  ]),
  [
    met("≤ 1.25 requests a call", load <= 1.25, formatFigure(load)),
    met(
      "each call gets the 503",
      storm[0]!.counters.answered === 1,
      `${100 * storm[0]!.counters.answered!} %`,
    ),
  ],
  [],
);

const wave = await measured(
  {
    service: "wave",
    calls: 200,
    concurrency: 200,
    options: { baseDelayMs: 200, maxDelayMs: 200, tokens: 200 },
  },
  names.slice(0, -1),
);
const [ours, unjittered] = [wave[0]!.counters.busiest!, wave[1]!.counters.busiest!];
print(
  "100 calls that got a 503 in the same moment",
  ["arm", "back within the busiest 10 ms", "answered in the end"],
  wave.map(({ name, counters }) => [
    name,
    `${(100 * counters.busiest!).toFixed(0)} %`,
    `${(100 * counters.good!).toFixed(0)} %`,
  ]),
  [
    met(
      "busiest 10 ms ≤ ⅓ of undici's, which has no jitter",
      ours <= unjittered / 3,
      `${(ours / unjittered).toFixed(2)}×`,
    ),
  ],
  [],
);
