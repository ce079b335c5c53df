import * as api from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { exportSpans } from "../../../src/metrics/export/export-spans.ts";
import { type MetricProducerOptions, metricProducer } from "../../../src/metrics/export/metric-producer.ts";
import { observeRegistry } from "../../../src/metrics/export/observe-registry.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { type OtlpMetric, type OtlpReceiver, startOtlpReceiver } from "../../services/otlp/otlp-receiver.ts";
import { ended, ScriptedProfiler } from "../../support/scripted-profiler.ts";

function filledRegistry(): MetricRegistry {
  const registry = new MetricRegistry();
  const requests = registry.counter("http.client.requests", {
    help: "Requests.",
    unit: "{request}",
    labels: ["http.request.method"],
  });
  requests.bind({ "http.request.method": "GET" }).add(12_345_678_901);
  requests.bind({ "http.request.method": 'PO"ST\n' }).add(1);
  registry.gauge("queue.depth", { unit: "{item}" }).bind().set(-2.5);
  const latency = registry.histogram("http.client.request.duration", { unit: "s" }).bind();
  for (let i = 1; i <= 1000; i++) latency.record(i / 1000);
  return registry;
}

async function exported(
  receiver: OtlpReceiver,
  registry: MetricRegistry,
  options?: MetricProducerOptions,
): Promise<(name: string) => OtlpMetric> {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` }),
    metricProducers: [metricProducer(registry, options)],
    exportIntervalMillis: 3_600_000,
    exportTimeoutMillis: 60_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  await provider.forceFlush();
  await provider.shutdown();
  return (name) => receiver.metrics.find((metric) => metric.name === name)!;
}
const labels = (attributes: readonly { key: string; value: object }[] = []): object =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test("on the wire, counters and gauges have the registry's names, units, labels and values", async () => {
  await using receiver = await startOtlpReceiver();
  const registry = filledRegistry();
  const metric = await exported(receiver, registry);
  const { sum, ...requests } = metric("http.client.requests");
  expect(requests).toEqual({ name: "http.client.requests", description: "Requests.", unit: "{request}" });
  expect(sum).toMatchObject({
    isMonotonic: true,
    aggregationTemporality: "AGGREGATION_TEMPORALITY_CUMULATIVE",
  });
  expect(sum?.dataPoints.map(({ attributes, asDouble }) => [labels(attributes), asDouble])).toEqual([
    [{ "http.request.method": "GET" }, 12_345_678_901],
    [{ "http.request.method": 'PO"ST\n' }, 1],
  ]);
  expect(metric("queue.depth").gauge?.dataPoints).toMatchObject([{ asDouble: -2.5 }]);
  const started = BigInt(sum!.dataPoints[0]!.startTimeUnixNano);
  expect(started / 1_000_000n).toBe(BigInt(Math.floor(performance.timeOrigin)));
  expect(BigInt(sum!.dataPoints[0]!.timeUnixNano)).toBeGreaterThan(started);
});

test("on the wire, a histogram has its exact figures and the counts of the fixed bounds", async () => {
  await using receiver = await startOtlpReceiver();
  const registry = filledRegistry();
  const metric = await exported(receiver, registry);
  const { unit, histogram } = metric("http.client.request.duration");
  expect([unit, histogram?.aggregationTemporality]).toEqual(["s", "AGGREGATION_TEMPORALITY_CUMULATIVE"]);
  const point = histogram!.dataPoints[0]!;
  expect(point).toMatchObject({ count: "1000", min: 0.001, max: 1 });
  expect(point.sum).toBeCloseTo(500.5, 9);
  const counts = point.bucketCounts!.map(Number);
  expect(counts).toHaveLength(point.explicitBounds!.length + 1);
  let below = 0;
  for (const [i, bound] of point.explicitBounds!.entries()) {
    below += counts[i]!;
    expect(Math.abs(below - Math.min(1000, Math.floor(bound * 1000)))).toBeLessThanOrEqual(10);
  }
  expect(counts.reduce((a, b) => a + b)).toBe(1000);
});

test("on the wire, an exponential histogram holds every value within its buckets' width", async () => {
  await using receiver = await startOtlpReceiver();
  const registry = filledRegistry();
  const metric = await exported(receiver, registry, { histograms: "exponential" });
  const point = metric("http.client.request.duration").exponentialHistogram!.dataPoints[0]!;
  expect(point).toMatchObject({ count: "1000", scale: 4, min: 0.001, max: 1 });
  const base = 2 ** (2 ** -4);
  let seen = 0;
  for (const [i, count] of point.positive!.bucketCounts!.entries()) {
    seen += Number(count);
    const bound = base ** (point.positive!.offset! + i + 1);
    expect(Math.abs(seen - Math.min(1000, Math.floor(bound * 1000)))).toBeLessThanOrEqual(10);
  }
  expect(seen).toBe(1000);
});

test("on the wire, what a meter observes is the same, with count and sum of histograms", async () => {
  await using receiver = await startOtlpReceiver();
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` }),
    exportIntervalMillis: 3_600_000,
    exportTimeoutMillis: 60_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  const end = observeRegistry(filledRegistry(), provider.getMeter("shop"));
  await provider.forceFlush();
  const metric = (name: string) => receiver.metrics.find((one) => one.name === name);
  expect(metric("http.client.requests")).toMatchObject({ unit: "{request}", sum: { isMonotonic: true } });
  expect(metric("http.client.requests")?.sum?.dataPoints.map(({ asDouble }) => asDouble)).toEqual([
    12_345_678_901, 1,
  ]);
  expect(metric("queue.depth")?.gauge?.dataPoints).toMatchObject([{ asDouble: -2.5 }]);
  expect(metric("http.client.request.duration.count")?.sum?.dataPoints).toMatchObject([{ asDouble: 1000 }]);
  end();
  await provider.shutdown();
});

