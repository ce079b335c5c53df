import { describe, expect, test } from "vitest";
import { MetricRegistry, type MetricSample } from "../../../../src/metrics/index.ts";
import { openMetricsText } from "../../../../src/metrics/prometheus-text.ts";
import { OverlappingWindows } from "../../../../src/metrics/runtime/overlapping-windows.ts";
import {
  RuntimeMetrics,
  type RuntimeMetricsOptions,
} from "../../../../src/metrics/runtime/runtime-metrics.ts";
import { ThreadPoolProbe } from "../../../../src/metrics/runtime/thread-pool-probe.ts";
import { collectGarbage } from "../../../support/collect-garbage.ts";
import { parseExposition } from "../../../support/exposition-parser.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const values = (samples: Iterable<MetricSample>): Map<string, number> =>
  new Map(
    Array.from(samples, (sample) => [
      [sample.name, ...Object.values(sample.labels)].join(" "),
      sample.type === "histogram" ? sample.histogram.count : sample.value,
    ]),
  );

/** Holds the event loop, then lets its timers tell so. */
async function block(ms: number): Promise<void> {
  await sleep(50);
  const end = performance.now() + ms;
  while (performance.now() < end);
  await sleep(50);
}
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("windows that overlap", () => {
  function setUp() {
    const clock = new FakeClock();
    const open: number[] = [];
    const windows = new OverlappingWindows(10, clock, () => {
      const at = clock.now();
      open.push(at);
      return { at, close: () => open.splice(open.indexOf(at), 1) };
    });
    const readAt = async (ms: number): Promise<number> => {
      await clock.advance(ms - clock.now());
      return windows.read(({ at }) => at);
    };
    return { windows, open, readAt };
  }

  test("are as old as one to two lengths, when they are read often", async () => {
    const { open, readAt } = setUp();
    const seen: number[] = [];
    for (let ms = 0; ms <= 50; ms += 5) seen.push(ms - (await readAt(ms)));
    expect(seen).toEqual([0, 5, 10, 15, 20, 15, 20, 15, 20, 15, 20]);
    expect(open.length).toBe(2);
  });

  test("cover all since the reading before, when they are read seldom", async () => {
    const { readAt } = setUp();
    let before = 0;
    for (let ms = 35; ms < 400; ms += 35) {
      expect(await readAt(ms)).toBeLessThanOrEqual(before);
      before = ms;
    }
  });

  test("take nothing from one reader for another's sake", async () => {
    const { readAt } = setUp();
    expect([await readAt(7), await readAt(7), await readAt(7)]).toEqual([0, 0, 0]);
    expect([await readAt(20), await readAt(20)]).toEqual([0, 0]);
  });

  test("are all closed at the end", async () => {
    const { windows, open, readAt } = setUp();
    for (let ms = 0; ms <= 60; ms += 5) await readAt(ms);
    windows.close();
    expect(open).toEqual([]);
  });
});

describe("the probe of libuv's pool", () => {
  function setUp(isProbing: boolean) {
    const clock = new FakeClock();
    const waiting: (() => void)[] = [];
    const probe = new ThreadPoolProbe(isProbing, clock, (done) => waiting.push(done));
    return { clock, waiting, look: () => values(probe.samples()) };
  }

  test("has one task at a time, whose time is told at the next collection", async () => {
    const { clock, waiting, look } = setUp(true);
    look();
    await clock.advance(2000);
    expect(look().get("victor.runtime.thread_pool.probe.age")).toBe(2);
    expect(waiting.length).toBe(1);
    waiting[0]!();
    const after = look();
    expect(after.get("victor.runtime.thread_pool.delay")).toBe(1);
    expect(after.get("victor.runtime.thread_pool.probe.age")).toBe(0);
    expect(waiting.length).toBe(2);
  });

  test("does nothing unasked", () => {
    const { waiting, look } = setUp(false);
    expect([...look().keys()].filter((name) => !name.endsWith("thread_pool.size"))).toEqual([]);
    expect(waiting).toEqual([]);
  });

  test("by default asks the pool itself", async () => {
    using runtime = new RuntimeMetrics({ probesThreadPool: true });
    const delays = (): number => values(runtime.collect()).get("victor.runtime.thread_pool.delay") ?? 0;
    while (delays() === 0) await sleep(5);
    expect(delays()).toBeGreaterThan(0);
  });
});

describe("runtime metrics", () => {
  test("have OpenTelemetry's names, and can be written by the rules", async () => {
    using runtime = new RuntimeMetrics();
    await block(20);
    const registry = new MetricRegistry();
    registry.register(runtime);
    const families = parseExposition(openMetricsText(registry), "openmetrics");
    expect(families.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
          (of) => `nodejs_eventloop_delay_${of}_seconds`,
        ),
        "nodejs_eventloop_utilization_ratio",
        "nodejs_eventloop_time_seconds",
        "v8js_gc_duration_seconds",
        "v8js_memory_heap_used_bytes",
        "v8js_memory_heap_space_size_bytes",
        "v8js_memory_heap_space_available_size_bytes",
        "v8js_memory_heap_space_physical_size_bytes",
        "process_memory_usage_bytes",
        "process_cpu_time_seconds",
        "process_uptime_seconds",
      ]),
    );
    expect(families.find(({ name }) => name === "victor_runtime_info")?.samples[0]?.labels).toMatchObject({
      process_runtime_name: "nodejs",
      process_runtime_version: process.versions.node,
    });
  });

  test("tell of a blocked event loop, to every reader and in every instance", async () => {
    using one = new RuntimeMetrics();
    using other = new RuntimeMetrics();
    await block(200);
    for (const runtime of [one, other, one, one]) {
      const seen = values(runtime.collect());
      expect(seen.get("nodejs.eventloop.delay.max")).toBeGreaterThan(0.1);
      expect(seen.get("nodejs.eventloop.delay.max")).toBeGreaterThanOrEqual(
        seen.get("nodejs.eventloop.delay.p50")!,
      );
      expect(seen.get("nodejs.eventloop.utilization")).toBeGreaterThan(0);
    }
    other.close();
    const before = values(one.collect()).get("nodejs.eventloop.delay.max")!;
    await block(before * 1000 + 200);
    expect(values(one.collect()).get("nodejs.eventloop.delay.max")).toBeGreaterThan(before);
  });

  test("count collections of garbage by kind, until they are closed", async () => {
    using runtime = new RuntimeMetrics();
    const majors = (): number => values(runtime.collect()).get("v8js.gc.duration major") ?? 0;
    for (const start = majors(); majors() <= start; await sleep(5)) await collectGarbage();
    runtime.close();
    runtime.close();
    expect([...runtime.collect()]).toEqual([]);
  });

  test("count active resources by type", async () => {
    using runtime = new RuntimeMetrics();
    const before = values(runtime.collect()).get("v8js.resource.active Timeout") ?? 0;
    const timers = Array.from({ length: 3 }, () => setTimeout(() => {}, 60_000));
    const during = values(runtime.collect()).get("v8js.resource.active Timeout");
    for (const timer of timers) clearTimeout(timer);
    expect(during).toBe(before + 3);
  });

  test.each([
    [{ windowMs: 0 }, "windowMs: expected a finite number"],
    [{ windowMs: Infinity }, "windowMs"],
    [{ probesThreadPool: 1 }, "probesThreadPool: expected a boolean, got 1"],
    [{ gc: true }, "unknown option"],
  ])("with %j are refused", (options, message) => {
    expect(() => new RuntimeMetrics(options as RuntimeMetricsOptions)).toThrow(message);
  });
});
