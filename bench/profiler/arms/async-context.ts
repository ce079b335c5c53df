import { AsyncLocalStorage } from "node:async_hooks";
import type { Arm } from "../../../src/measure/index.ts";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";
import { openTelemetryTracer } from "./open-telemetry.ts";

/** An async function with two awaits, each of which gives way to the microtask queue. */
async function twoAwaits(n: number): Promise<number> {
  const one = await n;
  return (await one) + 1;
}

function arm(call: (n: number) => Promise<number>, close?: () => Promise<void>): Arm {
  let sum = 0;
  let asked = 0;
  return {
    async run(count) {
      asked += count;
      for (let i = 0; i < count; i++) sum += await call(0);
    },
    answer: () => ({ ranEachTime: sum === asked }),
    ...(close !== undefined && { close }),
  };
}

export const bare = (): Arm => arm(twoAwaits);

export function contextAlone(): Arm {
  const storage = new AsyncLocalStorage<object>();
  return arm((n) => storage.run({ n }, twoAwaits, n));
}

export function ours(): Arm {
  const profiler = new PerformanceProfiler();
  return arm((n) => profiler.span("work", () => twoAwaits(n)));
}

export function oursAsWrapper(): Arm {
  return arm(new PerformanceProfiler().profile("work")(twoAwaits));
}

/** `using`, and so `start`, in the async function itself. */
export function oursStarted(): Arm {
  const profiler = new PerformanceProfiler();
  return arm(async (n) => {
    const span = profiler.start("work");
    try {
      const one = await n;
      return (await one) + 1;
    } finally {
      span.end();
    }
  });
}

export function oursDisabled(): Arm {
  const profiler = new PerformanceProfiler({ enabled: false });
  return arm((n) => profiler.span("work", () => twoAwaits(n)));
}

/** As its documentation has it: ended when the promise settles. */
export async function openTelemetry(): Promise<Arm> {
  const { tracer, close } = await openTelemetryTracer(true);
  const call = (n: number): Promise<number> =>
    tracer.startActiveSpan("work", async (span) => {
      try {
        return await twoAwaits(n);
      } finally {
        span.end();
      }
    });
  return arm(call, close);
}
