import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  type InstrumentOptions,
  LatencyHistogram,
  MetricRegistry,
  type MetricSample,
  type MetricSource,
  prometheusText,
} from "../../../src/metrics/index.ts";

const gauge = (name: string, value: number, labels = {}): MetricSample => ({
  type: "gauge",
  name,
  help: "",
  labels,
  value,
});
const source = (name: string, ...samples: MetricSample[]): MetricSource => ({ name, collect: () => samples });
const failing = (name: string): MetricSource => ({
  name,
  *collect() {
    yield gauge("half.done", 1);
    throw new Error("broken");
  },
});
const brief = (registry: MetricRegistry): string[] =>
  registry
    .collect()
    .map((sample) => {
      const value = sample.type === "histogram" ? `${sample.histogram.count} values` : sample.value;
      return `${sample.type} ${sample.name} ${JSON.stringify(sample.labels)} ${value}`;
    })
    .filter((line) => !line.includes("victor.metrics.source.errors"));
const sourceErrors = (registry: MetricRegistry): string[] =>
  registry
    .collect()
    .filter((sample) => sample.name === "victor.metrics.source.errors")
    .map((sample) => `${sample.labels.source} ${sample.type === "counter" && sample.value}`);

describe("instruments", () => {
  test("a counter has one series for each combination of label values", () => {
    const registry = new MetricRegistry();
    const requests = registry.counter("http.requests", { help: "Requests.", labels: ["method", "status"] });
    const get = requests.bind({ method: "GET", status: "200" });
    get.inc();
    get.add(2.5);
    requests.bind({ status: "500", method: "POST" }).inc();
    expect(requests.bind({ status: "200", method: "GET" })).toBe(get);
    expect(get.value).toBe(3.5);
    expect(brief(registry)).toEqual([
      'counter http.requests {"method":"GET","status":"200"} 3.5',
      'counter http.requests {"method":"POST","status":"500"} 1',
    ]);
  });

  test("a gauge rises, falls and is set", () => {
    const registry = new MetricRegistry();
    const queue = registry.gauge("queue.length", { unit: "{job}" }).bind();
    queue.set(5);
    queue.inc();
    queue.dec();
    queue.dec();
    queue.add(-1.5);
    expect(queue.value).toBe(2.5);
    expect(registry.collect()).toEqual([
      { type: "gauge", name: "queue.length", help: "", unit: "{job}", labels: {}, value: 2.5 },
    ]);
  });

  test("a histogram's series is a LatencyHistogram, collected as a copy", () => {
    const registry = new MetricRegistry();
    const latency = registry.histogram("work.duration", { unit: "s" }).bind();
    expect(latency).toBeInstanceOf(LatencyHistogram);
    latency.record(0.5);
    const [sample] = registry.collect();
    latency.record(1);
    expect(sample?.type === "histogram" && [sample.histogram.count, sample.histogram.max]).toEqual([1, 0.5]);
  });

  test("values of labels that look alike when joined are told apart", () => {
    const counter = new MetricRegistry().counter("c", { labels: ["a", "b"] });
    expect(counter.bind({ a: "x,y", b: "z" })).not.toBe(counter.bind({ a: "x", b: "y,z" }));
    expect(counter.bind({ a: '"', b: "" })).not.toBe(counter.bind({ a: "", b: '"' }));
  });

  test("beyond maxSeries all share one series, and those that were bound before go on", () => {
    const registry = new MetricRegistry();
    const counter = registry.counter("c", { labels: ["user"], maxSeries: 2 });
    for (let i = 0; i < 5; i++) counter.bind({ user: `${i}` }).inc();
    counter.bind({ user: "0" }).inc();
    expect(brief(registry)).toEqual([
      'counter c {"user":"0"} 2',
      'counter c {"user":"1"} 1',
      'counter c {"otel.metric.overflow":"true"} 3',
      'counter victor.metrics.series.overflowed {"metric":"c"} 3',
    ]);
    expect(counter.overflowed).toBe(3);
  });

  test("a flood of label values adds no series, whatever comes", () => {
    const registry = new MetricRegistry();
    const counter = registry.counter("c", { labels: ["user", "path"], maxSeries: 10 });
    for (let i = 0; i < 10_000; i++) counter.bind({ user: `u${i % 100}`, path: `/${i}` }).inc();
    expect([...counter.series()].length).toBe(11);
    expect(counter.overflowed).toBe(9990);
  });

  test("labels in another order than the instrument's are the same series", () => {
    const counter = new MetricRegistry().counter("c", { labels: ["a", "b", "c"] });
    const first = counter.bind({ c: "3", a: "1", b: "2" });
    expect(counter.bind({ a: "1", b: "2", c: "3" })).toBe(first);
    expect(counter.bind({ b: "2", c: "3", a: "1" })).toBe(first);
  });

  test("label names and values that objects have by nature are labels like others", () => {
    const registry = new MetricRegistry();
    const counter = registry.counter("c", { labels: ["constructor", "toString"] });
    expect(() => counter.bind({ toString: "x" } as never)).toThrow('a string for label "constructor"');
    expect(() => counter.bind({} as never)).toThrow(TypeError);
    counter.bind({ constructor: "__proto__", toString: "hasOwnProperty" } as never).inc();
    expect(registry.collect()[0]?.labels).toEqual({ constructor: "__proto__", toString: "hasOwnProperty" });
    registry.register({
      name: "rude",
      collect: () => [gauge("g", 1, JSON.parse('{"__proto__":"x"}') as Record<string, string>)],
    });
    expect(prometheusText(registry)).toContain('g{__proto__="x"} 1');
  });

  test("a label that only a prototype has is none", () => {
    const counter = new MetricRegistry().counter("c", { labels: ["a", "b"] });
    expect(() => counter.bind(Object.assign(Object.create({ a: "1" }), { b: "2" }))).toThrow(
      'a string for label "a"',
    );
  });

  test("series are found as by a map of all their values, in any order of labels", () => {
    const value = fc.constantFrom("", "a", "b", "c", "d", "e", "f", "__proto__", "a,b");
    const values = fc.tuple(value, value, value);
    fc.assert(
      fc.property(fc.array(fc.tuple(values, fc.boolean()), { maxLength: 200 }), (calls) => {
        const counter = new MetricRegistry().counter("c", { labels: ["x", "y", "z"] });
        const model = new Map<string, unknown>();
        for (const [[x, y, z], isReversed] of calls) {
          const series = counter.bind(isReversed ? { z, y, x } : { x, y, z });
          const key = JSON.stringify([x, y, z]);
          expect(model.get(key) ?? series).toBe(series);
          model.set(key, series);
        }
        expect(new Set(model.values()).size).toBe(model.size);
        expect([...counter.series()].length).toBe(model.size);
      }),
    );
  });

  test("an option that is undefined is as good as none", () => {
    const registry = new MetricRegistry();
    const none = { help: undefined, unit: undefined, labels: undefined, maxSeries: undefined };
    registry.counter("c", none).bind().inc();
    expect(brief(registry)).toEqual(["counter c {} 1"]);
  });

  test("an amount that is NaN, infinite or negative is left out and told", () => {
    const registry = new MetricRegistry();
    const counter = registry.counter("c").bind();
    for (const amount of [1, -1, Number.NaN, Infinity, -Infinity, 0]) counter.add(amount);
    expect([counter.value, counter.rejected]).toEqual([1, 4]);
    registry.histogram("h").bind().record(-1);
    expect(brief(registry)).toEqual([
      "counter c {} 1",
      "histogram h {} 0 values",
      'counter victor.metrics.values.rejected {"metric":"c"} 4',
      'counter victor.metrics.values.rejected {"metric":"h"} 1',
    ]);
  });

  test.each([
    ["", {}, 'metric name: expected a letter, then at most 254 letters, digits or _ . - /, got ""'],
    ["1st", {}, "metric name: expected a letter"],
    ["a b", {}, "metric name: expected a letter"],
    [`a${"b".repeat(255)}`, {}, "metric name: expected a letter"],
    ["c", { labels: ["a-b"] }, "metric c: label: expected a letter or one _"],
    ["c", { labels: ["__a"] }, "metric c: label: expected a letter or one _"],
    ["c", { labels: ["otel.metric.overflow"] }, "a name that is not of the series beyond maxSeries"],
    ["c", { labels: ["le"] }, "metric c: label: expected a name that Prometheus does not reserve"],
    [
      "c",
      { labels: ["a.b", "a_b"] },
      "metric c: label: expected names that differ once dots are written as _",
    ],
    ["c", { maxSeries: 0 }, "metric c: maxSeries: expected an integer ≥ 1, got 0"],
    ["c", { buckets: [1] }, 'metric c: unknown option "buckets"; known are help, unit, labels, maxSeries'],
  ])("%j with %j is refused", (name, options, message) => {
    const registry = new MetricRegistry();
    expect(() => registry.counter(name, options as InstrumentOptions)).toThrow(message);
    expect(registry.collect()).toEqual([]);
  });

  test("labels must be exactly those of the instrument, and strings", () => {
    const counter = new MetricRegistry().counter("c", { labels: ["a"] });
    expect(() => counter.bind()).toThrow(
      new TypeError('metric c: expected a string for label "a", got undefined'),
    );
    expect(() => counter.bind({ a: "1", b: "2" })).toThrow(
      new TypeError('metric c: unknown label "b"; known are a'),
    );
    expect(() => counter.bind({ a: 1 as unknown as string })).toThrow("got number");
  });

  test("a name that is taken is refused, also one that only Prometheus can't tell apart", () => {
    const registry = new MetricRegistry();
    registry.counter("a.b");
    registry.histogram("h");
    expect(() => registry.counter("a.b")).toThrow(
      new TypeError("metric a.b: another metric is written as a_b_total already"),
    );
    expect(() => registry.counter("a_b")).toThrow(TypeError);
    expect(() => registry.gauge("h.count")).toThrow("another metric is written as h_count already");
  });

  test("a gauge can't have the name of a counter, which OpenMetrics describes without its ending", () => {
    const registry = new MetricRegistry();
    registry.counter("a.b");
    expect(() => registry.gauge("a.b")).toThrow("another metric is written as a_b already");
    registry.register(source("s", gauge("a.b", 1), gauge("b", 1)));
    expect(brief(registry)).toEqual([
      "gauge b {} 1",
      'counter victor.metrics.samples.dropped {"source":"s"} 1',
    ]);
  });
});

