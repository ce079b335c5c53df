import { expect, test } from "vitest";
import { DeadlineError } from "../../../../src/errors.ts";
import { MetricRegistry } from "../../../../src/metrics/registry.ts";
import {
  OriginCircuits,
  type OriginCircuitsOptions,
} from "../../../../src/network/resilience/origin-circuits.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { coded, type SentRequest, scriptedDispatch, send } from "../../../support/scripted-dispatch.ts";

const origin = "http://service";

function circuits(options: OriginCircuitsOptions = {}) {
  const clock = new FakeClock();
  const made = new OriginCircuits({ consecutiveFailures: 3, probes: 1, jitter: 0, clock, ...options });
  const { dispatch, sent } = scriptedDispatch();
  return { clock, circuits: made, dispatch: made.policy(dispatch), sent };
}

/** @returns whether three requests that end like this open the circuit */
function opensBy(ending: (request: SentRequest) => void): boolean {
  const made = circuits();
  for (let i = 0; i < 3; i++) {
    send(made.dispatch);
    ending(made.sent[i]!);
  }
  return made.circuits.state(origin)?.kind === "open";
}

test("5xx, failed connections and timeouts open it; 4xx, redirects and what the caller aborts don't", () => {
  for (const status of [500, 502, 503, 504, 507])
    expect(opensBy((request) => request.answer(status))).toBe(true);
  for (const status of [200, 301, 400, 404, 408, 425, 429])
    expect(opensBy((request) => request.answer(status))).toBe(false);
  for (const code of [
    "ECONNREFUSED",
    "UND_ERR_SOCKET",
    "UND_ERR_HEADERS_TIMEOUT",
    "CERT_HAS_EXPIRED",
    "ENOTFOUND",
  ])
    expect(opensBy((request) => request.fail(coded(code)))).toBe(true);
  for (const code of ["UND_ERR_INVALID_ARG", "VICTOR_LIMIT_EXCEEDED", "UND_ERR_DESTROYED", "ABORT_ERR"])
    expect(opensBy((request) => request.fail(coded(code)))).toBe(false);
  expect(opensBy((request) => request.abort(new DOMException("", "AbortError")))).toBe(false);
  expect(opensBy((request) => request.abort(new DOMException("", "TimeoutError")))).toBe(true);
  expect(opensBy((request) => request.abort(new DeadlineError("GET", 5)))).toBe(true);
});

test("an open circuit sends nothing, says when to come back, and tries again with a probe", async () => {
  const { clock, circuits: made, dispatch, sent } = circuits();
  for (let i = 0; i < 3; i++) {
    send(dispatch);
    sent[i]!.answer(503);
  }
  await clock.advance(2_000);
  expect(send(dispatch).error).toMatchObject({
    code: "VICTOR_CIRCUIT_OPEN",
    circuit: origin,
    retryAfterMs: 3_000,
  });
  expect(sent.length).toBe(3);
  expect(made.stats()).toMatchObject({ origins: 1, open: [origin], failed: 3, refused: 1 });
  await clock.advance(3_000);
  send(dispatch);
  expect(send(dispatch).error?.code).toBe("VICTOR_CIRCUIT_OPEN");
  sent[3]!.head(200);
  expect(made.state(origin)?.kind).toBe("closed");
  send(dispatch);
  expect(sent.length).toBe(5);
});

test("a probe whose caller gives up leaves its place to another", async () => {
  const { clock, circuits: made, dispatch, sent } = circuits();
  for (let i = 0; i < 3; i++) {
    send(dispatch);
    sent[i]!.fail(coded("ECONNRESET"));
  }
  await clock.advance(5_000);
  send(dispatch);
  sent[3]!.abort(new DOMException("", "AbortError"));
  send(dispatch);
  sent[4]!.answer(204);
  expect(made.state(origin)?.kind).toBe("closed");
});

test("origins don't share a circuit, and the number of them is bounded", () => {
  const { circuits: made, dispatch, sent } = circuits({ maxOrigins: 2 });
  for (let i = 0; i < 3; i++) {
    send(dispatch);
    sent[i]!.answer(500);
  }
  for (let i = 0; i < 50; i++) {
    expect(send(dispatch, { origin: `http://other${i}` }).error).toBeUndefined();
    sent.at(-1)!.answer(200);
  }
  expect(made.stats()).toMatchObject({ origins: 2, open: [origin] });
});

