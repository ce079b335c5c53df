import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { AttemptsFailedError, DeadlineError } from "../../../../src/errors.ts";
import { MetricRegistry } from "../../../../src/metrics/registry.ts";
import { RetryBudget } from "../../../../src/network/resilience/retry-budget.ts";
import type { RetryPolicyOptions } from "../../../../src/network/resilience/retry-options.ts";
import { RetryPolicy } from "../../../../src/network/resilience/retry-policy.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { coded, type SentRequest, scriptedDispatch, send } from "../../../support/scripted-dispatch.ts";

/** A policy whose waits are the whole ceiling: 100, 200, 400 ms; three quarters of it where jitter is equal. */
function policy(
  options: RetryPolicyOptions = {},
  onSent: (request: SentRequest, index: number) => void = (request) => request.start(),
) {
  const clock = new FakeClock();
  const retry = new RetryPolicy({ clock, random: () => 0.5, baseDelayMs: 100, ...options });
  const end = scriptedDispatch(onSent);
  return { clock, retry, sent: end.sent, dispatch: retry.policy(end.dispatch) };
}

const answers =
  (...statuses: number[]) =>
  (request: SentRequest, index: number) =>
    request.start().answer(statuses[Math.min(index, statuses.length - 1)]!, "body");
const fails = (code: string) => (request: SentRequest) => request.start().fail(coded(code));

test("what is answered well is handed on as it comes", () => {
  const { dispatch, sent, retry } = policy();
  const caller = send(dispatch);
  expect(caller.events).toEqual(["start"]);
  sent[0]!.head(103).head(200).data("a").data("b").end();
  expect(caller.events).toEqual(["start", "103", "200", "data", "data", "end"]);
  expect(caller.body).toBe("ab");
  expect(retry.stats()).toMatchObject({ calls: 1, retries: 0 });
});

test("each status that may pass is retried, and no other", async () => {
  const retried: number[] = [];
  for (let status = 200; status < 600; status++) {
    const { dispatch, sent, clock } = policy({ maxRetries: 1 }, answers(status, 200));
    send(dispatch);
    await clock.advance(1000);
    if (sent.length > 1) retried.push(status);
  }
  expect(retried).toEqual([408, 425, 429, 500, 502, 503, 504]);
});

test("a permanent 503 is a response, and the waits before it double", async () => {
  const times: number[] = [];
  const { dispatch, clock, retry } = policy({}, (request) => {
    times.push(clock.now());
    request.start().answer(503, "busy");
  });
  const caller = send(dispatch);
  await clock.advance(10_000);
  expect(caller).toMatchObject({ status: 503, body: "busy", error: undefined, isDone: true });
  expect(times).toEqual([0, 75, 225, 525]);
  expect(retry.stats()).toMatchObject({ retries: 3, exhausted: 1, recovered: 0 });
});

test("connection errors are retried with full jitter, and all of them are kept", async () => {
  const times: number[] = [];
  const { dispatch, clock } = policy({}, (request, index) => {
    times.push(clock.now());
    if (index === 1) request.start().answer(502);
    else request.start().fail(coded("ECONNRESET"));
  });
  const caller = send(dispatch, { path: "/orders?token=secret" });
  await clock.advance(10_000);
  expect(times).toEqual([0, 50, 150, 350]);
  expect(caller.error).toBeInstanceOf(AttemptsFailedError);
  expect(caller.error).toMatchObject({
    code: "VICTOR_ATTEMPTS_FAILED",
    message: "GET http://service/orders: 4 attempts failed, the last with: ECONNRESET",
    cause: { code: "ECONNRESET" },
    attempts: [
      { error: { code: "ECONNRESET" } },
      { status: 502 },
      { error: { code: "ECONNRESET" } },
      { error: { code: "ECONNRESET" } },
    ],
  });
});

test("an error that isn't the connection's is handed on as it is, at once", async () => {
  for (const code of [
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UND_ERR_INVALID_ARG",
    "UND_ERR_ABORTED",
    "UND_ERR_DESTROYED",
    "VICTOR_CIRCUIT_OPEN",
    "VICTOR_LIMIT_EXCEEDED",
  ]) {
    const { dispatch, sent, clock } = policy({}, fails(code));
    const caller = send(dispatch);
    expect(caller.error?.code).toBe(code);
    await clock.advance(10_000);
    expect(sent.length).toBe(1);
  }
});

