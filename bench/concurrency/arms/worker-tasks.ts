import { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { Tinypool } from "tinypool";
import workerpool from "workerpool";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";
import { availableCpus } from "../../../src/concurrency/worker-sizing.ts";
import type { Arm } from "../../../src/measure/index.ts";
import task from "./worker-task.ts";

export interface Load {
  /** Length of each task, taken in turn, milliseconds. */
  readonly taskMs: readonly number[];
}

const inFlight = 64;
const threads = availableCpus();
const file = (name: string): URL => new URL(`./${name}.ts`, import.meta.url);

/** Keeps 64 tasks in flight. Threads have started, and code is warm, before anything is measured. */
async function arm(
  args: unknown,
  run: (ms: number) => number | PromiseLike<number>,
  close: () => unknown,
): Promise<Arm> {
  const { taskMs } = args as Load;
  let wrong = 0;
  let shortTasks = 0;
  let shortTasksMs = 0;
  const drive = async (count: number, lengths: readonly number[]): Promise<void> => {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count) {
        const ms = lengths[next++ % lengths.length]!;
        const submittedMs = performance.now();
        if ((await run(ms)) !== ms + 1) wrong++;
        if (ms > 0) continue;
        shortTasks++;
        shortTasksMs += performance.now() - submittedMs;
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, count) }, one));
  };
  await drive(8 * threads, [10]);
  await drive(2000, [0]);
  shortTasks = 0;
  shortTasksMs = 0;
  return {
    run: (count) => drive(count, taskMs),
    answer: () => wrong,
    counters: () => ({ shortTaskMs: shortTasksMs / shortTasks }),
    close: async () => {
      await close();
    },
  };
}

export function victor(args: unknown): Promise<Arm> {
  const pool = new WorkerPool({ minWorkers: threads, maxWorkers: threads });
  const url = file("worker-task");
  return arm(
    args,
    (ms) => pool.run<number>(url, [ms]),
    () => pool.close(),
  );
}

/** The same, with the function's source instead of a file, made anew for each call as one writes it. */
export function victorInline(args: unknown): Promise<Arm> {
  const pool = new WorkerPool({ minWorkers: threads, maxWorkers: threads });
  return arm(
    args,
    (ms) =>
      pool.run(
        (ms: number) => {
          if (ms > 0) {
            const endMs = performance.now() + ms;
            while (performance.now() < endMs);
          }
          return ms + 1;
        },
        [ms],
      ),
    () => pool.close(),
  );
}

export function piscina(args: unknown): Promise<Arm> {
  const pool = new Piscina({
    filename: file("worker-task").href,
    minThreads: threads,
    maxThreads: threads,
  });
  return arm(
    args,
    (ms) => pool.run(ms) as Promise<number>,
    () => pool.destroy(),
  );
}

export function victorObjects(args: unknown): Promise<Arm> {
  const pool = new WorkerPool({ minWorkers: threads, maxWorkers: threads });
  const url = file("worker-task");
  const name = "withObjects";
  return arm(
    args,
    async (ms) => (await pool.run<{ value: number }>(url, [{ ms }], { name })).value,
    () => pool.close(),
  );
}

export function piscinaObjects(args: unknown): Promise<Arm> {
  const pool = new Piscina({
    filename: file("worker-task").href,
    name: "withObjects",
    minThreads: threads,
    maxThreads: threads,
  });
  return arm(
    args,
    async (ms) => ((await pool.run({ ms })) as { value: number }).value,
    () => pool.destroy(),
  );
}

/** What can be had on top of piscina: tasks of one turn of the event loop in messages as long as 0.5 ms of work. */
export function batchedPiscina(args: unknown): Promise<Arm> {
  const pool = new Piscina({
    filename: file("worker-task").href,
    name: "batch",
    minThreads: threads,
    maxThreads: threads,
  });
  interface Waiting {
    readonly ms: number;
    readonly resolve: (value: number) => void;
  }
  let waiting: Waiting[] = [];
  let meanMs = 1;
  const send = async (part: readonly Waiting[]): Promise<void> => {
    const { results, runMs } = (await pool.run(part.map(({ ms }) => ms))) as {
      results: number[];
      runMs: number;
    };
    meanMs += (runMs / part.length - meanMs) / 8;
    for (const [i, { resolve }] of part.entries()) resolve(results[i]!);
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    const size = Math.max(1, Math.min(inFlight, Math.floor(0.5 / meanMs)));
    for (let from = 0; from < all.length; from += size) send(all.slice(from, from + size));
  };
  return arm(
    args,
    (ms) =>
      new Promise<number>((resolve) => {
        if (waiting.push({ ms, resolve }) === 1) process.nextTick(flush);
      }),
    () => pool.destroy(),
  );
}

export function tinypool(args: unknown): Promise<Arm> {
  const pool = new Tinypool({
    filename: file("worker-task").href,
    runtime: "worker_threads",
    minThreads: threads,
    maxThreads: threads,
  });
  return arm(
    args,
    (ms) => pool.run(ms) as Promise<number>,
    () => pool.destroy(),
  );
}

export function workerPool(args: unknown): Promise<Arm> {
  const pool = workerpool.pool(file("worker-task-workerpool").pathname, {
    workerType: "thread",
    minWorkers: threads,
    maxWorkers: threads,
  });
  return arm(
    args,
    (ms) => pool.exec("task", [ms]) as PromiseLike<number>,
    () => pool.terminate(),
  );
}

/** One thread, one message for each task and one for each answer. */
export function onePort(args: unknown): Promise<Arm> {
  const worker = new Worker(file("worker-task-port"));
  const waiting = new Map<number, (value: number) => void>();
  let lastId = 0;
  worker.on("message", ([id, value]: [number, number]) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  return arm(
    args,
    (ms) =>
      new Promise<number>((resolve) => {
        waiting.set(++lastId, resolve);
        worker.postMessage([lastId, ms]);
      }),
    () => worker.terminate(),
  );
}

/** No thread at all. */
export function mainThread(args: unknown): Promise<Arm> {
  return arm(args, task, () => undefined);
}
