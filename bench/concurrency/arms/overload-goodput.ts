import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { BulkheadRejectedError, bulkhead } from "cockatiel";
import pLimit from "p-limit";
import { AdaptiveSemaphore } from "../../../src/concurrency/adaptive-semaphore.ts";
import { AimdLimit } from "../../../src/concurrency/aimd-limit.ts";
import { Gradient2Limit } from "../../../src/concurrency/gradient2-limit.ts";
import type { Limit } from "../../../src/concurrency/limit.ts";
import { VegasLimit } from "../../../src/concurrency/vegas-limit.ts";
import { type Arm, quantile, seededRandom } from "../../../src/measure/index.ts";
import {
  capacity,
  handChosen,
  noted,
  overload,
  patienceMs,
  runMs,
  type Scenario,
  scenarios,
} from "./scenarios.ts";

/** The client looks every millisecond; after a longer gap it or the machine stood still. */
const tolerableGapMs = 10;

/** Sends a request. @returns whether it was answered before `deadline` */
type Send = (deadline: number) => Promise<boolean>;

/** What stands before a service. */
interface Guard {
  request(deadline: number, send: Send): Promise<boolean>;
  readonly limit: number;
}

const guards = {
  unlimited: () => ({ request: (deadline, send) => send(deadline), limit: Number.POSITIVE_INFINITY }),
  "p-limit 100": () => limitedBy(100),
  "p-limit, chosen by hand": (scenario) => limitedBy(handChosen(scenario)),
  "cockatiel bulkhead, chosen by hand": (scenario) => {
    const limit = handChosen(scenario);
    const policy = bulkhead(limit, limit);
    return {
      limit,
      request: async (deadline, send) => {
        try {
          return await policy.execute(() => performance.now() < deadline && send(deadline));
        } catch (error) {
          if (error instanceof BulkheadRejectedError) return false;
          throw error;
        }
      },
    };
  },
  "AdaptiveSemaphore, fixed by hand": (scenario) => guarded({ limit: handChosen(scenario) }),
  AimdLimit: () => guarded({ limit: new AimdLimit() }),
  VegasLimit: () => guarded({ limit: new VegasLimit() }),
  Gradient2Limit: () => guarded({ limit: new Gradient2Limit() }),
  "AdaptiveSemaphore, untuned": () => guarded({}),
} satisfies Record<string, (scenario: Scenario) => Guard>;

export type GuardName = keyof typeof guards;
export const guardNames = Object.keys(guards) as GuardName[];

/** A request whose time is over when its turn comes isn't sent. */
function limitedBy(limit: number): Guard {
  const limited = pLimit(limit);
  return {
    limit,
    request: (deadline, send) => limited(() => performance.now() < deadline && send(deadline)),
  };
}

function guarded(options: { readonly limit?: Limit | number }): Guard {
  const semaphore = new AdaptiveSemaphore("service", options);
  return {
    get limit() {
      return semaphore.limit;
    },
    async request(deadline, send) {
      const admission = await semaphore.acquireOrReject({ deadline });
      if (!admission.isGranted) return false;
      const isAnswered = await send(deadline);
      admission.permit.release({ dropped: !isAnswered });
      return isAnswered;
    },
  };
}

/** One operation: all scenarios at the same time, each with a guard and a service of its own. */
export function setup(args: unknown): Arm {
  const { guard } = args as { readonly guard: GuardName };
  const counters: Record<string, number> = {};
  return {
    async run() {
      const services = await Promise.all(scenarios.map(start));
      const all = scenarios.map((scenario, i) =>
        play(scenario, services[i]!, guards[guard](scenario), i + 1),
      );
      for (const [i, outcome] of (await Promise.all(all)).entries())
        for (const [key, value] of Object.entries(outcome)) counters[`${i}.${key}`] = value;
    },
    counters: () => counters,
  };
}

/** @returns the service's thread when it can begin */
async function start(scenario: Scenario): Promise<Worker> {
  const service = new Worker(new URL("./service.ts", import.meta.url));
  service.postMessage(scenario.phases[0]);
  await once(service, "message");
  return service;
}

async function play(
  scenario: Scenario,
  service: Worker,
  guard: Guard,
  seed: number,
): Promise<Record<string, number>> {
  const answered = new Map<number, () => void>();
  service.on("message", (id: number) => answered.get(id)?.());
  let sent = 0;
  const send: Send = (deadline) =>
    new Promise((resolve) => {
      const id = sent++;
      const settle = (isAnswered: boolean): void => {
        clearTimeout(timer);
        answered.delete(id);
        resolve(isAnswered);
      };
      // The caller gives up; the service doesn't learn of it.
      const timer = setTimeout(settle, deadline - performance.now(), false);
      answered.set(id, () => settle(performance.now() <= deadline));
      service.postMessage(id);
    });

  const startedMs = performance.now();
  const timers = scenario.phases
    .slice(1)
    .map((phase) => setTimeout(() => service.postMessage(phase), phase.from * runMs));
  const random = seededRandom(seed);
  const gapMs = 1000 / (overload * capacity(scenario.phases[0]!));
  const latencies: number[] = [];
  const limits: number[] = [];
  const pending = new Set<Promise<void>>();
  const offer = async (arrivedMs: number): Promise<void> => {
    if (await guard.request(arrivedMs + patienceMs, send)) latencies.push(performance.now() - arrivedMs);
  };
  let beforeMs = startedMs;
  let stalledMs = 0;
  for (let nextMs = startedMs; nextMs < startedMs + runMs; ) {
    const now = performance.now();
    if (now - beforeMs > tolerableGapMs) stalledMs += now - beforeMs;
    beforeMs = now;
    for (; nextMs <= now; nextMs += gapMs * -Math.log(1 - random())) {
      const request = offer(nextMs).finally(() => pending.delete(request));
      pending.add(request);
    }
    if (now - startedMs > ((limits.length + 1) * runMs) / (noted + 1)) limits.push(guard.limit);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const inTime = latencies.slice();
  await Promise.all(pending);
  for (const timer of timers) clearTimeout(timer);
  await service.terminate();
  return {
    good: inTime.length,
    sent,
    stalledMs,
    p50: inTime.length > 0 ? quantile(inTime, 0.5) : Number.NaN,
    p99: inTime.length > 0 ? quantile(inTime, 0.99) : Number.NaN,
    ...Object.fromEntries(limits.map((limit, i) => [`limit${i}`, limit])),
  };
}
