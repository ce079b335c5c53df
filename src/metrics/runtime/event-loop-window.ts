import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { MetricSample } from "../metric.ts";
import type { Window } from "./overlapping-windows.ts";

/** Milliseconds between the monitor's ticks: Node's default. */
const resolutionMs = 10;

const delayHelp = "How late the event loop was for a timer, of late.";

/** How late the event loop was, and how busy, since this was made. */
export class EventLoopWindow implements Window {
  readonly #delays = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #usage = performance.eventLoopUtilization();

  constructor() {
    this.#delays.enable();
  }

  *samples(): Iterable<MetricSample> {
    const delays = this.#delays;
    const figures: [string, number][] = [
      ["min", late(delays.min)],
      ["max", late(delays.max)],
      ["mean", late(delays.mean)],
      ["stddev", delays.stddev],
      ["p50", late(delays.percentile(50))],
      ["p90", late(delays.percentile(90))],
      ["p99", late(delays.percentile(99))],
    ];
    // There is no tick yet, so nothing is known.
    if (delays.count > 0)
      for (const [figure, nanoseconds] of figures)
        yield gauge(`nodejs.eventloop.delay.${figure}`, "s", delayHelp, nanoseconds / 1e9);
    const { utilization } = performance.eventLoopUtilization(this.#usage);
    yield gauge(
      "nodejs.eventloop.utilization",
      "1",
      "Share of time the event loop was busy, of late.",
      utilization,
    );
  }

  close(): void {
    this.#delays.disable();
  }
}

/** Since the process started: readers take the difference themselves. */
export function* eventLoopTimes(): Iterable<MetricSample> {
  const { active, idle } = performance.eventLoopUtilization();
  for (const [state, milliseconds] of Object.entries({ active, idle }))
    yield {
      type: "counter",
      name: "nodejs.eventloop.time",
      unit: "s",
      help: "Time that the event loop has spent in each state.",
      labels: { "nodejs.eventloop.state": state },
      value: milliseconds / 1000,
    };
}

/** The monitor gives the time from tick to tick; what goes beyond its resolution is delay. */
const late = (nanoseconds: number): number => Math.max(0, nanoseconds - resolutionMs * 1e6);

const gauge = (name: string, unit: string, help: string, value: number): MetricSample => ({
  type: "gauge",
  name,
  unit,
  help,
  labels: {},
  value,
});
