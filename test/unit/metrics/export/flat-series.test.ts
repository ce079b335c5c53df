import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FlatPoint, FlatSeries } from "../../../../src/metrics/export/flat-series.ts";
import { intervalQuantile } from "../../../../src/metrics/export/interval-quantile.ts";
import { samplesInSteps } from "../../../../src/metrics/export/samples-in-steps.ts";
import {
  type HistogramSnapshot,
  LatencyHistogram,
  MetricRegistry,
  type MetricSample,
} from "../../../../src/metrics/index.ts";

const keyOf = (sample: MetricSample): string => sample.name + JSON.stringify(sample.labels);
const own = (points: Iterable<FlatPoint>): FlatPoint[] =>
  [...points].filter(({ name }) => !name.startsWith("victor."));

describe("the quantile of an interval", () => {
  const values = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });

  test("is within 2 % of the value at that rank among those recorded since", () => {
    fc.assert(
      fc.property(values, values, fc.constantFrom(0.5, 0.95, 0.99, 1), (earlier, later, q) => {
        const histogram = new LatencyHistogram();
        for (const value of earlier) histogram.record(value);
        const before = histogram.snapshot();
        for (const value of later) histogram.record(value);
        const sorted = later.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(q * sorted.length * (1 - 2 ** -50)) - 1]!;
        const found = intervalQuantile(histogram.snapshot(), before, q)!;
        expect(Math.abs(found / exact - 1)).toBeLessThan(0.02);
      }),
    );
  });

  test("isn't led astray by the largest value before, which is known better than those in between", () => {
    const histogram = new LatencyHistogram();
    histogram.record(63.38803256401625);
    const before = histogram.snapshot();
    for (const value of [47.43553688051687, 0.056512826985285605, 79.4546190148064]) histogram.record(value);
    const found = intervalQuantile(histogram.snapshot(), before, 0.99)!;
    expect(Math.abs(found / 79.4546190148064 - 1)).toBeLessThan(0.02);
  });

  test("is not known where nothing was recorded, and 0 where zeroes were", () => {
    const histogram = new LatencyHistogram();
    histogram.record(5);
    const before = histogram.snapshot();
    expect(intervalQuantile(histogram.snapshot(), before, 0.5)).toBeUndefined();
    for (let i = 0; i < 10; i++) histogram.record(0);
    expect(intervalQuantile(histogram.snapshot(), before, 0.5)).toBe(0);
  });
});

describe("flat series", () => {
  test("give counters what they have risen by, from 0 again where one began anew", () => {
    const series = new FlatSeries();
    const deltas = [5, 5, 12, 3].map((value) => {
      const sample = { type: "counter", name: "c", help: "", labels: {}, value } as const;
      return [...series.points([sample], keyOf)].map(({ value, delta }) => [value, delta]);
    });
    expect(deltas).toEqual([[[5, 5]], [[5, 0]], [[12, 7]], [[3, 3]]]);
  });

  test("give a histogram's count and sum, and quantiles of the interval alone", () => {
    const registry = new MetricRegistry();
    const latency = registry.histogram("latency").bind();
    const series = new FlatSeries();
    for (let i = 0; i < 1000; i++) latency.record(1);
    expect(own(series.points(registry.collect(), keyOf)).map(({ name }) => name)).toEqual([
      "latency.count",
      "latency.sum",
      "latency.p50",
      "latency.p95",
      "latency.p99",
    ]);
    latency.record(8);
    const [count, sum, p50] = own(series.points(registry.collect(), keyOf));
    expect([count?.value, count?.delta, sum?.value, sum?.delta]).toEqual([1001, 1, 1008, 8]);
    expect(p50?.value).toBeCloseTo(8, 0);
    expect(own(series.points(registry.collect(), keyOf)).map(({ name }) => name)).toEqual([
      "latency.count",
      "latency.sum",
    ]);
  });

  test("forget a series that is gone: when it comes again, it began anew", () => {
    const series = new FlatSeries();
    const sample = { type: "counter", name: "c", help: "", labels: {}, value: 10 } as const;
    const deltas = [[sample], [], [sample]].map((samples) =>
      [...series.points(samples, keyOf)].map(({ delta }) => delta),
    );
    expect(deltas).toEqual([[10], [], [10]]);
  });

  test("leave out what is no number", () => {
    const gauges = [Number.NaN, Number.POSITIVE_INFINITY, -3].map(
      (value, i) => ({ type: "gauge", name: `g${i}`, help: "", labels: {}, value }) as const,
    );
    expect([...new FlatSeries().points(gauges, keyOf)].map(({ name }) => name)).toEqual(["g2"]);
  });
});

test("the search for a quantile ends, however large the values are", () => {
  const histogram = new LatencyHistogram();
  histogram.record(5);
  const before = histogram.snapshot();
  for (const value of [6, 7, 1e300, Number.MAX_VALUE]) histogram.record(value);
  // Beyond 2⁶⁴ nothing is told apart.
  expect(intervalQuantile(histogram.snapshot(), before, 0.95)).toBeGreaterThan(2 ** 63);
  const unbounded = { ...foreign(9), max: Number.POSITIVE_INFINITY };
  expect(intervalQuantile(unbounded, foreign(1), 0.95)).toBe(Number.MAX_VALUE);
});

/** A snapshot of other hands that knows of nothing but values beyond all bounds. */
const foreign = (count: number): HistogramSnapshot => ({
  count,
  sum: count,
  min: 1,
  max: 1,
  quantile: () => 1,
  countAtOrBelow: (bound) => (bound >= Number.MAX_VALUE ? count : 0),
});

test("a registry that can be walked in steps is, and its live histograms are copied", () => {
  const histogram = new LatencyHistogram();
  const live: MetricSample = { type: "histogram", name: "h", help: "", labels: {}, histogram };
  const gauge: MetricSample = { type: "gauge", name: "g", help: "", labels: {}, value: 1 };
  const registry = {
    collect: (): MetricSample[] => [],
    *collectInSteps() {
      yield { sample: gauge };
      yield undefined;
      yield { sample: live };
    },
  };
  const [first, second] = samplesInSteps(registry);
  histogram.record(1);
  expect(first).toBe(gauge);
  expect(second?.type === "histogram" && second.histogram.count).toBe(0);
});
