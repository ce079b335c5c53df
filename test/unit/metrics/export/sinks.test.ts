import { describe, expect, test } from "vitest";
import { exportSpans } from "../../../../src/metrics/export/export-spans.ts";
import type { FlatPoint } from "../../../../src/metrics/export/flat-series.ts";
import { graphitePath } from "../../../../src/metrics/export/graphite-format.ts";
import { GraphiteSink } from "../../../../src/metrics/export/graphite-sink.ts";
import { metricProducer } from "../../../../src/metrics/export/metric-producer.ts";
import { observeRegistry } from "../../../../src/metrics/export/observe-registry.ts";
import { statsdLines } from "../../../../src/metrics/export/statsd-format.ts";
import { StatsdSink } from "../../../../src/metrics/export/statsd-sink.ts";
import { type Labels, MetricRegistry } from "../../../../src/metrics/index.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { ScriptedProfiler } from "../../../support/scripted-profiler.ts";

function point(name: string, labels: Labels, value = 1, kind: FlatPoint["kind"] = "level"): FlatPoint {
  const sample = { type: "gauge", name, help: "", labels, value } as const;
  return { name, sample, kind, value, delta: kind === "total" ? value : 0 };
}

describe("a name for Graphite", () => {
  const labels = { "pool.name": "a;b=c", name: "x", empty: "" };

  test("has labels as segments, or as tags of which none can begin another", () => {
    const given = point("db.size", labels);
    expect(graphitePath(given, "shop", "path")).toBe(
      "shop.db.size.empty.%empty.name.x.pool%2Ename.a%3Bb%3Dc",
    );
    expect(graphitePath(given, "", "tags")).toBe("db.size;empty=%empty;label_name=x;pool%2Ename=a%3Bb%3Dc");
  });

  test("that is too long for carbon is none", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, "x".repeat(150)]));
    expect(graphitePath(point("m", many), "", "path")).toBeUndefined();
  });
});

describe("a line for StatsD", () => {
  test("says what a total rose by, and nothing where it didn't", () => {
    expect(statsdLines(point("jobs", { q: "a" }, 3, "total"), "shop", "path")).toBe("shop.jobs.q.a:3|c");
    expect(statsdLines(point("jobs", {}, 0, "total"), "", "path")).toBeUndefined();
  });

  test("sets a negative level from 0, except for Datadog", () => {
    expect(statsdLines(point("level", {}, -2), "", "path")).toBe("level:0|g\nlevel:-2|g");
    expect(statsdLines(point("level", { a: "b" }, -2), "", "dogstatsd")).toBe("level:-2|g|#a:b");
  });
});

test("a sink tells of itself", () => {
  const registry = new MetricRegistry();
  const sink = new GraphiteSink({
    registry,
    host: "graphite.example",
    protocol: "pickle",
    clock: new FakeClock(),
  });
  expect(sink.name).toBe("graphite://graphite.example:2004");
  const told = [...sink.collect()].map(({ name, labels }) => [
    name,
    labels.outcome ?? labels.reason,
    labels.sink,
  ]);
  expect(told).toEqual(
    [
      ["pushes", "sent"],
      ["pushes", "failed"],
      ["pushes", "skipped"],
      ["sent", undefined],
      ["sent.size", undefined],
      ["dropped", "unsent"],
      ["dropped", "too_long"],
      ["buffer.size", undefined],
    ].map(([what, more]) => [`victor.metrics.export.${what}`, more, sink.name]),
  );
});

describe("options that are none", () => {
  const registry = new MetricRegistry();
  const clock = new FakeClock();
  test.each([
    [{ registry: {} }, TypeError, "registry: expected a MetricRegistry"],
    [{ host: "a b" }, RangeError, "host: expected a host name or an address"],
    [{ prefix: "a..b" }, RangeError, "prefix: expected letters"],
    [{ prefix: "a\nb" }, RangeError, "prefix: expected letters"],
    [{ port: 0 }, RangeError, "port: expected an integer from 1 to 65535"],
    [{ intervalMs: 10 }, RangeError, "intervalMs: expected a finite number ≥ 100"],
    [{ timeoutMs: 0 }, RangeError, "timeoutMs: expected a finite number ≥ 1"],
    [{ closeTimeoutMs: -1 }, RangeError, "closeTimeoutMs: expected"],
    [{ maxBackoffMs: Number.NaN }, RangeError, "maxBackoffMs: expected"],
    [{ maxBufferBytes: 1 }, RangeError, "maxBufferBytes: expected an integer ≥ 65536"],
    [{ interval: 5 }, TypeError, 'unknown option "interval"'],
  ])("%j are refused by both sinks", (wrong, kind, message) => {
    for (const Sink of [GraphiteSink, StatsdSink]) {
      const make = () => new Sink({ registry, clock, ...(wrong as object) });
      expect(make).toThrow(kind);
      expect(make).toThrow(message);
    }
    expect(clock.pending).toBe(0);
  });

  test("of one sink alone are refused by it", () => {
    expect(() => new GraphiteSink({ registry, protocol: "udp" as "pickle" })).toThrow(
      "protocol: expected one of",
    );
    expect(() => new GraphiteSink({ registry, labels: "dogstatsd" as "path" })).toThrow(
      "labels: expected one of",
    );
    expect(() => new StatsdSink({ registry, transport: "http" as "udp" })).toThrow(
      "transport: expected one of",
    );
    expect(() => new StatsdSink({ registry, maxDatagramBytes: 10 })).toThrow("maxDatagramBytes: expected");
  });

  test("are refused by what gives to OpenTelemetry", () => {
    const none = {} as never;
    expect(() => metricProducer(none)).toThrow("registry: expected a MetricRegistry");
    expect(() => metricProducer(registry, { histograms: "summary" as "explicit" })).toThrow(
      "histograms: expected one of",
    );
    expect(() => observeRegistry(registry, none)).toThrow("meter: expected a Meter");
    expect(() => exportSpans(none, none)).toThrow("profiler: expected a PerformanceProfiler");
    expect(() => exportSpans(new ScriptedProfiler(), none)).toThrow("tracer: expected a Tracer");
  });
});
