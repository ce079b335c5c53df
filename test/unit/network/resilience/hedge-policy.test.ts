import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { MetricRegistry } from "../../../../src/metrics/registry.ts";
import type { HedgePolicyOptions } from "../../../../src/network/resilience/hedge-options.ts";
import { HedgePolicy } from "../../../../src/network/resilience/hedge-policy.ts";
import { RetryBudget } from "../../../../src/network/resilience/retry-budget.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { coded, type SentRequest, scriptedDispatch, send } from "../../../support/scripted-dispatch.ts";

/** An origin that has answered 100 calls within 10 ms, so that what takes 20 ms is late; all later requests are answered by hand. */
async function known(
  options: HedgePolicyOptions = {},
  onSent: (request: SentRequest) => void = (request) => request.start(),
) {
  const clock = new FakeClock();
  const hedge = new HedgePolicy({ clock, maxLoad: 0.1, ...options });
  let isKnown = false;
  const sent: SentRequest[] = [];
  const end = scriptedDispatch((request) => {
    if (isKnown) sent.push(request);
    if (isKnown) onSent(request);
    else clock.setTimeout(() => request.start().answer(200), 10);
  });
  const dispatch = hedge.policy(end.dispatch);
  for (let i = 0; i < 100; i++) send(dispatch);
  await clock.advance(10);
  isKnown = true;
  return { clock, hedge, dispatch, sent };
}

test("before enough is known nothing is sent twice", async () => {
  const clock = new FakeClock();
  const { dispatch, sent } = scriptedDispatch();
  send(new HedgePolicy({ clock, maxLoad: 1 }).policy(dispatch));
  await clock.advance(100_000);
  expect(sent.length).toBe(1);
});

test("a late call is sent again, the first answer is taken, and the other request is cut off", async () => {
  const { clock, hedge, dispatch, sent } = await known();
  expect(hedge.delayMs("http://service")).toBeGreaterThan(19.8);
  const caller = send(dispatch);
  await clock.advance(19);
  expect(sent.length).toBe(1);
  await clock.advance(2);
  expect(sent.length).toBe(2);
  sent[1]!.head(200).data("quick");
  expect(sent[0]!.reason).toMatchObject({ code: "VICTOR_ATTEMPT_ABANDONED" });
  sent[0]!.head(200).data("slow").end();
  sent[1]!.end();
  expect(caller.events).toEqual(["start", "200", "data", "end"]);
  expect(caller.body).toBe("quick");
  expect(hedge.stats()).toMatchObject({ hedges: 1, won: 1 });
});

test("when the first request answers after all, the second is cut off, even while it waits for a connection", async () => {
  const { clock, dispatch, sent, hedge } = await known({}, () => undefined);
  const caller = send(dispatch);
  await clock.advance(21);
  sent[0]!.start().answer(200, "first");
  expect(caller.body).toBe("first");
  sent[1]!.start();
  expect(sent[1]!.aborted).toBe(true);
  expect(hedge.stats().won).toBe(0);
});

test("one that fails, or is answered with a status that is retried, leaves the word to the other", async () => {
  const { clock, dispatch, sent } = await known();
  const one = send(dispatch);
  await clock.advance(21);
  sent[1]!.answer(503, "no");
  sent[0]!.answer(200, "yes");
  expect(one).toMatchObject({ status: 200, body: "yes" });
  const two = send(dispatch);
  await clock.advance(21);
  sent[2]!.fail(coded("ECONNRESET"));
  expect(two.isDone).toBe(false);
  sent[3]!.answer(503, "last word");
  expect(two).toMatchObject({ status: 503, body: "last word" });
  const three = send(dispatch);
  await clock.advance(21);
  sent[4]!.fail(coded("ECONNRESET"));
  sent[5]!.fail(coded("EPIPE"));
  expect(three.error?.code).toBe("EPIPE");
});

