import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { type Arm, median, seededRandom } from "../../../src/measure/index.ts";
import { bucketBounds } from "../../../src/metrics/bucket-bounds.ts";
import { metricsHandler } from "../../../src/metrics/endpoint/metrics-endpoint.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { requestLabelNames } from "./labels.ts";
import { load, promClient } from "./rivals.ts";

const seriesCount = 5000;
/** The rivals get our bounds, so that all write as many lines. */
const bounds = bucketBounds("s");

/** Reads what it is told to in a thread of its own, so that the reading blocks nobody here. */
const client = `
  const { parentPort } = require("node:worker_threads");
  const { get } = require("node:http");
  parentPort.on("message", ({ url, headers }) => {
    get(url, { headers, agent: false }, (response) => {
      let bytes = 0;
      response.on("data", (piece) => (bytes += piece.length));
      response.on("end", () => parentPort.postMessage(bytes));
    });
  });`;

/** Each operation is a scrape of 5,000 histograms with three labels over HTTP. */
async function scraped(listener: RequestListener, headers: object = {}): Promise<Arm> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const worker = new Worker(client, { eval: true });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const blocksMs: number[] = [];
  const turnsMs: number[] = [];
  const cpuMs: number[] = [];
  let bytes = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        await pause();
        const stopWatching = i % 2 === 1 ? watchTurns() : undefined;
        delays.reset();
        const before = process.threadCpuUsage();
        const { promise, resolve } = Promise.withResolvers<number>();
        worker.once("message", resolve);
        worker.postMessage({ url, headers });
        bytes = await promise;
        const { user, system } = process.threadCpuUsage(before);
        if (stopWatching) turnsMs.push(stopWatching());
        else {
          await pause();
          blocksMs.push(delays.max / 1e6 - 1);
          cpuMs.push((user + system) / 1000);
        }
      }
    },
    answer: () => ({ isFull: bytes > 0 }),
    // The first two are what the compiler needs.
    counters: () => ({
      firstBlockMs: blocksMs[0]!,
      blockMs: median(blocksMs.slice(2)),
      worstBlockMs: Math.max(...blocksMs.slice(2)),
      turnMs: median(turnsMs.slice(2)),
      cpuMs: median(cpuMs.slice(2)),
      megabytes: bytes / 1e6,
    }),
    async close() {
      delays.disable();
      server.closeAllConnections();
      server.close();
      await worker.terminate();
    },
  };
}

/** @returns ends it, and gives the longest turn of the event loop in the thread's own CPU time, milliseconds */
function watchTurns(): () => number {
  const cpu = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let isOn = true;
  let longest = 0;
  let last = cpu();
  const look = (): void => {
    const now = cpu();
    longest = Math.max(longest, now - last);
    last = now;
    if (isOn) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    isOn = false;
    look();
    return longest;
  };
}

/** Long enough for the monitor to tell of what was before. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

/** Labels and 50 latencies for each series, the same for every arm. */
function fill(record: (labels: Record<string, string>, seconds: number) => void): void {
  const random = seededRandom(1);
  for (let i = 0; i < seriesCount; i++) {
    const labels = {
      method: i % 2 === 0 ? "GET" : "POST",
      route: `/users/:id/orders/${i >> 3}`,
      status_code: String(200 + ((i >> 1) % 4)),
    };
    for (let k = 0; k < 50; k++) record(labels, 10 ** (-5 + 5 * random()));
  }
}

function ourListener(): RequestListener {
  const registry = new MetricRegistry();
  const latency = registry.histogram("http.server.request.duration", {
    unit: "s",
    labels: requestLabelNames,
    maxSeries: seriesCount,
  });
  fill((labels, seconds) => latency.bind(labels).record(seconds));
  return metricsHandler(registry);
}

export const victor = (): Promise<Arm> => scraped(ourListener());
export const victorOpenMetrics = (): Promise<Arm> =>
  scraped(ourListener(), { accept: "application/openmetrics-text" });
export const victorGzip = (): Promise<Arm> => scraped(ourListener(), { "accept-encoding": "gzip" });

export async function promClientMetrics(): Promise<Arm> {
  const { Histogram, Registry } = await promClient();
  const registry = new Registry();
  const latency = new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Latency.",
    labelNames: requestLabelNames,
    buckets: bounds,
    registers: [registry],
  });
  fill((labels, seconds) => latency.observe(labels, seconds));
  return scraped((_, response) => {
    void registry
      .metrics()
      .then((text) => response.setHeader("Content-Type", registry.contentType).end(text));
  });
}

interface PrometheusExporter {
  getMetricsRequestHandler(...request: Parameters<RequestListener>): void;
}
interface Metrics {
  readonly MeterProvider: new (options: {
    readers: readonly object[];
    views: readonly object[];
  }) => {
    getMeter(name: string): {
      createHistogram(name: string, options: object): { record(value: number, attributes: object): void };
    };
  };
}

export async function openTelemetryExporter(): Promise<Arm> {
  const { PrometheusExporter } = await load<{
    readonly PrometheusExporter: new (options: { preventServerStart: boolean }) => PrometheusExporter;
  }>("@opentelemetry/exporter-prometheus");
  const { MeterProvider } = await load<Metrics>("@opentelemetry/sdk-metrics");
  const exporter = new PrometheusExporter({ preventServerStart: true });
  // More series than the SDK keeps by itself.
  const views = [{ instrumentName: "*", aggregationCardinalityLimit: seriesCount + 1 }];
  const latency = new MeterProvider({ readers: [exporter], views })
    .getMeter("bench")
    .createHistogram("http.server.request.duration", {
      unit: "s",
      advice: { explicitBucketBoundaries: [...bounds] },
    });
  fill((labels, seconds) => latency.record(seconds, labels));
  return scraped((request, response) => exporter.getMetricsRequestHandler(request, response));
}