test("on the wire, spans have their parents, times, attributes, and errors", async () => {
  await using receiver = await startOtlpReceiver();
  const provider = new TracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }) }),
    ],
  });
  const profiler = new ScriptedProfiler();
  await using spans = exportSpans(profiler, { tracer: provider.getTracer("shop"), api });
  const startMs = performance.now();
  profiler.end(
    ended({
      id: 2,
      parentId: 1,
      name: "query",
      category: "db",
      metadata: { rows: 3, tables: ["a", "b"], cached: false },
      startMs: startMs + 0.25,
      durationMs: 1.5,
      failed: true,
      error: { name: "TypeError", message: "no rows" },
    }),
  );
  profiler.end(ended({ id: 1, name: "request", startMs, durationMs: 2 }));
  await spans.flush();
  await provider.forceFlush();
  await expect.poll(() => receiver.spans.length, { timeout: 60_000 }).toBe(2);
  const [request, query] = ["request", "query"].map(
    (name) => receiver.spans.find((span) => span.name === name)!,
  );
  expect(query).toMatchObject({ traceId: request!.traceId, parentSpanId: request!.spanId });
  expect(request!.parentSpanId).toBeUndefined();
  const nanos = (text: string): bigint => BigInt(text);
  expect(nanos(query!.endTimeUnixNano) - nanos(query!.startTimeUnixNano)).toBe(1_500_000n);
  expect(nanos(query!.startTimeUnixNano) - nanos(request!.startTimeUnixNano)).toBe(250_000n);
  expect(query!.attributes).toEqual(
    expect.arrayContaining([
      { key: "victor.profiler.category", value: { stringValue: "db" } },
      { key: "rows", value: { intValue: "3" } },
      { key: "cached", value: { boolValue: false } },
      { key: "tables", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
    ]),
  );
  expect(query!.status).toEqual({ code: "STATUS_CODE_ERROR", message: "no rows" });
  expect(labels(query!.events![0]!.attributes)).toMatchObject({
    "exception.type": "TypeError",
    "exception.message": "no rows",
  });
  await provider.shutdown();
});
