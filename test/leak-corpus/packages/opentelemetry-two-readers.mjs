// What each of several readers hasn't collected yet is kept until it does; readers that never heard of a metric never do.
const meter = async (name) => {
  const { AggregationTemporality, MeterProvider, MetricReader } = (await import(name)).default;
  class Reader extends MetricReader {
    selectAggregationTemporality = () => AggregationTemporality.CUMULATIVE;
    onForceFlush = async () => {};
    onShutdown = async () => {};
  }
  const provider = new MeterProvider();
  const read = new Reader();
  provider.addMetricReader(read);
  provider.addMetricReader(new Reader());
  const counter = provider.getMeter("service").createCounter("requests");
  return async (call) => {
    counter.add(1, { route: call % 2 });
    await read.collect();
  };
};
export const leak = () => meter("sdk-metrics-leaking");
export const control = () => meter("sdk-metrics-fixed");
export const holder = /_unreportedAccumulations/;
export const site = /sdk-metrics/;
