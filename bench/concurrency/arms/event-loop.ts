import { setImmediate as immediate, scheduler } from "node:timers/promises";
import { BlockingWatchdog } from "../../../src/concurrency/blocking-watchdog.ts";
import { chunked } from "../../../src/concurrency/chunked.ts";
import { yieldToEventLoop } from "../../../src/concurrency/yield-to-event-loop.ts";
import type { Arm } from "../../../src/measure/index.ts";

/** Each operation lets the loop have a turn. */
function yielding(give: () => Promise<unknown>): Arm {
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await give();
    },
  };
}

export const ours = (): Arm => yielding(() => yieldToEventLoop());
export const promisedImmediate = (): Arm => yielding(() => immediate());
export const schedulerYield = (): Arm => yielding(() => scheduler.yield());
export const timeout = (): Arm => yielding(() => new Promise((resolve) => setTimeout(resolve, 0)));

const items = Array.from({ length: 10_000 }, (_, i) => i);
const budgetMs = 10;

/** Each operation goes through 10,000 items. */
function going(through: () => Promise<number> | number): Arm {
  let sum = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) sum += await through();
    },
    counters: () => ({ sum }),
  };
}

export const byChunked = (): Arm =>
  going(async () => {
    let sum = 0;
    for await (const item of chunked(items, budgetMs)) sum += item;
    return sum;
  });

/** As one would write it. */
export const byGenerator = (): Arm =>
  going(async () => {
    async function* byTime() {
      let end = performance.now() + budgetMs;
      for (const item of items) {
        if (performance.now() > end) {
          await immediate();
          end = performance.now() + budgetMs;
        }
        yield item;
      }
    }
    let sum = 0;
    for await (const item of byTime()) sum += item;
    return sum;
  });

/** No turn for anybody. */
export const plainLoop = (): Arm =>
  going(() => {
    let sum = 0;
    for (const item of items) sum += item;
    return sum;
  });

function burn(steps: number): number {
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.sqrt(i + sum);
  return sum;
}

/** Each operation is what the name says, with a watchdog or without. */
async function watched(args: unknown, operation: () => Promise<unknown>): Promise<Arm> {
  const { isWatched } = args as { readonly isWatched: boolean };
  let reports = 0;
  const watchdog = isWatched ? new BlockingWatchdog({ onBlocked: () => reports++ }) : undefined;
  await watchdog?.ready();
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await operation();
    },
    counters: () => ({ reports }),
    close: () => watchdog?.close(),
  };
}

export const idling = (args: unknown): Promise<Arm> =>
  watched(args, () => new Promise((resolve) => setTimeout(resolve, 500)));

/** Busy all the time, but never for long. */
export const working = (args: unknown): Promise<Arm> =>
  watched(args, () => {
    burn(500_000);
    return immediate();
  });

/** One long function, then a pause in which the report comes. */
export const blocking = (args: unknown): Promise<Arm> =>
  watched(args, async () => {
    burn(40_000_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
