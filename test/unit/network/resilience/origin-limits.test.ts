import fc from "fast-check";
import { expect, test } from "vitest";
import { fixedLimit } from "../../../../src/concurrency/fixed-limit.ts";
import type { LimitSample } from "../../../../src/concurrency/limit.ts";
import { MetricRegistry } from "../../../../src/metrics/registry.ts";
import type { Dispatch } from "../../../../src/network/policy.ts";
import { OriginLimits, type OriginLimitsOptions } from "../../../../src/network/resilience/origin-limits.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import {
  type Caller,
  coded,
  type SentRequest,
  scriptedDispatch,
  send,
} from "../../../support/scripted-dispatch.ts";

function limits(
  limit: number,
  options: OriginLimitsOptions = {},
  onSent: (request: SentRequest) => void = (request) => request.start(),
) {
  const clock = new FakeClock();
  const made = new OriginLimits({ limit: () => limit, clock, ...options });
  const { dispatch, sent } = scriptedDispatch(onSent);
  return { clock, limits: made, dispatch: made.policy(dispatch), sent };
}

test("those above the limit wait in turn, until a response has ended, failed or been aborted", async () => {
  const { dispatch, sent, limits: made } = limits(1);
  const callers = [1, 2, 3, 4].map((i) => send(dispatch, { path: `/${i}` }));
  expect(made.stats()).toEqual({ origins: 1, inFlight: 1, queued: 3, rejected: 0 });
  sent[0]!.head(200).data("a");
  await settle();
  expect(sent.length).toBe(1);
  sent[0]!.end();
  await settle();
  sent[1]!.fail(coded("ECONNRESET"));
  await settle();
  sent[2]!.head(200);
  callers[2]!.controller!.abort(new Error("enough"));
  await settle();
  sent[3]!.answer(200, "last");
  expect(sent.map(({ options }) => options.path)).toEqual(["/1", "/2", "/3", "/4"]);
  expect(callers.map(({ body }) => body)).toEqual(["a", "", "", "last"]);
  expect(made.stats()).toMatchObject({ inFlight: 0, queued: 0 });
});

test("origins don't wait for each other", () => {
  const { dispatch, sent } = limits(1);
  send(dispatch);
  send(dispatch, { origin: "http://other" });
  expect(sent.length).toBe(2);
});

test("a deadline, a signal or an abort ends the wait, and nothing is sent", async () => {
  const { dispatch, sent, clock } = limits(1);
  send(dispatch);
  const late = send(dispatch, { context: { deadline: 50 } });
  const aborter = new AbortController();
  const signalled = send(dispatch, { context: { signal: aborter.signal } });
  const aborted = send(dispatch);
  aborter.abort(new Error("shutdown"));
  aborted.controller!.abort(new Error("enough"));
  await clock.advance(50);
  sent[0]!.answer(200);
  await settle();
  expect(late.error).toMatchObject({
    code: "VICTOR_LIMIT_EXCEEDED",
    reason: "deadline",
    semaphore: "http://service",
  });
  expect(signalled.error?.message).toBe("shutdown");
  expect(aborted.error?.message).toBe("enough");
  expect(send(dispatch).error).toBeUndefined();
  expect(sent.length).toBe(2);
});

test("an abort after the wait, while there is no connection yet, keeps the permit until the transport lets go", async () => {
  const { dispatch, sent, limits: made } = limits(1, {}, () => undefined);
  send(dispatch);
  const waiting = send(dispatch);
  sent[0]!.start().answer(200);
  await settle();
  waiting.controller!.abort(new Error("enough"));
  expect(waiting.error?.message).toBe("enough");
  expect(made.stats().inFlight).toBe(1);
  sent[1]!.start();
  expect(sent[1]!.aborted).toBe(true);
  expect(made.stats().inFlight).toBe(0);
});

test("a permit that is given in the moment of the abort goes to the next", async () => {
  const { dispatch, sent, limits: made } = limits(1);
  send(dispatch);
  const aborted = send(dispatch);
  const next = send(dispatch);
  sent[0]!.answer(200);
  aborted.controller!.abort(new Error("enough"));
  await settle();
  sent[1]!.answer(200, "next");
  expect(next.body).toBe("next");
  expect(made.stats()).toMatchObject({ inFlight: 0, queued: 0 });
});

test("too many, or too long a wait, is an error of its own", async () => {
  const { dispatch, clock, limits: made } = limits(1, { queueLimit: 1, queueDelayMs: 20 });
  send(dispatch);
  const slow = send(dispatch);
  const many = send(dispatch);
  await settle();
  expect(many.error).toMatchObject({ code: "VICTOR_LIMIT_EXCEEDED", reason: "queue-full" });
  await clock.advance(20);
  expect(slow.error).toMatchObject({ code: "VICTOR_LIMIT_EXCEEDED", reason: "queue-delay" });
  expect(made.stats().rejected).toBe(2);
});

