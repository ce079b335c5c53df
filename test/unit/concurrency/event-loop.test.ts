import fc from "fast-check";
import { expect, test } from "vitest";
import { chunked } from "../../../src/concurrency/chunked.ts";
import { TimeSlice } from "../../../src/concurrency/time-slice.ts";
import { yieldToEventLoop } from "../../../src/concurrency/yield-to-event-loop.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { PulledInput } from "../../support/pulled-input.ts";

const boom = new Error("boom");

test("yieldToEventLoop lets timers and immediates run", async () => {
  const ran: string[] = [];
  setImmediate(() => ran.push("immediate"));
  await yieldToEventLoop();
  expect(ran).toEqual(["immediate"]);
  setTimeout(() => ran.push("timer"), 1);
  while (!ran.includes("timer")) await yieldToEventLoop();
});

test("all who yield in one turn go on in the next, also those who yield again", async () => {
  const order: string[] = [];
  const worker = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      await yieldToEventLoop();
      order.push(name + i);
    }
  };
  await Promise.all([worker("a"), worker("b")]);
  expect(order).toEqual(["a0", "b0", "a1", "b1", "a2", "b2"]);
});

test("yieldToEventLoop throws the reason of a signal that aborted before or meanwhile", async () => {
  await expect(yieldToEventLoop({ signal: AbortSignal.abort(boom) })).rejects.toBe(boom);
  const controller = new AbortController();
  setImmediate(() => controller.abort(boom));
  await expect(yieldToEventLoop({ signal: controller.signal })).rejects.toBe(boom);
});

/** @returns after which items the loop had a turn, when each takes so many milliseconds */
async function turnsAfter(itemMs: readonly number[], budgetMs: number): Promise<number[]> {
  const clock = new ManualClock();
  const turns: number[] = [];
  let done = 0;
  let isOver = false;
  const watch = (): void => {
    if (isOver) return;
    turns.push(done);
    setImmediate(watch);
  };
  setImmediate(watch);
  for await (const ms of chunked(itemMs, budgetMs, { clock })) {
    clock.block(ms);
    done++;
  }
  isOver = true;
  return turns;
}

test("chunked gives the loop a turn whenever the budget is used up", async () => {
  expect(await turnsAfter(new Array(12).fill(4), 10)).toEqual([3, 6, 9, 12]);
  expect(await turnsAfter(new Array(4).fill(25), 10)).toEqual([1, 2, 3, 4]);
  expect(await turnsAfter(new Array(4).fill(1), 10)).toEqual([]);
  expect(await turnsAfter(new Array(3).fill(0), 0)).toEqual([1, 2, 3]);
});

test("for any items, no chunk is more than one item over the budget while items are slow, and 32 when they turn slow", () => {
  // A power of two, so that sums are exact.
  const times = fc.array(fc.oneof(fc.constant(2 ** -10), fc.integer({ min: 1, max: 30 })), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(times, (items) => {
      const clock = new ManualClock();
      const slice = new TimeSlice(10, clock);
      let over = 0;
      let began = 0;
      for (const ms of items) {
        over = clock.now() - began >= 10 ? over + 1 : 0;
        if (slice.spent()) {
          // Never too early.
          expect(clock.now() - began).toBeGreaterThanOrEqual(10);
          slice.restart();
          began = clock.now();
          over = 0;
        }
        expect(over).toBeLessThan(32);
        clock.block(ms);
      }
    }),
  );
});

test("the clock is looked at once in 32 items while they are fast, and at every item when they are slow", () => {
  let looks = 0;
  const clock = new ManualClock();
  const counting = {
    now: () => {
      looks++;
      return clock.now();
    },
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
  };
  const slice = new TimeSlice(10, counting);
  for (let i = 0; i < 3200; i++) {
    slice.spent();
    clock.block(0.0001);
  }
  expect(looks).toBeLessThan(120);
  looks = 0;
  for (let i = 0; i < 100; i++) {
    if (slice.spent()) slice.restart();
    clock.block(2);
  }
  expect(looks).toBeGreaterThan(60);
});

test("chunked goes through everything, in order, and hands on what the source gives and throws", async () => {
  const seen: number[] = [];
  for await (const item of chunked(new Set([1, 2, 3]), 5)) seen.push(item);
  expect(seen).toEqual([1, 2, 3]);
  const failing = new PulledInput([1], boom);
  const items = chunked(failing.sync(), 5);
  expect(await items.next()).toEqual({ done: false, value: 1 });
  await expect(items.next()).rejects.toBe(boom);
});

test("leaving the loop closes the source, and so does an abort, which is thrown", async () => {
  const left = new PulledInput([1, 2, 3]);
  const items = chunked(left.sync(), 5);
  for await (const _ of items) break;
  expect(left).toMatchObject({ pulled: 1, returned: 1 });
  expect(await items.next()).toEqual({ done: true, value: undefined });

  const controller = new AbortController();
  const aborted = new PulledInput([1, 2, 3]);
  const going = async () => {
    for await (const _ of chunked(aborted.sync(), 0, { signal: controller.signal })) controller.abort(boom);
  };
  await expect(going()).rejects.toBe(boom);
  expect(aborted).toMatchObject({ pulled: 1, returned: 1 });
});

test("with a signal that has aborted chunked gives nothing, and what is no signal is refused", async () => {
  const source = new PulledInput([1, 2, 3]);
  const items = chunked(source.sync(), 5, { signal: AbortSignal.abort(boom) });
  await expect(items.next()).rejects.toBe(boom);
  expect(await items.next()).toEqual({ done: true, value: undefined });
  expect(source).toMatchObject({ pulled: 0 });
  expect(() => chunked([], 5, { signal: new AbortController() } as object)).toThrow(
    "signal: expected an AbortSignal, got an object",
  );
});

test("items asked for at once come in order, though the loop has its turn between", async () => {
  const items = chunked([1, 2, 3], 0);
  expect(await Promise.all([items.next(), items.next(), items.next()])).toMatchObject([
    { value: 1 },
    { value: 2 },
    { value: 3 },
  ]);
});

test("chunked refuses what it can't go through, a budget that is none, and unknown options", () => {
  expect(() => chunked(5 as unknown as number[], 5)).toThrow(TypeError);
  expect(() => chunked([], Number.NaN)).toThrow(RangeError);
  expect(() => chunked([], -1)).toThrow(RangeError);
  expect(() => chunked([], 5, { size: 3 } as object)).toThrow('unknown option "size"');
});
