import { expect, test } from "vitest";
import type { Task } from "../../../src/concurrency/execute-in-parallel.ts";
import { parallelResults } from "../../../src/concurrency/parallel-results.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { PulledInput } from "../../support/pulled-input.ts";

const boom = new Error("boom");
/** Stands still, so that no turn of the event loop is given for time's sake. */
const clock = new FakeClock();

function gated(count: number) {
  const gates = Array.from({ length: count }, () => Promise.withResolvers<string>());
  return {
    gates,
    tasks: gates.map(
      ({ promise }) =>
        () =>
          promise,
    ),
  };
}

async function collect<T>(results: AsyncIterable<{ index: number; value: T }>): Promise<unknown[]> {
  const seen: unknown[] = [];
  try {
    for await (const { index, value } of results) seen.push([index, value]);
  } catch (error) {
    seen.push(error);
  }
  return seen;
}

test("whatever is done first comes first", async () => {
  const { gates, tasks } = gated(4);
  const seen = collect(parallelResults(tasks, { clock }));
  for (const i of [2, 0, 3, 1]) {
    await settle();
    gates[i]!.resolve(`r${i}`);
  }
  expect(await seen).toEqual([
    [2, "r2"],
    [0, "r0"],
    [3, "r3"],
    [1, "r1"],
  ]);
});

test("in input order a result waits for those before it", async () => {
  const { gates, tasks } = gated(4);
  const seen = collect(parallelResults(tasks, { order: "input", maxConcurrency: 4, clock }));
  for (const i of [2, 0, 3, 1]) {
    await settle();
    gates[i]!.resolve(`r${i}`);
  }
  expect(await seen).toEqual([
    [0, "r0"],
    [1, "r1"],
    [2, "r2"],
    [3, "r3"],
  ]);
});

test.each([
  ["completion", "sync"],
  ["input", "sync"],
  ["completion", "async"],
  ["input", "async"],
] as const)("in %s order, a %s input isn't pulled on until a result is taken", async (order, kind) => {
  const input = new PulledInput(Array.from({ length: 9 }, (_, i) => async () => i));
  const results = parallelResults(input[kind](), { order, maxConcurrency: 3, clock });
  await settle();
  expect(input.pulled).toBe(0);
  for (let taken = 1; taken <= 9; taken++) {
    expect((await results.next()).value).toEqual({ index: taken - 1, value: taken - 1 });
    await settle();
    expect(input.pulled).toBe(Math.min(9, taken + 3));
  }
  expect(await results.next()).toEqual({ done: true, value: undefined });
  expect(input.returned).toBe(0);
});

test("leaving the loop stops the pulling, aborts what runs, and waits until it has come to rest", async () => {
  const ended: number[] = [];
  const slow =
    (i: number): Task<string> =>
    (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () =>
          setImmediate(() => {
            ended.push(i);
            reject(boom);
          }),
        ),
      );
  const input = new PulledInput([() => "first", slow(1), slow(2), slow(3)]);
  for await (const { value } of parallelResults(input.sync(), { maxConcurrency: 2, clock })) {
    expect(value).toBe("first");
    break;
  }
  expect(ended).toEqual([1, 2]);
  expect(input).toMatchObject({ pulled: 3, returned: 1 });
});

test.each(["completion", "input"] as const)(
  "in %s order, what was ready before a failure still comes, then the error",
  async (order) => {
    const { gates, tasks } = gated(4);
    const seen = parallelResults(tasks, { order, maxConcurrency: 3, clock });
    const first = seen.next();
    gates[0]!.resolve("r0");
    await first;
    gates[1]!.resolve("r1");
    await settle();
    gates[2]!.reject(boom);
    gates[3]!.resolve("r3");
    await settle();
    expect((await seen.next()).value).toEqual({ index: 1, value: "r1" });
    if (order === "completion") expect((await seen.next()).value).toEqual({ index: 3, value: "r3" });
    await expect(seen.next()).rejects.toMatchObject({ index: 2, cause: boom });
  },
);

test.each(["completion", "input"] as const)(
  "in %s order with stopOnError: false, failures are told at the end",
  async (order) => {
    const tasks = [0, 1, 2, 3, 4].map((i) => async () => {
      if (i === 0 || i === 3) throw boom;
      return i;
    });
    const seen = await collect(
      parallelResults(tasks, { order, stopOnError: false, maxConcurrency: 1, clock }),
    );
    expect(seen).toMatchObject([[1, 1], [2, 2], [4, 4], { index: 0, done: 3, errors: [{ index: 3 }] }]);
  },
);

test("a signal that aborts while nobody takes results rejects at the next, and the process stays quiet", async () => {
  const controller = new AbortController();
  const results = parallelResults([() => 1, () => 2, () => 3], {
    maxConcurrency: 1,
    signal: controller.signal,
    clock,
  });
  await results.next();
  controller.abort(boom);
  await settle();
  expect((await results.next()).value).toEqual({ index: 1, value: 2 });
  await expect(results.next()).rejects.toBe(boom);
  const late = parallelResults([() => 1], { signal: AbortSignal.abort(boom) });
  await expect(late.next()).rejects.toBe(boom);
});

test("results that nobody asks for start nothing", async () => {
  const input = new PulledInput([() => 1]);
  await parallelResults(input.sync()).return();
  expect(input.pulled).toBe(0);
});

test("options are refused at once", () => {
  expect(() => parallelResults([], { order: "random" as "input" })).toThrow(RangeError);
  expect(() => parallelResults([], { ordered: true } as object)).toThrow(TypeError);
});
