/** How a figure is written. */
export type MetricUnit = "ms" | "perSecond" | "bytes" | "share";

/** One of the things that a comparison measures of each process. */
export interface Metric {
  readonly id: MetricId;
  readonly title: string;
  readonly unit: MetricUnit;
  readonly better: "less" | "more";
  /** Figures below it count as it: a difference down there is none that anybody notices. */
  readonly floor: number;
}

export type MetricId =
  | "throughput"
  | "latencyP50"
  | "latencyP95"
  | "latencyP99"
  | "latencyP999"
  | "errorShare"
  | "startUp"
  | "cpuPerRequest"
  | "rssPeak"
  | "rssMedian"
  | "gcShare"
  | "loopDelayP99"
  | "wallTime"
  | "cpuTime";

/** What one process gave; a metric that it could not give is missing. */
export type RunFigures = Readonly<Partial<Record<MetricId, number>>>;

const metric = (
  id: MetricId,
  title: string,
  unit: MetricUnit,
  floor: number,
  better: Metric["better"] = "less",
): Metric => Object.freeze({ id, title, unit, better, floor });

const processMetrics = [
  metric("rssPeak", "memory, peak (RSS)", "bytes", 1),
  metric("rssMedian", "memory, median (RSS)", "bytes", 1),
  metric("gcShare", "time in garbage collection", "share", 0.002),
  metric("loopDelayP99", "event-loop delay, p99", "ms", 2),
];

/** Of a server under load. */
export const serverMetrics: readonly Metric[] = Object.freeze([
  metric("throughput", "throughput", "perSecond", 1e-3, "more"),
  metric("latencyP50", "latency, p50", "ms", 0.01),
  metric("latencyP95", "latency, p95", "ms", 0.01),
  metric("latencyP99", "latency, p99", "ms", 0.01),
  metric("latencyP999", "latency, p99.9", "ms", 0.01),
  metric("errorShare", "errors", "share", 0.001),
  metric("cpuPerRequest", "CPU per request", "ms", 1e-3),
  metric("startUp", "start-up, until it answers", "ms", 20),
  ...processMetrics,
]);

/** Of a program that does one job and ends. */
export const jobMetrics: readonly Metric[] = Object.freeze([
  metric("wallTime", "wall time", "ms", 1),
  metric("cpuTime", "CPU time", "ms", 10),
  ...processMetrics,
]);

/** The figures that single optimizations are judged by. Each that is asked at once makes it harder to show any. */
const stepIds: ReadonlySet<MetricId> = new Set([
  ...(["latencyP50", "latencyP99", "cpuPerRequest", "startUp"] as const),
  ...(["wallTime", "cpuTime", "rssMedian", "gcShare"] as const),
]);

/** @returns those of the metrics that single optimizations are judged by */
export const metricsOfSteps = (metrics: readonly Metric[]): readonly Metric[] =>
  metrics.filter(({ id }) => stepIds.has(id));
