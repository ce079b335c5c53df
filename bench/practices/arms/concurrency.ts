import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { ConcurrencyOptimizer, closeDefaultWorkerPool, runInWorker } from "../../../src/concurrency/index.ts";
import type { Arm } from "../../../src/measure/index.ts";
import type { Way } from "../../practice.ts";

interface Args {
  readonly way: Way;
}

const optimizer = new ConcurrencyOptimizer();
const all = <T>(way: Way, tasks: readonly (() => Promise<T>)[]): Promise<readonly T[]> =>
  way === "good"
    ? optimizer.executeInParallel(tasks, { maxConcurrency: 10 })
    : Promise.all(tasks.map((task) => task()));

export function heldAtOnce({ way }: Args): Arm {
  let bytes = 0;
  let now = 0;
  const task = async (): Promise<number> => {
    const buffer = Buffer.alloc(1024 ** 2);
    now += buffer.length;
    bytes = Math.max(bytes, now);
    await wait(1);
    now -= buffer.length;
    return buffer.length;
  };
  let done = 0;
  return {
    async run() {
      done = (await all(way, Array<typeof task>(400).fill(task))).length;
    },
    answer: () => done,
    counters: () => ({ bytes }),
  };
}

/** A service in a thread of its own that works on 8 requests at once and queues all others, also those given up. */
async function service(): Promise<{ ask(patienceMs: number): Promise<boolean>; close(): Promise<unknown> }> {
  const worker = new Worker(new URL("../../concurrency/arms/service.ts", import.meta.url));
  worker.postMessage({ slots: 8, serviceMs: 5 });
  await once(worker, "message");
  const asked = new Map<number, (sinceMs: number) => void>();
  worker.on("message", (id: number) => asked.get(id)?.(performance.now()));
  let last = 0;
  return {
    async ask(patienceMs) {
      const { promise, resolve } = Promise.withResolvers<number>();
      const sinceMs = performance.now();
      asked.set(++last, resolve);
      worker.postMessage(last);
      return (await promise) - sinceMs <= patienceMs;
    },
    close: () => worker.terminate(),
  };
}

async function asking(play: (ask: () => Promise<boolean>) => Promise<readonly boolean[]>): Promise<Arm> {
  const { ask, close } = await service();
  let inTime: readonly boolean[] = [];
  return {
    async run() {
      inTime = await play(() => ask(100));
    },
    answer: () => inTime.length,
    counters: () => ({ lost: inTime.filter((each) => !each).length }),
    async close() {
      await close();
    },
  };
}

const requests = 400;
export const patience = ({ way }: Args): Promise<Arm> =>
  asking((ask) => all(way, Array<typeof ask>(requests).fill(ask)));
export const unknownCapacity = ({ way }: Args): Promise<Arm> =>
  asking((ask) => {
    const semaphore = optimizer.getSemaphore("service");
    const request = way === "good" ? () => semaphore.run(ask) : ask;
    return Promise.all(Array.from({ length: requests }, request));
  });

export function independent({ way }: Args): Arm {
  const tasks = Array<() => Promise<unknown>>(20).fill(() => wait(1));
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        if (way === "good") await all("good", tasks);
        else for (const task of tasks) await task();
      }
    },
  };
}

export function nothingToProtect({ way }: Args): Arm {
  const tasks = Array<() => Promise<unknown>>(1000).fill(() => wait(1));
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await all(way, tasks);
    },
  };
}

/** Sent to a thread as its text, so it sees nothing from around it. */
const compute = (steps: number): number => {
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.sqrt(i);
  return Math.round(sum);
};

export async function longWork({ way }: Args): Promise<Arm> {
  let pauseMs = 0;
  let answers: readonly number[] = [];
  await runInWorker(compute, [1]);
  return {
    async run() {
      let lastMs = performance.now();
      const watch = setInterval(() => {
        const nowMs = performance.now();
        pauseMs = Math.max(pauseMs, nowMs - lastMs);
        lastMs = nowMs;
      }, 1);
      const task = async (): Promise<number> => {
        await wait(1);
        return way === "good" ? await runInWorker(compute, [20_000_000]) : compute(20_000_000);
      };
      answers = await Promise.all(Array.from({ length: 8 }, task));
      await wait(5);
      clearInterval(watch);
    },
    answer: () => answers,
    counters: () => ({ pauseMs }),
    close: () => closeDefaultWorkerPool(),
  };
}

export async function shortWork({ way }: Args): Promise<Arm> {
  let sum = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++)
        sum += way === "good" ? await runInWorker(compute, [100]) : compute(100);
    },
    counters: () => ({ sum }),
    close: () => closeDefaultWorkerPool(),
  };
}
