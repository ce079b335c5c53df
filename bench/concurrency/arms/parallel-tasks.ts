import pLimit from "p-limit";
import PQueue from "p-queue";
import { executeInParallel, mapConcurrent } from "../../../src/concurrency/execute-in-parallel.ts";
import type { Arm } from "../../../src/measure/index.ts";

export type TaskKind = "sync" | "async" | "immediate";

type Task = () => number | Promise<number>;
type RunAll = (tasks: readonly Task[]) => Promise<readonly unknown[]>;

export interface ParallelTasks {
  readonly kind: TaskKind;
  /** Tasks of one operation. */
  readonly tasks: number;
}

const concurrency = 10;

const makers: Record<TaskKind, (value: number) => Task> = {
  sync: (value) => () => value,
  async: (value) => async () => value,
  immediate: (value) => () => new Promise((resolve) => setImmediate(resolve, value)),
};

/** Each operation runs all tasks once, and has their results in order. */
function running(args: unknown, runAll: RunAll): Arm {
  const { kind, tasks: count } = args as ParallelTasks;
  const tasks = Array.from({ length: count }, (_, i) => makers[kind](i));
  let last: readonly unknown[] = [];
  return {
    async run(times) {
      for (let i = 0; i < times; i++) last = await runAll(tasks);
    },
    answer: () => ({ length: last.length, isInOrder: last.every((value, i) => value === i) }),
  };
}

export const ours = (args: unknown): Arm =>
  running(args, (tasks) => executeInParallel(tasks, { maxConcurrency: concurrency }));

export const oursByItem = (args: unknown): Arm =>
  running(args, (tasks) => mapConcurrent(tasks, (task) => task(), { maxConcurrency: concurrency }));

export const limited = (args: unknown): Arm =>
  running(args, (tasks) => {
    const limit = pLimit(concurrency);
    return Promise.all(tasks.map((task) => limit(task)));
  });

export const queued = (args: unknown): Arm =>
  running(args, (tasks) => new PQueue({ concurrency }).addAll(tasks.map((task) => async () => task())));

/** No limit at all. */
export const all = (args: unknown): Arm => running(args, (tasks) => Promise.all(tasks.map((task) => task())));

/** The least that could be done: no lazy input, no abort, no deadline; after an error the other loops go on. */
export const loops = (args: unknown): Arm =>
  running(args, async (tasks) => {
    const results: unknown[] = [];
    let next = 0;
    const loop = async () => {
      while (next < tasks.length) {
        const i = next++;
        results[i] = await tasks[i]!();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, loop));
    return results;
  });
