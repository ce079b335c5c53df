import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { MetricRegistry, prometheusContentType, prometheusText } from "../../../src/metrics/index.ts";
import { prometheusLabel, prometheusName } from "../../../src/metrics/prometheus-name.ts";

test.each([
  ["counter", "http.requests", undefined, "http_requests_total"],
  ["counter", "requests_total", "{request}", "requests_total"],
  ["counter", "io", "By", "io_bytes_total"],
  ["gauge", "memory.usage", "By", "memory_usage_bytes"],
  ["gauge", "memory.bytes", "By", "memory_bytes"],
  ["gauge", "cpu.utilization", "1", "cpu_utilization_ratio"],
  ["counter", "hits", "1", "hits_total"],
  ["gauge", "disk.speed", "MiBy/s", "disk_speed_mebibytes_per_second"],
  ["gauge", "queue.length", "{job}", "queue_length"],
  ["gauge", "error.rate", "{error}/s", "error_rate_per_second"],
  ["histogram", "db.client.operation.duration", "s", "db_client_operation_duration_seconds"],
  ["histogram", "wait", "ms", "wait_milliseconds"],
  ["gauge", "9-lives/über", "furlong", "_9_lives_ber_furlong"],
  ["gauge", "a..b", "constructor", "a_b_constructor"],
] as const)("%s %s in %s is written %s", (type, name, unit, written) => {
  expect(prometheusName(type, name, unit)).toBe(written);
});

test("labels' dots become _, and none begins with a digit", () => {
  expect(["db.system.name", "2xx", "é", ""].map(prometheusLabel)).toEqual([
    "db_system_name",
    "_2xx",
    "_",
    "_",
  ]);
});

test("counters and gauges are written with their help, type and labels", () => {
  const registry = new MetricRegistry();
  const requests = registry.counter("http.requests", {
    help: "Requests\nand a \\.",
    labels: ["url.path", "by"],
  });
  requests.bind({ "url.path": '/"a"\\b\n', by: "" }).add(3);
  requests.bind({ "url.path": "/ü", by: "x" }).add(0.5);
  registry.gauge("temperature", { unit: "Cel" }).bind().set(-Infinity);
  registry.gauge("pressure").bind().set(Number.NaN);
  expect(prometheusText(registry)).toBe(
    [
      String.raw`# HELP http_requests_total Requests\nand a \\.`,
      "# TYPE http_requests_total counter",
      String.raw`http_requests_total{url_path="/\"a\"\\b\n",by=""} 3`,
      'http_requests_total{url_path="/ü",by="x"} 0.5',
      "# TYPE temperature_celsius gauge",
      "temperature_celsius -Inf",
      "# TYPE pressure gauge",
      "pressure NaN",
      "",
    ].join("\n"),
  );
});

test("half a surrogate pair, which UTF-8 can't hold, is written as the replacement character", () => {
  const registry = new MetricRegistry();
  const gauge = registry.gauge("g", { help: "a\ud800", labels: ["l"] });
  gauge.bind({ l: "\udc00b" }).set(1);
  expect(prometheusText(registry)).toBe('# HELP g a\ufffd\n# TYPE g gauge\ng{l="\ufffdb"} 1\n');
});

test("an empty registry gives an empty text", () => {
  expect(prometheusText(new MetricRegistry())).toBe("");
});

test("the content type names the format's version", () => {
  expect(prometheusContentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});

test("a histogram in seconds has cumulative buckets from 1 µs to 10 s, sum and count", () => {
  const registry = new MetricRegistry();
  const latency = registry.histogram("latency", { unit: "s", labels: ["op"] }).bind({ op: "read" });
  for (const seconds of [0, 0.000_02, 0.003, 0.003, 0.3, 60]) latency.record(seconds);
  const lines = prometheusText(registry).split("\n");
  expect(lines[0]).toBe("# TYPE latency_seconds histogram");
  const bounds = lines.flatMap((line) => /le="(.*)"\} (\d+)/.exec(line)?.slice(1).join(" ") ?? []);
  expect(bounds).toEqual([
    ...[
      "0.000001 1",
      "0.00001 1",
      "0.0001 2",
      "0.00025 2",
      "0.0005 2",
      "0.001 2",
      "0.0025 2",
      "0.005 4",
      "0.01 4",
    ],
    ...["0.025 4", "0.05 4", "0.1 4", "0.25 4", "0.5 5", "1 5", "2.5 5", "5 5", "10 5", "+Inf 6"],
  ]);
  expect(lines.slice(-3)).toEqual([
    'latency_seconds_sum{op="read"} 60.30602',
    'latency_seconds_count{op="read"} 6',
    "",
  ]);
});

