import type { Labels, MetricSample } from "../../metrics/metric.ts";

/** What the engine counts, at the moment of collection. */
export interface EngineCounts {
  readonly inlineRuns: number;
  readonly threadRuns: number;
  readonly writersWaiting: number;
  readonly writing: boolean;
  /** Absent where there are no threads. */
  readonly readers:
    | { readonly busy: number; readonly idle: number; readonly stuck: number; readonly queued: number }
    | undefined;
}

/** OpenTelemetry has no names for an embedded database's threads: these follow its pattern. */
export function* engineSamples(counts: EngineCounts): Iterable<MetricSample> {
  const { inlineRuns, threadRuns, writersWaiting, writing, readers } = counts;
  const runs = "victor.sqlite.executions";
  yield sample("counter", runs, "Statements run, by place", inlineRuns, { place: "inline" });
  yield sample("counter", runs, "Statements run, by place", threadRuns, { place: "thread" });
  yield sample("gauge", "victor.sqlite.writer.waiting", "Callers waiting to write", writersWaiting);
  yield sample("gauge", "victor.sqlite.writer.busy", "Whether somebody writes", writing ? 1 : 0);
  if (readers === undefined) return;
  for (const state of ["busy", "idle", "stuck"] as const)
    yield sample("gauge", "victor.sqlite.reader.threads", "Reader threads, by state", readers[state], {
      state,
    });
  yield sample("gauge", "victor.sqlite.reader.queue", "Reads waiting for a thread", readers.queued);
}

function sample(
  type: "counter" | "gauge",
  name: string,
  help: string,
  value: number,
  labels: Labels = {},
): MetricSample {
  // Counts, not shares: unit "1" would make them ratios in Prometheus.
  return { type, name, help, unit: type === "counter" ? "{statement}" : "{item}", labels, value };
}