test("what isn't idempotent is sent once, unless the call says otherwise or nothing was sent at all", async () => {
  const count = async (
    method: "POST" | "PUT",
    idempotent: boolean | undefined,
    onSent: (request: SentRequest, index: number) => void,
  ) => {
    const { dispatch, sent, clock } = policy({ maxRetries: 1 }, onSent);
    send(dispatch, { method, body: "x", context: { idempotent } });
    await clock.advance(1000);
    return sent.length;
  };
  expect(await count("POST", undefined, answers(503))).toBe(1);
  expect(await count("POST", undefined, fails("ECONNRESET"))).toBe(1);
  expect(await count("POST", true, answers(503))).toBe(2);
  expect(await count("POST", undefined, fails("ECONNREFUSED"))).toBe(2);
  expect(await count("PUT", undefined, answers(503))).toBe(2);
  expect(await count("PUT", false, answers(503))).toBe(1);
});

test("a stream is sent once, unless the call can make it anew", async () => {
  const { dispatch, sent, clock } = policy({ maxRetries: 2 }, answers(503));
  const stream = Readable.from(["a"]);
  expect(send(dispatch, { method: "PUT", body: stream }).status).toBe(503);
  await clock.advance(10_000);
  expect(sent.length).toBe(1);
  const made: Readable[] = [];
  const makeBody = () => {
    made.push(Readable.from(["a"]));
    return made.at(-1)!;
  };
  send(dispatch, { method: "PUT", body: stream, context: { makeBody } });
  await clock.advance(10_000);
  expect(sent.slice(1).map(({ options }) => options.body)).toEqual([stream, ...made]);
  expect(made.length).toBe(2);
});

test("a body that can't be made anew ends the call with that error", async () => {
  const { dispatch, clock } = policy({}, answers(503));
  const makeBody = () => {
    throw new Error("file is gone");
  };
  const caller = send(dispatch, { method: "PUT", body: Readable.from(["a"]), context: { makeBody } });
  await clock.advance(1000);
  expect(caller.error).toMatchObject({ code: "VICTOR_ATTEMPTS_FAILED", cause: { message: "file is gone" } });
});

test("strings, bytes and forms are sent again as they are", async () => {
  for (const body of ["text", Buffer.from("x"), new Uint8Array(2), new FormData(), new Blob(["x"])]) {
    const { dispatch, sent, clock } = policy({ maxRetries: 1 }, answers(503));
    send(dispatch, { method: "PUT", body: body as string });
    await clock.advance(1000);
    expect(sent.map(({ options }) => options.body)).toEqual([body, body]);
  }
});

test("Retry-After is the least that is waited, with jitter on top", async () => {
  const times: number[] = [];
  const { dispatch, clock } = policy({}, (request, index) => {
    times.push(clock.now());
    const date = "Sun, 06 Nov 1994 08:49:30 GMT";
    if (index === 0) request.start().answer(429, "", { "retry-after": "2" });
    else if (index === 1)
      request.start().answer(503, "", { date, "retry-after": "Sun, 06 Nov 1994 08:49:33 GMT" });
    else request.start().answer(200);
  });
  const caller = send(dispatch);
  await clock.advance(20_000);
  expect(times).toEqual([0, 2_050, 5_150]);
  expect(caller.status).toBe(200);
});

test("a Retry-After beyond the deadline, or longer than anyone waits, makes its response the answer", async () => {
  const { dispatch, sent, retry } = policy({}, (request) =>
    request.start().answer(503, "", { "retry-after": "31" }),
  );
  expect(send(dispatch).status).toBe(503);
  const short = policy({}, (request) => request.start().answer(503, "", { "retry-after": "2" }));
  expect(send(short.dispatch, { context: { deadline: 2_000 } }).status).toBe(503);
  expect(sent.length + short.sent.length).toBe(2);
  expect(retry.stats().tooLate).toBe(1);
});