test("bounds follow the unit: the same times in milliseconds, powers of four for what is no time", () => {
  const registry = new MetricRegistry();
  registry.histogram("wait", { unit: "ms" }).bind().record(3);
  registry.histogram("size", { unit: "By" }).bind().record(100);
  const text = prometheusText(registry);
  expect(text).toContain('wait_milliseconds_bucket{le="0.001"} 0');
  expect(text).toContain('wait_milliseconds_bucket{le="2.5"} 0\nwait_milliseconds_bucket{le="5"} 1');
  expect(text).toContain('size_bytes_bucket{le="64"} 0\nsize_bytes_bucket{le="256"} 1');
  expect(text).toContain('size_bytes_bucket{le="1073741824"} 1\nsize_bytes_bucket{le="+Inf"} 1');
});

test("an empty histogram has buckets of 0 and the sum 0", () => {
  const registry = new MetricRegistry();
  registry.histogram("latency").bind();
  expect(prometheusText(registry)).toMatch(/le="\+Inf"\} 0\nlatency_sum 0\nlatency_count 0\n$/);
});

test("series of one metric from several sources stand together", () => {
  const registry = new MetricRegistry();
  for (const shop of ["a", "b"])
    registry.register(
      {
        name: "shop",
        collect: () => [
          { type: "gauge", name: "size", help: "Size.", labels: {}, value: 1 },
          { type: "gauge", name: `only.${shop}`, help: "", labels: {}, value: 2 },
        ],
      },
      { shop },
    );
  const sizes = prometheusText(registry)
    .split("\n")
    .filter((line) => line.includes("size"));
  expect(sizes).toEqual(["# HELP size Size.", "# TYPE size gauge", 'size{shop="a"} 1', 'size{shop="b"} 1']);
});

test("label names that are written alike become one label with both values", () => {
  const registry = new MetricRegistry();
  registry.register({
    name: "s",
    collect: () => [{ type: "gauge", name: "g", help: "", labels: { "a.b": "1", a_b: "2" }, value: 1 }],
  });
  expect(prometheusText(registry)).toContain('g{a_b="1;2"} 1');
});

describe("a source that can't be written", () => {
  const throws = (): never => {
    throw new Error("rude");
  };
  const histogram = { count: 1, sum: 2, min: 2, max: 2, quantile: () => 2, countAtOrBelow: throws };
  const gauge = { type: "gauge", name: "bad", help: "", labels: {}, value: 1 };
  test.each([
    [
      "a label value whose toString throws",
      { ...gauge, labels: { o: { toString: throws } } },
      /label o as a string/,
    ],
    ["a label value that is a symbol", { ...gauge, labels: { s: Symbol("x") } }, /got Symbol\(x\)/],
    ["a label value that is a number", { ...gauge, labels: { n: 5 } }, /label n as a string, got 5/],
    ["countAtOrBelow that throws", { ...gauge, type: "histogram", histogram }, /left out: rude/],
    [
      "countAtOrBelow of no number",
      { ...gauge, type: "histogram", histogram: { ...histogram, countAtOrBelow: () => "1" } },
      /expected a number, got '1'/,
    ],
    [
      "a sum that is none",
      { ...gauge, type: "histogram", histogram: { ...histogram, sum: null } },
      /expected a histogram/,
    ],
    ["help: 5", { ...gauge, help: 5 }, /help as a string, got 5/],
    ["unit: 5", { ...gauge, unit: 5 }, /unit as a string, got 5/],
    ["a sample that is null", null, /left out/],
  ])("because of %s is left out and counted, and all else is written", (_, sample, why) => {
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const registry = new MetricRegistry();
    registry.gauge("own").bind().set(1);
    registry.register({ name: "rude", collect: () => [{ ...gauge, name: "half" }, sample] as never });
    registry.register({ name: "good", collect: () => [{ ...gauge, name: "good" }] as never });
    const text = prometheusText(registry);
    expect(text.split("\n").filter((written) => !written.startsWith("#"))).toEqual([
      "own 1",
      "good 1",
      'victor_metrics_source_errors_total{source="rude"} 1',
      'victor_metrics_source_errors_total{source="good"} 0',
      "",
    ]);
    expect(warning.mock.calls[0]?.[0]).toMatch(why);
    warning.mockRestore();
  });
});

describe("whatever names and values there are", () => {
  const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  const label = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
  const line = new RegExp(
    `^(# HELP ${name} (?:[^\\\\\\n]|\\\\[\\\\n])*|# TYPE ${name} (counter|gauge|histogram)|` +
      `${name}(\\{${label}(,${label})*\\})? (NaN|[+-]Inf|-?[0-9.]+(e[+-][0-9]+)?))$`,
    "u",
  );

  test("each line is of the format", () => {
    const text = fc.string({ unit: "binary", minLength: 1 });
    fc.assert(
      fc.property(
        text,
        text,
        fc.dictionary(text, text),
        fc.double(),
        fc.constantFrom("counter" as const, "gauge" as const),
        (metric, help, labels, value, type) => {
          const registry = new MetricRegistry();
          const collect = () => [{ type, name: metric, help, unit: help, labels, value }];
          registry.register({ name: "any", collect });
          const lines = prometheusText(registry).split("\n");
          expect(lines.pop()).toBe("");
          for (const written of lines) expect(written).toMatch(line);
          expect(lines.length).toBeGreaterThan(2);
        },
      ),
      { numRuns: 500 },
    );
  });
});
