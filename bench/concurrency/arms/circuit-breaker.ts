import * as cockatiel from "cockatiel";
import Opossum from "opossum";
import { CircuitBreaker } from "../../../src/concurrency/circuit-breaker.ts";
import type { Arm } from "../../../src/measure/index.ts";

const service = async (): Promise<number> => 1;

/** Each operation is one call through a closed breaker, one after the other. */
function calling(call: () => Promise<number>): Arm {
  let sum = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) sum += await call();
    },
    answer: () => sum > 0,
  };
}

export function ours(): Arm {
  const breaker = new CircuitBreaker("service");
  return calling(() => breaker.run(service));
}

export function oursWatchingAll(): Arm {
  const breaker = new CircuitBreaker("service", { consecutiveFailures: 5, slowMs: 1_000 });
  return calling(() => breaker.run(service));
}

export function oursWithSignal(): Arm {
  const breaker = new CircuitBreaker("service");
  const { signal } = new AbortController();
  return calling(() => breaker.run(service, { signal }));
}

export function byCockatiel(): Arm {
  const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 5_000,
    breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
  });
  return calling(() => breaker.execute(service));
}

export function byOpossum(): Arm {
  const breaker = new Opossum(service, { timeout: false });
  return { ...calling(() => breaker.fire()), close: () => breaker.shutdown() };
}

export const bare = (): Arm => calling(service);
