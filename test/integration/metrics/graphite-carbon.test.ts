import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GraphiteSink, type GraphiteSinkOptions } from "../../../src/metrics/export/graphite-sink.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { type CarbonService, startCarbon } from "../../services/carbon.ts";

let carbon: CarbonService;
beforeAll(async () => {
  carbon = await startCarbon();
});
afterAll(() => carbon?.stop());

const eventually = (path: string) =>
  expect.poll(() => carbon.values(path), { timeout: 60_000, interval: 100 });

/** A sink that pushes only when told to. */
const sinkTo = (registry: MetricRegistry, options: Partial<GraphiteSinkOptions>): GraphiteSink =>
  new GraphiteSink({ registry, intervalMs: 3_600_000, ...options });

describe.each(["plaintext", "pickle"] as const)("over %s", (protocol) => {
  const port = (): number => (protocol === "pickle" ? carbon.picklePort : carbon.linePort);

  test("carbon stores what the registry has", async () => {
    const registry = new MetricRegistry();
    registry
      .counter("http.requests", { labels: ["method"] })
      .bind({ method: "GET" })
      .add(123_456_789_012);
    registry.gauge("queue.depth").bind().set(-7.25);
    registry.gauge("not.known").bind().set(Number.NaN);
    const latency = registry.histogram("latency", { unit: "s" }).bind();
    for (let i = 1; i <= 100; i++) latency.record(i / 1000);
    await using sink = sinkTo(registry, { port: port(), protocol, prefix: `${protocol}.web-1` });
    await sink.flush();
    const path = (name: string) => `${protocol}.web-1.${name}`;
    await eventually(path("http.requests.method.GET")).toEqual([123_456_789_012]);
    await eventually(path("queue.depth")).toEqual([-7.25]);
    await eventually(path("latency.count")).toEqual([100]);
    await eventually(path("latency.sum")).toEqual([latency.sum]);
    await eventually(path("latency.p99")).toHaveLength(1);
    expect(carbon.values(path("latency.p50"))[0]).toBeCloseTo(0.05, 3);
    expect(carbon.values(path("latency.p99"))[0]! / 0.099).toBeCloseTo(1, 1);
    expect(carbon.values(path("not.known"))).toEqual([]);
    expect(sink.stats()).toMatchObject({ pushes: 1, failures: 0, droppedPoints: 0, bufferedBytes: 0 });
  });

  test("labels with dots, spaces, slashes, line ends and letters of other scripts stay one series each", async () => {
    const registry = new MetricRegistry();
    const odd = ["a.b", "a b", "a/b", "../../a", "a_b", "a\nevil.path 666 1", "ключ", "", "\ud800"];
    const gauge = registry.gauge("odd", { labels: ["value"] });
    odd.forEach((value, i) => {
      gauge.bind({ value }).set(i + 1);
    });
    await using sink = sinkTo(registry, { port: port(), protocol, prefix: `${protocol}.odd` });
    await sink.flush();
    const written = [
      "a%2Eb",
      "a%20b",
      "a%2Fb",
      "%2E%2E%2F%2E%2E%2Fa",
      "a_b",
      "a%0Aevil%2Epath%20666%201",
      "%D0%BA%D0%BB%D1%8E%D1%87",
      "%empty",
      "%EF%BF%BD",
    ];
    for (const [i, value] of written.entries())
      await eventually(`${protocol}.odd.odd.value.${value}`).toEqual([i + 1]);
    expect(carbon.values("evil.path")).toEqual([]);
  });

  test("more series than one chunk holds arrive whole", async () => {
    const registry = new MetricRegistry();
    const gauge = registry.gauge("many", { labels: ["n"] });
    for (let n = 0; n < 900; n++) gauge.bind({ n: String(n) }).set(n);
    await using sink = sinkTo(registry, { port: port(), protocol, prefix: protocol });
    await sink.flush();
    await eventually(`${protocol}.many.n.899`).toEqual([899]);
    for (const n of [0, 300, 301, 302, 600, 898]) await eventually(`${protocol}.many.n.${n}`).toEqual([n]);
  });
});

test("what waited while carbon was down arrives when it is back, at its own time", async () => {
  const registry = new MetricRegistry();
  const gauge = registry.gauge("outage.level").bind();
  await using sink = sinkTo(registry, { port: carbon.linePort });
  gauge.set(1);
  await sink.flush();
  await eventually("outage.level").toEqual([1]);
  await carbon.kill();
  for (const level of [2, 3]) {
    gauge.set(level);
    const before = Math.floor(Date.now() / 1000);
    // Each in a second of its own, or the later one would take the earlier one's place.
    await expect.poll(() => Math.floor(Date.now() / 1000), { interval: 20 }).toBeGreaterThan(before);
    await sink.flush();
  }
  expect(sink.stats().failures).toBeGreaterThan(0);
  expect(sink.stats()).toMatchObject({ droppedPoints: 0 });
  expect(sink.stats().bufferedBytes).toBeGreaterThan(0);
  await carbon.start();
  await sink.flush();
  await eventually("outage.level").toEqual(expect.arrayContaining([1, 2, 3]));
  expect(sink.stats()).toMatchObject({ droppedPoints: 0, bufferedBytes: 0 });
});
