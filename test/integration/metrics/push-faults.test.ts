import { spawn } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { GraphiteSink, type GraphiteSinkOptions } from "../../../src/metrics/export/graphite-sink.ts";
import { StatsdSink } from "../../../src/metrics/export/statsd-sink.ts";
import { TcpWire } from "../../../src/metrics/export/tcp-wire.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { freePort } from "../../services/free-port.ts";

const open = new Set<Server>();
const sockets = new Set<Socket>();
const soon = { timeout: 60_000, interval: 10 };

async function listen(onSocket: (socket: Socket) => void, port = 0): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  open.add(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as { port: number }).port;
}
function stopServers(): void {
  for (const server of open) server.close();
  for (const socket of sockets) socket.destroy();
  open.clear();
}
afterEach(stopServers);

/** A registry with gauges of such long names that no socket's buffers hold their lines: 11 MB. */
function largeRegistry(): MetricRegistry {
  const registry = new MetricRegistry();
  const padding = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`p${i}`, "x".repeat(190)]));
  const labels = ["n", ...Object.keys(padding)];
  const gauge = registry.gauge("large", { labels, maxSeries: 6_000 });
  for (let n = 0; n < 6_000; n++) gauge.bind({ n: String(n), ...padding }).set(n);
  return registry;
}
function smallRegistry(): MetricRegistry {
  const registry = new MetricRegistry();
  registry.gauge("level").bind().set(7);
  return registry;
}
const sinkTo = (registry: MetricRegistry, options: Partial<GraphiteSinkOptions>): GraphiteSink =>
  new GraphiteSink({ registry, intervalMs: 3_600_000, closeTimeoutMs: 0, ...options });

