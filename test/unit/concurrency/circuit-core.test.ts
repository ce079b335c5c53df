import fc from "fast-check";
import { expect, test } from "vitest";
import { CircuitCore } from "../../../src/concurrency/circuit-core.ts";
import {
  type CircuitBreakerOptions,
  resolveCircuitOptions,
} from "../../../src/concurrency/circuit-options.ts";
import { type CircuitEvent, CircuitModel, modelOptions } from "../../support/circuit-model.ts";

const core = (options: CircuitBreakerOptions = {}) =>
  new CircuitCore(resolveCircuitOptions({ jitter: 0, ...options }));

/** Calls that end at once. @param pattern `s`uccess, `f`ailure, `S`low success, `F` slow failure */
function calls(circuit: CircuitCore, pattern: string, now = 0): void {
  for (const letter of pattern)
    circuit.settle(
      circuit.admit(now),
      letter.toLowerCase() === "f" ? "failure" : "success",
      letter < "a",
      now,
    );
}

/** Plays the events to both. @throws as soon as they disagree */
function mustAgree(events: readonly CircuitEvent[]): void {
  const circuit = core(modelOptions);
  const model = new CircuitModel();
  const tickets = new Map<object, number>();
  let now = 0;
  for (const event of events) {
    if (event.kind === "pass") {
      now += event.ms;
      model.pass(event.ms);
    } else if (event.kind === "start") {
      const ticket = circuit.admit(now);
      if ((ticket !== 0) !== model.start())
        throw new Error(`admission differs after ${JSON.stringify(events)}`);
      if (ticket !== 0) tickets.set(model.calls.at(-1)!, ticket);
    } else {
      const call = model.calls.at(event.which === "oldest" ? 0 : -1);
      if (call === undefined) continue;
      circuit.settle(tickets.get(call)!, event.outcome, false, now);
      model.end(call, event.outcome);
    }
    if (circuit.state(now).kind !== model.state)
      throw new Error(`state differs after ${JSON.stringify(events)}`);
  }
}

const alphabet: readonly CircuitEvent[] = [
  { kind: "start" },
  { kind: "end", which: "oldest", outcome: "success" },
  { kind: "end", which: "newest", outcome: "success" },
  { kind: "end", which: "oldest", outcome: "failure" },
  { kind: "end", which: "newest", outcome: "cancelled" },
  { kind: "pass", ms: 10 },
  { kind: "pass", ms: 50 },
];

test("in every order of up to seven events, from every state, it does what a plain model does", () => {
  const open: CircuitEvent[] = ["start", "start", "start"].map(() => ({ kind: "start" }));
  const fail: CircuitEvent = { kind: "end", which: "oldest", outcome: "failure" };
  // Closed; open with a call of before in flight; half-open with a probe, and a call of before, in flight.
  const opened = [...open, fail, fail];
  const halfOpen = [...opened, { kind: "pass", ms: 10 }, { kind: "start" }] as const;
  let played = 0;
  const extend = (events: readonly CircuitEvent[], depth: number): void => {
    if (depth === 0) {
      mustAgree(events);
      played++;
      return;
    }
    for (const event of alphabet) extend([...events, event], depth - 1);
  };
  extend([], 6);
  extend(opened, 5);
  extend(halfOpen, 5);
  expect(played).toBe(7 ** 6 + 2 * 7 ** 5);
});

test("in any long order of events it does what a plain model does", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { minLength: 10, maxLength: 200 }), mustAgree),
    { numRuns: 500 },
  );
});

test("opens at the failure rate, but not below the minimum of calls, nor below the rate", () => {
  const circuit = core({ failureRate: 0.5, minimumCalls: 4 });
  calls(circuit, "ffs");
  expect(circuit.state(0)).toEqual({ kind: "closed" });
  calls(circuit, "s");
  expect(circuit.state(0)).toEqual({ kind: "open", retryAfterMs: 5_000 });
  const other = core({ failureRate: 0.5, minimumCalls: 4 });
  calls(other, "sfsfs");
  expect(other.state(0).kind).toBe("open");
  const better = core({ failureRate: 0.51, minimumCalls: 4 });
  calls(better, "sfsfsfsf");
  expect(better.state(0).kind).toBe("closed");
});

