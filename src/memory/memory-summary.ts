import { gcKinds } from "../metrics/runtime/gc-observer.ts";
import type { MemoryStats } from "./optimizer.ts";
import type { SampleRange } from "./profile/memory-profiler.ts";

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const span = ({ min, max }: SampleRange): string => `${mebibytes(min)} to ${mebibytes(max)} MiB`;

/** What is known of the process's memory, for people: some lines of text. */
export function memorySummary(stats: MemoryStats): string {
  const { memory, heapLimitBytes, profile, pools, lifeCycles } = stats;
  const lines = [
    `Resident ${mebibytes(memory.rssBytes)} MiB`,
    `Heap ${mebibytes(memory.heapUsedBytes)} of ${mebibytes(memory.heapTotalBytes)} MiB, limit ${mebibytes(heapLimitBytes)} MiB`,
    `Outside of the heap ${mebibytes(memory.externalBytes)} MiB, array buffers ${mebibytes(memory.arrayBuffersBytes)} MiB of it`,
  ];
  if (profile !== undefined) {
    const { samples, spanMs, rssBytes, heapUsedBytes, gc } = profile;
    lines.push(
      `In ${(spanMs / 1000).toFixed(0)} s, ${count(samples)} samples: resident ${span(rssBytes)}, heap ${span(heapUsedBytes)}`,
    );
    const pauses = gcKinds.flatMap((kind) => {
      const { count: times, totalMs } = gc.kinds[kind];
      return times === 0 ? [] : [`${count(times)} ${kind} of ${(totalMs / times).toFixed(2)} ms`];
    });
    lines.push(`Garbage collection ${[percent(gc.timeShare), ...pauses].join(", ")}`);
    if (gc.allocationRate !== undefined && gc.survivalRate !== undefined)
      lines.push(
        `Allocates ${mebibytes(gc.allocationRate)} MiB a second, of which ${percent(gc.survivalRate)} outlives a scavenge`,
      );
  }
  for (const { name, acquired, reuseRate, inUse, idle } of Object.values(pools))
    lines.push(
      `Pool ${name}: ${count(acquired)} acquired, ${percent(reuseRate)} reused, ${count(inUse)} in use, ${count(idle)} idle`,
    );
  for (const { name, born, alive, lifetimeMs } of Object.values(lifeCycles)) {
    const lived = lifetimeMs === undefined ? "" : `, lived ${lifetimeMs.p50.toFixed(0)} ms (median)`;
    lines.push(`${name}: ${count(born)} born, ${count(alive)} alive${lived}`);
  }
  return lines.join("\n");
}
