import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/measure/index.ts";
import type { MetricSample } from "../../../src/metrics/index.ts";
import { binomial, normalDraws } from "../../support/noisy-series.ts";
import { WatchedRegistry } from "../../support/watched-registry.ts";

describe("a threshold", () => {
  test("on a gauge fires when it has held, with hysteresis", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "full", metric: "queue", above: 10, resolveAt: 5, forMs: 3000 }],
    });
    const gauge = watched.registry.gauge("queue").bind();
    gauge.set(11);
    watched.pass(3);
    expect(watched.monitor.active()).toMatchObject([{ rule: "full", state: "pending", value: 11 }]);
    watched.pass(1);
    expect(watched.monitor.active()).toMatchObject([
      { state: "firing", severity: "warning", labels: {}, reason: "queue: 11 is above 10" },
    ]);
    gauge.set(7);
    watched.pass(10);
    expect(watched.told()).toEqual(["firing full"]);
    gauge.set(5);
    watched.pass(1);
    expect(watched.last()).toMatchObject({ state: "resolved", value: 5, firedForMs: 11_000 });
    expect(watched.last()!.id).toBe(watched.monitor.history()[0]!.id);
    expect(watched.monitor.active()).toEqual([]);
  });

  test("on a counter judges its rate, and takes a restart of the counter for what it is", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "busy", metric: "calls", above: 100, overMs: 10_000 }],
    });
    let value = 1e9;
    watched.registry.register({
      name: "calls",
      collect: (): MetricSample[] => [{ type: "counter", name: "calls", help: "", labels: {}, value }],
    });
    watched.pass(60, () => {
      value += 90;
    });
    value = 0;
    watched.pass(60, () => {
      value += 90;
    });
    expect(watched.told()).toEqual([]);
    watched.pass(20, () => {
      value += 110;
    });
    expect(watched.last()).toMatchObject({ state: "firing" });
    expect(watched.last()!.value).toBeCloseTo(110, 6);
  });

  test("on a histogram judges the quantile of its window, not of all time", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "slow", metric: "took", quantile: 0.9, above: 0.5 }],
    });
    const histogram = watched.registry.histogram("took", { unit: "s" }).bind();
    for (let i = 0; i < 100_000; i++) histogram.record(0.1);
    watched.pass(5, () => histogram.record(0.1));
    expect(watched.told()).toEqual([]);
    watched.pass(1, () => histogram.record(0.8));
    expect(watched.last()).toMatchObject({ state: "firing" });
    expect(watched.last()!.value).toBeCloseTo(0.8, 1);
    watched.pass(1, () => histogram.record(0.1));
    expect(watched.told()).toEqual(["firing slow", "resolved slow"]);
  });

  test("on a histogram counts values above a bound", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "many slow", metric: "took", recordedAbove: 0.5, above: 2 }],
    });
    const histogram = watched.registry.histogram("took", { unit: "s" }).bind();
    watched.pass(5, () => {
      for (let i = 0; i < 100; i++) histogram.record(0.1);
      histogram.record(1);
    });
    expect(watched.told()).toEqual([]);
    watched.pass(1, () => {
      for (let i = 0; i < 3; i++) histogram.record(1);
    });
    expect(watched.last()).toMatchObject({ state: "firing", value: 3 });
  });

  test("each series alerts for itself, among those that have the labels", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "full", metric: "queue", labels: { zone: "a" }, above: 1 }],
    });
    const queue = watched.registry.gauge("queue", { labels: ["zone", "name"] });
    for (const [zone, name, value] of [
      ["a", "x", 2],
      ["a", "y", 0],
      ["a", "z", 3],
      ["b", "x", 9],
    ] as const)
      queue.bind({ zone, name }).set(value);
    watched.pass(2);
    expect(watched.monitor.active().map(({ labels }) => labels)).toEqual([
      { zone: "a", name: "x" },
      { zone: "a", name: "z" },
    ]);
  });

  test("NaN and a vanished series are neither good nor bad, and resolve after five minutes", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "threshold", name: "low", metric: "free", below: 10 }],
    });
    let samples: MetricSample[] = [{ type: "gauge", name: "free", help: "", labels: {}, value: 3 }];
    watched.registry.register({ name: "source", collect: () => samples });
    watched.pass(1);
    samples = [{ type: "gauge", name: "free", help: "", labels: {}, value: Number.NaN }];
    watched.pass(100);
    samples = [];
    watched.pass(200);
    expect(watched.told()).toEqual(["firing low"]);
    expect(watched.monitor.active()).toMatchObject([{ state: "firing", value: Number.NaN }]);
    watched.pass(2);
    expect(watched.last()).toMatchObject({
      state: "resolved",
      value: null,
      reason: "nothing is known any more; last: free: 3 is below 10",
    });
  });
});

