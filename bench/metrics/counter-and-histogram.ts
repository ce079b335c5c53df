/**
 * What does counting cost on the hot path? One bound counter and one bound histogram, and both with three labels (method,
 * route, status code) given as an object at each call, 16 series by turns; beside prom-client, the OpenTelemetry SDK,
 * HdrHistogram, and the least that could be done ("just a number"). prom-client's bound children make their key at every
 * call, so they are shown with one label, too. Each figure includes the loop around it, the reading of the next value and the
 * making of the labels object. On a noisy machine the ratio counts.
 */
import { readFileSync } from "node:fs";
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
  median,
  seededRandom,
} from "../../src/measure/index.ts";
import { LatencyHistogram } from "../../src/metrics/index.ts";
import { print } from "../figures.ts";

interface Rival {
  readonly name: string;
  readonly export: string;
  /** How many labels the series has. @default 3 */
  readonly labels?: 1 | 3;
  /** How many times as long it must take, at least. */
  readonly bar?: number;
}

/** The first is ours. */
const counters: readonly Rival[] = [
  { name: "counter.inc()", export: "victor" },
  { name: "counter.add(1)", export: "victorAdd" },
  { name: "just a number", export: "justANumber" },
  { name: `prom-client ${version("prom-client")}: child.inc()`, export: "promClientChild", bar: 90 },
  { name: "the same with 1 label", export: "promClientChild", labels: 1 },
  { name: `OpenTelemetry SDK ${version("@opentelemetry/sdk-metrics")}: add(1, …)`, export: "openTelemetry" },
];
const histograms: readonly Rival[] = [
  { name: "histogram.record(s)", export: "victor" },
  { name: "just a sum", export: "justASum" },
  { name: `prom-client ${version("prom-client")}: child.observe(s)`, export: "promClientChild", bar: 10 },
  { name: "the same with 1 label", export: "promClientChild", labels: 1 },
  {
    name: `OpenTelemetry SDK ${version("@opentelemetry/sdk-metrics")}: record(s, …)`,
    export: "openTelemetry",
  },
  { name: `hdr-histogram-js ${version("hdr-histogram-js")}`, export: "hdrHistogramJs" },
  { name: `hdr-histogram-js ${version("hdr-histogram-js")}, WebAssembly`, export: "hdrHistogramWasm" },
];

const countersByLabels: readonly Rival[] = [
  { name: "counter.bind({ … }).inc()", export: "victorByLabels" },
  { name: "a Map, its key joined", export: "joinedKeyInMap" },
  { name: `prom-client ${version("prom-client")}: inc({ … })`, export: "promClientByLabels", bar: 8 },
  {
    name: `OpenTelemetry SDK ${version("@opentelemetry/sdk-metrics")}: add(1, { … })`,
    export: "openTelemetryByLabels",
    bar: 40,
  },
];
const histogramsByLabels: readonly Rival[] = [
  { name: "histogram.bind({ … }).record(s)", export: "victorByLabels" },
  { name: `prom-client ${version("prom-client")}: observe({ … }, s)`, export: "promClientByLabels", bar: 17 },
  {
    name: `OpenTelemetry SDK ${version("@opentelemetry/sdk-metrics")}: record(s, { … })`,
    export: "openTelemetryByLabels",
    bar: 17,
  },
];

await compare("Counting, bound before", "./arms/counters.ts", counters, 2);
await compare("Counting, with three labels at each call", "./arms/counters.ts", countersByLabels, 25);
await compare("Recording a latency, bound before", "./arms/histograms.ts", histograms, 10);
await compare(
  "Recording a latency, with three labels at each call",
  "./arms/histograms.ts",
  histogramsByLabels,
  35,
);
const error = largestError();
console.log(
  `Largest relative error of 999 quantiles of 100,000 latencies: ${met(`≤ 1 %`, error <= 0.01)} (${(100 * error).toFixed(2)} %)\n`,
);

/** From 1 ns to 1,000 s, evenly over the powers of ten; beside the value of that rank in the sorted list. */
function largestError(): number {
  const random = seededRandom(1);
  const values = Float64Array.from({ length: 100_000 }, () => 10 ** (-9 + 12 * random()));
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  values.sort();
  const errors = Array.from({ length: 999 }, (_, i) => {
    const exact = values[Math.ceil(((i + 1) / 1000) * values.length) - 1]!;
    return Math.abs(histogram.quantile((i + 1) / 1000)! / exact - 1);
  });
  return Math.max(...errors);
}

async function compare(
  title: string,
  module: string,
  rivals: readonly Rival[],
  barNs: number,
): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map((rival) => ({
      name: rival.name,
      module: new URL(module, import.meta.url),
      export: rival.export,
      args: { labels: rival.labels ?? 3 },
    })),
    processes: 5,
    rounds: 10,
    roundMs: 20,
    warmupRounds: 5,
  });
  for (const arm of arms)
    if (!Object.values(arm.answer as Record<string, boolean>).every(Boolean))
      throw new Error(
        `${arm.name}: expected every operation to be counted, got ${JSON.stringify(arm.answer)}`,
      );
  const [ours] = arms;
  const rows = arms.map((arm, i) => [
    arm.name,
    formatDuration(median(arm.wallNs.flat())),
    spread(arm),
    arm === ours ? "" : formatRatio(compareArms(arm, ours!)),
    barOf(rivals[i]!, arm, ours!, barNs),
  ]);
  print(title, ["arm", "median", "best … worst round", "takes × ours, 95 %", "bar"], rows, [], warnings);
}

function barOf(rival: Rival, arm: ArmResult, ours: ArmResult, barNs: number): string {
  if (arm === ours) return met(`≤ ${barNs} ns`, median(arm.wallNs.flat()) <= barNs);
  return rival.bar === undefined
    ? ""
    : met(`≥ ${rival.bar}×`, compareArms(arm, ours).wall.ratio >= rival.bar);
}

function met(bar: string, isMet: boolean): string {
  return `${bar} ${isMet ? "met" : "missed"}`;
}

function spread({ wallNs }: ArmResult): string {
  const all = wallNs.flat();
  return `${formatDuration(Math.min(...all))} … ${formatDuration(Math.max(...all))}`;
}

/** Of the installed rival. */
function version(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
