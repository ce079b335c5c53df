import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { QueryMetrics, type QueryMetricsOptions } from "../../../src/database/monitoring/query-metrics.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const clock = { current: new FakeClock() };
const metricsWith = (options: QueryMetricsOptions = {}) =>
  new QueryMetrics({ clock: clock.current, ...options });
const start = new Date("2030-01-01T00:00:00Z");

beforeEach(() => {
  clock.current = new FakeClock();
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

async function advance(ms: number): Promise<void> {
  await clock.current.advance(ms);
  vi.setSystemTime(Date.now() + ms);
}

const withinOnePercent = (value: number) => expect.closeTo(value, -Math.log10(value * 0.02));

describe("per fingerprint", () => {
  test("executions, failures, rows, latencies and hits are counted", async () => {
    const metrics = metricsWith();
    const entry = metrics.entry("select ?");
    for (let ms = 1; ms <= 98; ms++) entry.record(ms, 2);
    entry.record(200, 4);
    entry.fail(400);
    await advance(1000);
    entry.hits += 300;
    expect(metrics.getQueryMetrics()).toEqual([
      {
        fingerprint: "select ?",
        count: 100,
        errors: 1,
        rows: 200,
        meanMs: (98 * 99) / 200 + 6,
        minMs: 1,
        maxMs: 400,
        p50Ms: withinOnePercent(50),
        p95Ms: withinOnePercent(95),
        p99Ms: withinOnePercent(200),
        hits: 300,
        hitRate: 0.75,
        lastSeen: start,
      },
    ]);
  });

  test("the one that took most time in all comes first", () => {
    const metrics = metricsWith();
    metrics.entry("often").record(1, 1);
    metrics.entry("slow").record(50, 1);
    metrics.entry("never run");
    expect(metrics.getQueryMetrics().map(({ fingerprint }) => fingerprint)).toEqual(["slow", "often"]);
  });

  test("the same fingerprint has the same entry", () => {
    const metrics = metricsWith();
    expect(metrics.entry("a")).toBe(metrics.entry("a"));
  });

  test("one that was only ever answered from the cache has no latencies and was never seen on the database", () => {
    const metrics = metricsWith();
    metrics.entry("a").hits++;
    expect(metrics.getQueryMetrics()).toEqual([
      expect.objectContaining({
        count: 0,
        meanMs: 0,
        p99Ms: 0,
        maxMs: 0,
        hits: 1,
        hitRate: 1,
        lastSeen: undefined,
      }),
    ]);
  });
});

describe("beyond the bound", () => {
  test("the least recently seen is folded into (other), whatever it was seen by", async () => {
    const metrics = metricsWith({ maxFingerprints: 3 });
    const [ran, hit, asked] = ["ran", "hit", "asked"].map((name) => metrics.entry(name));
    for (const entry of [ran!, hit!, asked!]) entry.record(10, 1);
    await advance(10);
    metrics.entry("asked");
    await advance(10);
    ran!.record(10, 1);
    await advance(10);
    hit!.hits++;
    metrics.entry("new 1").record(1, 1);
    expect(names(metrics)).toEqual(["(other)", "hit", "new 1", "ran"]);
    expect(statsOf(metrics, "(other)")).toMatchObject({
      count: 1,
      rows: 1,
      meanMs: 10,
      minMs: 10,
      maxMs: 10,
    });
    await advance(10);
    metrics.entry("new 2").record(1, 1);
    expect(names(metrics)).toEqual(["(other)", "hit", "new 1", "new 2"]);
    await advance(10);
    metrics.entry("new 3").record(1, 1);
    expect(names(metrics)).toEqual(["(other)", "new 1", "new 2", "new 3"]);
  });

  test("an entry that has been dropped counts on into (other)", () => {
    const metrics = metricsWith({ maxFingerprints: 1 });
    const dropped = metrics.entry("a");
    dropped.record(5, 1);
    dropped.hits++;
    metrics.entry("b").record(1, 1);
    dropped.record(7, 2);
    dropped.hits++;
    dropped.fail(9);
    expect(statsOf(metrics, "(other)")).toMatchObject({
      count: 3,
      rows: 3,
      errors: 1,
      hits: 2,
      minMs: 5,
      maxMs: 9,
    });
    expect(statsOf(metrics, "b")).toMatchObject({ count: 1, hits: 0 });
  });

  test("a fingerprint that comes back is counted anew", () => {
    const metrics = metricsWith({ maxFingerprints: 1 });
    const first = metrics.entry("a");
    first.record(5, 1);
    metrics.entry("b");
    const second = metrics.entry("a");
    second.record(6, 1);
    first.record(8, 1);
    expect(statsOf(metrics, "a")).toMatchObject({ count: 1, maxMs: 6 });
    expect(statsOf(metrics, "(other)")).toMatchObject({ count: 2, maxMs: 8 });
  });

  test("no execution is lost, however many fingerprints come and go", () => {
    const metrics = metricsWith({ maxFingerprints: 10 });
    for (let i = 0; i < 1000; i++) {
      const entry = metrics.entry(`statement ${(i * 7919) % 97}`);
      entry.record(1, 3);
      entry.hits++;
    }
    const all = metrics.getQueryMetrics();
    expect(all).toHaveLength(11);
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
    expect(all.reduce((sum, { rows }) => sum + rows, 0)).toBe(3000);
    expect(all.reduce((sum, { hits }) => sum + hits, 0)).toBe(1000);
  });
});

describe("the slow log", () => {
  test("holds executions from the threshold on, slowest first, failed ones too", async () => {
    const metrics = metricsWith({ slowThresholdMs: 50 });
    const entry = metrics.entry("select ?");
    entry.record(49.9, 1);
    entry.record(50, 7);
    await advance(500);
    entry.fail(80);
    expect(metrics.getSlowQueries()).toEqual([
      {
        fingerprint: "select ?",
        durationMs: 80,
        when: new Date(start.getTime() + 500),
        rows: 0,
        failed: true,
      },
      { fingerprint: "select ?", durationMs: 50, when: start, rows: 7, failed: false },
    ]);
  });

  test("can be asked for fewer", () => {
    const metrics = metricsWith({ slowThresholdMs: 0 });
    for (const ms of [30, 10, 20]) metrics.entry("a").record(ms, 1);
    const durations = (options: object) =>
      metrics.getSlowQueries(options).map(({ durationMs }) => durationMs);
    expect(durations({ thresholdMs: 20 })).toEqual([30, 20]);
    expect(durations({ limit: 1 })).toEqual([30]);
    expect(() => metrics.getSlowQueries({ limit: -1 })).toThrow("limit: expected an integer ≥ 0, got -1");
    expect(() => metrics.getSlowQueries({ thresholdMs: -1 })).toThrow(RangeError);
  });

  test("keeps the worst and forgets the rest", () => {
    const metrics = metricsWith({ slowThresholdMs: 0, maxSlow: 3 });
    for (const ms of [5, 1, 4, 2, 3, 6]) metrics.entry(`statement ${ms}`).record(ms, 1);
    expect(metrics.getSlowQueries().map(({ durationMs }) => durationMs)).toEqual([6, 5, 4]);
  });

  test("gives one fingerprint at most a tenth, so that it pushes no other out", () => {
    const metrics = metricsWith({ slowThresholdMs: 0, maxSlow: 20 });
    metrics.entry("rare").record(1, 1);
    for (let ms = 100; ms < 200; ms++) metrics.entry("often").record(ms, 1);
    for (let ms = 199; ms > 100; ms--) metrics.entry("often").record(ms - 0.5, 1);
    expect(metrics.getSlowQueries().map(({ durationMs }) => durationMs)).toEqual([199, 198.5, 1]);
  });

  test("Infinity turns it off", () => {
    const metrics = metricsWith({ slowThresholdMs: Infinity });
    metrics.entry("a").record(1e9, 1);
    expect(metrics.getSlowQueries()).toEqual([]);
  });

  test("shows the plan once it is attached", () => {
    const metrics = metricsWith({ slowThresholdMs: 0 });
    metrics.entry("a").record(5, 1);
    metrics.attachPlan("a", "SCAN t");
    expect(metrics.getSlowQueries()).toMatchObject([{ fingerprint: "a", plan: "SCAN t" }]);
  });
});

describe("collect", () => {
  test("gives OpenTelemetry's duration in seconds, and counts, for each fingerprint", () => {
    const metrics = metricsWith({ system: "sqlite" });
    const entry = metrics.entry("select ?");
    entry.record(250, 3);
    entry.fail(750);
    entry.hits = 5;
    const samples = [...metrics.collect()];
    const labels = { "db.system.name": "sqlite", "db.query.summary": "select ?" };
    expect(samples.map(({ type, name, unit }) => [type, name, unit])).toEqual([
      ["histogram", "db.client.operation.duration", "s"],
      ["counter", "victor.db.client.operation.errors", "{operation}"],
      ["counter", "victor.db.client.operation.rows", "{row}"],
      ["counter", "victor.db.client.operation.cache_hits", "{operation}"],
    ]);
    for (const sample of samples) expect(sample.labels).toEqual(labels);
    expect(samples.slice(1).map((sample) => sample.type !== "histogram" && sample.value)).toEqual([1, 3, 5]);
    const [duration] = samples;
    if (duration?.type !== "histogram") throw new Error("expected a histogram");
    const { histogram } = duration;
    expect([histogram.count, histogram.sum, histogram.min, histogram.max]).toEqual([2, 1, 0.25, 0.75]);
    expect([0.2, 0.5, 1].map((bound) => histogram.countAtOrBelow(bound))).toEqual([0, 1, 2]);
    expect(histogram.quantile(1)).toBe(0.75);
  });

  test("has at most maxFingerprints + 1 series of a name, all different, with summaries of at most 255", () => {
    const metrics = metricsWith({ maxFingerprints: 5 });
    for (let i = 0; i < 20; i++) metrics.entry(`${"x".repeat(300)} ${i}`).record(1, 1);
    const summaries = [...metrics.collect()]
      .filter(({ type }) => type === "histogram")
      .map(({ labels }) => labels["db.query.summary"]!);
    expect(summaries).toHaveLength(6);
    expect(new Set(summaries).size).toBe(6);
    for (const summary of summaries) expect(summary.length).toBeLessThanOrEqual(255);
  });
});

test.each([
  [{ maxFingerprints: 0 }, "maxFingerprints: expected an integer ≥ 1, got 0"],
  [{ maxSlow: 1.5 }, "maxSlow: expected an integer ≥ 1, got 1.5"],
  [{ slowThresholdMs: -1 }, "slowThresholdMs: expected milliseconds ≥ 0, got -1"],
  [{ dialect: "sqlite" }, 'QueryMetrics: unknown option "dialect"'],
])("%o is refused: %s", (options, message) => {
  expect(() => new QueryMetrics(options as QueryMetricsOptions)).toThrow(message);
});

const names = (metrics: QueryMetrics): string[] =>
  metrics
    .getQueryMetrics()
    .map(({ fingerprint }) => fingerprint)
    .sort();
const statsOf = (metrics: QueryMetrics, name: string) =>
  metrics.getQueryMetrics().find(({ fingerprint }) => fingerprint === name);
