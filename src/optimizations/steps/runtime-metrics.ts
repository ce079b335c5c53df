import type { MetricSource } from "../../metrics/metric.ts";
import type { RuntimeMetrics } from "../../metrics/runtime/runtime-metrics.ts";
import { lazyModule } from "../lazy-module.ts";
import type { OptimizationStep } from "../step.ts";

/**
 * Event loop, garbage collection, heap and CPU. Its monitors begin when metrics are first read, so that a program whose
 * metrics nobody reads has no cost; at once where a port for them is set.
 */
export const runtimeMetrics: OptimizationStep = {
  id: "runtime-metrics",
  title: "Metrics of the runtime",
  risk: "safe",
  apply(context) {
    let metrics: RuntimeMetrics | undefined;
    const begin = (): RuntimeMetrics => {
      if (metrics !== undefined) return metrics;
      metrics = new (lazyModule<typeof import("../../metrics/runtime/runtime-metrics.ts")>(
        "metrics/runtime/runtime-metrics",
      ).RuntimeMetrics)();
      context.changed();
      return metrics;
    };
    const source: MetricSource = { name: "victor.runtime", collect: () => begin().collect() };
    context.addSource(source);
    if (context.hasReader) begin();
    return {
      describe: () => ({
        state: "applied",
        reason: metrics ? "event loop and collector are watched" : "begins when metrics are first read",
        changes: metrics ? ["a monitor of the event loop", "an observer of the collector"] : [],
      }),
      undo() {
        context.removeSource(source);
        metrics?.close();
      },
    };
  },
};
