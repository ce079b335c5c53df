import { describe, expect, test } from "vitest";
import { AdaptiveLimit } from "../../../src/concurrency/adaptive-limit.ts";
import { fixedLimit } from "../../../src/concurrency/fixed-limit.ts";
import { Gradient2Limit } from "../../../src/concurrency/gradient2-limit.ts";
import { VegasLimit } from "../../../src/concurrency/vegas-limit.ts";
import { simulateLoad } from "../../support/queueing-server.ts";

const patienceMs = 200;
const phaseMs = 10_000;
/** Slots and milliseconds. */
const services = [
  [1, 10],
  [2, 20],
  [8, 20],
  [16, 10],
  [64, 40],
] as const;

describe.each(services)(
  "a service of %i slots and %i ms that is offered twice its capacity",
  (slots, serviceMs) => {
    const offeredPerSecond = (2 * slots * 1000) / serviceMs;
    const service = { slots, serviceMs, offeredPerSecond };

    test("gives 90 % of what it can under AdaptiveLimit, also when it changes", () => {
      const changes = [
        service,
        { ...service, slots: Math.max(1, slots / 2) },
        service,
        { ...service, serviceMs: 2 * serviceMs },
        service,
        { ...service, slots: 2 * slots, offeredPerSecond: 2 * offeredPerSecond },
      ];
      for (const overheadMs of [0, 1.5]) {
        const phases = changes.map((change, i) => ({ ...change, fromMs: i * phaseMs }));
        const untilMs = phases.length * phaseMs;
        const limit = new AdaptiveLimit();
        const outcomes = simulateLoad({
          limit,
          phases,
          untilMs,
          patienceMs,
          overheadMs,
          service: "constant",
        });
        const mean = outcomes.reduce((sum, { goodput }) => sum + goodput, 0) / outcomes.length;
        expect(mean).toBeGreaterThan(0.9);
      }
    });

    test("gives 60 % of what it can under AdaptiveLimit where its times vary exponentially", () => {
      const phases = [{ ...service, fromMs: 0 }];
      const limit = new AdaptiveLimit();
      const [outcome] = simulateLoad({ limit, phases, untilMs: 20_000, patienceMs, service: "exponential" });
      expect(outcome!.goodput).toBeGreaterThan(0.6);
    });

    test("is kept busy by VegasLimit and Gradient2Limit where its times are constant", () => {
      for (const limit of [new VegasLimit(), new Gradient2Limit()]) {
        const phases = [{ ...service, fromMs: 0 }];
        const [outcome] = simulateLoad({ limit, phases, untilMs: 20_000, patienceMs, service: "constant" });
        expect(outcome!.goodput).toBeGreaterThan(0.8);
      }
    });
  },
);

test("without a limit that fits, nearly every answer comes too late", () => {
  const phases = [{ fromMs: 0, slots: 8, serviceMs: 20, offeredPerSecond: 800 }];
  for (const limit of [fixedLimit(100), fixedLimit(100_000)]) {
    const [outcome] = simulateLoad({ limit, phases, untilMs: 10_000, patienceMs, service: "constant" });
    expect(outcome!.goodput).toBeLessThan(0.06);
  }
});

test("under overload an answer comes in time when the newest go first, and too late when the oldest do", () => {
  const phases = [{ fromMs: 0, slots: 8, serviceMs: 20, offeredPerSecond: 800 }];
  const goodput = (next: "newest" | "oldest") =>
    simulateLoad({ limit: fixedLimit(8), phases, untilMs: 10_000, patienceMs, service: "constant", next })[0]!
      .goodput;
  expect(goodput("newest")).toBeGreaterThan(0.98);
  expect(goodput("oldest")).toBeLessThan(0.2);
});

test("AdaptiveLimit does not drift up under an overload of a tenth", () => {
  const limit = new AdaptiveLimit();
  const phases = [{ fromMs: 0, slots: 8, serviceMs: 20, offeredPerSecond: 440 }];
  const [outcome] = simulateLoad({ limit, phases, untilMs: 120_000, patienceMs, service: "constant" });
  expect(outcome!.goodput).toBeGreaterThan(0.9);
  expect(outcome!.meanLimit).toBeLessThan(24);
});

test("AdaptiveLimit does not grow when there is no demand for it", () => {
  const limit = new AdaptiveLimit({ initialLimit: 10 });
  const phases = [{ fromMs: 0, slots: 100, serviceMs: 20, offeredPerSecond: 100 }];
  simulateLoad({ limit, phases, untilMs: 60_000, patienceMs, service: "constant" });
  expect(limit.current).toBe(10);
});