test("without a token there is no retry, and the answer stands", async () => {
  const budget = new RetryBudget({ initialTokens: 0, creditPerCall: 0, creditPerSuccess: 0.5 });
  const { dispatch, sent, clock, retry } = policy({ budget }, (request, index) =>
    request.start().answer(index < 2 || index === 3 ? 200 : 503),
  );
  for (const expected of [200, 200, undefined]) expect(send(dispatch).status).toBe(expected);
  await clock.advance(1000);
  expect(sent.length).toBe(4);
  expect(retry.stats()).toMatchObject({ retries: 1, recovered: 1, denied: 0 });
  expect(budget.tokens).toBeCloseTo(0.5);
  budget.tryWithdraw();
  expect(send(dispatch).status).toBe(503);
  expect(retry.stats().denied).toBe(1);
});

test("one deadline holds for all attempts and waits, and no step moves it", async () => {
  const { dispatch, sent, clock, retry } = policy({ attemptTimeoutMs: 400 });
  const caller = send(dispatch, { context: { deadline: 1_000, timeoutMs: 1_000 } });
  await clock.advance(999);
  expect(sent.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  expect(caller.isDone).toBe(false);
  await clock.advance(1);
  expect(caller.error).toBeInstanceOf(DeadlineError);
  expect(caller.error).toMatchObject({
    code: "VICTOR_DEADLINE",
    timeoutMs: 1_000,
    cause: {
      attempts: [{ error: { code: "VICTOR_ATTEMPT_TIMEOUT" } }, { error: { attemptTimeoutMs: 400 } }],
    },
  });
  expect(sent[2]!.reason).toBe(caller.error);
  expect(clock.pending).toBe(0);
  expect(retry.stats()).toMatchObject({ attemptTimeouts: 2, deadlines: 1, retries: 2 });
});

test("a call whose deadline has passed isn't sent", () => {
  const { dispatch, sent } = policy();
  expect(send(dispatch, { context: { deadline: 0, timeoutMs: 5 } }).error).toMatchObject({
    code: "VICTOR_DEADLINE",
    timeoutMs: 5,
  });
  expect(sent.length).toBe(0);
});

test("the deadline cuts a body that drips on, as an error, while an attempt's own time ends with the headers", async () => {
  const { dispatch, sent, clock } = policy({ attemptTimeoutMs: 100, timeoutMs: 1_000 });
  const caller = send(dispatch);
  sent[0]!.head(200).data("a");
  await clock.advance(900);
  sent[0]!.data("b");
  expect(caller).toMatchObject({ body: "ab", isDone: false });
  await clock.advance(100);
  expect(caller.error?.code).toBe("VICTOR_DEADLINE");
  expect(sent[0]!.aborted).toBe(true);
  expect(sent.length).toBe(1);
});

test("an attempt's own time leaves a body alone where there is no deadline", async () => {
  const { dispatch, sent, clock } = policy({ attemptTimeoutMs: 100 });
  const caller = send(dispatch);
  sent[0]!.head(200).data("a");
  expect(clock.pending).toBe(0);
  await clock.advance(100_000);
  sent[0]!.end();
  expect(caller).toMatchObject({ body: "a", error: undefined });
});

test("a body that is cut is an error, and nothing is sent again", async () => {
  const { dispatch, sent, clock } = policy();
  const caller = send(dispatch);
  sent[0]!.head(200).data("half").fail(coded("UND_ERR_SOCKET"));
  expect(caller.events).toEqual(["start", "200", "data", "error"]);
  expect(caller.error?.code).toBe("UND_ERR_SOCKET");
  await clock.advance(10_000);
  expect(sent.length).toBe(1);
});

const long = (bytes: number) => ({ "content-length": `${bytes}` });

test("a short body that is cut is one more failure, and its caller sees nothing of it", async () => {
  const { dispatch, sent, clock, retry } = policy();
  const caller = send(dispatch);
  for (let i = 0; i < 2; i++) {
    sent[i]!.head(200, long(8)).data("half").fail(coded("UND_ERR_SOCKET"));
    await clock.advance(1_000);
  }
  expect(caller.events).toEqual(["start"]);
  sent[2]!.head(200, long(8)).data("whole").data("one");
  expect(caller.events).toEqual(["start"]);
  sent[2]!.end();
  expect(caller.events).toEqual(["start", "200", "data", "data", "end"]);
  expect(caller.body).toBe("wholeone");
  expect(retry.stats()).toMatchObject({ calls: 1, retries: 2, recovered: 1 });
  expect(retry.budget.stats()).toMatchObject({ successes: 1, withdrawn: 2 });
});

test("a response is handed on as it comes where no other could replace it, or it is long", async () => {
  const isHeld = (
    options: Parameters<typeof policy>[0],
    request: Parameters<typeof send>[1] = {},
    headers: Record<string, string> = long(4),
  ) => {
    const { dispatch, sent } = policy(options);
    const caller = send(dispatch, request);
    sent[0]!.head(200, headers);
    return caller.status === undefined;
  };
  expect(isHeld({})).toBe(true);
  expect(isHeld({}, {}, long(65_536))).toBe(true);
  expect(isHeld({}, {}, long(65_537))).toBe(false);
  expect(isHeld({}, {}, long(0))).toBe(false);
  expect(isHeld({}, {}, { "content-length": "4, 4" })).toBe(false);
  expect(isHeld({}, {}, { "transfer-encoding": "chunked" })).toBe(false);
  expect(isHeld({}, { method: "HEAD" })).toBe(false);
  expect(isHeld({}, { method: "POST" })).toBe(false);
  expect(isHeld({}, { method: "POST", context: { idempotent: true } })).toBe(true);
  expect(isHeld({}, { method: "PUT", body: Readable.from(["a"]) })).toBe(false);
  expect(isHeld({ maxRetries: 0 })).toBe(false);
  expect(isHeld({}, { context: { maxRetries: 0 } })).toBe(false);
  expect(isHeld({ budget: new RetryBudget({ initialTokens: 0 }) })).toBe(false);
});

test("a cut body that nothing replaces reaches its caller as far as it came, then the error", async () => {
  const { dispatch, sent, clock } = policy({ maxRetries: 1 });
  const last = send(dispatch);
  sent[0]!.head(200, long(8)).fail(coded("ECONNRESET"));
  await clock.advance(1_000);
  sent[1]!.head(200, long(8)).data("half").fail(coded("ECONNRESET"));
  const other = send(dispatch);
  sent[2]!.head(200, long(8)).data("half").fail(coded("UND_ERR_BODY_TIMEOUT"));
  const late = send(dispatch, { context: { deadline: clock.now() + 1 } });
  sent[3]!.head(200, long(8)).data("half").fail(coded("ECONNRESET"));
  for (const caller of [last, other, late]) {
    expect(caller.events).toEqual(["start", "200", "data", "error"]);
    expect(caller.error?.message).toMatch(/ECONNRESET|BODY_TIMEOUT/);
  }
  expect(sent.length).toBe(4);
  expect(clock.pending).toBe(0);
});

test("what is held back ends by the deadline, an abort or an attempt's time, as if it weren't", async () => {
  const { dispatch, sent, clock } = policy({ attemptTimeoutMs: 100 });
  const timed = send(dispatch, { context: { deadline: 1_000, timeoutMs: 1_000 } });
  sent[0]!.head(200, long(8)).data("a");
  await clock.advance(99);
  expect(timed.events).toEqual(["start"]);
  await clock.advance(1);
  expect(timed.events).toEqual(["start", "200", "data"]);
  sent[0]!.data("b");
  expect(timed.body).toBe("ab");
  await clock.advance(900);
  expect(timed.error?.code).toBe("VICTOR_DEADLINE");

  const plain = policy();
  const cut = send(plain.dispatch, { context: { deadline: 10, timeoutMs: 10 } });
  const aborted = send(plain.dispatch);
  for (const request of plain.sent) request.head(200, long(8)).data("a");
  aborted.controller!.abort(new Error("enough"));
  await plain.clock.advance(10);
  expect(cut.events).toEqual(["start", "error"]);
  expect(aborted.events).toEqual(["start", "error"]);
  expect(plain.sent.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(plain.clock.pending).toBe(0);
});

test("who pauses gets what was held back piece by piece, and its end last", async () => {
  const { dispatch, sent } = policy();
  const caller = send(dispatch);
  const take = caller.onResponseData;
  caller.onResponseData = (controller, chunk) => {
    take.call(caller, controller, chunk);
    controller.pause();
  };
  sent[0]!.head(200, long(4)).data("ab").data("cd").end();
  expect(caller.events).toEqual(["start", "200", "data"]);
  caller.controller!.resume();
  expect(caller.events).toEqual(["start", "200", "data", "data"]);
  caller.controller!.resume();
  expect(caller.events.at(-1)).toBe("end");

  const waiting = send(dispatch);
  sent[1]!.head(200, long(4)).data("ab");
  waiting.controller!.pause();
  expect(waiting.events).toEqual(["start", "200"]);
  waiting.controller!.resume();
  sent[1]!.data("cd").end();
  expect(waiting).toMatchObject({ body: "abcd", isDone: true, error: undefined });
  const early = send(dispatch);
  early.controller!.pause();
  sent[2]!.head(200, long(4));
  expect(early.status).toBe(200);
});

test("a body longer than its header said is held back no further", () => {
  const { dispatch, sent } = policy();
  const caller = send(dispatch);
  sent[0]!.head(200, long(4)).data("abc").data("def");
  expect(caller.body).toBe("abcdef");
  sent[0]!.data("g").end();
  expect(caller).toMatchObject({ body: "abcdefg", isDone: true });
});

test("a handler that throws at what was held back gets its own error once", () => {
  for (const event of ["onResponseStart", "onResponseData", "onResponseEnd"] as const) {
    const { dispatch, sent } = policy();
    const caller = send(dispatch);
    caller[event] = () => {
      throw new Error("bad handler");
    };
    sent[0]!.head(200, long(1)).data("a").end();
    expect(caller.error?.message).toBe("bad handler");
    expect(caller.events.filter((each) => each === "error").length).toBe(1);
  }
});

test("nothing of a retried response reaches the caller, and a long one is cut off", async () => {
  const { dispatch, sent, clock } = policy();
  const caller = send(dispatch);
  sent[0]!.head(503).data("a");
  expect(sent[0]!.aborted).toBe(false);
  sent[0]!.data("x".repeat(65_536));
  expect(sent[0]!.reason).toMatchObject({ code: "VICTOR_ATTEMPT_ABANDONED" });
  await clock.advance(1000);
  sent[1]!.answer(200, "good");
  expect(caller.events).toEqual(["start", "200", "data", "end"]);
});

test("a retried response that drips on is cut off when the next attempt begins", async () => {
  const { dispatch, sent, clock } = policy();
  send(dispatch);
  sent[0]!.head(503).data("a");
  await clock.advance(74);
  expect(sent[0]!.aborted).toBe(false);
  await clock.advance(1);
  expect(sent[0]!.aborted).toBe(true);
  expect(sent.length).toBe(2);
});

test("an abort works at every moment: before a connection, while sent, between attempts, in the body", async () => {
  const reason = new Error("enough");
  const early = policy({}, () => undefined);
  const waiting = send(early.dispatch);
  waiting.controller!.abort(reason);
  expect(waiting.events).toEqual(["start", "error"]);
  // Its turn for a connection comes later, and nothing is sent.
  early.sent[0]!.start();
  expect(early.sent[0]!.reason).toBe(reason);

  const { dispatch, sent, clock } = policy();
  const first = send(dispatch);
  first.controller!.abort(reason);
  const second = send(dispatch);
  sent[1]!.head(503).end();
  await clock.advance(10);
  second.controller!.abort(reason);
  const third = send(dispatch);
  sent[2]!.head(200).data("a");
  third.controller!.abort(reason);
  await clock.advance(10_000);
  for (const caller of [first, second, third]) {
    expect(caller.error).toBe(reason);
    expect(caller.events.filter((event) => event === "error").length).toBe(1);
    expect(caller.controller).toMatchObject({ aborted: true, reason });
  }
  expect(sent.map(({ reason }) => reason)).toEqual([reason, null, reason]);
  expect(clock.pending).toBe(0);
});

test("the call's signal ends it at once, also between attempts, and isn't listened to afterwards", async () => {
  const { dispatch, sent, clock } = policy();
  const aborter = new AbortController();
  const context = { signal: aborter.signal };
  const done = send(dispatch, { context });
  sent[0]!.answer(200);
  const waiting = send(dispatch, { context });
  sent[1]!.answer(503);
  aborter.abort(new Error("shutdown"));
  expect(waiting.error?.message).toBe("shutdown");
  expect(done.events).toEqual(["start", "200", "data", "end"]);
  expect(send(dispatch, { context }).error?.message).toBe("shutdown");
  await clock.advance(10_000);
  expect(sent.length).toBe(2);
});

test("what an inner part has aborted is not sent again", async () => {
  const { dispatch, sent, clock } = policy();
  const caller = send(dispatch);
  sent[0]!.abort(coded("ECONNRESET"));
  await clock.advance(10_000);
  expect(caller.error?.code).toBe("ECONNRESET");
  expect(sent.length).toBe(1);
});

test("a pause before there is a connection holds for the attempt that gets one", () => {
  const { dispatch, sent } = policy({}, () => undefined);
  const caller = send(dispatch);
  caller.controller!.pause();
  sent[0]!.start();
  expect(sent[0]!.paused).toBe(true);
  caller.controller!.resume();
  expect(sent[0]!.paused).toBe(false);
});

test("a call's own maxRetries comes before the policy's", async () => {
  const { dispatch, sent, clock } = policy({}, answers(503));
  send(dispatch, { context: { maxRetries: 1 } });
  await clock.advance(10_000);
  expect(sent.length).toBe(2);
  send(dispatch, { context: { maxRetries: 0 } });
  await clock.advance(10_000);
  expect(sent.length).toBe(3);
});

test("each list of what is retried can be chosen", async () => {
  const { dispatch, sent, clock } = policy(
    {
      methods: ["POST"],
      statuses: [418],
      errorCodes: ["EODD"],
      maxRetries: 2,
      maxDelayMs: 100,
      maxRetryAfterMs: 0,
    },
    (request, index) =>
      index === 0
        ? request.start().answer(418)
        : index === 1
          ? request.start().fail(coded("EODD"))
          : request.start().answer(503),
  );
  const caller = send(dispatch, { method: "POST" });
  await clock.advance(99);
  expect(sent.length).toBe(2);
  await clock.advance(1);
  expect(caller.status).toBe(503);
  send(dispatch);
  await clock.advance(10_000);
  expect(sent.length).toBe(4);
});

test("CONNECT and upgrades go through untouched", () => {
  const { dispatch, sent, retry } = policy();
  send(dispatch, { method: "CONNECT" });
  send(dispatch, { upgrade: "websocket" });
  expect(sent.length).toBe(2);
  expect(retry.stats().calls).toBe(0);
});

test("a handler that throws when it starts gets its own error, and nothing is sent", () => {
  const { dispatch, sent } = policy();
  const boom = new Error("boom");
  const errors: unknown[] = [];
  dispatch(
    { origin: "http://service", path: "/", method: "GET" },
    {
      onRequestStart() {
        throw boom;
      },
      onResponseError: (_, error) => errors.push(error),
    },
  );
  expect(errors).toEqual([boom]);
  expect(sent.length).toBe(0);
});

test("it says what is wrong with an option", () => {
  const wrong = (options: object) => () => new RetryPolicy(options);
  expect(wrong({ maxRetries: -1 })).toThrow("maxRetries: expected an integer from 0 to 100, got -1");
  expect(wrong({ attemptTimeoutMs: 0 })).toThrow("attemptTimeoutMs");
  expect(wrong({ statuses: [20] })).toThrow("statuses");
  expect(wrong({ methods: "GET" })).toThrow("methods: expected an array");
  expect(wrong({ budget: {} })).toThrow("budget: expected a RetryBudget");
  expect(wrong({ retries: 3 })).toThrow('unknown option "retries"');
});

test("its metrics tell what it did", async () => {
  const { dispatch, clock, retry } = policy({ name: "api" }, answers(503, 200));
  send(dispatch);
  await clock.advance(1000);
  const registry = new MetricRegistry();
  registry.register(retry);
  const values = Object.fromEntries(
    [...registry.collect()].map((sample) => [sample.name, (sample as { value: number }).value]),
  );
  expect(values).toMatchObject({
    "victor.retry.calls": 1,
    "victor.retry.retries": 1,
    "victor.retry.recovered": 1,
    "victor.retry.budget": retry.budget.tokens,
  });
});
