import type { Arm } from "../../../src/measure/index.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { labelsOf, requestLabelNames, requestLabels } from "./labels.ts";
import { openTelemetryMeter, promClient } from "./rivals.ts";

/**
 * Each arm adds 1, `count` times, to a series that was bound before. The answer says whether the series
 * holds just so many, so that no loop can have been optimised away.
 */
function counting(step: (count: number) => void, total: () => number | Promise<number>): Arm {
  let asked = 0;
  return {
    run(count) {
      asked += count;
      step(count);
    },
    answer: async () => ({ countedAll: (await total()) === asked }),
  };
}

export function justANumber(): Arm {
  const box = { value: 0 };
  const step = (count: number) => {
    for (let i = 0; i < count; i++) box.value++;
  };
  return counting(step, () => box.value);
}

export function victor(args: unknown): Arm {
  const labels = labelsOf(args);
  const requests = new MetricRegistry().counter("http.requests", { labels: Object.keys(labels) });
  const bound = requests.bind(labels);
  const step = (count: number) => {
    for (let i = 0; i < count; i++) bound.inc();
  };
  return counting(step, () => bound.value);
}

export function victorAdd(args: unknown): Arm {
  const labels = labelsOf(args);
  const requests = new MetricRegistry().counter("http.requests", { labels: Object.keys(labels) });
  const bound = requests.bind(labels);
  const step = (count: number) => {
    for (let i = 0; i < count; i++) bound.add(1);
  };
  return counting(step, () => bound.value);
}

export async function promClientChild(args: unknown): Promise<Arm> {
  const labels = labelsOf(args);
  const { Counter, Registry } = await promClient();
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests.",
    labelNames: Object.keys(labels),
    registers: [new Registry()],
  });
  const child = requests.labels(...Object.values(labels));
  const step = (count: number) => {
    for (let i = 0; i < count; i++) child.inc();
  };
  return counting(step, async () => (await requests.get()).values[0]!.value);
}

export async function openTelemetry(args: unknown): Promise<Arm> {
  const { meter, onlyValue, close } = await openTelemetryMeter();
  const counter = meter.createCounter("http.requests");
  const attributes = labelsOf(args);
  const step = (count: number) => {
    for (let i = 0; i < count; i++) counter.add(1, attributes);
  };
  return { ...counting(step, async () => (await onlyValue()) as number), close };
}

export function victorByLabels(): Arm {
  const requests = new MetricRegistry().counter("http.requests", { labels: requestLabelNames });
  const step = (count: number) => {
    for (let i = 0; i < count; i++) requests.bind(requestLabels(i)).inc();
  };
  return counting(step, () => sum(Array.from(requests.series(), ({ series }) => series.value)));
}

/** What one does without a library: a key by joining. */
export function joinedKeyInMap(): Arm {
  const counts = new Map<string, { value: number }>();
  const step = (count: number) => {
    for (let i = 0; i < count; i++) {
      const { method, route, status_code } = requestLabels(i);
      const key = `${method}|${route}|${status_code}`;
      const known = counts.get(key);
      if (known) known.value++;
      else counts.set(key, { value: 1 });
    }
  };
  return counting(step, () => sum(Array.from(counts.values(), ({ value }) => value)));
}

export async function promClientByLabels(): Promise<Arm> {
  const { Counter, Registry } = await promClient();
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests.",
    labelNames: requestLabelNames,
    registers: [new Registry()],
  });
  const step = (count: number) => {
    for (let i = 0; i < count; i++) requests.inc(requestLabels(i));
  };
  return counting(step, async () => sum((await requests.get()).values.map(({ value }) => value)));
}

export async function openTelemetryByLabels(): Promise<Arm> {
  const { meter, allValues, close } = await openTelemetryMeter();
  const counter = meter.createCounter("http.requests");
  const step = (count: number) => {
    for (let i = 0; i < count; i++) counter.add(1, requestLabels(i));
  };
  return { ...counting(step, async () => sum((await allValues()) as number[])), close };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
