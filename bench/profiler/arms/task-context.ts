import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import { availableCpus } from "../../../src/concurrency/worker-sizing.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { getProfiler, PerformanceProfiler, type SpanContext } from "../../../src/profiler/index.ts";

const inFlight = 64;
const threads = availableCpus();
const file = new URL("./task-context-tasks.ts", import.meta.url);

/** Keeps 64 tasks in flight. Threads have started, and code is warm, before anything is measured. */
async function arm(task: string, submit: (run: () => Promise<number>, task: string) => Promise<number>) {
  const pool = new WorkerPool({ minWorkers: threads, maxWorkers: threads });
  const options = { name: task };
  const run = () => pool.run<number>(file, [1], options);
  let wrong = 0;
  const drive = async (count: number): Promise<void> => {
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) if ((await submit(run, task)) !== 2) wrong++;
    };
    await Promise.all(Array.from({ length: inFlight }, one));
  };
  await drive(3000);
  return {
    run: drive,
    answer: () => wrong,
    close: () => pool.close(),
  } satisfies Arm;
}

export const noProfiler = (): Promise<Arm> => arm("plain", (run) => run());

export function switchedOff(): Promise<Arm> {
  getProfiler({ enabled: false });
  return arm("plain", (run) => run());
}

export function outsideOfSpans(): Promise<Arm> {
  getProfiler();
  return arm("plain", (run) => run());
}

export function underSpan(): Promise<Arm> {
  const profiler = getProfiler();
  return arm("plain", (run) => profiler.span("request", run));
}

/** The span alone: the pool isn't told of the profiler. */
export function spanWithoutContext(): Promise<Arm> {
  const profiler = new PerformanceProfiler();
  return arm("plain", (run) => profiler.span("request", run));
}

/** And the task has a span of its own, which comes back. */
export function spansOfTask(): Promise<Arm> {
  const profiler = getProfiler();
  return arm("measured", (run) => profiler.span("request", run));
}

/** The same by hand. */
export async function byHand(): Promise<Arm> {
  const profiler = new PerformanceProfiler();
  const pool = new WorkerPool({ minWorkers: threads, maxWorkers: threads });
  const options = { name: "measuredByHand" };
  const run = (context: SpanContext | undefined) => pool.run<number>(file, [1, context], options);
  const made = await arm("measured", () => profiler.span("request", () => run(profiler.context())));
  return {
    ...made,
    close: async () => {
      await made.close?.();
      await pool.close();
    },
  };
}
