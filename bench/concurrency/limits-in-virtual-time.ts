/**
 * Which limit keeps a service busy and its answers in time, when the service changes, stalls, or takes now longer and
 * now shorter? In virtual time, so that the machine has no say: twice the load, an answer after 200 ms is worthless, 15 s
 * from a cold start, 1.5 ms on the way, six runs each. A stall stops the service for about 100 ms, every two seconds.
 * No bar: it chooses the default limit.
 */
import { AdaptiveLimit } from "../../src/concurrency/adaptive-limit.ts";
import { AimdLimit } from "../../src/concurrency/aimd-limit.ts";
import { Gradient2Limit } from "../../src/concurrency/gradient2-limit.ts";
import type { Limit } from "../../src/concurrency/limit.ts";
import { VegasLimit } from "../../src/concurrency/vegas-limit.ts";
import { markdownTable, type Random, seededRandom } from "../../src/measure/index.ts";
import { type ServicePhase, type SimulatedLoad, simulateLoad } from "../../test/support/queueing-server.ts";

const untilMs = 15_000;
const runs = 6;
const limits: Record<string, () => Limit> = {
  AimdLimit: () => new AimdLimit(),
  VegasLimit: () => new VegasLimit(),
  Gradient2Limit: () => new Gradient2Limit(),
  AdaptiveLimit: () => new AdaptiveLimit(),
};

/** From when on, slots, and milliseconds each. */
type Step = readonly [fromMs: number, slots: number, serviceMs: number];
const services: Record<string, readonly Step[]> = {
  "2 × 20 ms": [[0, 2, 20]],
  "8 × 20 ms": [[0, 8, 20]],
  "64 × 40 ms": [[0, 64, 40]],
  "16 × 5 ms": [[0, 16, 5]],
  "32 × 100 ms": [[0, 32, 100]],
  "8, 4 and 8 again × 20 ms": [
    [0, 8, 20],
    [5000, 4, 20],
    [10_000, 8, 20],
  ],
  "8 × 20, 40 and 20 ms again": [
    [0, 8, 20],
    [5000, 8, 40],
    [10_000, 8, 20],
  ],
};

/** Two seconds apart on average, 40 ms and more, 100 ms on average. */
function withStalls(phases: readonly ServicePhase[], random: Random): ServicePhase[] {
  const all = [...phases];
  for (let fromMs = 300 * random(); fromMs < untilMs; fromMs += 200 - 1800 * Math.log(1 - random())) {
    const now = phases.findLast((phase) => phase.fromMs <= fromMs)!;
    all.push({ ...now, fromMs, slots: 0 });
    fromMs += 40 - 60 * Math.log(1 - random());
    all.push({ ...now, fromMs });
  }
  return all.sort((a, b) => a.fromMs - b.fromMs);
}

/** Answers in time, by what the service could have given. */
function share(
  steps: readonly Step[],
  open: () => Limit,
  service: SimulatedLoad["service"],
  stalls: boolean,
): number {
  const [, slots, serviceMs] = steps[0]!;
  const offeredPerSecond = (2 * 1000 * slots) / serviceMs;
  const plain = steps.map(([fromMs, slots, serviceMs]) => ({ fromMs, slots, serviceMs, offeredPerSecond }));
  let good = 0;
  let most = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const phases = stalls ? withStalls(plain, seededRandom(77 * seed)) : plain;
    const load = { limit: open(), phases, untilMs, patienceMs: 200, overheadMs: 1.5, service, seed };
    for (const [i, { goodput }] of simulateLoad(load).entries()) {
      const { fromMs, slots, serviceMs } = phases[i]!;
      const possible = ((phases[i + 1]?.fromMs ?? untilMs) - fromMs) * (slots / serviceMs);
      if (possible > 0) good += goodput * possible;
      most += possible;
    }
  }
  return good / most;
}

for (const service of ["constant", "exponential"] as const)
  for (const stalls of [false, true]) {
    console.log(`### ${service} service times${stalls ? ", with stalls" : ""}\n`);
    const rows = Object.entries(services).map(([name, steps]) => [
      name,
      ...Object.values(limits).map((open) => `${(100 * share(steps, open, service, stalls)).toFixed(0)} %`),
    ]);
    console.log(`${markdownTable(["service", ...Object.keys(limits)], rows)}\n`);
  }
