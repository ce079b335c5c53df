/**
 * The parts of the rivals that are measured. Their packages are in bench/package.json and may not be installed when the
 * benchmarks are type-checked, so their types can't be imported.
 */
interface PromClient {
  readonly Registry: new () => { metrics(): Promise<string>; readonly contentType: string };
  readonly Counter: new (
    options: PromOptions,
  ) => {
    labels(...values: readonly string[]): { inc(): void };
    inc(labels: object): void;
    get(): Promise<PromValues>;
  };
  readonly Histogram: new (
    options: PromOptions,
  ) => {
    labels(...values: readonly string[]): { observe(value: number): void };
    observe(labels: object, value: number): void;
    get(): Promise<PromValues>;
  };
}
interface PromOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly buckets?: readonly number[];
  readonly registers: readonly object[];
}
interface PromValues {
  readonly values: readonly { readonly metricName?: string; readonly value: number }[];
}

interface OpenTelemetryReader {
  collect(): Promise<{
    resourceMetrics: {
      scopeMetrics: readonly { metrics: readonly { dataPoints: readonly { value: unknown }[] }[] }[];
    };
  }>;
  shutdown(): Promise<void>;
}
interface OpenTelemetryMetrics {
  readonly MeterProvider: new (options: {
    readers: readonly object[];
  }) => {
    getMeter(name: string): {
      createCounter(name: string): { add(amount: number, attributes: object): void };
      createHistogram(name: string): { record(value: number, attributes: object): void };
    };
  };
  readonly PeriodicExportingMetricReader: new (options: object) => OpenTelemetryReader;
  readonly InMemoryMetricExporter: new (temporality: number) => object;
}

interface HdrHistogram {
  recordValue(value: number): void;
  readonly totalCount: number;
}
interface HdrHistogramJs {
  initWebAssembly(): Promise<void>;
  build(options: object): HdrHistogram;
}

/** A name that the compiler doesn't look up. */
export const load = async <T>(specifier: string): Promise<T> => (await import(specifier)) as T;

export const promClient = (): Promise<PromClient> => load("prom-client");
export const hdrHistogram = (): Promise<HdrHistogramJs> => load("hdr-histogram-js");

/** A meter whose measurements are aggregated: without a reader, the SDK would drop them at once. */
export async function openTelemetryMeter() {
  const sdk = await load<OpenTelemetryMetrics>("@opentelemetry/sdk-metrics");
  const cumulative = 1;
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: new sdk.InMemoryMetricExporter(cumulative),
    exportIntervalMillis: 2 ** 30,
    exportTimeoutMillis: 1000,
  });
  const meter = new sdk.MeterProvider({ readers: [reader] }).getMeter("bench");
  const allValues = async (): Promise<readonly unknown[]> => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints.map(({ value }) => value) ?? [];
  };
  const onlyValue = async (): Promise<unknown> => (await allValues())[0];
  return { meter, onlyValue, allValues, close: () => reader.shutdown() };
}
