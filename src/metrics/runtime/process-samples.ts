import type { MetricSample } from "../metric.ts";

/** Time and resources that this process takes, and what it runs on. */
export function* processSamples(): Iterable<MetricSample> {
  const { user, system } = process.cpuUsage();
  for (const [mode, microseconds] of Object.entries({ user, system }))
    yield {
      type: "counter",
      name: "process.cpu.time",
      unit: "s",
      help: "CPU time of the process.",
      labels: { "cpu.mode": mode },
      value: microseconds / 1e6,
    };
  yield {
    type: "gauge",
    name: "process.uptime",
    unit: "s",
    help: "Time since the process started.",
    labels: {},
    value: process.uptime(),
  };
  const active = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) active.set(type, (active.get(type) ?? 0) + 1);
  for (const [type, value] of active)
    yield {
      type: "gauge",
      name: "v8js.resource.active",
      unit: "{resource}",
      help: "Resources that keep the event loop alive: sockets, servers, timers, requests.",
      labels: { "v8js.resource.type": type },
      value,
    };
  yield {
    type: "gauge",
    name: "victor.runtime.info",
    help: "What the process runs on; always 1.",
    labels: {
      "process.runtime.name": "nodejs",
      "process.runtime.version": process.versions.node,
      "victor.runtime.v8.version": process.versions.v8 ?? "",
    },
    value: 1,
  };
}
