import { type Arm, seededRandom } from "../../../src/measure/index.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { labelsOf, requestLabelNames, requestLabels } from "./labels.ts";
import { hdrHistogram, openTelemetryMeter, promClient } from "./rivals.ts";

const mask = 4095;

/** Latencies in seconds, from 10 µs to 1 s, evenly over the powers of ten: the same for every arm. */
function latencies(): Float64Array {
  const random = seededRandom(1);
  return Float64Array.from({ length: mask + 1 }, () => 10 ** (-5 + 5 * random()));
}

/** Each arm records `count` latencies; the answer says whether the histogram holds just so many. */
function recording(step: (count: number) => void, total: () => number | Promise<number>): Arm {
  let asked = 0;
  return {
    run(count) {
      asked += count;
      step(count);
    },
    answer: async () => ({ recordedAll: (await total()) === asked }),
  };
}

/** No distribution at all: the floor. */
export function justASum(): Arm {
  const values = latencies();
  const box = { count: 0, sum: 0.5 };
  const step = (count: number) => {
    for (let i = 0; i < count; i++) {
      box.count++;
      box.sum += values[i & mask]!;
    }
  };
  return recording(step, () => (box.sum > 1 ? box.count : 0));
}

export function victor(args: unknown): Arm {
  const labels = labelsOf(args);
  const values = latencies();
  const latency = new MetricRegistry().histogram("latency", { unit: "s", labels: Object.keys(labels) });
  const bound = latency.bind(labels);
  const step = (count: number) => {
    for (let i = 0; i < count; i++) bound.record(values[i & mask]!);
  };
  return recording(step, () => bound.count);
}

export async function promClientChild(args: unknown): Promise<Arm> {
  const labels = labelsOf(args);
  const values = latencies();
  const { Histogram, Registry } = await promClient();
  const latency = new Histogram({
    name: "latency_seconds",
    help: "Latency.",
    labelNames: Object.keys(labels),
    registers: [new Registry()],
  });
  const child = latency.labels(...Object.values(labels));
  const step = (count: number) => {
    for (let i = 0; i < count; i++) child.observe(values[i & mask]!);
  };
  const total = async () =>
    (await latency.get()).values.find(({ metricName }) => metricName === "latency_seconds_count")!.value;
  return recording(step, total);
}

export async function openTelemetry(args: unknown): Promise<Arm> {
  const values = latencies();
  const { meter, onlyValue, close } = await openTelemetryMeter();
  const histogram = meter.createHistogram("latency");
  const attributes = labelsOf(args);
  const step = (count: number) => {
    for (let i = 0; i < count; i++) histogram.record(values[i & mask]!, attributes);
  };
  return { ...recording(step, async () => ((await onlyValue()) as { count: number }).count), close };
}

/** Records whole nanoseconds; two digits of precision are its 1 %. */
async function hdr(useWebAssembly: boolean): Promise<Arm> {
  const values = latencies().map((seconds) => Math.round(seconds * 1e9));
  const { initWebAssembly, build } = await hdrHistogram();
  if (useWebAssembly) await initWebAssembly();
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1e12,
    numberOfSignificantValueDigits: 2,
    bitBucketSize: 64,
    useWebAssembly,
  });
  const step = (count: number) => {
    for (let i = 0; i < count; i++) histogram.recordValue(values[i & mask]!);
  };
  return recording(step, () => histogram.totalCount);
}

export const hdrHistogramJs = (): Promise<Arm> => hdr(false);
export const hdrHistogramWasm = (): Promise<Arm> => hdr(true);

export function victorByLabels(): Arm {
  const values = latencies();
  const latency = new MetricRegistry().histogram("latency", { unit: "s", labels: requestLabelNames });
  const step = (count: number) => {
    for (let i = 0; i < count; i++) latency.bind(requestLabels(i)).record(values[i & mask]!);
  };
  return recording(step, () => sum(Array.from(latency.series(), ({ series }) => series.count)));
}

export async function promClientByLabels(): Promise<Arm> {
  const values = latencies();
  const { Histogram, Registry } = await promClient();
  const latency = new Histogram({
    name: "latency_seconds",
    help: "Latency.",
    labelNames: requestLabelNames,
    registers: [new Registry()],
  });
  const step = (count: number) => {
    for (let i = 0; i < count; i++) latency.observe(requestLabels(i), values[i & mask]!);
  };
  const total = async () =>
    sum(
      (await latency.get()).values
        .filter(({ metricName }) => metricName === "latency_seconds_count")
        .map(({ value }) => value),
    );
  return recording(step, total);
}

export async function openTelemetryByLabels(): Promise<Arm> {
  const values = latencies();
  const { meter, allValues, close } = await openTelemetryMeter();
  const histogram = meter.createHistogram("latency");
  const step = (count: number) => {
    for (let i = 0; i < count; i++) histogram.record(values[i & mask]!, requestLabels(i));
  };
  const total = async () => sum(((await allValues()) as { count: number }[]).map(({ count }) => count));
  return { ...recording(step, total), close };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