describe("a server that", () => {
  test("refuses connections costs a failure, and gets everything when it is there", async () => {
    const port = await freePort();
    await using sink = sinkTo(smallRegistry(), { port });
    await sink.flush();
    await sink.flush();
    expect(sink.stats()).toMatchObject({ failures: 2, droppedPoints: 0 });
    expect(sink.stats().lastError).toMatchObject({ code: "ECONNREFUSED" });
    let text = "";
    await listen((socket) => socket.on("data", (data) => (text += data)), port);
    await sink.flush();
    await expect.poll(() => text.match(/^level 7 \d+$/gm)?.length, soon).toBe(3);
  });

  test("accepts and never reads is given up at the deadline; memory stays within the bound", async () => {
    const port = await listen((socket) => socket.pause());
    await using sink = sinkTo(largeRegistry(), { port, timeoutMs: 300, maxBufferBytes: 200_000 });
    await sink.flush();
    const { failures, bufferedBytes, droppedPoints, sentPoints, lastError } = sink.stats();
    expect(failures).toBe(1);
    expect(lastError).toMatchObject({ code: "VICTOR_DEADLINE" });
    expect(bufferedBytes).toBeLessThanOrEqual(200_000);
    expect(droppedPoints).toBeGreaterThan(0);
    expect(sentPoints).toBeLessThan(6_000);
    // The connection was given up: the server sees its end once it reads.
    for (const socket of sockets) socket.resume();
    await expect.poll(() => sockets.size, soon).toBe(0);
  });

  test("cuts the connection in the middle of a write gets that piece again on a new one, from its beginning", async () => {
    const texts: string[] = [];
    let cut = true;
    const port = await listen((socket) => {
      const at = texts.push("") - 1;
      socket.on("data", (data) => {
        texts[at] = `${texts[at]}${data}`;
        if (cut && (texts[at]?.length ?? 0) > 1000) socket.resetAndDestroy();
      });
    });
    await using sink = sinkTo(largeRegistry(), { port, timeoutMs: 60_000, maxBufferBytes: 50_000_000 });
    await sink.flush();
    expect(sink.stats()).toMatchObject({ pushes: 0, failures: 1, droppedPoints: 0 });
    cut = false;
    await sink.flush();
    expect(sink.stats()).toMatchObject({ pushes: 1, bufferedBytes: 0, droppedPoints: 0 });
    // The system may have taken pieces that the cut lost; what was not sent came whole.
    await expect.poll(() => texts.at(-1)!.split("\n").length, soon).toBeGreaterThan(6_000);
    for (const line of texts.at(-1)!.trimEnd().split("\n")) expect(line).toMatch(/^\S+ \d+(\.\d+)? \d+$/);
  });

  test("says that it is done and never reads leaves no connection with what it didn't take", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      socket.pause().end();
    });
    open.add(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const wire = new TcpWire("127.0.0.1", (server.address() as { port: number }).port);
    await expect(wire.send(Buffer.alloc(64 * 1024 * 1024))).rejects.toThrow();
  });

  test("went away between two pushes is noticed before anything is written to it", async () => {
    const port = await listen((socket) => socket.resume());
    await using sink = sinkTo(smallRegistry(), { port });
    await sink.flush();
    await expect.poll(() => sockets.size, soon).toBe(1);
    stopServers();
    await expect.poll(() => sockets.size, soon).toBe(0);
    let text = "";
    await listen((socket) => socket.on("data", (data) => (text += data)), port);
    await sink.flush();
    await expect.poll(() => text, soon).toMatch(/^level 7 \d+\n$/);
    expect(sink.stats().failures).toBe(0);
  });

  test("talks all the time does not fill the memory of this side", async () => {
    let talked = 0;
    const port = await listen((socket) => {
      const talk = (): void => {
        while (talked < 50_000_000 && !socket.destroyed) {
          talked += 65_536;
          if (!socket.write("x".repeat(65_536))) return void socket.once("drain", talk);
        }
      };
      talk();
    });
    await using sink = sinkTo(smallRegistry(), { port });
    await sink.flush();
    // It could write no more than the sockets hold if nobody read.
    await expect.poll(() => talked, soon).toBeGreaterThanOrEqual(50_000_000);
  });

  test("was down for StatsD over TCP gets what counters rose by meanwhile, once", async () => {
    const port = await freePort();
    const registry = new MetricRegistry();
    const jobs = registry.counter("jobs").bind();
    await using sink = new StatsdSink({ registry, port, transport: "tcp", intervalMs: 3_600_000 });
    let text = "";
    await listen((socket) => socket.on("data", (data) => (text += data)), port);
    jobs.add(1);
    await sink.flush();
    await expect.poll(() => text, soon).toBe("jobs:1|c\n");
    stopServers();
    await expect.poll(() => sockets.size, soon).toBe(0);
    jobs.add(10);
    await sink.flush();
    // These ten were on their way when the push failed: given up and counted.
    expect(sink.stats()).toMatchObject({ failures: 1, droppedPoints: 1 });
    jobs.add(100);
    text = "";
    await listen((socket) => socket.on("data", (data) => (text += data)), port);
    await sink.flush();
    await expect.poll(() => text, soon).toBe("jobs:100|c\n");
  });
});

test("a sink keeps no process alive, and close is waited for before it ends", async () => {
  let text = "";
  const port = await listen((socket) => socket.on("data", (data) => (text += data)));
  const run = (end: string): Promise<number | null> => {
    const module = (name: string) =>
      JSON.stringify(new URL(`../../../src/metrics/${name}`, import.meta.url).href);
    const script = `
      import { GraphiteSink } from ${module("export/graphite-sink.ts")};
      import { MetricRegistry } from ${module("index.ts")};
      const registry = new MetricRegistry();
      registry.gauge("last").bind().set(1);
      const sink = new GraphiteSink({ registry, port: ${port}, intervalMs: 3_600_000 });
      ${end}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    return new Promise((resolve) => child.once("exit", resolve));
  };
  expect(await run("await sink.flush();")).toBe(0);
  await expect.poll(() => text, soon).toMatch(/^last 1 \d+\n$/);
  text = "";
  expect(await run("await sink.close();")).toBe(0);
  await expect.poll(() => text, soon).toMatch(/^last 1 \d+\n$/);
});