test("bodies that are cut off each time open it, though their headers were good", () => {
  const { circuits: made, dispatch, sent } = circuits({ consecutiveFailures: 100, minimumCalls: 10 });
  for (let i = 0; i < 5; i++) {
    send(dispatch);
    sent[i]!.head(200).data("half").fail(coded("UND_ERR_SOCKET"));
  }
  expect(made.state(origin)?.kind).toBe("open");
});

test("by default, what breaks in one moment doesn't open it, and the same over a second does", async () => {
  const {
    clock,
    circuits: made,
    dispatch,
    sent,
  } = circuits({ consecutiveFailures: Number.POSITIVE_INFINITY });
  const fail = (calls: number) => {
    for (let i = 0; i < calls; i++) {
      send(dispatch);
      sent.at(-1)!.fail(coded("UND_ERR_SOCKET"));
    }
  };
  fail(20);
  expect(made.state(origin)?.kind).toBe("closed");
  fail(19);
  await clock.advance(1_000);
  expect(made.state(origin)?.kind).toBe("closed");
  fail(1);
  expect(made.state(origin)?.kind).toBe("open");
});

test("once it is closed again, the failures of before count for nothing", async () => {
  const options = { consecutiveFailures: Number.POSITIVE_INFINITY, windowCalls: 10, minimumCalls: 10 };
  const { clock, circuits: made, dispatch, sent } = circuits(options);
  const answer = (status: number, calls: number) => {
    for (let i = 0; i < calls; i++) {
      send(dispatch);
      sent.at(-1)!.answer(status);
    }
  };
  answer(503, 5);
  expect(made.state(origin)?.kind).toBe("open");
  await clock.advance(5_000);
  answer(200, 1);
  answer(503, 4);
  expect(made.state(origin)?.kind).toBe("closed");
  answer(503, 1);
  expect(made.state(origin)?.kind).toBe("open");
});

test("without a failure rate, no share of failures opens it", async () => {
  const never = Number.POSITIVE_INFINITY;
  const {
    clock,
    circuits: made,
    dispatch,
    sent,
  } = circuits({ consecutiveFailures: never, failureRate: never });
  for (let i = 0; i < 500; i++) {
    send(dispatch);
    sent[i]!.answer(503);
    await clock.advance(100);
  }
  expect(made.state(origin)?.kind).toBe("closed");
});

test("slow answers open it where that is asked for", async () => {
  const { clock, circuits: made, dispatch, sent } = circuits({ slowMs: 100, slowRate: 1, minimumCalls: 2 });
  for (let i = 0; i < 2; i++) {
    send(dispatch);
    await clock.advance(100);
    sent[i]!.answer(200);
  }
  expect(made.state(origin)?.kind).toBe("open");
});

test("what its handler does is handed on unchanged", () => {
  const { dispatch, sent } = circuits();
  const caller = send(dispatch);
  sent[0]!.head(103).head(200).data("a").end();
  expect(caller.events).toEqual(["start", "103", "200", "data", "end"]);
});

test("its options and metrics are what it says", () => {
  const wrong = (options: object) => () => new OriginCircuits(options);
  expect(wrong({ maxOrigins: 0 })).toThrow("maxOrigins");
  expect(wrong({ failureRate: 2 })).toThrow("failureRate");
  expect(wrong({ isFailure: () => true })).toThrow("isFailure");
  expect(wrong({ rate: 2 })).toThrow('unknown option "rate"');
  const { circuits: made, dispatch, sent } = circuits({ name: "api" });
  send(dispatch);
  sent[0]!.answer(200);
  const registry = new MetricRegistry();
  registry.register(made);
  expect([...registry.collect()]).toContainEqual(
    expect.objectContaining({
      name: "victor.circuit.origins.calls",
      labels: { "victor.circuit.name": "api", outcome: "success" },
      value: 1,
    }),
  );
});
