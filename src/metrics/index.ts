export { Counter } from "./counter.ts";
export { Gauge } from "./gauge.ts";
export { Instrument, type InstrumentOptions } from "./instrument.ts";
export { LatencyHistogram } from "./latency-histogram.ts";
export type { HistogramSnapshot, Labels, MetricSample, MetricSource } from "./metric.ts";
export { prometheusContentType, prometheusText } from "./prometheus-text.ts";
export { MetricRegistry } from "./registry.ts";
