import { expect, test, vi } from "vitest";
import { readPanels } from "../../../src/dashboard/panel-sources.ts";
import { SampleTimer } from "../../../src/dashboard/sample-timer.ts";
import { Sampler } from "../../../src/dashboard/sampler.ts";
import type { RowDescription, Tick } from "../../../src/dashboard/wire.ts";
import { FlatSeries } from "../../../src/metrics/export/flat-series.ts";
import { samplesInSteps } from "../../../src/metrics/export/samples-in-steps.ts";
import { type Labels, MetricRegistry, type MetricSample } from "../../../src/metrics/index.ts";
import { probed } from "../../../src/metrics/probed-sample.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const gauge = (name: string, value: number, labels: Labels = {}): MetricSample => ({
  type: "gauge",
  name,
  help: "",
  labels,
  value,
});
const counter = (name: string, value: number, labels: Labels = {}): MetricSample => ({
  type: "counter",
  name,
  help: "",
  labels,
  value,
});

/** What a sample says of the rows of one kind, by name. */
function said(rows: readonly RowDescription[], tick: Tick, kind: string): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    tick.rows.flatMap(([id, ...figures]) => {
      const row = rows.find((each) => each.id === id)!;
      return row.kind === kind ? [[row.name, figures]] : [];
    }),
  );
}

test("a counter has a rate from its second sample on, and begins anew where it falls", () => {
  let value = 10;
  const sampler = new Sampler({ collect: () => [counter("jobs", value)] }, 10, 10);
  expect(sampler.sample(1_000).tick.rows).toEqual([[1, 10, null]]);
  value = 30;
  expect(sampler.sample(3_000).tick.rows).toEqual([[1, 30, 10]]);
  value = 4;
  expect(sampler.sample(5_000).tick.rows).toEqual([[1, 4, 2]]);
});

test("a histogram of times gives rate, percentiles of the interval and errors, over all its series", () => {
  const registry = new MetricRegistry();
  const durations = registry.histogram("http.server.request.duration", {
    unit: "s",
    labels: ["route", "error.type"],
  });
  const [good, bad] = [
    durations.bind({ route: "/", "error.type": "" }),
    durations.bind({ route: "/", "error.type": "E" }),
  ];
  good.record(7);
  bad.record(7);
  const sampler = new Sampler(registry, 10, 50);
  sampler.sample(1_000);
  for (let i = 0; i < 98; i++) good.record(0.01);
  for (let i = 0; i < 2; i++) bad.record(0.5);
  const { tick } = sampler.sample(3_000);
  const [now, rate, p50, p95, p99, errors] = said(sampler.rows(), tick, "latency")[
    "http.server.request.duration"
  ]!;
  expect(now).toEqual([102, expect.closeTo(15.98)]);
  expect([rate, errors]).toEqual([50, 1]);
  for (const [found, exact] of [
    [p50, 0.01],
    [p95, 0.01],
    [p99, 0.5],
  ] as const)
    expect(Math.abs((found as number) / exact - 1)).toBeLessThan(0.017);
});

test("pools are rows of used, limit, waiting and turned away", () => {
  const pool = { "db.client.connection.pool.name": "main" };
  let timeouts = 1;
  const collect = () => [
    gauge("db.client.connection.count", 3, { ...pool, "db.client.connection.state": "used" }),
    gauge("db.client.connection.count", 2, { ...pool, "db.client.connection.state": "idle" }),
    gauge("db.client.connection.max", 10, pool),
    gauge("db.client.connection.pending_requests", 4, pool),
    counter("db.client.connection.timeouts", timeouts, pool),
    gauge("victor.semaphore.limit", 8, { "victor.semaphore.name": "api" }),
    gauge("victor.semaphore.in_flight", 2, {
      "victor.semaphore.name": "api",
      "victor.semaphore.partition": "a",
    }),
    gauge("victor.semaphore.in_flight", 3, {
      "victor.semaphore.name": "api",
      "victor.semaphore.partition": "b",
    }),
  ];
  const sampler = new Sampler({ collect }, 10, 50);
  sampler.sample(1_000);
  timeouts = 3;
  const { tick } = sampler.sample(2_000);
  expect(said(sampler.rows(), tick, "resource")).toEqual({
    Connections: [null, 3, 10, 4, 2],
    Semaphore: [null, 5, 8, null, null],
  });
});

test("hits and misses are a share of hits in the interval, and say both since the start", () => {
  let [hits, misses] = [0, 0];
  const collect = () => [counter("victor.cache.hits", hits), counter("victor.cache.misses", misses)];
  const sampler = new Sampler({ collect }, 10, 50);
  const share = (time: number) => {
    const { tick } = sampler.sample(time);
    return said(sampler.rows(), tick, "hits");
  };
  expect(share(1_000)).toEqual({});
  [hits, misses] = [10, 10];
  expect(share(2_000)).toEqual({ victor_cache: [[10, 10], 0.5] });
  [hits, misses] = [19, 11];
  expect(share(3_000)).toEqual({ victor_cache: [[19, 11], 0.9] });
});

