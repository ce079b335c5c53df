import { expect, test } from "vitest";
import { compareDefaults } from "../../../src/compare/compare-options.ts";
import { judge, regressions } from "../../../src/compare/judge.ts";
import { type RunFigures, serverMetrics } from "../../../src/compare/metric.ts";
import { figuresOf, simulatedComparison } from "../../support/simulated-programs.ts";

const plan = {
  rounds: compareDefaults.rounds,
  durationS: compareDefaults.durationMs / 1000,
  slotS: 0.25,
  betweenS: 4,
};
const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

function judged(seed: number, slowdown: number) {
  const { a, b } = simulatedComparison(seed, slowdown, plan);
  return judge([{ a: a.map(figuresOf), b: b.map(figuresOf) }], serverMetrics)[0]!;
}

test("tells a program from itself in no more than 5 of 100 comparisons on a shared host", () => {
  const falseAlarms = seeds.filter((seed) =>
    judged(seed, 1).some(({ verdict }) => verdict !== "no difference shown"),
  );
  expect(falseAlarms.length).toBeLessThanOrEqual(5);
});

test("finds latencies that are 5 % longer in at least 90 of 100 comparisons on a shared host", () => {
  const found = seeds.filter((seed) =>
    judged(seed, 1.05).some(({ id, verdict }) => id.startsWith("latency") && verdict === "worse"),
  );
  expect(found.length).toBeGreaterThanOrEqual(90);
});

test("intervals of single metrics hold the true ratio in about 95 of 100 comparisons", () => {
  const held = seeds.filter((seed) => {
    const { low, high } = judged(seed, 1.05).find(({ id }) => id === "latencyP50")!;
    return low <= 1.05 && high >= 1.05;
  });
  expect(held.length).toBeGreaterThanOrEqual(89);
});

const runs = (figures: readonly RunFigures[]) => figures;
const steady = (of: (i: number) => RunFigures) => runs(Array.from({ length: 8 }, (_, i) => of(i)));

test("more throughput is better, and more of anything else is worse", () => {
  const a = steady((i) => ({ throughput: 100 + (i % 3), latencyP50: 5 + 0.01 * (i % 2) }));
  const b = steady((i) => ({ throughput: 120 + (i % 2), latencyP50: 6 + 0.01 * (i % 3) }));
  const [metrics] = judge([{ a, b }], serverMetrics);
  expect(metrics!.map(({ id, verdict }) => [id, verdict])).toEqual([
    ["throughput", "better"],
    ["latencyP50", "worse"],
  ]);
  expect(metrics![1]!.ratio).toBeCloseTo(1.2, 1);
});

test("leaves out what no run shows, and holds what lies below the floor for the same", () => {
  const a = steady(() => ({ errorShare: 0, gcShare: 0.0001, rssPeak: 1e8 }));
  const b = steady(() => ({ errorShare: 0, gcShare: 0.0009, rssPeak: 1e8 }));
  const [metrics] = judge([{ a, b }], serverMetrics);
  expect(metrics!.map(({ id }) => id)).toEqual(["rssPeak"]);
});

test("errors of one program alone are a difference, though nothing can be divided by none", () => {
  const a = steady(() => ({ errorShare: 0 }));
  const b = steady((i) => ({ errorShare: 0.1 + 0.01 * (i % 2) }));
  const [metrics] = judge([{ a, b }], serverMetrics);
  expect(metrics![0]).toMatchObject({ id: "errorShare", verdict: "worse", a: 0 });
});

test("a metric that lacks in one run is compared over the other pairs", () => {
  const a = steady((i) => (i === 3 ? {} : { latencyP99: 10 + i }));
  const b = steady((i) => ({ latencyP99: 10 + i }));
  expect(judge([{ a, b }], serverMetrics)[0]![0]).toMatchObject({ pairs: 7, ratio: 1 });
});

test("the more is asked at once, the more it takes to claim a difference", () => {
  const a = steady((i) => ({ latencyP50: 10 + 0.3 * (i % 4) }));
  const b = steady((i) => ({ latencyP50: 10.6 + 0.3 * (i % 3) }));
  const alone = judge([{ a, b }], serverMetrics)[0]![0]!;
  const among = judge(Array(20).fill({ a, b }), serverMetrics)[0]![0]!;
  expect(among.adjustedPValue).toBeCloseTo(20 * alone.pValue, 10);
  expect(among.detectableRatio).toBeGreaterThan(alone.detectableRatio);
});

test("a regression is what is shown to be worse by more than the share", () => {
  const base = { pairs: 8, low: 0, high: 9, pValue: 0, adjustedPValue: 0, detectableRatio: 1.1, a: 1, b: 1 };
  const metric = (better: "less" | "more", ratio: number, verdict: "worse" | "no difference shown") => ({
    ...base,
    ...{ id: "latencyP50" as const, title: "", unit: "ms" as const, better, ratio, verdict },
  });
  const all = [
    metric("less", 1.06, "worse"),
    metric("less", 1.04, "worse"),
    metric("less", 1.5, "no difference shown"),
    metric("more", 0.94, "worse"),
    metric("more", 0.96, "worse"),
  ];
  expect(regressions(all, 0.05)).toEqual([all[0], all[3]]);
});
