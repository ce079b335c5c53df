import { afterEach, describe, expect, test, vi } from "vitest";
import { AlertMonitor, type AlertMonitorOptions, type AlertNotification } from "../../../src/alerts/index.ts";
import { LatencyHistogram, MetricRegistry } from "../../../src/metrics/index.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { WatchedRegistry } from "../../support/watched-registry.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const high = { kind: "threshold", name: "high", metric: "level", above: 1 } as const;

/** A monitor whose one alert is switched on and off by hand. */
function switched(options: Omit<AlertMonitorOptions, "registry"> = {}) {
  const clock = new FakeClock();
  const registry = new MetricRegistry();
  const gauge = registry.gauge("level").bind();
  const monitor = new AlertMonitor({ registry, clock, rules: [high], ...options });
  return { clock, registry, gauge, monitor };
}

describe("time", () => {
  test("a jump of the calendar moves neither durations nor the beginning of what is active", async () => {
    const { clock, gauge, monitor } = switched({ rules: [{ ...high, forMs: 5000 }] });
    gauge.set(2);
    await clock.advance(2000);
    const sinceMs = monitor.active()[0]!.sinceMs;
    const jump = Date.now() + 86_400_000;
    vi.spyOn(Date, "now").mockReturnValue(jump);
    await clock.advance(3000);
    expect(monitor.active()).toMatchObject([{ state: "pending", sinceMs }]);
    await clock.advance(1000);
    expect(monitor.active()).toMatchObject([{ state: "firing", sinceMs: sinceMs + 5000 }]);
    expect(monitor.history()[0]!.atUnixMs).toBe(jump);
  });

  test("a process that was suspended makes up for no looks, and what held before has not held since", () => {
    const watched = new WatchedRegistry({ rules: [{ ...high, forMs: 60_000 }] });
    watched.registry.gauge("level").bind().set(2);
    watched.pass(10);
    watched.clock.block(3_600_000);
    watched.pass(1);
    // One look that was late, and the next one a second later.
    expect(watched.monitor.stats()).toMatchObject({ evaluations: 12, gaps: 1, pending: 1, firing: 0 });
    watched.pass(58);
    expect(watched.told()).toEqual([]);
    watched.pass(1);
    expect(watched.told()).toEqual(["firing high"]);
  });

  test("what a counter grew by while nobody looked is no rate of the last second", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "busy", metric: "calls", above: 100 }],
    });
    const calls = watched.registry.counter("calls").bind();
    watched.pass(5, () => calls.add(50));
    calls.add(1e6);
    watched.clock.block(60_000);
    watched.pass(5, () => calls.add(50));
    expect(watched.told()).toEqual([]);
  });
});

