export { Counter } from "./counter.ts";
export type { MetricsEndpointOptions } from "./endpoint/endpoint-options.ts";
export { MetricsEndpoint, type MetricsEndpointStats, metricsHandler } from "./endpoint/metrics-endpoint.ts";
export {
  type MetricsServer,
  type MetricsServerOptions,
  startMetricsServer,
} from "./endpoint/metrics-server.ts";
export type { Exemplar } from "./exemplar.ts";
export {
  type ExportSpansOptions,
  exportSpans,
  type SpanExport,
  type SpanExportStats,
} from "./export/export-spans.ts";
export { type GrafanaDashboard, grafanaDashboard } from "./export/grafana/grafana-dashboard.ts";
export { type MetricDescription, metricList } from "./export/grafana/metric-list.ts";
export { prometheusRules } from "./export/grafana/prometheus-rules.ts";
export type { GraphiteLabels } from "./export/graphite-format.ts";
export { GraphiteSink, type GraphiteSinkOptions } from "./export/graphite-sink.ts";
export {
  type MetricProducerOptions,
  metricProducer,
  type ProducedMetrics,
  type RegistryMetricProducer,
} from "./export/metric-producer.ts";
export { observeRegistry } from "./export/observe-registry.ts";
export type { PushOptions } from "./export/push-options.ts";
export type { SinkStats } from "./export/push-sink.ts";
export { StatsdSink, type StatsdSinkOptions } from "./export/statsd-sink.ts";
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
export { type HistogramInterval, recordedBetween } from "./recorded-between.ts";
export { MetricRegistry } from "./registry.ts";
export { RuntimeMetrics, type RuntimeMetricsOptions } from "./runtime/runtime-metrics.ts";
