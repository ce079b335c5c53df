import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical } from "../../../src/metrics/exposition-format.ts";
import { LatencyHistogram, MetricRegistry, type MetricSample } from "../../../src/metrics/index.ts";
import {
  openMetricsContentType,
  openMetricsText,
  prometheusText,
} from "../../../src/metrics/prometheus-text.ts";
import { parseExposition } from "../../support/exposition-parser.ts";

test("counters lose their ending in the description, units have a line, quotes in help are escaped", () => {
  const registry = new MetricRegistry();
  const sent = registry.counter("sent", { unit: "By", help: 'What was "sent".', labels: ["to"] });
  sent.bind({ to: 'a"b' }).add(3);
  registry.gauge("load", { unit: "1" }).bind().set(0.5);
  expect(openMetricsText(registry)).toBe(
    [
      "# TYPE sent_bytes counter",
      "# UNIT sent_bytes bytes",
      String.raw`# HELP sent_bytes What was \"sent\".`,
      String.raw`sent_bytes_total{to="a\"b"} 3`,
      "# TYPE load_ratio gauge",
      "# UNIT load_ratio ratio",
      "load_ratio 0.5",
      "# EOF",
      "",
    ].join("\n"),
  );
  expect(openMetricsContentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
});

test("an empty registry is but the end", () => {
  expect(openMetricsText(new MetricRegistry())).toBe("# EOF\n");
});

test.each([
  [0, "0.0"],
  [1e-10, "1e-10"],
  [0.000_01, "1e-05"],
  [0.0001, "0.0001"],
  [0.000_25, "0.00025"],
  [0.5, "0.5"],
  [1, "1.0"],
  [2.5, "2.5"],
  [100_000, "100000.0"],
  [262_144, "262144.0"],
  [1_000_000, "1e+06"],
  [1_048_576, "1.048576e+06"],
  [1e10, "1e+10"],
  [-1_000_000, "-1e+06"],
])("the bound %d is written %s", (bound, text) => {
  expect(canonical(bound)).toBe(text);
});

describe("exemplars", () => {
  test("of a counter stand at its total, in OpenMetrics alone", () => {
    const registry = new MetricRegistry();
    const failed = registry.counter("failed").bind();
    failed.inc();
    failed.addWithExemplar(2, { trace_id: "a1", span_id: "b2" }, 1_700_000_000_123);
    expect(openMetricsText(registry)).toContain(
      'failed_total 3 # {trace_id="a1",span_id="b2"} 2 1700000000.123\n',
    );
    expect(prometheusText(registry)).toContain("failed_total 3\n");
  });

  test("of a histogram stand at the bucket of their value, the latest of each", () => {
    const registry = new MetricRegistry();
    const latency = registry.histogram("latency", { unit: "s" }).bind();
    latency.recordWithExemplar(0.3, { trace_id: "old" }, 1000);
    latency.recordWithExemplar(0.31, { trace_id: "new" }, 2000);
    latency.recordWithExemplar(0.0012, { trace_id: "quick" }, 1500);
    latency.recordWithExemplar(60, { trace_id: "slow" }, 500);
    const lines = openMetricsText(registry).split("\n");
    expect(lines.filter((line) => line.includes("# {"))).toEqual([
      'latency_seconds_bucket{le="0.0025"} 1 # {trace_id="quick"} 0.0012 1.500',
      'latency_seconds_bucket{le="0.5"} 3 # {trace_id="new"} 0.31 2.000',
      'latency_seconds_bucket{le="+Inf"} 4 # {trace_id="slow"} 60 0.500',
    ]);
    expect(prometheusText(registry)).not.toContain("# {");
  });

  test("are copied: the caller's labels may change afterwards, and a snapshot keeps its own", () => {
    const labels = { trace_id: "first" };
    const histogram = new LatencyHistogram();
    histogram.recordWithExemplar(1, labels, 1);
    labels.trace_id = "changed";
    const copy = histogram.snapshot();
    histogram.recordWithExemplar(1, { trace_id: "second" }, 2);
    expect([...copy.exemplars!()]).toEqual([{ labels: { trace_id: "first" }, value: 1, unixMs: 1 }]);
    expect([...histogram.exemplars()].map((exemplar) => exemplar.labels.trace_id)).toEqual(["second"]);
    histogram.reset();
    expect([...histogram.exemplars()]).toEqual([]);
  });

  test("are merged, the later ones staying", () => {
    const [a, b] = [new LatencyHistogram(), new LatencyHistogram()];
    a.recordWithExemplar(1, { t: "a1" }, 5);
    a.recordWithExemplar(8, { t: "a8" }, 1);
    b.recordWithExemplar(1, { t: "b1" }, 4);
    b.recordWithExemplar(8, { t: "b8" }, 2);
    a.merge(b);
    expect([...a.exemplars()].map((exemplar) => exemplar.labels.t)).toEqual(["a1", "b8"]);
  });

  test.each([
    ["no labels", {}],
    ["a label that is no string", { trace_id: 5 as unknown as string }],
    ["more than 128 characters", { trace_id: "x".repeat(121) }],
    ["null", null as unknown as Record<string, string>],
  ])("with %s are left out and counted, and the value counts all the same", (_what, labels) => {
    const registry = new MetricRegistry();
    const counter = registry.counter("c").bind();
    counter.addWithExemplar(2, labels);
    const histogram = registry.histogram("h").bind();
    histogram.recordWithExemplar(2, labels);
    expect([counter.value, counter.rejected, counter.exemplar]).toEqual([2, 1, undefined]);
    expect([histogram.count, histogram.rejected, [...histogram.exemplars()]]).toEqual([1, 1, []]);
  });

  test("of a value that doesn't count are none", () => {
    const registry = new MetricRegistry();
    const counter = registry.counter("c").bind();
    counter.addWithExemplar(-1, { t: "x" });
    const histogram = registry.histogram("h").bind();
    histogram.recordWithExemplar(Number.NaN, { t: "x" });
    expect([counter.exemplar, counter.rejected]).toEqual([undefined, 1]);
    expect([[...histogram.exemplars()], histogram.rejected]).toEqual([[], 1]);
  });

  test("stay few, however wide the values are spread", () => {
    const histogram = new LatencyHistogram();
    for (let power = -300; power < 300; power++)
      histogram.recordWithExemplar(2 ** power, { power: String(power) }, power + 300);
    histogram.recordWithExemplar(0, { power: "none" }, 1000);
    expect([...histogram.exemplars()].length).toBe(130);
  });
});

describe("whatever is registered", () => {
  const name = fc.stringMatching(/^[A-Za-z][\w./-]{0,12}$/);
  const text = fc.string({ unit: "binary", maxLength: 12 });
  const metric = fc.record({
    name,
    help: text,
    unit: fc.constantFrom(undefined, "s", "By", "1", "{thing}", "ms"),
    type: fc.constantFrom("counter" as const, "gauge" as const, "histogram" as const),
    labels: fc.uniqueArray(fc.constantFrom("a", "b.c", "constructor", "to_string", "_x"), { maxLength: 3 }),
    series: fc.array(
      fc.tuple(
        fc.array(text, { minLength: 3, maxLength: 3 }),
        fc.array(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { maxLength: 5 }),
      ),
      { maxLength: 4 },
    ),
    exemplar: text,
  });

  test.each(["text", "openmetrics"] as const)("the %s says just that, by the format's rules", (format) => {
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 5 }), (metrics) => {
        const registry = new MetricRegistry();
        for (const { name, type, series, exemplar, ...options } of metrics)
          try {
            const instrument = registry[type](name, options);
            for (const [values, numbers] of series) {
              const labels = Object.fromEntries(options.labels.map((label, i) => [label, values[i]!]));
              const one = instrument.bind(labels);
              for (const number of numbers)
                if (one instanceof LatencyHistogram) one.recordWithExemplar(number, { exemplar }, 5000);
                else one.add(number);
            }
          } catch (error) {
            // Two metrics that Prometheus can't tell apart.
            if (!/is written as/.test(String(error))) throw error;
          }
        const write = format === "text" ? prometheusText : openMetricsText;
        const families = parseExposition(write(registry), format);
        const written = families
          .flatMap(({ samples }) => samples)
          .filter(isOfValue)
          .map(shown);
        expect(written.sort()).toEqual(registry.collect().flatMap(expected).sort());
        for (const { type, samples } of families) if (type === "histogram") checkBuckets(samples);
      }),
      { numRuns: 150 },
    );
  });
});

