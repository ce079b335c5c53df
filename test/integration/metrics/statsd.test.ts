import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { StatsdSink, type StatsdSinkOptions } from "../../../src/metrics/export/statsd-sink.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { startStatsdReceiver } from "../../support/statsd-receiver.ts";

/** A sink that pushes only when told to. */
const sinkTo = (registry: MetricRegistry, options: Partial<StatsdSinkOptions>): StatsdSink =>
  new StatsdSink({ registry, intervalMs: 3_600_000, ...options });
const soon = { timeout: 30_000, interval: 10 };

describe("over UDP", () => {
  test("counters come as what they rose by, gauges as they are, and add up to the registry's", async () => {
    await using server = await startStatsdReceiver();
    const registry = new MetricRegistry();
    const requests = registry.counter("http.requests", { labels: ["method"] }).bind({ method: "GET" });
    const level = registry.gauge("level").bind();
    await using sink = sinkTo(registry, { port: server.port, prefix: "shop" });
    for (const [amount, value] of [
      [3, 8],
      [0, -5.5],
      [4, -0.000_000_1],
    ] as const) {
      requests.add(amount);
      level.set(value);
      await sink.flush();
      await expect.poll(() => server.gauges.get("shop.level"), soon).toBe(value);
    }
    expect(server.counters.get("shop.http.requests.method.GET")).toBe(7);
    expect(server.wrong).toEqual([]);
  });

  test("a histogram comes as count and sum, and as quantiles of the interval", async () => {
    await using server = await startStatsdReceiver();
    const registry = new MetricRegistry();
    const latency = registry.histogram("latency", { unit: "s" }).bind();
    await using sink = sinkTo(registry, { port: server.port });
    for (let i = 1; i <= 100; i++) latency.record(i / 100);
    await sink.flush();
    await expect.poll(() => server.gauges.has("latency.p99"), soon).toBe(true);
    expect(server.counters.get("latency.count")).toBe(100);
    expect(server.counters.get("latency.sum")).toBeCloseTo(50.5, 9);
    expect(server.gauges.get("latency.p50")).toBeCloseTo(0.5, 1);
    for (let i = 0; i < 50; i++) latency.record(4);
    await sink.flush();
    await expect.poll(() => server.counters.get("latency.count"), soon).toBe(150);
    expect(server.counters.get("latency.sum")).toBeCloseTo(250.5, 9);
    expect(server.gauges.get("latency.p50")).toBeCloseTo(4, 1);
  });

  test("labels are Datadog's tags where asked, and a negative level is a level there", async () => {
    await using server = await startStatsdReceiver(false);
    const registry = new MetricRegistry();
    const gauge = registry.gauge("balance", { labels: ["server.address", "path"] });
    gauge.bind({ "server.address": "db-1:5432", path: "/a,b|c#d\n" }).set(-3);
    await using sink = sinkTo(registry, { port: server.port, labels: "dogstatsd" });
    await sink.flush();
    const key = "balance#path:/a%2Cb%7Cc%23d%0A,server.address:db-1%3A5432";
    await expect.poll(() => server.gauges.get(key), soon).toBe(-3);
    expect(server.wrong).toEqual([]);
  });

  test("names and labels with StatsD's own signs and line ends can't become other lines", async () => {
    await using server = await startStatsdReceiver();
    const registry = new MetricRegistry();
    const gauge = registry.gauge("odd", { labels: ["value"] });
    const odd = ["x:1|c", "x|@0.1", "x\ny:5|c", "x#y", "ключ", ""];
    odd.forEach((value, i) => {
      gauge.bind({ value }).set(i);
    });
    registry.register({
      name: "foreign",
      collect: () => [{ type: "gauge", name: "a:9|c\nb", help: "", labels: {}, value: 1 }],
    });
    await using sink = sinkTo(registry, { port: server.port });
    await sink.flush();
    await expect.poll(() => server.gauges.get("odd.value.%empty"), soon).toBe(5);
    expect(server.gauges.get("odd.value.x%0Ay%3A5%7Cc")).toBe(2);
    expect(server.gauges.get("a%3A9%7Cc%0Ab")).toBe(1);
    expect(server.wrong).toEqual([]);
    expect([...server.counters.keys()].filter((name) => !name.startsWith("victor."))).toEqual([]);
  });

  test("a datagram is no longer than asked, a line is never cut, and one that is longer is counted", async () => {
    await using server = await startStatsdReceiver();
    const registry = new MetricRegistry();
    const gauge = registry.gauge("many", { labels: ["n"] });
    for (let n = 0; n < 200; n++) gauge.bind({ n: String(n) }).set(n);
    gauge.bind({ n: "x".repeat(190) }).set(1);
    await using sink = sinkTo(registry, { port: server.port, maxDatagramBytes: 120 });
    await sink.flush();
    await expect.poll(() => server.gauges.get("many.n.199"), soon).toBe(199);
    expect(server.gauges.size).toBe(200);
    expect(Math.max(...server.datagrams)).toBeLessThanOrEqual(120);
    expect(server.wrong).toEqual([]);
    expect(sink.stats().refusedPoints).toBe(1);
  });

  test("a name that can't be looked up is a failure, and the sink goes on", async () => {
    const registry = new MetricRegistry();
    registry.gauge("level").bind().set(1);
    await using sink = sinkTo(registry, { host: "no-such-host.invalid", closeTimeoutMs: 0 });
    await sink.flush();
    expect(sink.stats()).toMatchObject({ pushes: 0, failures: 1 });
    expect(sink.stats().lastError).toMatchObject({ syscall: "getaddrinfo" });
  });

  test("an address that the system refuses is told as that", async () => {
    const registry = new MetricRegistry();
    registry.gauge("level").bind().set(1);
    // Nobody may send to all without having said so.
    await using sink = sinkTo(registry, { host: "255.255.255.255", closeTimeoutMs: 0 });
    await sink.flush();
    expect(sink.stats().lastError).toMatchObject({ syscall: "connect", code: "EACCES" });
  });

  test("a port that nobody listens on is heard of, and sends arrive again when somebody does", async () => {
    const first = await startStatsdReceiver();
    const { port } = first;
    await first[Symbol.asyncDispose]();
    const registry = new MetricRegistry();
    registry.gauge("level").bind().set(1);
    await using sink = sinkTo(registry, { port, closeTimeoutMs: 0 });
    await expect
      .poll(async () => {
        await sink.flush();
        return sink.stats().lastError;
      }, soon)
      .toMatchObject({ code: "ECONNREFUSED" });
    await using second = await startStatsdReceiver(true, port);
    await expect
      .poll(async () => {
        await sink.flush();
        return second.gauges.get("level");
      }, soon)
      .toBe(1);
  });
});

test("over TCP the same lines come, and close sends the last of them", async () => {
  let text = "";
  const server = createServer((socket) => socket.on("data", (data) => (text += data)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server.address() as { port: number }).port;
  const registry = new MetricRegistry();
  const counter = registry.counter("jobs").bind();
  const sink = sinkTo(registry, { port, transport: "tcp" });
  counter.add(2);
  await sink.flush();
  counter.add(40);
  await sink.close();
  await expect.poll(() => text, soon).toBe("jobs:2|c\njobs:40|c\n");
  server.close();
});