describe("a sink", () => {
  test("gets the firing and the resolve, in order, with one id", async () => {
    const got: AlertNotification[] = [];
    const { clock, gauge } = switched({ sinks: [{ name: "list", notify: (one) => void got.push(one) }] });
    gauge.set(2);
    await clock.advance(3000);
    gauge.set(0);
    await clock.advance(3000);
    expect(got.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    expect(got[1]!.id).toBe(got[0]!.id);
    expect(got[1]).toMatchObject({ rule: "high", severity: "warning", kind: "threshold", firedForMs: 3000 });
  });

  test("that throws, rejects or hangs harms neither the others nor the looks", async () => {
    const good: string[] = [];
    const { clock, gauge, monitor } = switched({
      sinkTimeoutMs: 10_000,
      sinks: [
        {
          name: "throws",
          notify: () => {
            throw new Error("no");
          },
        },
        { name: "rejects", notify: () => Promise.reject("no string") },
        { name: "unreadable", notify: () => Promise.reject(Object.create(null)) },
        { name: "hangs", notify: () => new Promise(() => undefined) },
        { name: "good", notify: ({ state }) => void good.push(state) },
      ],
    });
    gauge.set(2);
    await clock.advance(1000);
    gauge.set(0);
    await clock.advance(1000);
    expect(good).toEqual(["firing", "resolved"]);
    expect(monitor.stats().sinks).toMatchObject({
      throws: { failed: 2, sent: 0, lastError: "no" },
      rejects: { failed: 2, lastError: "no string" },
      unreadable: { failed: 2, queued: 0, lastError: "what can't be shown: object" },
      hangs: { failed: 0, queued: 2 },
      good: { sent: 2, queued: 0 },
    });
    await clock.advance(20_000);
    expect(monitor.stats().sinks.hangs).toMatchObject({
      failed: 2,
      queued: 0,
      lastError: "not done within 10000 ms",
    });
  });

  test("that is too slow has a bounded queue, and loses the oldest, counted", async () => {
    const rules = Array.from({ length: 10 }, (_, i) => ({ ...high, name: `rule ${i}` }));
    const got: string[] = [];
    let release = (): void => undefined;
    const { clock, gauge, monitor } = switched({
      rules,
      maxQueue: 3,
      sinks: [
        {
          name: "slow",
          notify: async ({ rule }) => {
            got.push(rule);
            if (got.length === 1) await new Promise<void>((resolve) => (release = resolve));
          },
        },
      ],
    });
    gauge.set(2);
    await clock.advance(1000);
    expect(monitor.stats().sinks.slow).toMatchObject({ queued: 4, dropped: 6 });
    release();
    await settle();
    expect(got).toEqual(["rule 0", "rule 7", "rule 8", "rule 9"]);
  });
});

describe("memory", () => {
  test("the history keeps the latest only", async () => {
    const { clock, gauge, monitor } = switched({ maxHistory: 3, rules: [high, { ...high, name: "other" }] });
    gauge.set(2);
    await clock.advance(1000);
    gauge.set(0);
    await clock.advance(1000);
    expect(monitor.history().map(({ state, rule }) => `${state} ${rule}`)).toEqual([
      "firing other",
      "resolved high",
      "resolved other",
    ]);
  });

  test("series beyond the bound are refused and counted; those that vanish make room", () => {
    const watched = new WatchedRegistry({ rules: [high], maxSeries: 10 });
    let first = 0;
    watched.registry.register({
      name: "many",
      collect: () =>
        Array.from({ length: 10 }, (_, i) => ({
          type: "gauge" as const,
          name: "level",
          help: "",
          labels: { id: String(first + i) },
          value: 2,
        })),
    });
    watched.pass(1);
    expect(watched.monitor.stats()).toMatchObject({ firing: 10, refused: 0 });
    first = 5;
    watched.pass(1);
    expect(watched.monitor.stats()).toMatchObject({ firing: 10, refused: 5 });
    watched.pass(4000);
    expect(
      watched.monitor
        .active()
        .map(({ labels }) => Number(labels.id))
        .sort((a, b) => a - b),
    ).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });
});

describe("a registry that misbehaves", () => {
  test("whose histogram throws makes one rule know nothing, and no other", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "odd", metric: "odd", quantile: 0.5, above: 1 }, high],
    });
    watched.registry.gauge("level").bind().set(2);
    let count = 0;
    watched.registry.register({
      name: "odd",
      collect: () => [
        {
          type: "histogram" as const,
          name: "odd",
          help: "",
          labels: {},
          histogram: {
            count: ++count,
            sum: 0,
            min: 0,
            max: 1,
            quantile: () => {
              throw new Error("odd");
            },
            countAtOrBelow: () => {
              throw new Error("odd");
            },
          },
        },
      ],
    });
    watched.pass(3);
    expect(watched.told()).toEqual(["firing high"]);
    expect(watched.monitor.stats().errors).toBe(2);
  });

  test("whose source gives the histogram it records into is watched like any other", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "slow", metric: "live", quantile: 0.5, above: 1 }],
    });
    const histogram = new LatencyHistogram();
    watched.registry.register({
      name: "live",
      collect: () => [{ type: "histogram" as const, name: "live", help: "", labels: {}, histogram }],
    });
    watched.pass(3, () => histogram.record(5));
    expect(watched.told()).toEqual(["firing slow"]);
  });

  test("that throws as a whole is survived and counted", async () => {
    const clock = new FakeClock();
    const registry = {
      collect: (): never => {
        throw new Error("no");
      },
    };
    const monitor = new AlertMonitor({ registry, clock, rules: [high] });
    await clock.advance(3000);
    expect(monitor.stats()).toMatchObject({ evaluations: 3, errors: 3 });
  });

  test.each([[null], [{ type: "gauge", value: 2, labels: {} }]])(
    "that gives %s among its samples is survived and counted",
    async (odd) => {
      const clock = new FakeClock();
      const level = { type: "gauge", name: "level", help: "", labels: {}, value: 2 };
      const registry = { collect: () => [level, odd] } as unknown as Pick<MetricRegistry, "collect">;
      const monitor = new AlertMonitor({ registry, clock, rules: [high], degradation: true });
      await clock.advance(3000);
      expect(monitor.stats()).toMatchObject({ evaluations: 3, errors: 3, firing: 0 });
      await monitor.close();
    },
  );

  test("that gives no array is survived and counted", async () => {
    const clock = new FakeClock();
    const registry = { collect: async () => [] } as unknown as Pick<MetricRegistry, "collect">;
    const monitor = new AlertMonitor({ registry, clock, rules: [high] });
    await clock.advance(3000);
    expect(monitor.stats()).toMatchObject({ evaluations: 3, errors: 3 });
  });
});