describe("a ratio", () => {
  const rules = [
    {
      kind: "ratio",
      name: "errors",
      numerator: { metric: "responses", labels: { status: "500" } },
      denominator: { metric: "responses" },
      above: 0.1,
      overMs: 10_000,
      minDenominator: 20,
    },
  ] as const;

  test("adds up all series on each side, over its window", () => {
    const watched = new WatchedRegistry({ rules });
    const responses = watched.registry.counter("responses", { labels: ["status"] });
    watched.pass(21, () => responses.bind({ status: "200" }).add(9));
    // The first error's series is born now, beside the others: its first value counts.
    watched.pass(10, (second) => {
      responses.bind({ status: "200" }).add(9);
      if (second >= 4) responses.bind({ status: "500" }).add(4);
    });
    expect(watched.last()).toMatchObject({ state: "firing", rule: "errors" });
    expect(watched.last()!.value).toBeCloseTo(24 / 114, 6);
  });

  test("of too little, or of nothing, says nothing", () => {
    const watched = new WatchedRegistry({ rules });
    const responses = watched.registry.counter("responses", { labels: ["status"] });
    const failed = responses.bind({ status: "500" });
    watched.pass(100, () => failed.add(1));
    watched.pass(100);
    expect(watched.told()).toEqual([]);
  });

  test("of gauges divides them as they are", () => {
    const watched = new WatchedRegistry({
      rules: [
        {
          kind: "ratio",
          name: "nearly full",
          numerator: { metric: "used" },
          denominator: { metric: "size" },
          above: 0.9,
        },
      ],
    });
    const used = watched.registry.gauge("used").bind();
    watched.registry.gauge("size").bind().set(50);
    used.set(45);
    watched.pass(3);
    expect(watched.told()).toEqual([]);
    used.set(46);
    watched.pass(1);
    expect(watched.last()).toMatchObject({ value: 0.92, reason: "used by size: 0.92 is above 0.9" });
  });
});

test("absence fires when nothing has been there for long enough, and resolves when it comes", () => {
  const watched = new WatchedRegistry({
    rules: [{ kind: "absence", name: "gone", metric: "beat", labels: { node: "a" }, forMs: 10_000 }],
  });
  const beat = watched.registry.counter("beat", { labels: ["node"] });
  beat.bind({ node: "b" }).inc();
  watched.pass(10);
  expect(watched.told()).toEqual([]);
  watched.pass(1);
  expect(watched.last()).toMatchObject({ state: "firing", labels: { node: "a" }, value: 0 });
  beat.bind({ node: "a" }).inc();
  watched.pass(1);
  expect(watched.told()).toEqual(["firing gone", "resolved gone"]);
});

