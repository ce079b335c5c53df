import { describe, expect, test } from "vitest";
import editDistance, { ofPair } from "../../../src/report/workloads/concurrency/edit-distance.ts";
import { arrivals, type OverloadWork } from "../../../src/report/workloads/concurrency/overload-arms.ts";
import { concurrencyRoom } from "../../../src/report/workloads/concurrency/room.ts";
import { answerTo, capacity, workOf } from "../../../src/report/workloads/concurrency/service.ts";

const service = { processors: 8, workMs: 10 };
const work: OverloadWork = { service, overload: 2, objectiveMs: 100, runMs: 20_000, seed: 1 };

test("tasks come in order, at random, as often as the report says, the same for the same seed", () => {
  const all = arrivals(work);
  // Four standard deviations of so many draws.
  expect(Math.abs(all.length - 32_000)).toBeLessThan(4 * Math.sqrt(32_000));
  expect(all).toEqual(all.toSorted((a, b) => a - b));
  expect(all.at(-1)).toBeLessThan(work.runMs);
  const gaps = all.slice(1).map((atMs, i) => atMs - all[i]!);
  // Of exponential gaps, 1/e are longer than their mean.
  const longer = gaps.filter((gapMs) => gapMs > 1000 / 1600).length;
  expect(longer / gaps.length).toBeCloseTo(1 / Math.E, 1);
  expect(arrivals(work)).toEqual(all);
  expect(arrivals({ ...work, seed: 2 })).not.toEqual(all);
});

test("requests take half to one and a half of the mean, which is the capacity's", () => {
  const all = Array.from({ length: 10_000 }, (_, id) => workOf(service, id));
  expect(Math.min(...all)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...all)).toBeLessThan(15);
  expect(all.reduce((sum, ms) => sum + ms, 0) / all.length).toBeCloseTo(10, 1);
  expect(capacity(service)).toBe(800);
});

test("answers tell requests apart", () => {
  const answers = new Set(Array.from({ length: 1000 }, (_, id) => answerTo(id)));
  expect(answers.size).toBeGreaterThan(995);
  expect([...answers].every((answer) => Number.isSafeInteger(answer) && answer >= 0)).toBe(true);
});

test.each([
  ["", "", 0],
  ["abc", "", 3],
  ["", "ab", 2],
  ["kitten", "sitting", 3],
  ["intention", "execution", 5],
  ["same", "same", 0],
])("from %j to %j takes %i changes", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(ofPair([b, a])).toBe(distance);
});

describe("the area's rows", () => {
  const context = {
    engine: "sqlite",
    quick: true,
    workDir: "",
    repetitions: { processes: 3, rounds: 8, warmupRounds: 3 },
    seed: 7,
    signal: new AbortController().signal,
    announce: () => undefined,
  } as const;

  test("do more in the full report than in the quick one, and with the same seed the same", async () => {
    const quick = (await concurrencyRoom.open(context)).workloads;
    const full = (await concurrencyRoom.open({ ...context, quick: false })).workloads;
    expect(full.map(({ id }) => id)).toEqual(quick.map(({ id }) => id));
    for (const [i, { input }] of quick.entries()) expect(full[i]?.input).not.toBe(input);
    expect((await concurrencyRoom.open(context)).workloads.map(({ optimized }) => optimized.args)).toEqual(
      quick.map(({ optimized }) => optimized.args),
    );
  });
});
