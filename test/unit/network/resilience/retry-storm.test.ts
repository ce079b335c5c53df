/** A service and its callers in virtual time. */
import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/measure/random.ts";
import { HedgePolicy } from "../../../../src/network/resilience/hedge-policy.ts";
import { RetryPolicy } from "../../../../src/network/resilience/retry-policy.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { type Caller, type SentRequest, scriptedDispatch, send } from "../../../support/scripted-dispatch.ts";

test("a permanent 503 gets at most 1.25 requests a call, at any rate of calls, and every caller gets the 503", () => {
  for (const everyMs of [0, 1, 100, 10_000]) {
    const clock = new ManualClock();
    const retry = new RetryPolicy({ clock, random: seededRandom(5) });
    const { dispatch, sent } = scriptedDispatch((request) => request.start().answer(503));
    const get = retry.policy(dispatch);
    const callers: Caller[] = [];
    // The budget is as full as it can be when the outage begins.
    for (let i = 0; i < 1000; i++) retry.budget.succeed();
    for (let i = 0; i < 1000; i++) {
      callers.push(send(get));
      clock.pass(everyMs);
    }
    clock.pass(100_000);
    expect(callers.every(({ status }) => status === 503)).toBe(true);
    expect(sent.length / 1000).toBeLessThanOrEqual(1.25);
    expect(sent.length).toBeGreaterThan(1100);
  }
});

test("1,000 calls that fail in the same moment don't come back in the same moment", () => {
  for (const headers of [{}, { "retry-after": "1" }]) {
    for (const status of [500, 503, 429]) {
      const clock = new ManualClock();
      const retry = new RetryPolicy({ clock, random: seededRandom(6), maxRetries: 1 });
      const times: number[] = [];
      const { dispatch } = scriptedDispatch((request, index) => {
        if (index >= 1000) times.push(clock.now());
        request.start().answer(index < 1000 ? status : 200, "", headers);
      });
      const get = retry.policy(dispatch);
      for (let i = 0; i < 100_000; i++) retry.budget.succeed();
      for (let i = 0; i < 1000; i++) send(get);
      clock.pass(10_000);
      times.sort((a, b) => a - b);
      const busiest = Math.max(...times.map((at) => times.filter((t) => t >= at && t < at + 10).length));
      expect(times.length).toBeGreaterThan(100);
      expect(busiest / times.length).toBeLessThan(1 / 3);
    }
  }
});

test("with 22 % failures, 99.5 % of the calls succeed within three retries", () => {
  const clock = new ManualClock();
  const random = seededRandom(8);
  const retry = new RetryPolicy({ clock, random, timeoutMs: 5_000 });
  const { dispatch } = scriptedDispatch((request) => {
    clock.setTimeout(() => request.start().answer(random() < 0.22 ? 503 : 200), 20);
  });
  const get = retry.policy(dispatch);
  const callers: Caller[] = [];
  for (let i = 0; i < 5_000; i++) {
    callers.push(send(get));
    clock.pass(2);
  }
  clock.pass(10_000);
  expect(callers.filter(({ status }) => status === 200).length / 5_000).toBeGreaterThan(0.995);
});

test("with 2 % of the answers 300 ms late, the 99th percentile is that of the others, for 3 % more requests", () => {
  const clock = new ManualClock();
  const random = seededRandom(9);
  const hedge = new HedgePolicy({ clock });
  const answer = (request: SentRequest) => {
    clock.setTimeout(() => request.answer(200), random() < 0.02 ? 300 : 1 + 4 * random());
  };
  const { dispatch, sent } = scriptedDispatch((request) => answer(request.start()));
  const get = hedge.policy(dispatch);
  const times: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    const startedMs = clock.now();
    const caller = send(get);
    const end = caller.onResponseEnd;
    caller.onResponseEnd = () => {
      times.push(clock.now() - startedMs);
      end.call(caller);
    };
    clock.pass(1);
  }
  clock.pass(1000);
  times.sort((a, b) => a - b);
  expect(times.length).toBe(20_000);
  expect(times[Math.floor(0.99 * times.length)]).toBeLessThan(15);
  expect(sent.length / 20_000).toBeLessThanOrEqual(1.03);
});