test("its own metrics can be watched in the registry that it watches", async () => {
  const { clock, registry, gauge, monitor } = switched({
    sinks: [{ name: "list", notify: () => undefined }],
  });
  registry.register(monitor);
  gauge.set(2);
  await clock.advance(2000);
  const value = (name: string, labels: object): number | undefined => {
    const found = registry
      .collect()
      .find((sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels));
    return found?.type === "histogram" ? undefined : found?.value;
  };
  expect(value("victor.alerts.firing", { severity: "warning" })).toBe(1);
  expect(value("victor.alerts.firing", { severity: "critical" })).toBe(0);
  expect(value("victor.alerts.notifications", { sink: "list", outcome: "sent" })).toBe(1);
  expect(value("victor.alerts.evaluations", {})).toBe(2);
});

describe("closing", () => {
  test("by a source that is asked tells nothing any more", async () => {
    const got: AlertNotification[] = [];
    const { clock, registry, gauge, monitor } = switched({
      sinks: [{ name: "list", notify: (one) => void got.push(one) }],
    });
    gauge.set(2);
    let closing: Promise<void> | undefined;
    registry.register({
      name: "closes",
      collect: () => {
        closing = monitor.close();
        return [];
      },
    });
    await clock.advance(1000);
    await closing;
    await settle();
    expect(got).toEqual([]);
    expect(monitor.stats()).toMatchObject({ evaluations: 0, firing: 0 });
    expect(clock.pending).toBe(0);
  });

  test("ends the looks and waits for the sinks", async () => {
    let release = (): void => undefined;
    let closed = false;
    const { clock, gauge, monitor } = switched({
      sinks: [{ name: "slow", notify: () => new Promise<void>((resolve) => (release = resolve)) }],
    });
    gauge.set(2);
    await clock.advance(1000);
    const closing = monitor.close().then(() => {
      closed = true;
    });
    await settle();
    expect(closed).toBe(false);
    release();
    await closing;
    expect(clock.pending).toBe(0);
    monitor.evaluate();
    expect(monitor.stats().evaluations).toBe(1);
  });

  test("gives up what is not delivered in time, and tells the sink by its signal", async () => {
    let aborted = false;
    const { clock, gauge, monitor } = switched({
      sinks: [
        {
          name: "hangs",
          notify: (_, signal) =>
            new Promise(() => {
              signal.addEventListener("abort", () => {
                aborted = true;
              });
            }),
        },
      ],
    });
    gauge.set(2);
    await clock.advance(1000);
    const closing = monitor.close({ timeoutMs: 3000 });
    await clock.advance(3000);
    await closing;
    expect(aborted).toBe(true);
    expect(monitor.stats().sinks.hangs).toMatchObject({ failed: 1 });
    await expect(monitor.close()).resolves.toBeUndefined();
  });
});

test("wrong options are refused by name", () => {
  const registry = new MetricRegistry();
  const clock = new FakeClock();
  const open = (options: object) => () => new AlertMonitor({ registry, clock, ...options });
  expect(open({ registry: {} })).toThrow("registry: expected a MetricRegistry");
  expect(open({ intervalMs: 1 })).toThrow("intervalMs: expected a finite number from 10 to 3600000, got 1");
  expect(open({ interval: 1 })).toThrow('AlertMonitor: unknown option "interval"');
  expect(open({ degradation: "yes" })).toThrow("degradation: expected true or false");
  expect(open({ sinks: [{}] })).toThrow("sinks[0]: expected a sink with a name and a notify function");
  expect(open({ sinks: [1, 2].map(() => ({ name: "a", notify: () => undefined })) })).toThrow(
    'sinks[1]: another sink is called "a"',
  );
  expect(open({ maxQueue: 0 })).toThrow("maxQueue");
  expect(clock.pending).toBe(0);
});

test("a rule whose metric was never there is told of, once, unless it waits for just that", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  const slip = {
    kind: "ratio",
    name: "errors",
    numerator: { metric: "failed_total" },
    denominator: { metric: "level" },
    above: 1,
  } as const;
  const gone = { kind: "absence", name: "gone", metric: "never" } as const;
  const { clock, monitor } = switched({ rules: [high, slip, gone] });
  expect(monitor.stats().unmatched).toEqual(["high", "errors"]);
  await clock.advance(59_000);
  expect(monitor.stats().unmatched).toEqual(["errors"]);
  expect(warn).not.toHaveBeenCalled();
  await clock.advance(120_000);
  expect(warn.mock.calls).toEqual([
    [
      'alert rule "errors": there has been no metric "failed_total" so far; names are those of the registry, such as http.client.request.duration',
      { code: "VICTOR_ALERT_RULE" },
    ],
  ]);
});
