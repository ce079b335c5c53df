import fc from "fast-check";
import { expect, test } from "vitest";
import { BucketHistogram } from "../../../src/dashboard/scrape/bucket-histogram.ts";
import { expositionSamples } from "../../../src/dashboard/scrape/exposition-samples.ts";
import { scrapeMetrics } from "../../../src/dashboard/scrape/scraped-metrics.ts";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";

test("reads the text format as well as OpenMetrics, with escapes, timestamps and exemplars", () => {
  const text = `# HELP jobs_total Jobs \\\\ done\\nso far.
# TYPE jobs_total counter
jobs_total{queue="a \\"b\\" \\\\ c\\nd",host="x,y}"} 12 1700000000000
# TYPE temperature gauge
temperature -3.5e-2
temperature{where="out",} NaN
# TYPE hits counter
hits_total 7 # {trace_id="abc"} 1 1700000000.5
# TYPE wait_seconds summary
wait_seconds{quantile="0.5"} 0.2
wait_seconds_sum 4
wait_seconds_count 2
unknown +Inf
# EOF
`;
  expect(expositionSamples(text, { instance: "i" })).toMatchObject([
    {
      type: "counter",
      name: "jobs_total",
      help: "Jobs \\ done\nso far.",
      labels: { queue: 'a "b" \\ c\nd', host: "x,y}", instance: "i" },
      value: 12,
    },
    { type: "gauge", name: "temperature", value: -0.035 },
    { type: "gauge", name: "temperature", labels: { where: "out" }, value: Number.NaN },
    { type: "counter", name: "hits_total", value: 7 },
    { type: "gauge", name: "wait_seconds", labels: { quantile: "0.5" }, value: 0.2 },
    { type: "counter", name: "wait_seconds_sum", value: 4 },
    { type: "counter", name: "wait_seconds_count", value: 2 },
    { type: "gauge", name: "unknown", value: Number.POSITIVE_INFINITY },
  ]);
});

test.each(['{a="1"} 2', 'a{b="1" 2', "a", "a b", "a 0x10", "<html>"])(
  "%s is no sample, and is said so",
  (line) => {
    expect(() => expositionSamples(`good 1\n${line}\n`)).toThrow(/^line 2 is no sample: /);
  },
);

test("what a registry writes is read back as the same series, whatever their labels are", () => {
  const label = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "{", "}", ",", "é") });
  fc.assert(
    fc.property(fc.uniqueArray(label, { maxLength: 5 }), (labels) => {
      const registry = new MetricRegistry();
      const counter = registry.counter("jobs", { labels: ["queue"] });
      const times = registry.histogram("run", { unit: "s", labels: ["queue"] });
      for (const [i, queue] of labels.entries()) {
        counter.bind({ queue }).add(i + 0.5);
        times.bind({ queue }).record(0.004);
      }
      const samples = expositionSamples(prometheusText(registry));
      const counters = samples.flatMap((one) =>
        one.type === "counter" ? [[one.labels.queue, one.value]] : [],
      );
      expect(counters).toEqual(labels.map((queue, i) => [queue, i + 0.5]));
      for (const one of samples)
        if (one.type === "histogram") {
          expect([one.name, one.histogram.count, one.histogram.sum]).toEqual(["run_seconds", 1, 0.004]);
          expect(one.histogram.quantile(0.5)).toBeGreaterThan(0.0025);
          expect(one.histogram.quantile(0.5)).toBeLessThanOrEqual(0.005);
        }
    }),
  );
});

test("quantiles from buckets lie where Prometheus puts them", () => {
  const buckets = [
    { bound: 1, count: 0 },
    { bound: 2, count: 10 },
    { bound: 4, count: 20 },
    { bound: Number.POSITIVE_INFINITY, count: 25 },
  ];
  const histogram = new BucketHistogram(buckets, 25, 60);
  expect([0.2, 0.4, 0.6, 1].map((q) => histogram.quantile(q))).toEqual([1.5, 2, 3, 4]);
  expect([0.5, 1, 1.5, 3, 4, 9].map((bound) => histogram.countAtOrBelow(bound))).toEqual([
    0, 0, 5, 15, 25, 25,
  ]);
  expect([histogram.min, histogram.max]).toEqual([1, 4]);
  expect(new BucketHistogram([], 0, 0).quantile(0.5)).toBeUndefined();
});

test.each([
  [{ targets: [] }, /targets: expected 1 to 32 URLs, got 0/],
  [{ targets: "http://a" }, /targets: expected an array of URLs/],
  [{ targets: ["file:///etc/passwd"] }, /targets: expected URLs of http: or https:/],
  [{ targets: ["http://me:secret@a/"] }, /targets: expected URLs without a password, got "one that has"/],
  [{ targets: ["http://a"], timeoutMs: 0 }, /timeoutMs: expected milliseconds ≥ 1, got 0/],
  [{ targets: ["http://a"], bearerToken: "a b" }, /bearerToken: expected a text without spaces/],
  [{ target: [] }, /unknown option "target"/],
])("%# %j is refused", (options, message) => {
  expect(() => scrapeMetrics(options as never)).toThrow(message);
});
