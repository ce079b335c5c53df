import { Sema } from "async-sema";
import { bulkhead } from "cockatiel";
import pLimit from "p-limit";
import PQueue from "p-queue";
import { AdaptiveSemaphore } from "../../../src/concurrency/adaptive-semaphore.ts";
import type { Arm } from "../../../src/measure/index.ts";

const limit = 10;

const task = async (): Promise<number> => 1;

/** Does a small task `count` times, one after the other, under a limit with room; each limit in the way that it is used. */
type Loop = (count: number) => Promise<number>;

const loops = {
  counter: (): Loop => {
    let inFlight = 0;
    const waiting: (() => void)[] = [];
    return async (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        if (inFlight >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
        inFlight++;
        sum += await task();
        inFlight--;
        waiting.shift()?.();
      }
      return sum;
    };
  },
  fixed: (): Loop => held(new AdaptiveSemaphore("bench", { limit })),
  adaptive: (): Loop => held(new AdaptiveSemaphore("bench")),
  run: (): Loop => {
    const semaphore = new AdaptiveSemaphore("bench", { limit });
    return called(() => semaphore.run(task));
  },
  asyncSema: (): Loop => {
    const sema = new Sema(limit);
    return async (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        await sema.acquire();
        sum += await task();
        sema.release();
      }
      return sum;
    };
  },
  pLimit: (): Loop => {
    const limited = pLimit(limit);
    return called(() => limited(task));
  },
  pQueue: (): Loop => {
    const queue = new PQueue({ concurrency: limit });
    return called(() => queue.add(task));
  },
  cockatiel: (): Loop => {
    const policy = bulkhead(limit, 1000);
    return called(() => policy.execute(task));
  },
};

function held(semaphore: AdaptiveSemaphore): Loop {
  return async (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const permit = await semaphore.acquire();
      sum += await task();
      permit.release();
    }
    return sum;
  };
}

function called(once: () => Promise<number>): Loop {
  return async (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += await once();
    return sum;
  };
}

export type RunId = keyof typeof loops;

/** One operation: a task that does nothing, alone under its limit. */
export function uncontended(args: unknown): Arm {
  const { id } = args as { readonly id: RunId };
  const loop = loops[id]();
  let isRight = true;
  return {
    async run(count) {
      isRight &&= (await loop(count)) === count;
    },
    answer: () => isRight,
  };
}

/** Makes one caller wait for ever. */
type Wait = () => Promise<unknown>;

const waits = {
  fixed: (): Wait => {
    const semaphore = new AdaptiveSemaphore("bench", { limit: 1, queueLimit: 1_000_000 });
    return () => semaphore.acquire();
  },
  deadline: (): Wait => {
    const semaphore = new AdaptiveSemaphore("bench", { limit: 1, queueLimit: 1_000_000 });
    return () => semaphore.acquire({ timeoutMs: 3_600_000 });
  },
  asyncSema: (): Wait => {
    const sema = new Sema(1);
    return () => sema.acquire();
  },
  pLimit: (): Wait => {
    const limited = pLimit(1);
    return () => limited(forever);
  },
  pQueue: (): Wait => {
    const queue = new PQueue({ concurrency: 1 });
    return () => queue.add(forever);
  },
};

const forever = (): Promise<void> => new Promise(() => undefined);

export type WaitId = keyof typeof waits;
export const waiters = 100_000;

/** One operation: 100,000 callers that wait; `bytes` is what each takes, the promise included, its place in an array not. */
export function waiting(args: unknown): Arm {
  const { id } = args as { readonly id: WaitId };
  const fill = (count: number): unknown[] => {
    const wait = waits[id]();
    const promises = new Array<unknown>(count);
    for (let i = 0; i < count; i++) promises[i] = wait();
    return [wait, promises];
  };
  fill(1000);
  let kept: unknown;
  let bytes = 0;
  return {
    async run() {
      const before = await usedBytes();
      kept = fill(waiters);
      bytes = (await usedBytes()) - before;
    },
    answer: () => kept !== undefined,
    counters: () => ({ bytes: bytes / waiters - 8 }),
    // Those who wait would keep the process.
    close: () => void setTimeout(() => process.exit(0), 10).unref(),
  };
}

async function usedBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