describe("a burn rate", () => {
  const rules = [
    {
      kind: "burn-rate",
      name: "slo",
      objective: 0.99,
      total: { metric: "calls" },
      bad: { metric: "errors" },
    },
  ] as const;

  /** A look every ten seconds. @returns seconds until it tells something more, `Infinity` for never */
  function secondsUntilTold(watched: WatchedRegistry, seconds: number, before: () => void): number {
    const known = watched.told().length;
    for (let passed = 10; passed <= seconds; passed += 10) {
      watched.pass(1, before);
      if (watched.told().length > known) return passed;
    }
    return Number.POSITIVE_INFINITY;
  }

  function started() {
    const watched = new WatchedRegistry({ rules, intervalMs: 10_000 });
    const [calls, errors] = ["calls", "errors"].map((name) => watched.registry.counter(name).bind());
    const at = (share: number) => () => {
      calls!.add(1000);
      errors!.add(1000 * share);
    };
    return { watched, at };
  }

  test("fires when both windows burn 14.4 times the budget, and ends soon after the errors do", () => {
    const { watched, at } = started();
    expect(secondsUntilTold(watched, 6 * 3600, at(0))).toBe(Number.POSITIVE_INFINITY);
    // The hour's share reaches 14.4 × 1 % after 0.144 hours of nothing but errors.
    const fired = secondsUntilTold(watched, 3600, at(1));
    expect(fired).toBeGreaterThanOrEqual(510);
    expect(fired).toBeLessThanOrEqual(590);
    expect(watched.last()!.reason).toContain("in 60 min and 5 min (limit 14.4 ×)");
    // The slow pair is still bad until its half hour is clean enough.
    expect(secondsUntilTold(watched, 3600, at(0))).toBeLessThanOrEqual(1840);
    expect(watched.last()).toMatchObject({ state: "resolved" });
  });

  test("of six times the budget fires by the slow windows, of five never", () => {
    const { watched, at } = started();
    expect(secondsUntilTold(watched, 4 * 3600, at(0.05))).toBe(Number.POSITIVE_INFINITY);
    const { watched: other, at: of } = started();
    secondsUntilTold(other, 3600, of(0));
    expect(secondsUntilTold(other, 3600, of(0.065))).toBe(Number.POSITIVE_INFINITY);
    expect(secondsUntilTold(other, 5 * 3600, of(0.065))).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(other.last()!.reason).toContain("in 6 h and 30 min (limit 6 ×)");
  });

  test("counts good events as well, and slow calls of a histogram", () => {
    const watched = new WatchedRegistry({
      rules: [
        {
          kind: "burn-rate",
          name: "good",
          objective: 0.9,
          total: { metric: "calls" },
          good: { metric: "good" },
          windows: [{ longMs: 60_000, shortMs: 10_000, factor: 2 }],
        },
        {
          kind: "burn-rate",
          name: "fast",
          objective: 0.9,
          total: { metric: "took" },
          bad: { metric: "took", recordedAbove: 0.3 },
          windows: [{ longMs: 60_000, shortMs: 10_000, factor: 2 }],
        },
      ],
    });
    const { registry } = watched;
    const [calls, good] = [registry.counter("calls").bind(), registry.counter("good").bind()];
    const took = registry.histogram("took", { unit: "s" }).bind();
    const second = (share: number) => () => {
      for (let i = 0; i < 10; i++) {
        calls.inc();
        if (i >= 10 * share) good.inc();
        took.record(i >= 10 * share ? 0.1 : 1);
      }
    };
    watched.pass(100, second(0.1));
    expect(watched.told()).toEqual([]);
    watched.pass(30, second(0.5));
    expect(watched.told()).toEqual(["firing good", "firing fast"]);
  });

  test("remembers the good events from before the first error's counter was born", () => {
    const watched = new WatchedRegistry({ rules, intervalMs: 10_000 });
    const calls = watched.registry.counter("calls").bind();
    const errors = watched.registry.counter("errors");
    watched.pass(360, () => calls.add(1000));
    // A whole minute of errors, of an hour: 1.7 times the budget. Of that minute alone it were a hundred times.
    watched.pass(7, () => {
      calls.add(1000);
      errors.bind().add(1000);
    });
    expect(watched.told()).toEqual([]);
  });

  test("of fewer events than asked for in its short window says nothing", () => {
    const rare = new WatchedRegistry({ rules, intervalMs: 10_000 });
    const [calls, errors] = ["calls", "errors"].map((name) => rare.registry.counter(name).bind());
    rare.pass(3000, (i) => {
      // One in five minutes: six in half an hour.
      if (i % 30 !== 0) return;
      calls!.inc();
      errors!.inc();
    });
    expect(rare.told()).toEqual([]);
  });
});