type Samples = ReturnType<typeof parseExposition>[number]["samples"];
const isOfValue = ({ name, labels }: Samples[number]): boolean =>
  !(name.endsWith("_bucket") && "le" in labels);
const shown = ({ labels, value }: Pick<Samples[number], "labels" | "value">): string =>
  JSON.stringify([Object.entries(labels).sort(), String(value + 0)]);

/** Without names, which have a test of their own. */
function expected(sample: MetricSample): string[] {
  const labels = Object.fromEntries(
    Object.entries(sample.labels).map(([name, value]) => [name.replaceAll(".", "_"), value.toWellFormed()]),
  );
  const values =
    sample.type === "histogram" ? [sample.histogram.sum, sample.histogram.count] : [sample.value];
  return values.map((value) => shown({ labels, value }));
}

function checkBuckets(samples: Samples): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest));
  for (const parts of series.values()) {
    const buckets = parts.filter(({ name }) => name.endsWith("_bucket"));
    const bounds = buckets.map(({ labels }) => (labels.le === "+Inf" ? Infinity : Number(labels.le)));
    expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
    for (const [i, { value, exemplar }] of buckets.entries()) {
      expect(value).toBeGreaterThanOrEqual(buckets[i - 1]?.value ?? 0);
      if (exemplar) expect(exemplar.value <= bounds[i]! && exemplar.value > (bounds[i - 1] ?? -1)).toBe(true);
    }
    expect(buckets.at(-1)!.value).toBe(parts.find(({ name }) => name.endsWith("_count"))!.value);
  }
}
