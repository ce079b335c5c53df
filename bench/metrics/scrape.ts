/**
 * How long does a scrape hold the event loop? 5,000 histograms with three labels and 18 bounds, over HTTP to a client in
 * another thread; the longest block is what `monitorEventLoopDelay` saw between two ticks of a millisecond; the longest turn
 * is the same in CPU time of the thread, which a busy machine doesn't lengthen. CPU is that of the thread that serves
 * (compression runs in libuv's). Bar: ≤ 20 ms.
 */
import { measureInterleaved } from "../../src/measure/index.ts";
import { met, named, print } from "../figures.ts";

const { arms, warnings } = await measureInterleaved({
  arms: (
    [
      ["metricsHandler", "victor"],
      ["the same, OpenMetrics", "victorOpenMetrics"],
      ["the same, gzip", "victorGzip"],
      [named("prom-client"), "promClientMetrics"],
      [named("@opentelemetry/exporter-prometheus"), "openTelemetryExporter"],
    ] as const
  ).map(([name, arm]) => ({
    name,
    module: new URL("./arms/scrapes.ts", import.meta.url),
    export: arm,
    count: 2,
  })),
  processes: 3,
  rounds: 8,
  warmupRounds: 3,
});

const ms = (value: number | undefined): string => `${(value ?? 0).toFixed(1)} ms`;
print(
  "A scrape of 5,000 histograms",
  ["arm", "longest block", "longest turn, CPU", "worst block of all", "of the first scrape", "CPU", "sent"],
  arms.map(({ name, counters }) => [
    name,
    ms(counters.blockMs),
    ms(counters.turnMs),
    ms(counters.worstBlockMs),
    ms(counters.firstBlockMs),
    ms(counters.cpuMs),
    `${(counters.megabytes ?? 0).toFixed(1)} MB`,
  ]),
  arms
    .slice(0, 3)
    .map(({ name, counters }) =>
      met(`${name}: longest block ≤ 20 ms`, (counters.blockMs ?? Infinity) <= 20, ms(counters.blockMs)),
    ),
  warnings,
);
