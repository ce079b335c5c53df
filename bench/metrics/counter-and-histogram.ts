/**
 * What does counting cost on the hot path? One bound counter and one bound histogram, beside prom-client's cached
 * children, the OpenTelemetry SDK, HdrHistogram, and the least that could be done ("just a number").
 * Series have the three labels of a web server's metrics (method, route, status code); prom-client makes its key from
 * them at every call, so it is shown with one label, too. Each figure includes the loop around it and the reading of the next value.
 * Bars: counter ≤ 2 ns and ≥ 90 × prom-client's; record ≤ 10 ns and ≥ 10 × prom-client's `observe`. On a noisy machine
 * the ratio counts.
 */
import { readFileSync } from "node:fs";
import {
  type ArmResult,
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

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

await compare("Counting", "./arms/counters.ts", counters, 2);
await compare("Recording a latency", "./arms/histograms.ts", histograms, 10);

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
  console.log(`### ${title}\n`);
  console.log(markdownTable(["arm", "median", "best … worst round", "takes × ours, 95 %", "bar"], rows));
  console.log();
  for (const warning of warnings) console.log(`Warning: ${warning}\n`);
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
