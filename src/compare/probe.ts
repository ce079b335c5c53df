/**
 * Loaded into both programs with `--require`, before their own code: measures garbage collection and the event loop
 * from inside, at the same cost in both. A process whose environment doesn't ask for it is left alone.
 */
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { type ProbeFigures, type ProbeSettings, probeVariable } from "./probe-settings.ts";

const text = process.env[probeVariable];
if (text !== undefined && isMainThread) install(JSON.parse(text) as ProbeSettings);

function install({ socket, folder }: ProbeSettings): void {
  const resolutionMs = 10;
  let gcMs = 0;
  const count = (entries: readonly { readonly duration: number }[]): void => {
    for (const { duration } of entries) gcMs += duration;
  };
  const observer = new PerformanceObserver((list) => count(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });

  const figures = (): ProbeFigures => {
    count(observer.takeRecords());
    return {
      pid: process.pid,
      gcMs,
      // The histogram holds the time from one tick to the next; what exceeds the tick is delay.
      loopDelayP99Ms: delays.count === 0 ? 0 : Math.max(0, delays.percentile(99) / 1e6 - resolutionMs),
    };
  };

  if (socket === undefined) {
    delays.enable();
    process.on("exit", () => {
      try {
        writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(figures()));
      } catch {
        // It may not write there, or outlives the comparison: it must end as it would without the probe.
      }
    });
    return;
  }
  const channel = connect(socket).unref();
  channel.setEncoding("utf8");
  // Who measures has gone, or has not come: the program runs on.
  channel.on("error", () => channel.destroy());
  channel.on("data", (orders: string) => {
    for (const order of orders) {
      if (order === "?") {
        channel.write(`${JSON.stringify(figures())}\n`);
        continue;
      }
      count(observer.takeRecords());
      gcMs = 0;
      delays.enable();
      delays.reset();
    }
  });
}
