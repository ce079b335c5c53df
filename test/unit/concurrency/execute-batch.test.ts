import fc from "fast-check";
import { expect, test } from "vitest";
import { executeBatch } from "../../../src/concurrency/execute-batch.ts";
import { SlidingWindow } from "../../../src/concurrency/sliding-window.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { PulledInput } from "../../support/pulled-input.ts";

test("a batch begins when the one before is done and the delay has passed", async () => {
  const clock = new FakeClock();
  const starts: string[] = [];
  const call = (item: string, index: number) => {
    starts.push(`${item}@${clock.now()}`);
    return new Promise<string>((resolve) =>
      clock.setTimeout(() => resolve(item + index), item === "b" ? 30 : 10),
    );
  };
  const running = executeBatch(call, ["a", "b", "c", "d", "e"], { batchSize: 2, delayMs: 100, clock });
  await clock.advance(1000);
  expect(await running).toEqual(["a0", "b1", "c2", "d3", "e4"]);
  expect(starts).toEqual(["a@0", "b@0", "c@130", "d@130", "e@240"]);
  expect(clock.pending).toBe(0);
});

test("after the last batch there is no delay, and no items give no results", async () => {
  const clock = new FakeClock();
  expect(await executeBatch((item: number) => item, [1, 2], { batchSize: 2, delayMs: 100, clock })).toEqual([
    1, 2,
  ]);
  expect(await executeBatch((item: number) => item, [], { clock })).toEqual([]);
});

test("no interval of the rate's length sees more calls begin, and none waits longer than it must", async () => {
  const clock = new FakeClock();
  const starts: number[] = [];
  const running = executeBatch(() => void starts.push(clock.now()), new Array(8).fill(0), {
    batchSize: 8,
    rate: { count: 3, intervalMs: 100 },
    clock,
  });
  for (let i = 0; i < 5; i++) await clock.advance(50);
  await running;
  expect(starts).toEqual([0, 0, 0, 100, 100, 100, 200, 200]);
});

test("for any times of asking, the sliding window allows a start exactly when fewer than count began in the last interval", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 100 });
  fc.assert(
    fc.property(
      gaps,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 50 }),
      (list, count, intervalMs) => {
        const window = new SlidingWindow(count, intervalMs);
        const starts: number[] = [];
        let now = 0;
        for (const gap of list) {
          now += gap;
          const isAllowed = starts.filter((start) => start > now - intervalMs).length < count;
          expect(window.delayMs(now) === 0).toBe(isAllowed);
          if (!isAllowed) expect(window.delayMs(now)).toBe(starts.at(-count)! + intervalMs - now);
          if (isAllowed) {
            window.start(now);
            starts.push(now);
          }
        }
      },
    ),
  );
});

test("a failure or an abort ends every wait at once, and closes the input", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const reason = new Error("enough");
  const input = new PulledInput([1, 2, 3]);
  const waiting = executeBatch((item) => item, input.sync(), {
    batchSize: 1,
    delayMs: 1e6,
    clock,
    signal: controller.signal,
  });
  await settle();
  expect(clock.pending).toBe(1);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await settle();
  expect(clock.pending).toBe(0);
  expect(input).toMatchObject({ pulled: 2, returned: 1 });

  const fails = async (item: number) => {
    if (item === 2) throw reason;
    return new Promise((_, reject) => clock.setTimeout(() => reject(new Error("late")), 50));
  };
  const failing = executeBatch(fails, [1, 2, 3], {
    batchSize: 2,
    rate: { count: 2, intervalMs: 1e6 },
    clock,
  });
  const expected = expect(failing).rejects.toMatchObject({ index: 1, cause: reason, errors: [{ index: 0 }] });
  await clock.advance(50);
  await expected;
  expect(clock.pending).toBe(0);
});

test("with stopOnError: false a batch with failures is done like any other", async () => {
  const seen: number[] = [];
  const fails = (item: number) => {
    seen.push(item);
    throw new Error(`no ${item}`);
  };
  const totals: (number | undefined)[] = [];
  const running = executeBatch(fails, [1, 2, 3], {
    batchSize: 1,
    stopOnError: false,
    onProgress: ({ total }) => totals.push(total),
  });
  await expect(running).rejects.toMatchObject({ index: 0, done: 0, errors: [{ index: 1 }, { index: 2 }] });
  expect(seen).toEqual([1, 2, 3]);
  expect(totals).toEqual([3, 3, 3]);
});

test("a hung item holds its batch no longer than its deadline", async () => {
  const clock = new FakeClock();
  const running = executeBatch(
    (item: number) => (item === 0 ? new Promise<number>(() => undefined) : item),
    [0, 1, 2],
    {
      batchSize: 2,
      timeoutMs: 100,
      stopOnError: false,
      clock,
    },
  );
  const expected = expect(running).rejects.toMatchObject({
    index: 0,
    done: 2,
    cause: { code: "VICTOR_DEADLINE" },
  });
  await clock.advance(100);
  await expected;
});

test("asynchronous items come one at a time", async () => {
  const input = new PulledInput(["a", "b", "c"]);
  expect(await executeBatch(async (item) => item, input.async(), { batchSize: 2 })).toEqual(["a", "b", "c"]);
});

test.each([
  { batchSize: 0 },
  { batchSize: 1.5 },
  { delayMs: -1 },
  { delayMs: Number.POSITIVE_INFINITY },
  { rate: { count: 0, intervalMs: 1 } },
  { rate: { count: 1, intervalMs: 0 } },
  { rate: { count: 1, intervalMs: Number.NaN } },
])("refuses %o", (options) => {
  expect(() => executeBatch((item) => item, [1], options)).toThrow(RangeError);
});

test("refuses a missing function, no items, and unknown options", () => {
  expect(() => executeBatch(undefined as unknown as () => void, [])).toThrow(TypeError);
  expect(() => executeBatch(() => 1, 5 as unknown as number[])).toThrow(TypeError);
  expect(() => executeBatch(() => 1, [], { maxConcurrency: 1 } as object)).toThrow(
    'unknown option "maxConcurrency"',
  );
});