describe("degradation", () => {
  test("is found in latency, hit rate and error rate without any rule, and resolves when it is over", async () => {
    const watched = new WatchedRegistry({ degradation: true });
    const { registry } = watched;
    const random = seededRandom(7);
    const draw = normalDraws(random);
    const took = registry.histogram("orders.duration", { unit: "s" }).bind();
    const [hits, misses] = ["cache.hits", "cache.misses"].map((name) => registry.counter(name).bind());
    const [requests, failed] = ["api.requests", "api.failed"].map((name) => registry.counter(name).bind());
    const traffic = (slower: number, hitRate: number, errorRate: number) => () => {
      for (let i = 0; i < 50; i++) took.record(0.02 * slower * Math.exp(0.3 * draw()));
      const hit = binomial(50, hitRate, random);
      hits!.add(hit);
      misses!.add(50 - hit);
      requests!.add(50);
      failed!.add(binomial(50, errorRate, random));
    };
    watched.pass(1000, traffic(1, 0.9, 0.005));
    expect(watched.told()).toEqual([]);
    watched.pass(60, traffic(1.3, 0.65, 0.05));
    expect(new Set(watched.told())).toEqual(
      new Set([
        "firing degradation: orders.duration p50",
        "firing degradation: orders.duration p95",
        "firing degradation: cache.hits rate",
        "firing degradation: api.failed rate",
      ]),
    );
    const reasons = watched.monitor.active().map(({ reason }) => reason);
    expect(reasons.find((reason) => reason.startsWith("quantile 0.5"))).toMatch(
      /^quantile 0\.5 of orders\.duration rose from 0\.0\d+ to 0\.0\d+, \d+ samples ago$/,
    );
    expect(reasons.find((reason) => reason.startsWith("cache"))).toMatch(
      /^cache\.hits by both with cache\.misses fell from (8[89]|9[01])\.?\d* % to [67]\d\.?\d* %/,
    );
    watched.pass(200, traffic(1, 0.9, 0.005));
    expect(watched.monitor.active()).toEqual([]);
    expect(watched.told().filter((told) => told.startsWith("resolved"))).toHaveLength(4);
    await watched.monitor.close();
  });

  test("that stays is taken as the new level, and said so", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "degradation", name: "up", metric: "level", direction: "up" }],
    });
    const gauge = watched.registry.gauge("level").bind();
    gauge.set(10);
    watched.pass(200);
    gauge.set(20);
    watched.pass(3700);
    expect(watched.told()).toEqual(["firing up", "resolved up"]);
    expect(watched.last()!.reason).toBe("level rose from 10 to 20 and stayed: taken as its new level");
  });

  test("of what gives no new samples for an hour is not known any more", () => {
    const watched = new WatchedRegistry({
      rules: [{ kind: "degradation", name: "slower", metric: "took", quantile: 0.5, direction: "up" }],
    });
    const took = watched.registry.histogram("took", { unit: "s" }).bind();
    const second = (value: number) => () => {
      for (let i = 0; i < 20; i++) took.record(value);
    };
    watched.pass(200, second(0.1));
    watched.pass(30, second(0.2));
    watched.pass(3600);
    expect(watched.told()).toEqual(["firing slower"]);
    watched.pass(302);
    expect(watched.last()!.reason).toMatch(
      /^nothing is known any more; last: quantile 0\.5 of took rose from/,
    );
  });

  test("waits for enough events to judge a quantile", () => {
    const watched = new WatchedRegistry({
      rules: [
        {
          kind: "degradation",
          name: "slower",
          metric: "took",
          quantile: 0.5,
          direction: "up",
          minEvents: 20,
        },
      ],
    });
    const took = watched.registry.histogram("took", { unit: "s" }).bind();
    // One event in two seconds: a sample in 40 s, and the first judgement after 60 samples.
    watched.pass(2500, (i) => i % 2 === 0 && took.record(0.1));
    watched.pass(1000, (i) => i % 2 === 0 && took.record(0.2));
    expect(watched.told()).toEqual(["firing slower"]);
  });
});