describe("sources", () => {
  test("of the registry's own metrics stand with them, and don't repeat a series", () => {
    const registry = new MetricRegistry();
    const size = registry.gauge("size", { labels: ["of"] });
    size.bind({ of: "own" }).set(1);
    registry.gauge("other").bind().set(2);
    registry.register(
      source("s", gauge("more", 5), gauge("size", 3, { of: "s" }), gauge("size", 4, { of: "own" })),
    );
    expect(brief(registry)).toEqual([
      'gauge size {"of":"own"} 1',
      'gauge size {"of":"s"} 3',
      "gauge other {} 2",
      "gauge more {} 5",
      'counter victor.metrics.samples.dropped {"source":"s"} 1',
    ]);
  });

  test("are asked at collection, until they are unregistered", () => {
    const registry = new MetricRegistry();
    let value = 0;
    const part = { name: "part", collect: () => [gauge("part.value", ++value)] };
    registry.register(part);
    expect(brief(registry)).toEqual(["gauge part.value {} 1"]);
    expect(brief(registry)).toEqual(["gauge part.value {} 2"]);
    expect(registry.unregister(part)).toBe(true);
    expect(registry.unregister(part)).toBe(false);
    expect(brief(registry)).toEqual([]);
  });

  test("of one name are told apart by labels, which all their samples get", () => {
    const registry = new MetricRegistry();
    registry.register(source("db", gauge("size", 1, { kind: "x" })), { shop: "a" });
    registry.register(source("db", gauge("size", 2, { kind: "x" })), { shop: "b" });
    expect(brief(registry)).toEqual([
      'gauge size {"kind":"x","shop":"a"} 1',
      'gauge size {"kind":"x","shop":"b"} 2',
    ]);
  });

  test("of one name and the same labels, and the same source twice, are refused", () => {
    const registry = new MetricRegistry();
    const first = source("db");
    registry.register(first);
    expect(() => registry.register(first, { a: "b" })).toThrow(
      new TypeError("register: source db is registered already"),
    );
    expect(() => registry.register(source("db"))).toThrow(
      /another source db is registered; give one of them labels/,
    );
    expect(() => registry.register({ name: "x" } as MetricSource)).toThrow(TypeError);
  });

  test("one that throws loses none of the others, is counted, and warned of once", () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const registry = new MetricRegistry();
    registry.register(source("before", gauge("a", 1)));
    registry.register(failing("bad"));
    registry.register({
      name: "unreadable",
      collect() {
        throw Object.create(null);
      },
    });
    registry.register({ name: "worse", collect: () => null as unknown as MetricSample[] });
    registry.register(source("after", gauge("b", 2)));
    expect(brief(registry)).toEqual(["gauge a {} 1", "gauge b {} 2"]);
    expect(sourceErrors(registry)).toEqual(["before 0", "bad 2", "unreadable 2", "worse 2", "after 0"]);
    expect(warned.mock.calls).toEqual([
      ["metric source bad failed and is left out: broken", { code: "VICTOR_METRIC_SOURCE" }],
      [expect.stringContaining("metric source unreadable failed"), { code: "VICTOR_METRIC_SOURCE" }],
      [expect.stringContaining("metric source worse failed"), { code: "VICTOR_METRIC_SOURCE" }],
    ]);
    warned.mockRestore();
  });

  test.each([
    ["a value that is no number", { type: "gauge", name: "x", help: "", labels: {}, value: "1" }],
    ["no name", { type: "gauge", name: "", help: "", labels: {}, value: 1 }],
    ["an unknown type", { type: "summary", name: "x", help: "", labels: {}, value: 1 }],
    ["no histogram", { type: "histogram", name: "x", help: "", labels: {} }],
  ])("a sample with %s counts as an error of its source", (_what, sample) => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const registry = new MetricRegistry();
    registry.register(source("bad", gauge("fine", 1), sample as unknown as MetricSample));
    expect(brief(registry)).toEqual([]);
    expect(sourceErrors(registry)).toEqual(["bad 2"]);
    warned.mockRestore();
  });

  test("one with a label that Prometheus has for itself doesn't spoil the text of all", () => {
    const registry = new MetricRegistry();
    registry.gauge("fine").bind().set(1);
    const histogram = new LatencyHistogram();
    histogram.record(1);
    registry.register(
      source("buckets", { type: "histogram", name: "odd", help: "", labels: { le: "low" }, histogram }),
    );
    registry.register(source("names", gauge("odder", 1, { __name__: "low" })));
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    const text = prometheusText(registry);
    warned.mockRestore();
    expect(text).toContain("fine 1\n");
    expect(text).not.toContain("low");
    for (const name of ["buckets", "names"])
      expect(text).toContain(`victor_metrics_source_errors_total{source="${name}"} 1\n`);
  });

  test("one that asks the registry which asks it is left out there, and goes no deeper", () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    const registry = new MetricRegistry();
    registry.gauge("own").bind().set(1);
    let asked = 0;
    const circular: MetricSource = {
      name: "circular",
      *collect() {
        asked++;
        yield gauge("series", registry.collect().length);
      },
    };
    registry.register(circular);
    expect(brief(registry)).toEqual(["gauge own {} 1", "gauge series {} 2"]);
    expect(asked).toBe(1);
    warned.mockRestore();
  });

  test("a sample whose series or name is another's already is left out and counted", () => {
    const registry = new MetricRegistry();
    registry.gauge("taken").bind().set(1);
    const histogram = new LatencyHistogram();
    registry.register(
      source(
        "clashing",
        gauge("taken", 2),
        gauge("a.b", 3, { x: "1", y: "2" }),
        gauge("a_b", 4, { y: "2", x: "1" }),
        gauge("a.b", 5, { x: "1", y: "3" }),
        gauge("h.count", 6),
        { type: "histogram", name: "h", help: "", labels: {}, histogram },
      ),
    );
    expect(brief(registry)).toEqual([
      "gauge taken {} 1",
      'gauge a.b {"x":"1","y":"2"} 3',
      'gauge a.b {"x":"1","y":"3"} 5',
      "gauge h.count {} 6",
      'counter victor.metrics.samples.dropped {"source":"clashing"} 3',
    ]);
  });
});

test("what is no number, as untyped code may give it, is counted and spoils nothing", () => {
  const registry = new MetricRegistry();
  const counter = registry.counter("bytes").bind();
  const gauge = registry.gauge("depth").bind();
  const histogram = registry.histogram("size").bind();
  const text = "5" as unknown as number;
  counter.add(1);
  gauge.set(2);
  histogram.record(3);
  for (const odd of [
    text,
    undefined as unknown as number,
    null as unknown as number,
    5n as unknown as number,
  ]) {
    counter.add(odd);
    gauge.set(odd);
    gauge.add(odd);
    histogram.record(odd);
  }
  const samples = registry.collect();
  const of = (name: string) => samples.find((sample) => sample.name === name);
  expect(of("bytes")).toMatchObject({ value: 1 });
  expect(of("depth")).toMatchObject({ value: 2 });
  expect(of("size")).toMatchObject({ histogram: { count: 1, sum: 3, max: 3 } });
  const rejected = samples.filter(({ name }) => name === "victor.metrics.values.rejected");
  expect(rejected.map(({ labels, ...rest }) => [labels.metric, "value" in rest && rest.value])).toEqual([
    ["bytes", 4],
    ["depth", 8],
    ["size", 4],
  ]);
});
