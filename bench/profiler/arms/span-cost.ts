import { AsyncLocalStorage } from "node:async_hooks";
import type { Arm } from "../../../src/measure/index.ts";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";
import { openTelemetryTracer } from "./open-telemetry.ts";

/** What is measured: an addition that the compiler can't leave out. The answer says whether it ran each time. */
function arm(step: (count: number, work: () => void) => void, close?: () => Promise<void>): Arm {
  const box = { done: 0 };
  let asked = 0;
  const work = (): void => {
    box.done++;
  };
  return {
    run(count) {
      asked += count;
      step(count, work);
    },
    answer: () => ({ ranEachTime: box.done === asked }),
    ...(close !== undefined && { close }),
  };
}

export function bare(): Arm {
  return arm((count, work) => {
    for (let i = 0; i < count; i++) work();
  });
}

export function disabled(): Arm {
  const profiler = new PerformanceProfiler({ enabled: false });
  return arm((count, work) => {
    for (let i = 0; i < count; i++) profiler.span("work", work);
  });
}

export function root(): Arm {
  const profiler = new PerformanceProfiler();
  return arm((count, work) => {
    for (let i = 0; i < count; i++) profiler.span("work", work);
  });
}

export function rootWithOptions(): Arm {
  const profiler = new PerformanceProfiler();
  return arm((count, work) => {
    for (let i = 0; i < count; i++) profiler.span("work", { category: "cpu", metadata: { i } }, work);
  });
}

/** Under one span, so that each has a parent, whose own time it is taken from. */
export function child(): Arm {
  const profiler = new PerformanceProfiler();
  return arm((count, work) => {
    profiler.span("all", () => {
      for (let i = 0; i < count; i++) profiler.span("work", work);
    });
  });
}

export function started(): Arm {
  const profiler = new PerformanceProfiler();
  return arm((count, work) => {
    for (let i = 0; i < count; i++) {
      const span = profiler.start("work");
      work();
      span.end();
    }
  });
}

/** The trivial rival: no name, no parent, no context. */
export function twoTimes(): Arm {
  let total = 0;
  return arm((count, work) => {
    for (let i = 0; i < count; i++) {
      const startMs = performance.now();
      work();
      total += performance.now() - startMs;
    }
    if (total < 0) throw new Error("time ran backwards");
  });
}

/** The context alone: no time, no record. */
export function contextAlone(): Arm {
  const storage = new AsyncLocalStorage<object>();
  return arm((count, work) => {
    for (let i = 0; i < count; i++) storage.run({ i }, work);
  });
}

export async function openTelemetry(args: unknown): Promise<Arm> {
  const { tracer, close } = await openTelemetryTracer((args as { isExported: boolean }).isExported);
  return arm((count, work) => {
    for (let i = 0; i < count; i++)
      tracer.startActiveSpan("work", (span) => {
        work();
        span.end();
      });
  }, close);
}
