import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { CircuitBreaker } from "../../../src/concurrency/circuit-breaker.ts";
import type { CircuitBreakerOptions } from "../../../src/concurrency/circuit-options.ts";
import { CircuitOpenError, DeadlineError } from "../../../src/errors.ts";
import { MetricRegistry } from "../../../src/metrics/registry.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const boom = new Error("boom");
const fails = () => Promise.reject(boom);

function breaker(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  return {
    clock,
    circuit: new CircuitBreaker("orders", {
      consecutiveFailures: 2,
      probes: 1,
      jitter: 0,
      clock,
      ...options,
    }),
  };
}

async function opened(options: CircuitBreakerOptions = {}) {
  const made = breaker(options);
  for (let i = 0; i < 2; i++) await expect(made.circuit.run(fails)).rejects.toBe(boom);
  expect(made.circuit.state.kind).toBe("open");
  return made;
}

test("while closed it hands on results and errors, of plain functions too", async () => {
  const { circuit } = breaker();
  expect(await circuit.run(() => 1)).toBe(1);
  expect(await circuit.run(async () => 2)).toBe(2);
  const thrower = () => {
    throw boom;
  };
  await expect(circuit.run(thrower)).rejects.toBe(boom);
  expect(await circuit.tryRun(() => 3)).toEqual({ admitted: true, value: 3 });
  expect(circuit.stats()).toMatchObject({
    succeeded: 3,
    failed: 1,
    windowCalls: 4,
    failureRate: 0.25,
    state: { kind: "closed" },
  });
});

test("while open it refuses with an error that says how long, or with a value", async () => {
  const { circuit, clock } = await opened();
  await clock.advance(1_500);
  const never = () => {
    throw new Error("called");
  };
  await expect(circuit.run(never)).rejects.toMatchObject({
    code: "VICTOR_CIRCUIT_OPEN",
    circuit: "orders",
    retryAfterMs: 3_500,
  });
  await expect(circuit.run(never)).rejects.toThrow(new CircuitOpenError("orders", 3_500).message);
  expect(await circuit.tryRun(never)).toEqual({ admitted: false, retryAfterMs: 3_500 });
  expect(circuit.stats()).toMatchObject({ refused: 3, opened: 1, failed: 2 });
});

test("when its time is up a probe closes it", async () => {
  const { circuit, clock } = await opened();
  await clock.advance(5_000);
  const gate = Promise.withResolvers<string>();
  const probe = circuit.run(() => gate.promise);
  expect(circuit.state).toEqual({ kind: "half-open", running: 1, succeeded: 0 });
  expect(await circuit.tryRun(() => 1)).toEqual({ admitted: false, retryAfterMs: 0 });
  gate.resolve("back");
  expect(await probe).toBe("back");
  expect(circuit.state).toEqual({ kind: "closed" });
});

test("isClosed says what the state says, without a look at the clock", async () => {
  const { circuit, clock } = await opened();
  const seen = () => [circuit.state.kind, circuit.isClosed];
  expect(seen()).toEqual(["open", false]);
  await clock.advance(5_000);
  const gate = Promise.withResolvers<void>();
  const probe = circuit.run(() => gate.promise);
  expect(seen()).toEqual(["half-open", false]);
  gate.resolve();
  await probe;
  expect(seen()).toEqual(["closed", true]);
  circuit.forceOpen();
  expect(seen()).toEqual(["forced-open", false]);
});