test("opens at so many failures in a row, which a success interrupts", () => {
  const circuit = core({ consecutiveFailures: 3, failureRate: Number.POSITIVE_INFINITY });
  calls(circuit, "ffsffsff");
  expect(circuit.state(0).kind).toBe("closed");
  calls(circuit, "f");
  expect(circuit.state(0).kind).toBe("open");
});

test("opens at the rate of slow calls, whether they succeed or fail", () => {
  const circuit = core({ slowMs: 10, slowRate: 0.75, minimumCalls: 4, failureRate: 1 });
  calls(circuit, "SFs");
  expect(circuit.state(0).kind).toBe("closed");
  calls(circuit, "S");
  expect(circuit.state(0).kind).toBe("open");
});

test("calls that left the window, by number or by age, count no more", () => {
  const byNumber = core({
    windowCalls: 4,
    minimumCalls: 4,
    failureRate: 0.75,
    windowMs: Number.POSITIVE_INFINITY,
  });
  calls(byNumber, "ffss");
  calls(byNumber, "sf", 1e9);
  expect(byNumber.state(1e9).kind).toBe("closed");
  const byAge = core({ windowMs: 100, minimumCalls: 2 });
  calls(byAge, "f", 0);
  calls(byAge, "f", 100);
  expect(byAge.state(100).kind).toBe("closed");
  calls(byAge, "f", 199);
  expect(byAge.state(199).kind).toBe("open");
});

test("stays open twice as long each time that probes fail, up to the bound, and begins anew once it has closed", () => {
  const circuit = core({ consecutiveFailures: 1, openMs: 100, maxOpenMs: 300, probes: 1 });
  let now = 0;
  const openTimes = ["f", "f", "f", "f", "sf"].map((pattern) => {
    calls(circuit, pattern, now);
    const state = circuit.state(now);
    if (state.kind !== "open") throw new Error(`${state.kind} after ${pattern}`);
    expect(circuit.admit(now + state.retryAfterMs - 1)).toBe(0);
    now += state.retryAfterMs;
    return state.retryAfterMs;
  });
  expect(openTimes).toEqual([100, 200, 300, 300, 100]);
});

test("jitter shortens the time open by its share at most", () => {
  for (const [random, expected] of [
    [0, 100],
    [0.5, 90],
    [0.999, 80.02],
  ] as const) {
    const circuit = core({ consecutiveFailures: 1, openMs: 100, jitter: 0.2, random: () => random });
    calls(circuit, "f");
    expect(circuit.state(0)).toEqual({ kind: "open", retryAfterMs: expected });
  }
});

test("half-open lets no more calls through than must succeed, and closes when all have", () => {
  const circuit = core({ consecutiveFailures: 1, openMs: 100, probes: 3 });
  calls(circuit, "f");
  const tickets = [circuit.admit(100), circuit.admit(100), circuit.admit(100)];
  expect(circuit.admit(100)).toBe(0);
  circuit.settle(tickets[0]!, "success", false, 110);
  expect(circuit.admit(110)).toBe(0);
  expect(circuit.state(110)).toEqual({ kind: "half-open", running: 2, succeeded: 1 });
  circuit.settle(tickets[1]!, "success", false, 110);
  circuit.settle(tickets[2]!, "success", false, 110);
  expect(circuit.state(110)).toEqual({ kind: "closed" });
});

test("a slow probe opens the circuit again, a cancelled one makes room for another", () => {
  const circuit = core({ consecutiveFailures: 1, openMs: 100, probes: 1, slowMs: 10 });
  calls(circuit, "f");
  const probe = circuit.admit(100);
  expect(circuit.admit(100)).toBe(0);
  circuit.settle(probe, "cancelled", false, 110);
  calls(circuit, "S", 110);
  expect(circuit.state(110)).toEqual({ kind: "open", retryAfterMs: 200 });
});

test("a probe that hangs opens the circuit again, and its late success changes nothing", () => {
  const circuit = core({ consecutiveFailures: 1, openMs: 100, probes: 1, probeTimeoutMs: 1_000 });
  calls(circuit, "f");
  const hung = circuit.admit(100);
  expect(circuit.admit(1_099)).toBe(0);
  expect(circuit.state(1_099).kind).toBe("half-open");
  expect(circuit.admit(1_100)).toBe(0);
  expect(circuit.state(1_100)).toEqual({ kind: "open", retryAfterMs: 200 });
  circuit.settle(hung, "success", false, 1_150);
  expect(circuit.state(1_150).kind).toBe("open");
  expect(circuit.stale).toBe(1);
});
