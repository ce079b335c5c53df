import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import type { Arm } from "../../../src/measure/index.ts";
import { GraphiteSink } from "../../../src/metrics/export/graphite-sink.ts";
import { metricProducer } from "../../../src/metrics/export/metric-producer.ts";
import { StatsdSink } from "../../../src/metrics/export/statsd-sink.ts";
import { type LatencyHistogram, MetricRegistry } from "../../../src/metrics/index.ts";

interface Args {
  readonly series: number;
}

const never = 3_600_000;

/** Histograms of three labels with 100 values each over three powers of ten; each push comes after one more value in each. */
function filled(series: number): { registry: MetricRegistry; touch(): void } {
  const registry = new MetricRegistry();
  const instrument = registry.histogram("http.server.request.duration", {
    unit: "s",
    labels: ["method", "route", "code"],
    maxSeries: series,
  });
  const all: LatencyHistogram[] = [];
  for (let i = 0; i < series; i++) {
    const histogram = instrument.bind({ method: "GET", route: `/items/${i % 1000}`, code: String(i) });
    for (let value = 0; value < 100; value++) histogram.record(0.001 * 10 ** ((value % 30) / 10));
    all.push(histogram);
  }
  return {
    registry,
    touch() {
      for (const histogram of all) histogram.record(0.02);
    },
  };
}

/** The longest time that the event loop had no turn while anything ran. */
function watchLoop(): { longestMs: number; stop(): void } {
  const watch = { longestMs: 0, stop: () => clearImmediate(turn) };
  let last = performance.now();
  let turn: NodeJS.Immediate;
  const look = (): void => {
    const now = performance.now();
    watch.longestMs = Math.max(watch.longestMs, now - last);
    last = now;
    turn = setImmediate(look);
  };
  turn = setImmediate(look);
  return watch;
}

async function arm(
  series: number,
  push: (registry: MetricRegistry) => () => Promise<unknown>,
  close: () => unknown,
): Promise<Arm> {
  const { registry, touch } = filled(series);
  const pushed = push(registry);
  let longest: number[] = [];
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        touch();
        await new Promise((resolve) => setImmediate(resolve));
        const watch = watchLoop();
        await pushed();
        await new Promise((resolve) => setImmediate(resolve));
        watch.stop();
        longest.push(watch.longestMs);
      }
    },
    counters() {
      longest = longest.slice(Math.floor(longest.length / 4));
      return { longestMs: longest.toSorted((a, b) => a - b)[Math.floor(longest.length / 2)] ?? 0 };
    },
    async close() {
      await close();
    },
  };
}

async function tcpSink(): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  await once(server.listen(0, "127.0.0.1"), "listening");
  server.unref();
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

async function graphite(series: number, protocol: "plaintext" | "pickle"): Promise<Arm> {
  const server = await tcpSink();
  let sink: GraphiteSink | undefined;
  return arm(
    series,
    (registry) => {
      const own = new GraphiteSink({ registry, port: server.port, protocol, intervalMs: never });
      sink = own;
      return () => own.flush();
    },
    async () => {
      await sink?.close();
      server.close();
    },
  );
}

export const plaintext = ({ series }: Args): Promise<Arm> => graphite(series, "plaintext");
export const pickle = ({ series }: Args): Promise<Arm> => graphite(series, "pickle");

/** What one would write by hand: the same figures since the beginning, all lines joined, one write. */
export async function byHand({ series }: Args): Promise<Arm> {
  const server = await tcpSink();
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  return arm(
    series,
    (registry) => async () => {
      const lines: string[] = [];
      const seconds = Math.floor(Date.now() / 1000);
      for (const sample of registry.collect()) {
        if (sample.type !== "histogram") continue;
        const { histogram, labels, name } = sample;
        const path = `${name}.${Object.entries(labels).flat().join(".").replaceAll("/", "_")}`;
        lines.push(`${path}.count ${histogram.count} ${seconds}`, `${path}.sum ${histogram.sum} ${seconds}`);
        for (const q of [0.5, 0.95, 0.99])
          lines.push(`${path}.p${q * 100} ${histogram.quantile(q)} ${seconds}`);
      }
      await new Promise((resolve) => socket.write(`${lines.join("\n")}\n`, resolve));
    },
    () => {
      socket.destroy();
      server.close();
    },
  );
}

export async function statsd({ series }: Args): Promise<Arm> {
  const server = createSocket("udp4");
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  let sink: StatsdSink | undefined;
  return arm(
    series,
    (registry) => {
      const own = new StatsdSink({ registry, port: server.address().port, intervalMs: never });
      sink = own;
      return () => own.flush();
    },
    async () => {
      await sink?.close();
      server.close();
    },
  );
}

const produce = (series: number, histograms: "explicit" | "exponential"): Promise<Arm> =>
  arm(
    series,
    (registry) => {
      const producer = metricProducer(registry, { histograms });
      return () => producer.collect();
    },
    () => undefined,
  );
export const explicit = ({ series }: Args): Promise<Arm> => produce(series, "explicit");
export const exponential = ({ series }: Args): Promise<Arm> => produce(series, "exponential");