test("a source that records into the histogram that it gives out doesn't change what was seen", () => {
  const registry = new MetricRegistry();
  const series = registry.histogram("wait", { unit: "s" }).bind({});
  const live = {
    collect: (): MetricSample[] => [
      { type: "histogram", name: "wait", help: "", unit: "s", labels: {}, histogram: series },
    ],
  };
  const sampler = new Sampler(live, 10, 50);
  series.record(1);
  sampler.sample(1_000);
  series.record(1);
  series.record(1);
  const [, rate] = said(sampler.rows(), sampler.sample(2_000).tick, "histogram").wait!;
  expect(rate).toBe(2);
});

test("a flood of labels is bounded and counted, and the sums are shown all the same", () => {
  let seen = 0;
  const registry = {
    collect: () => {
      const flood = Array.from({ length: 100 }, () => gauge("flood", 1, { user: `u${seen++}` }));
      return [...flood, counter("victor.cache.hits", seen), counter("victor.cache.misses", 1)];
    },
  };
  const sampler = new Sampler(registry, 10, 20);
  for (let time = 1; time <= 5; time++) {
    const { tick } = sampler.sample(time * 1_000);
    expect(said(sampler.rows(), tick, "hits")).toHaveProperty("victor_cache");
    expect(sampler.rows().length).toBeLessThanOrEqual(20);
    expect(sampler.refusedNow).toBeGreaterThan(0);
  }
  const { series, dropped, refused } = sampler.stats();
  expect(series).toBe(20);
  expect(dropped + refused).toBeGreaterThan(400);
});

test("what stays refused is counted once", () => {
  const collect = () => Array.from({ length: 12 }, (_, i) => gauge(`g${i}`, i));
  const sampler = new Sampler({ collect }, 10, 10);
  for (let time = 1; time <= 5; time++) sampler.sample(time * 1_000);
  expect(sampler.stats()).toMatchObject({ series: 10, dropped: 0, refused: 2 });
});

test("values that JSON has no word for, and texts of any length, are told within bounds", () => {
  const long = "x".repeat(1_000_000);
  const collect = () => [gauge("odd", Number.POSITIVE_INFINITY, { long }), gauge("none", Number.NaN)];
  const sampler = new Sampler({ collect }, 10, 10);
  const { changes, tick } = sampler.sample(1_000);
  expect(tick.rows).toEqual([
    [1, null, null],
    [2, null, null],
  ]);
  expect(JSON.stringify(changes).length).toBeLessThan(2_000);
});

test("samples are taken at even times, late ones don't move the next, and missed ones are left out", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const timer = new SampleTimer(clock, 1_000, undefined, () => void times.push(clock.now()));
  await clock.advance(2_500);
  expect(times).toEqual([0, 1_000, 2_000]);
  timer.close();
  await clock.advance(5_000);
  expect(times).toHaveLength(3);
  expect(clock.pending).toBe(0);

  // A refresh that takes 2.2 s: the samples in between are lost, the next one is on time again.
  let slow = 2_200;
  const late: number[] = [];
  const refresh = (): Promise<void> => {
    const wait = slow;
    slow = 0;
    return new Promise((resolve) => void clock.setTimeout(resolve, wait));
  };
  const begin = clock.now();
  const second = new SampleTimer(clock, 1_000, refresh, () => void late.push(clock.now() - begin));
  await clock.advance(4_500);
  expect(late).toEqual([2_200, 3_000, 4_000]);
  second.close();
});

test("sampling goes on whatever a refresh or a panel throws", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  const clock = new FakeClock();
  const unreadable = (): never => {
    throw Object.create(null);
  };
  let samples = 0;
  const refresh = async (): Promise<void> => (clock.now() < 2_000 ? unreadable() : undefined);
  const timer = new SampleTimer(clock, 1_000, refresh, () => void samples++);
  await clock.advance(3_500);
  expect([samples, timer.failed]).toEqual([2, 2]);
  timer.close();
  warned.mockRestore();
  expect(readPanels({ rollouts: unreadable }).failed).toEqual(["Rollouts: what can't be shown: object"]);
});

test("a panel that gives a promise has failed, and its rejection ends nothing", async () => {
  const unhandled = vi.fn();
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", unhandled);
  try {
    const rejected = async (): Promise<never> => {
      throw new Error("later");
    };
    const { failed } = readPanels({ rollouts: rejected as unknown as () => never });
    await new Promise((resolve) => setImmediate(resolve));
    expect(failed).toEqual(["Rollouts: it gave a promise, which nobody waits for"]);
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off("unhandledRejection", unhandled);
    for (const other of others) process.on("unhandledRejection", other);
  }
});

test("a histogram that throws costs its own source alone", () => {
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  const registry = new MetricRegistry();
  registry.gauge("level").bind().set(7);
  const histogram = {
    count: 1,
    sum: 1,
    min: 1,
    max: 1,
    quantile: () => 1,
    countAtOrBelow: (): never => {
      throw new Error("odd");
    },
  };
  registry.register({
    name: "odd",
    collect: () => [{ type: "histogram", name: "odd", help: "", labels: {}, histogram }],
  });
  const sampler = new Sampler(registry, 10, 100);
  sampler.sample(1_000);
  sampler.sample(2_000);
  warned.mockRestore();
  expect(sampler.rows().map(({ name }) => name)).toEqual(["level", "victor.metrics.source.errors"]);
  const numbers = new FlatSeries().points(samplesInSteps(registry, probed), ({ name }) => name);
  expect(Array.from(numbers, ({ name, value }) => `${name} ${value}`)).toContain("level 7");
});