test("the limit learns how long responses took, and which were lost to overload", async () => {
  const samples: LimitSample[] = [];
  const limit = () => ({
    current: 10,
    update(sample: LimitSample) {
      samples.push({ ...sample });
      return 10;
    },
  });
  const { dispatch, sent, clock } = limits(0, { limit });
  const endings: ((request: SentRequest) => void)[] = [
    (request) => request.answer(200),
    (request) => request.answer(429),
    (request) => request.answer(503),
    (request) => request.answer(500),
    (request) => request.fail(coded("UND_ERR_HEADERS_TIMEOUT")),
    (request) => request.abort(new DOMException("", "AbortError")),
  ];
  for (const [i, end] of endings.entries()) {
    send(dispatch);
    await clock.advance(10 + i);
    end(sent[i]!);
  }
  expect(samples.map(({ rttMs }) => rttMs)).toEqual([10, 11, 12, 13, 14, 15]);
  expect(samples.map(({ dropped }) => dropped)).toEqual([false, true, true, false, true, false]);
});

test("a dispatcher that throws gives the permit back", async () => {
  const made = new OriginLimits({ limit: () => fixedLimit(1) });
  const boom: Dispatch = () => {
    throw new Error("boom");
  };
  const dispatch = made.policy(boom);
  for (let i = 0; i < 3; i++) expect(() => send(dispatch)).toThrow("boom");
  expect(made.stats()).toMatchObject({ inFlight: 0, queued: 0 });
});

test("whatever happens in whatever order, no permit is lost or given twice, and every caller hears one end", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("send" as const), starts: fc.boolean() }),
    fc.record({
      kind: fc.constantFrom("start", "head", "end", "fail", "transport-abort", "abort", "signal"),
      at: fc.nat(30),
    }),
    fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 20 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, limit) => {
        let startsAtOnce = true;
        const {
          dispatch,
          sent,
          clock,
          limits: made,
        } = limits(limit, { queueLimit: 5, queueDelayMs: 30 }, (request) => {
          if (startsAtOnce) request.start();
        });
        const callers: { readonly caller: Caller; readonly aborter: AbortController }[] = [];
        for (const action of steps) {
          if (action.kind === "send") {
            startsAtOnce = action.starts;
            const aborter = new AbortController();
            callers.push({ caller: send(dispatch, { context: { signal: aborter.signal } }), aborter });
          } else if (action.kind === "advance") await clock.advance(action.ms);
          else {
            const request = sent[action.at % Math.max(1, sent.length)];
            const called = callers[action.at % Math.max(1, callers.length)];
            if (action.kind === "start" && request?.isOver === false) request.start();
            else if (action.kind === "head") request?.head(200);
            else if (action.kind === "end") request?.end();
            else if (action.kind === "fail") request?.fail(coded("ECONNRESET"));
            else if (action.kind === "transport-abort") request?.abort(new Error("cut"));
            else if (action.kind === "abort") called?.caller.controller?.abort(new Error("enough"));
            else if (action.kind === "signal") called?.aborter.abort(new Error("shutdown"));
          }
          await settle();
          const open = sent.filter(({ isOver }) => !isOver).length;
          expect(made.stats().inFlight).toBe(open);
          expect(open).toBeLessThanOrEqual(limit);
        }
        startsAtOnce = true;
        for (let i = 0; i < sent.length; i++) {
          sent[i]!.start().end();
          await settle();
        }
        await clock.advance(100);
        for (let i = 0; i < sent.length; i++) sent[i]!.end();
        await settle();
        expect(made.stats()).toMatchObject({ inFlight: 0, queued: 0 });
        for (const { caller } of callers)
          expect(caller.events.filter((event) => event === "end" || event === "error").length).toBe(1);
      },
    ),
    { numRuns: 60 },
  );
});

test("its options and metrics are what it says", () => {
  const wrong = (options: object) => () => new OriginLimits(options);
  expect(wrong({ maxConcurrent: 0 })).toThrow("maxConcurrent");
  expect(wrong({ queueDelayMs: 0 })).toThrow("queueDelayMs");
  expect(wrong({ limit: 5 })).toThrow("limit: expected a function, got 5");
  expect(wrong({ maxOrigin: 5 })).toThrow('unknown option "maxOrigin"');
  const small = limits(0, { limit: undefined as never, maxConcurrent: 3, maxOrigins: 1, name: "api" });
  for (let i = 0; i < 5; i++) send(small.dispatch);
  expect(small.sent.length).toBe(3);
  expect(small.limits.statsOf("http://service")).toMatchObject({ limit: 3, queued: 2 });
  send(small.dispatch, { origin: "http://other" });
  expect(small.limits.stats().origins).toBe(1);
  const registry = new MetricRegistry();
  registry.register(small.limits);
  expect([...registry.collect()]).toContainEqual(
    expect.objectContaining({
      name: "victor.limits.in_flight",
      labels: { "victor.limits.name": "api" },
      value: 1,
    }),
  );
});

test("untuned, a first burst of 100 isn't held up", () => {
  const { dispatch, sent } = scriptedDispatch();
  const get = new OriginLimits().policy(dispatch);
  for (let i = 0; i < 101; i++) send(get);
  expect(sent.length).toBe(100);
});
