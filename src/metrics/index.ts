export { Counter } from "./counter.ts";
export type { MetricsEndpointOptions } from "./endpoint/endpoint-options.ts";
export { MetricsEndpoint, type MetricsEndpointStats, metricsHandler } from "./endpoint/metrics-endpoint.ts";
export {
  type MetricsServer,
  type MetricsServerOptions,
  startMetricsServer,
} from "./endpoint/metrics-server.ts";
export type { Exemplar } from "./exemplar.ts";
export { Gauge } from "./gauge.ts";
export { type BoundSeries, Instrument, type InstrumentOptions } from "./instrument.ts";
export { LatencyHistogram } from "./latency-histogram.ts";
export type { HistogramSnapshot, Labels, MetricSample, MetricSource } from "./metric.ts";
export {
  openMetricsContentType,
  openMetricsText,
  prometheusContentType,
  prometheusText,
} from "./prometheus-text.ts";
export { MetricRegistry } from "./registry.ts";
export { RuntimeMetrics, type RuntimeMetricsOptions } from "./runtime/runtime-metrics.ts";
