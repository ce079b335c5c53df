import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startMetricsServer } from "../../../src/metrics/endpoint/metrics-server.ts";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";
import { RuntimeMetrics } from "../../../src/metrics/runtime/runtime-metrics.ts";
import { machineProgram } from "../../services/machine-package.ts";
import { type PrometheusService, startPrometheus } from "../../services/prometheus.ts";

const odd = 'quote " backslash \\ newline \n é 漢 😀';

function filledRegistry(): MetricRegistry {
  const registry = new MetricRegistry();
  const requests = registry.counter("http.requests", {
    help: 'All "requests"\nso far \\.',
    labels: ["url.path", "method"],
  });
  requests.bind({ "url.path": odd, method: "GET" }).add(41);
  requests.bind({ "url.path": "/", method: "POST" }).addWithExemplar(7, { trace_id: "0af7651916cd43dd" });
  const latency = registry.histogram("http.server.request.duration", {
    unit: "s",
    help: "How long requests took.",
    labels: ["method"],
  });
  const get = latency.bind({ method: "GET" });
  for (let i = 1; i <= 100; i++) get.record((i - 0.5) / 1000);
  get.recordWithExemplar(0.7, { trace_id: "4bf92f3577b34da6", span_id: "00f067aa0ba902b7" });
  registry.histogram("body.size", { unit: "By", help: "Bytes." }).bind().record(3_000_000);
  registry.gauge("load", { unit: "1", help: "Load." }).bind().set(0.25);
  registry.gauge("unknown", { help: "NaN." }).bind().set(Number.NaN);
  const crowd = registry.counter("crowd", { help: "Many.", labels: ["user"], maxSeries: 2 });
  for (let i = 0; i < 5; i++) crowd.bind({ user: `${i}` }).inc();
  return registry;
}

function promtool(text: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(
    machineProgram("promtool", "prometheus"),
    ["check", "metrics"],
    {
      input: text,
      encoding: "utf8",
    },
  );
  return { status, said: `${stdout}${stderr}` };
}

test("promtool finds nothing to object to in all that can be written, the runtime's metrics included", async () => {
  const registry = filledRegistry();
  using runtime = new RuntimeMetrics({ probesThreadPool: true });
  registry.register(runtime);
  await sleep(100);
  expect(promtool(prometheusText(registry))).toEqual({ status: 0, said: "" });
});

test("promtool, asked like that, does object to what is wrong", () => {
  expect(promtool("# TYPE a counter\na_total 1\na_total 2\n").status).not.toBe(0);
});

/** Asks until the answer isn't empty. */
async function answered(prometheus: PrometheusService, path: string, parameters: Record<string, string>) {
  for (;;) {
    const data = await prometheus.get(path, parameters);
    const list = (Array.isArray(data) ? data : (data as { result: unknown[] }).result) as never[];
    if (list.length > 0) return list;
    await sleep(100);
  }
}

/** What it says of its target, as soon as it says this: a busy machine may make it time out in between. */
async function saysOfTarget(prometheus: PrometheusService, lastError: string): Promise<void> {
  for (;;) {
    const { activeTargets } = (await prometheus.get("targets")) as { activeTargets: { lastError: string }[] };
    if (activeTargets[0]?.lastError === lastError) return;
    await sleep(100);
  }
}

async function valueFor(prometheus: PrometheusService, query: string): Promise<number> {
  const [first] = (await answered(prometheus, "query", { query })) as { value: [number, string] }[];
  return Number(first!.value[1]);
}

test("a real Prometheus scrapes OpenMetrics with a token, and has the registry's values, units, help and exemplars", async () => {
  const registry = filledRegistry();
  using runtime = new RuntimeMetrics();
  registry.register(runtime);
  const token = "s3cret-token";
  await using server = await startMetricsServer({ registry, port: 0, token });
  registry.register(server.endpoint);
  await using prometheus = await startPrometheus({ url: server.url, token });

  const quoted = JSON.stringify(odd);
  expect(await valueFor(prometheus, `http_requests_total{url_path=${quoted},method="GET"}`)).toBe(41);
  expect(await valueFor(prometheus, 'http_requests_total{method="POST"}')).toBe(7);
  expect(await valueFor(prometheus, "http_server_request_duration_seconds_count")).toBe(101);
  expect(await valueFor(prometheus, "http_server_request_duration_seconds_sum")).toBeCloseTo(5.7);
  expect(await valueFor(prometheus, 'http_server_request_duration_seconds_bucket{le="0.05"}')).toBe(50);
  expect(await valueFor(prometheus, 'http_server_request_duration_seconds_bucket{le="1.0"}')).toBe(101);
  expect(await valueFor(prometheus, 'body_size_bytes_bucket{le="4.194304e+06"}')).toBe(1);
  expect(await valueFor(prometheus, "load_ratio")).toBe(0.25);
  expect(await valueFor(prometheus, "unknown")).toBeNaN();
  expect(await valueFor(prometheus, 'crowd_total{otel_metric_overflow="true"}')).toBe(3);
  expect(await valueFor(prometheus, 'victor_metrics_series_overflowed_total{metric="crowd"}')).toBe(3);
  expect(await valueFor(prometheus, "process_memory_usage_bytes")).toBeGreaterThan(1e6);
  expect(
    await valueFor(prometheus, 'victor_metrics_endpoint_scrapes_total{outcome="served"} > 0'),
  ).toBeGreaterThan(0);

  expect(await prometheus.get("metadata", { metric: "http_server_request_duration_seconds" })).toEqual({
    http_server_request_duration_seconds: [
      { type: "histogram", help: "How long requests took.", unit: "seconds" },
    ],
  });
  const all = { start: "0", end: String(Date.now() / 1000 + 60) };
  const exemplars = (await answered(prometheus, "query_exemplars", {
    query: '{__name__=~"http_requests_total|http_server_request_duration_seconds_bucket"}',
    ...all,
  })) as { exemplars: { labels: Record<string, string>; value: string }[] }[];
  expect(
    exemplars.flatMap((series) => series.exemplars.map(({ labels, value }) => ({ labels, value }))),
  ).toEqual(
    expect.arrayContaining([
      { labels: { trace_id: "4bf92f3577b34da6", span_id: "00f067aa0ba902b7" }, value: "0.7" },
      { labels: { trace_id: "0af7651916cd43dd" }, value: "7" },
    ]),
  );
  await saysOfTarget(prometheus, "");
  expect(server.stats()).toMatchObject({ unauthorized: 0, failed: 0 });
});

test("a Prometheus without the token is kept out, and says so", async () => {
  const registry = filledRegistry();
  await using server = await startMetricsServer({ registry, port: 0, token: "right" });
  await using prometheus = await startPrometheus({ url: server.url, token: "wrong" });
  expect(await valueFor(prometheus, 'up{job="victor"}')).toBe(0);
  while (server.stats().unauthorized === 0) await sleep(50);
  await saysOfTarget(prometheus, "server returned HTTP status 401 Unauthorized");
});