test("a call from before the circuit opened neither opens nor closes anything when it ends", async () => {
  const { circuit, clock } = breaker();
  const [early, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const calls = [circuit.run(() => early.promise), circuit.run(() => late.promise)];
  for (let i = 0; i < 2; i++) await circuit.run(fails).catch(() => undefined);
  await clock.advance(5_000);
  const gate = Promise.withResolvers<void>();
  const probe = circuit.run(() => gate.promise);
  early.resolve();
  late.reject(boom);
  await Promise.allSettled(calls);
  expect(circuit.state).toEqual({ kind: "half-open", running: 1, succeeded: 0 });
  expect(circuit.stats().stale).toBe(2);
  gate.resolve();
  await probe;
  expect(circuit.state.kind).toBe("closed");
});

test("a caller who gives up is answered at once, counts for nothing, and frees its probe's place", async () => {
  const { circuit, clock } = await opened();
  await clock.advance(5_000);
  const controller = new AbortController();
  let handed: AbortSignal | undefined;
  const probe = circuit.run(
    (signal) => {
      handed = signal;
      return new Promise<never>(() => undefined);
    },
    { signal: controller.signal },
  );
  controller.abort(boom);
  await expect(probe).rejects.toBe(boom);
  expect(handed).toBe(controller.signal);
  expect(circuit.state).toEqual({ kind: "half-open", running: 0, succeeded: 0 });
  expect(circuit.stats()).toMatchObject({ cancelled: 1, failed: 2 });
  await circuit.run(() => 1);
  expect(circuit.state.kind).toBe("closed");
});

test("a caller whose time is up has seen the service fail", async () => {
  const { circuit } = breaker();
  const hang = () => new Promise<never>(() => undefined);
  for (const reason of [new DOMException("late", "TimeoutError"), new DeadlineError("call", 5)]) {
    const controller = new AbortController();
    const call = circuit.run(hang, { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  }
  expect(circuit.state.kind).toBe("open");
  expect(circuit.stats()).toMatchObject({ failed: 2, cancelled: 0 });
});

test("with a signal that has aborted nothing is called or counted", async () => {
  const { circuit } = breaker();
  const signal = AbortSignal.abort(boom);
  await expect(circuit.run(() => 1, { signal })).rejects.toBe(boom);
  await expect(circuit.tryRun(() => 1, { signal })).rejects.toBe(boom);
  expect(circuit.stats()).toMatchObject({ succeeded: 0, cancelled: 0 });
});

test("with a signal that doesn't abort, results and errors come as without, and nothing stays attached", async () => {
  const { circuit } = breaker();
  const { signal } = new AbortController();
  expect(await circuit.run(() => 1, { signal })).toBe(1);
  await expect(circuit.run(fails, { signal })).rejects.toBe(boom);
  await settle();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("an error that is no failure of the service counts as an answer", async () => {
  const { circuit } = breaker({ isFailure: (error) => error !== boom });
  for (let i = 0; i < 5; i++) await expect(circuit.run(fails)).rejects.toBe(boom);
  expect(circuit.stats()).toMatchObject({ succeeded: 5, failed: 0, state: { kind: "closed" } });
});

test("a predicate that throws counts as a failure, and its error is thrown", async () => {
  const broken = new Error("predicate");
  const isFailure = () => {
    throw broken;
  };
  const { circuit } = breaker({ isFailure });
  for (let i = 0; i < 2; i++) await expect(circuit.run(fails)).rejects.toBe(broken);
  expect(circuit.state.kind).toBe("open");
});

test.each([
  ["no function", undefined, {}, TypeError],
  ["an option that nobody knows", () => 1, { timeoutMs: 5 }, TypeError],
  ["a signal that is none", () => 1, { signal: new AbortController() }, RangeError],
])("a caller's mistake, such as %s, is not the service's failure", async (_, fn, options, error) => {
  const { circuit } = breaker();
  await expect(circuit.run(fn as () => number, options as object)).rejects.toThrow(error);
  await expect(circuit.tryRun(fn as () => number, options as object)).rejects.toThrow(error);
  expect(circuit.stats()).toMatchObject({ state: { kind: "closed" }, failed: 0, windowCalls: 0 });
});

test("a call is slow from slowMs on", async () => {
  const { circuit, clock } = breaker({ slowMs: 100, slowRate: 0.5, minimumCalls: 2 });
  const call = (ms: number) =>
    circuit.run(() => new Promise<void>((resolve) => clock.setTimeout(resolve, ms)));
  const quick = call(99);
  const slow = call(100);
  await clock.advance(100);
  await Promise.all([quick, slow]);
  expect(circuit.stats()).toMatchObject({ slow: 1, succeeded: 2, state: { kind: "open" } });
});

test("forced open it refuses until it is reset, whatever time passes, and calls in flight change nothing", async () => {
  const { circuit, clock } = breaker();
  const gate = Promise.withResolvers<void>();
  const before = circuit.run(() => gate.promise);
  circuit.forceOpen();
  await clock.advance(1e9);
  gate.resolve();
  await before;
  await expect(circuit.run(() => 1)).rejects.toThrow("circuit orders is open, by force");
  expect(circuit.stats()).toMatchObject({ state: { kind: "forced-open" }, opened: 1, stale: 1 });
  circuit.reset();
  expect(await circuit.run(() => 1)).toBe(1);
});

test("is a source of metrics", async () => {
  const { circuit } = await opened();
  const registry = new MetricRegistry();
  registry.register(circuit);
  const values = [...circuit.collect()].map((sample) => [
    sample.name,
    ...Object.values(sample.labels).slice(1),
    "value" in sample && sample.value,
  ]);
  expect(values).toEqual([
    ["victor.circuit.calls", "success", 0],
    ["victor.circuit.calls", "failure", 2],
    ["victor.circuit.calls", "cancelled", 0],
    ["victor.circuit.calls", "refused", 0],
    ["victor.circuit.slow_calls", 0],
    ["victor.circuit.opened", 1],
    ["victor.circuit.state", "closed", 0],
    ["victor.circuit.state", "open", 1],
    ["victor.circuit.state", "half-open", 0],
    ["victor.circuit.state", "forced-open", 0],
  ]);
});

test.each([
  { failureRate: 0 },
  { failureRate: 1.1 },
  { failureRate: Number.NaN },
  { consecutiveFailures: 0 },
  { consecutiveFailures: 1.5 },
  { slowMs: 0 },
  { slowRate: 0 },
  { windowCalls: 0 },
  { windowCalls: 1e7 },
  { windowMs: 0 },
  { minimumCalls: 0 },
  { windowCalls: 5, minimumCalls: 6 },
  { openMs: 0 },
  { openMs: Number.POSITIVE_INFINITY },
  { openMs: 10, maxOpenMs: 9 },
  { jitter: -0.1 },
  { jitter: 1.1 },
  { probes: 0 },
  { probeTimeoutMs: 0 },
  { isFailure: 1 },
  { random: 0.5 },
])("refuses %o", (options) => {
  expect(() => new CircuitBreaker("orders", options as object)).toThrow(RangeError);
});

test("needs a name, and knows its options", () => {
  expect(() => new CircuitBreaker("")).toThrow(TypeError);
  expect(() => new CircuitBreaker("orders", { threshold: 5 } as object)).toThrow(
    'unknown option "threshold"',
  );
  expect(new CircuitBreaker("orders").stats().state).toEqual({ kind: "closed" });
});
