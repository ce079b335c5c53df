import { expect, test } from "vitest";
import { CallCohorts } from "../../../../src/network/resilience/call-cohorts.ts";

const rule = { calls: 4, failureRate: 0.5, minimumCalls: 4, lastingMs: 0, windowMs: 100 };

test("half of the calls that began together are too bad, in whatever order they end", () => {
  const cohorts = new CallCohorts(rule);
  const calls = Array.from({ length: 6 }, () => cohorts.join());
  expect(calls.map(({ number }) => number)).toEqual([1, 1, 1, 1, 2, 2]);
  expect(cohorts.fail(calls[4]!, 0)).toBe(false);
  cohorts.succeed(calls[0]!, 1);
  expect(cohorts.fail(calls[3]!, 2)).toBe(false);
  expect(cohorts.fail(calls[1]!, 3)).toBe(true);
});

test("calls that are missing or under way count as good, as far as the minimum says", () => {
  const fails = (minimumCalls: number, begun: number) => {
    const cohorts = new CallCohorts({ ...rule, minimumCalls });
    const cohort = Array.from({ length: begun }, () => cohorts.join())[0]!;
    return cohorts.fail(cohort, 0);
  };
  expect([fails(4, 1), fails(2, 1), fails(2, 2), fails(2, 3)]).toEqual([false, true, true, false]);
});

test("a call that tells nothing leaves its place to another", () => {
  const cohorts = new CallCohorts(rule);
  for (let i = 0; i < 4; i++) cohorts.leave(cohorts.join());
  expect(cohorts.join()).toMatchObject({ number: 1, started: 1 });
});

test("late failures of calls that began before a good cohort say nothing", () => {
  const cohorts = new CallCohorts(rule);
  const old = Array.from({ length: 4 }, () => cohorts.join());
  const later = Array.from({ length: 4 }, () => cohorts.join());
  for (const cohort of later.slice(0, 2)) cohorts.succeed(cohort, 10);
  expect(cohorts.fail(old[0]!, 20)).toBe(false);
  expect(cohorts.fail(old[1]!, 20)).toBe(true);
  cohorts.succeed(later[2]!, 30);
  expect(cohorts.fail(old[2]!, 40)).toBe(false);
});

test("failures of one moment aren't too bad where they have to last", () => {
  const failsAt = (ms: number) => {
    const cohorts = new CallCohorts({ ...rule, lastingMs: 50 });
    const cohort = Array.from({ length: 4 }, () => cohorts.join())[0]!;
    cohorts.fail(cohort, 0);
    return cohorts.fail(cohort, ms);
  };
  expect([failsAt(0), failsAt(49), failsAt(50)]).toEqual([false, false, true]);
});

test("a cohort takes no more calls when its time is over", () => {
  const cohorts = new CallCohorts(rule);
  cohorts.succeed(cohorts.join(), 1_000);
  cohorts.succeed(cohorts.join(), 1_099);
  expect(cohorts.join().number).toBe(1);
  cohorts.succeed(cohorts.join(), 1_100);
  expect(cohorts.join().number).toBe(2);
});
