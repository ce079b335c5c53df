import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { exponentialBuckets } from "../../../../src/metrics/export/exponential-buckets.ts";
import type { MetricData } from "../../../../src/metrics/export/metric-data.ts";
import { metricProducer } from "../../../../src/metrics/export/metric-producer.ts";
import { observeRegistry } from "../../../../src/metrics/export/observe-registry.ts";
import {
  LatencyHistogram,
  MetricRegistry,
  type MetricSample,
  prometheusText,
} from "../../../../src/metrics/index.ts";

type Registry = Parameters<typeof metricProducer>[0];
async function produced(producer: ReturnType<typeof metricProducer>): Promise<Map<string, MetricData>> {
  const { resourceMetrics, errors } = await producer.collect();
  expect(errors).toEqual([]);
  const metrics = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
}

describe("a metric producer", () => {
  test("tells what appeared since, and no longer what is gone", async () => {
    let samples: MetricSample[] = [];
    const registry: Registry = { collect: () => samples };
    const gauge = (name: string): MetricSample => ({ type: "gauge", name, help: "", labels: {}, value: 1 });
    const producer = metricProducer(registry);
    samples = [gauge("a")];
    expect([...(await produced(producer)).keys()]).toEqual(["a"]);
    samples = [gauge("b"), gauge("a")];
    expect([...(await produced(producer)).keys()]).toEqual(["b", "a"]);
    samples = [gauge("b")];
    expect([...(await produced(producer)).keys()]).toEqual(["b"]);
  });

  test("begins a sum with the process, and anew at the moment when it has fallen", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 5_000_250 });
    try {
      let value = 5;
      const registry: Registry = {
        collect: () => [{ type: "counter", name: "c", help: "", labels: {}, value }],
      };
      const producer = metricProducer(registry);
      const start = async () => (await produced(producer)).get("c")?.dataPoints[0]?.startTime;
      const first = await start();
      expect(first?.[0]).toBe(Math.floor(performance.timeOrigin / 1000));
      value = 9;
      expect(await start()).toEqual(first);
      value = 2;
      expect(await start()).toEqual([5000, 250_000_000]);
      value = 3;
      vi.setSystemTime(6_000_000);
      expect(await start()).toEqual([5000, 250_000_000]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("leaves out a histogram of another's that throws, and says so", async () => {
    const broken = {
      count: 1,
      sum: 1,
      min: 1,
      max: 1,
      quantile: () => 1,
      countAtOrBelow(): number {
        throw new Error("broken");
      },
    };
    const registry = new MetricRegistry();
    registry.gauge("sound").bind().set(1);
    registry.register({
      name: "foreign",
      collect: () => [{ type: "histogram", name: "h", help: "", labels: {}, histogram: broken }],
    });
    const { resourceMetrics, errors } = await metricProducer(registry).collect();
    expect(errors).toMatchObject([{ message: "broken" }]);
    const names = resourceMetrics.scopeMetrics[0]?.metrics.map(({ descriptor }) => descriptor.name);
    expect(names).toContain("sound");
    expect(names).not.toContain("h");
  });

  test("has the very bounds and counts that Prometheus' text has", async () => {
    const registry = new MetricRegistry();
    for (const unit of ["s", "ms", "By"]) {
      const histogram = registry.histogram(`h.${unit}`, { unit }).bind();
      for (let i = 0; i < 500; i++) histogram.record(1.1 ** (i % 100) / 1000);
    }
    const metrics = await produced(metricProducer(registry));
    const text = prometheusText(registry);
    for (const unit of ["s", "ms", "By"]) {
      const metric = metrics.get(`h.${unit}`);
      if (metric?.dataPointType !== 0) throw new Error("no histogram");
      const { boundaries, counts } = metric.dataPoints[0]!.value.buckets;
      let below = 0;
      const lines = boundaries.map((bound, i) => {
        below += counts[i]!;
        return `le="${bound}"} ${below}`;
      });
      const written = [...text.matchAll(/^(\w+)_bucket\{(le="[^+"]+"\} \d+)$/gm)]
        .filter(([, name]) => name?.startsWith(`h_${unit}`))
        .map(([, , pair]) => pair);
      expect(lines).toEqual(unit === "s" ? written.filter((_, i) => i < lines.length) : written);
    }
  });

  test("is collected by the SDK's reader beside its own metrics, and by several at once", async () => {
    const registry = new MetricRegistry();
    registry.counter("shared").bind().add(3);
    const producer = metricProducer(registry);
    const exporters = [0, 1].map(() => new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE));
    const provider = new MeterProvider({
      readers: exporters.map(
        (exporter) =>
          new PeriodicExportingMetricReader({
            exporter,
            metricProducers: [producer],
            exportIntervalMillis: 3_600_000,
          }),
      ),
    });
    provider.getMeter("own").createCounter("own").add(1);
    await provider.forceFlush();
    for (const exporter of exporters) {
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
      expect(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value])).toEqual(
        expect.arrayContaining([
          ["own", 1],
          ["shared", 3],
        ]),
      );
    }
    await provider.shutdown();
  });
});

describe("exponential buckets", () => {
  const values = fc.array(
    fc.oneof(
      fc.constant(0),
      fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      fc.integer({ min: -60, max: 60 }).map((power) => 2 ** power),
    ),
    { maxLength: 100 },
  );

  test("hold each value within their bounds and 1 %, and all values", () => {
    fc.assert(
      fc.property(values, (recorded) => {
        const histogram = new LatencyHistogram();
        for (const value of recorded) histogram.record(value);
        const { scale, zeroCount, offset, bucketCounts } = exponentialBuckets(histogram);
        expect(zeroCount).toBe(recorded.filter((value) => value === 0).length);
        expect(bucketCounts.reduce((a, b) => a + b, zeroCount)).toBe(recorded.length);
        expect(bucketCounts.length).toBeLessThanOrEqual(160);
        expect(bucketCounts.every((count) => count >= 0)).toBe(true);
        const base = 2 ** (2 ** -scale);
        let seen = zeroCount;
        for (const [i, count] of bucketCounts.entries()) {
          seen += count;
          const bound = base ** (offset + i + 1);
          const [least, most] = [bound / 1.01, bound * 1.01];
          expect(seen).toBeGreaterThanOrEqual(recorded.filter((value) => value <= least).length);
          expect(seen).toBeLessThanOrEqual(recorded.filter((value) => value <= most).length);
        }
      }),
    );
  });

  test("are as fine as 160 allow", () => {
    const histogram = new LatencyHistogram();
    for (let i = 100; i <= 200; i++) histogram.record(i);
    expect(exponentialBuckets(histogram).scale).toBe(5);
    for (let power = 0; power < 20; power++) histogram.record(2 ** power);
    expect(exponentialBuckets(histogram).scale).toBe(3);
    histogram.record(1e-15);
    expect(exponentialBuckets(histogram).scale).toBe(1);
  });

  test("of nothing, and of zeroes alone, are none", () => {
    const histogram = new LatencyHistogram();
    expect(exponentialBuckets(histogram)).toEqual({ scale: 0, zeroCount: 0, offset: 0, bucketCounts: [] });
    histogram.record(0);
    expect(exponentialBuckets(histogram)).toEqual({ scale: 0, zeroCount: 1, offset: 0, bucketCounts: [] });
  });
});

describe("a meter that observes a registry", () => {
  function observed() {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const collect = async (): Promise<Record<string, unknown>> => {
      exporter.reset();
      await provider.forceFlush();
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
      return Object.fromEntries(
        metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(({ value }) => value)]),
      );
    };
    return { provider, collect };
  }

  test("tells metrics that appear later, even in a registry that was empty, from the collection after", async () => {
    const { provider, collect } = observed();
    const registry = new MetricRegistry();
    const end = observeRegistry(registry, provider.getMeter("test"));
    expect(await collect()).toEqual({ "victor.metrics.export.series": [0] });
    registry.gauge("late").bind().set(4);
    await collect();
    expect(await collect()).toEqual({ "victor.metrics.export.series": [1], late: [4] });
    end();
    await provider.shutdown();
  });

  test("leaves out what is not known, and is quiet once ended", async () => {
    const { provider, collect } = observed();
    const registry = new MetricRegistry();
    const gauge = registry.gauge("level").bind();
    gauge.set(Number.NaN);
    const end = observeRegistry(registry, provider.getMeter("test"));
    expect(await collect()).not.toHaveProperty("level");
    gauge.set(2);
    expect(await collect()).toMatchObject({ level: [2] });
    const asked = vi.spyOn(registry, "collect");
    end();
    end();
    await collect();
    expect(asked).not.toHaveBeenCalled();
    await provider.shutdown();
  });

  test("goes on where a source throws, and asks nothing after the provider's end", async () => {
    const { provider, collect } = observed();
    const registry = new MetricRegistry();
    vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    registry.register({
      name: "broken",
      collect() {
        throw new Error("broken");
      },
    });
    registry.gauge("level").bind().set(1);
    observeRegistry(registry, provider.getMeter("test"));
    expect(await collect()).toMatchObject({ level: [1] });
    await provider.shutdown();
    const asked = vi.spyOn(registry, "collect");
    await provider.forceFlush().catch(() => undefined);
    expect(asked).not.toHaveBeenCalled();
  });
});
