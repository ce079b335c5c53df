import { expect, test, vi } from "vitest";
import { HeapAfterGc } from "../../../src/alerts/heap-after-gc.ts";
import { checkedRules, knownDegradations } from "../../../src/alerts/index.ts";
import { LatencyHistogram, type MetricSample } from "../../../src/metrics/index.ts";
import type { GcPause } from "../../../src/metrics/runtime/gc-observer.ts";

const common = { help: "", labels: {} };
const counter = (name: string): MetricSample => ({ type: "counter", name, ...common, value: 0 });
const histogram = (name: string, unit: string): MetricSample => ({
  type: "histogram",
  name,
  unit,
  ...common,
  histogram: new LatencyHistogram(),
});

test("latencies, hit rates, error rates and the heap are known by their names, and nothing else is", () => {
  const rules = knownDegradations([
    histogram("http.client.request.duration", "s"),
    histogram("http.request.size", "By"),
    histogram("task.duration", "{step}"),
    counter("victor.cache.hits"),
    counter("victor.cache.misses"),
    counter("victor.cache.stale_hits"),
    counter("lonely.hits"),
    counter("api.errors"),
    counter("api.calls"),
    counter("victor.network.failed"),
    counter("victor.network.requests"),
    counter("victor.tasks.failed"),
    counter("victor.tasks.completed"),
    { type: "gauge", name: "victor.heap.used_after_gc", ...common, value: 1 },
  ]);
  expect(rules.map(({ name, direction }) => `${name} ${direction}`)).toEqual([
    "degradation: http.client.request.duration p50 up",
    "degradation: http.client.request.duration p95 up",
    "degradation: victor.cache.hits rate down",
    "degradation: api.errors rate up",
    "degradation: heap up",
    "degradation: victor.network.failed rate up",
    "degradation: victor.tasks.failed rate up",
  ]);
  expect(checkedRules(rules)).toEqual(rules);
});

test("the heap after garbage collection is read at full collections only, and told once", () => {
  let tell = (_: GcPause): void => undefined;
  let stopped = false;
  let heapUsed = 100;
  const heap = new HeapAfterGc(
    () => heapUsed,
    (listener) => {
      tell = listener;
      return () => {
        stopped = true;
      };
    },
  );
  const value = () =>
    Array.from(heap.collect(), (sample) => (sample.type === "gauge" ? sample.value : undefined));
  expect(value()).toEqual([Number.NaN]);
  const pause = { startMs: 0, durationMs: 1 };
  tell({ kind: "minor", ...pause });
  expect(value()).toEqual([Number.NaN]);
  tell({ kind: "major", ...pause });
  heapUsed = 900;
  tell({ kind: "incremental", ...pause });
  expect(value()).toEqual([100]);
  expect(value()).toEqual([Number.NaN]);
  heap.close();
  expect(stopped).toBe(true);
});

test("the heap is known after a collection also where the process is out of file descriptors", () => {
  let tell: (pause: GcPause) => void = () => undefined;
  const heap = new HeapAfterGc(undefined, (listener) => {
    tell = listener;
    return () => undefined;
  });
  using _ = vi.spyOn(process, "memoryUsage").mockImplementation(() => {
    throw new Error("EMFILE: too many open files, uv_resident_set_memory");
  });
  tell({ kind: "major", startMs: 0, durationMs: 1 });
  expect([...heap.collect()][0]).toMatchObject({ value: expect.toSatisfy((bytes: number) => bytes > 1e6) });
});
