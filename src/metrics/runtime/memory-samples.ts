import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { MetricSample } from "../metric.ts";

/** What memory this process has, and what of it V8 has in which space. */
export function* memorySamples(): Iterable<MetricSample> {
  const { rss, external, arrayBuffers } = process.memoryUsage();
  yield bytes("process.memory.usage", "Memory of the process in RAM (RSS).", rss);
  yield bytes("victor.runtime.memory.external", "Memory outside the heap that its objects hold.", external);
  yield bytes("victor.runtime.memory.array_buffers", "Of that, ArrayBuffers and Buffers.", arrayBuffers);
  const { heap_size_limit, number_of_detached_contexts } = getHeapStatistics();
  yield bytes("victor.runtime.heap.limit", "What the heap may grow to.", heap_size_limit);
  yield {
    type: "gauge",
    name: "victor.runtime.heap.detached_contexts",
    unit: "{context}",
    help: "Contexts that are closed and still held by something.",
    labels: {},
    value: number_of_detached_contexts,
  };
  for (const space of getHeapSpaceStatistics()) {
    const labels = { "v8js.heap.space.name": space.space_name };
    yield bytes("v8js.memory.heap.space.size", "Size of a heap space.", space.space_size, labels);
    yield bytes("v8js.memory.heap.used", "Used of a heap space.", space.space_used_size, labels);
    yield bytes(
      "v8js.memory.heap.space.available_size",
      "Free in a heap space.",
      space.space_available_size,
      labels,
    );
    yield bytes(
      "v8js.memory.heap.space.physical_size",
      "Committed of a heap space.",
      space.physical_space_size,
      labels,
    );
  }
}

const bytes = (name: string, help: string, value: number, labels = {}): MetricSample => ({
  type: "gauge",
  name,
  unit: "By",
  help,
  labels,
  value,
});