test("an abort ends both requests", async () => {
  const { clock, dispatch, sent } = await known();
  const caller = send(dispatch);
  await clock.advance(21);
  const reason = new Error("enough");
  caller.controller!.abort(reason);
  expect(sent.map((request) => request.reason)).toEqual([reason, reason]);
  expect(caller.events).toEqual(["start", "error"]);
});

test("an abort before there is a connection means that nothing is sent, and no second request either", async () => {
  const { clock, dispatch, sent } = await known({}, () => undefined);
  const caller = send(dispatch);
  caller.controller!.abort(new Error("enough"));
  await clock.advance(100);
  sent[0]!.start();
  expect(sent[0]!.aborted).toBe(true);
  expect(sent.length).toBe(1);
});

test("pausing holds for the request that answers", async () => {
  const { clock, dispatch, sent } = await known();
  const caller = send(dispatch);
  await clock.advance(21);
  sent[1]!.head(200);
  caller.controller!.pause();
  expect(sent[1]!.paused).toBe(true);
  caller.controller!.resume();
  sent[1]!.data("a").end();
  expect(caller.body).toBe("a");
});

test("only GET and HEAD without a body, that may be sent twice and before their deadline, are sent again", async () => {
  const { clock, dispatch, sent } = await known({ maxLoad: 1 });
  send(dispatch, { method: "PUT", body: "x" });
  send(dispatch, { method: "GET", body: Readable.from(["x"]) });
  send(dispatch, { context: { idempotent: false } });
  send(dispatch, { context: { deadline: clock.now() + 5 } });
  await clock.advance(1000);
  expect(sent.length).toBe(4);
  send(dispatch, { method: "HEAD" });
  await clock.advance(1000);
  expect(sent.length).toBe(6);
});

test("an origin that becomes slow as a whole is not asked twice for more than its share", async () => {
  const clock = new FakeClock();
  const hedge = new HedgePolicy({ clock });
  let requests = 0;
  let ms = 5;
  const { dispatch } = scriptedDispatch((request) => {
    requests++;
    clock.setTimeout(() => request.start().answer(200), ms);
  });
  const get = hedge.policy(dispatch);
  for (let i = 0; i < 2000; i++) {
    if (i === 300) ms = 100;
    send(get);
    await clock.advance(1);
  }
  expect(requests).toBeGreaterThan(2000);
  expect(requests).toBeLessThanOrEqual(2060);
  expect(hedge.stats().denied).toBeGreaterThan(0);
});

test("each hedge costs a token of the retries' budget", async () => {
  const budget = new RetryBudget({ initialTokens: 1, creditPerCall: 0 });
  const { clock, dispatch, sent, hedge } = await known({ budget });
  send(dispatch);
  send(dispatch);
  await clock.advance(21);
  expect(sent.length).toBe(3);
  expect(budget.tokens).toBe(0);
  expect(hedge.stats()).toMatchObject({ hedges: 1, denied: 1 });
});

test("its options and metrics are what it says", async () => {
  const wrong = (options: object) => () => new HedgePolicy(options);
  expect(wrong({ percentile: 1 })).toThrow("percentile: expected a share < 1, got 1");
  expect(wrong({ maxLoad: 0 })).toThrow("maxLoad");
  expect(wrong({ budget: {} })).toThrow("budget: expected a RetryBudget");
  expect(wrong({ maxLoads: 0 })).toThrow('unknown option "maxLoads"');
  const { hedge } = await known({
    percentile: 0.5,
    minDelayMs: 30,
    windowCalls: 100,
    minimumCalls: 50,
    maxOrigins: 1,
  });
  expect(hedge.delayMs("http://other")).toBe(Number.POSITIVE_INFINITY);
  const registry = new MetricRegistry();
  registry.register(hedge);
  expect([...registry.collect()].find(({ name }) => name === "victor.hedge.calls")).toMatchObject({
    value: 100,
  });
});

test("nothing is late before minDelayMs", async () => {
  const { clock, dispatch, sent } = await known({ minDelayMs: 50 });
  send(dispatch);
  await clock.advance(49);
  expect(sent.length).toBe(1);
  await clock.advance(1);
  expect(sent.length).toBe(2);
});
