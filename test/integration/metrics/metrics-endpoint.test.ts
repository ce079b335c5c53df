import { once } from "node:events";
import { createServer, get, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import type { MetricsEndpointOptions } from "../../../src/metrics/endpoint/endpoint-options.ts";
import { metricsHandler } from "../../../src/metrics/endpoint/metrics-endpoint.ts";
import {
  type MetricsServerOptions,
  startMetricsServer,
} from "../../../src/metrics/endpoint/metrics-server.ts";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";
import { openMetricsText } from "../../../src/metrics/prometheus-text.ts";
import { FakeClock } from "../../support/fake-clock.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

async function ask(
  url: string,
  headers: Record<string, string> = {},
  options: RequestOptions = {},
): Promise<Answer> {
  const sent = request(url, { headers, agent: false, ...options }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) };
}

function registryOf(series: number): MetricRegistry {
  const registry = new MetricRegistry();
  const latency = registry.histogram("latency", { unit: "s", labels: ["route"], maxSeries: 10_000 });
  for (let i = 0; i < series; i++) latency.bind({ route: `/a/rather/long/route/${i}` }).record(i / 1000);
  return registry;
}

const serve = (registry: MetricRegistry, options: Omit<MetricsServerOptions, "registry"> = {}) =>
  startMetricsServer({ registry, port: 0, ...options });

/** Once it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}

test("the format follows Accept, the encoding Accept-Encoding", async () => {
  const registry = registryOf(300);
  await using server = await serve(registry);
  const plain = await ask(server.url);
  expect(plain.headers).toMatchObject({
    "content-type": "text/plain; version=0.0.4; charset=utf-8",
    "content-length": String(plain.body.length),
    "cache-control": "no-store",
    vary: "Accept, Accept-Encoding",
  });
  expect(plain.body.toString()).toBe(prometheusText(registry));
  const other = await ask(server.url, { accept: "application/openmetrics-text", "accept-encoding": "gzip" });
  expect(other.headers).toMatchObject({
    "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "content-encoding": "gzip",
    "content-length": String(other.body.length),
  });
  expect(gunzipSync(other.body).toString()).toBe(openMetricsText(registry));
  expect(other.body.length * 10).toBeLessThan(plain.body.length);
});

test("HEAD has headers alone, other methods and other paths are refused", async () => {
  await using server = await serve(registryOf(3), { path: "/m" });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}/m`);
  const head = await ask(server.url, {}, { method: "HEAD" });
  expect([head.status, head.body.length]).toEqual([200, 0]);
  expect(head.headers["content-type"]).toContain("0.0.4");
  expect(server.stats().collections).toBe(0);
  const post = await ask(server.url, {}, { method: "POST" });
  expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
  expect((await ask(`${server.url}etrics`)).status).toBe(404);
  expect((await ask(`${server.url}?x=${"y".repeat(5000)}`)).status).toBe(200);
  // More than Node takes for a head.
  expect((await ask(`${server.url}?x=${"y".repeat(50_000)}`)).status).toBe(431);
  expect((await ask(server.url)).status).toBe(200);
});

test("without the right token nothing is told", async () => {
  await using server = await serve(registryOf(3), { token: "s3cret" });
  for (const headers of [{}, { authorization: "Bearer s3cre" }, { authorization: "Basic s3cret" }]) {
    const refused = await ask(server.url, headers as Record<string, string>);
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="metrics"']);
    expect(refused.body.toString()).toBe("A token is needed.\n");
  }
  expect((await ask(server.url, { authorization: "Bearer s3cret" })).status).toBe(200);
  await until(() => server.stats().active === 0);
  expect(server.stats()).toMatchObject({ unauthorized: 3, served: 1 });
});

/** A registry whose source calls back in the middle of a collection, which goes on in steps after it. */
function watched(onCollect: () => void): MetricRegistry {
  const registry = registryOf(3000);
  registry.register({
    name: "watch",
    collect: () => {
      onCollect();
      return [];
    },
  });
  return registry;
}

test("those who ask while a collection is under way share it; later ones get a new one", async () => {
  let collections = 0;
  const registry = watched(() => collections++);
  const url = async (server: { readonly url: string }) => (await ask(server.url)).body.toString();
  await using server = await serve(registry, { maxConcurrent: 8 });
  const all = await Promise.all(Array.from({ length: 8 }, () => url(server)));
  expect(all.every((text) => text.length === all[0]!.length)).toBe(true);
  await until(() => server.stats().active === 0);
  expect(server.stats()).toMatchObject({ served: 8, active: 0, collections });
  expect(collections).toBeLessThan(8);
  const before = collections;
  await url(server);
  expect(collections).toBe(before + 1);
});

test("more than maxConcurrent get status 503, and are served again afterwards", async () => {
  const open: ReturnType<typeof get>[] = [];
  await using server = await serve(registryOf(5000), { maxConcurrent: 2 });
  // Neither reads anything, so both stay.
  for (let i = 0; i < 2; i++) open.push(get(server.url, { agent: false }, () => {}));
  await until(() => server.stats().active === 2);
  const refused = await ask(server.url);
  expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
  for (const one of open) one.on("error", () => {}).destroy();
  await until(() => server.stats().active === 0);
  expect((await ask(server.url)).status).toBe(200);
  await until(() => server.stats().active === 0);
  expect(server.stats()).toMatchObject({ overloaded: 1, aborted: 2, served: 1 });
});

test("when all who waited have hung up, the collection ends with them, and the next is a new one", async () => {
  const registry = watched(() => socket.destroy());
  await using server = await serve(registry);
  const socket = connect(server.port, "127.0.0.1");
  socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => server.stats().aborted === 1);
  expect(server.stats()).toMatchObject({ active: 0, served: 0, failed: 0, collections: 1 });
  const after = await ask(server.url, { "accept-encoding": "gzip" });
  expect(gunzipSync(after.body).toString()).toBe(prometheusText(registry));
  expect(server.stats().collections).toBe(2);
});

test("a client that doesn't read is cut off when its time is over", async () => {
  const clock = new FakeClock();
  await using server = await serve(registryOf(5000), { clock, timeoutMs: 1000 });
  const socket = connect(server.port, "127.0.0.1").pause();
  socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => server.stats().active === 1);
  await sleep(200);
  expect(server.stats()).toMatchObject({ active: 1, timedOut: 0 });
  await clock.advance(1000);
  await until(() => server.stats().active === 0);
  expect(server.stats()).toMatchObject({ timedOut: 1, served: 0, aborted: 0 });
  socket.destroy();
  expect(clock.pending).toBe(0);
});

test("closing cuts off who is being answered, and frees the port; a second close does nothing", async () => {
  const server = await serve(registryOf(5000));
  const socket = connect(server.port, "127.0.0.1").pause();
  socket.on("error", () => {});
  socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => server.stats().active === 1);
  await Promise.all([server.close(), server.close()]);
  await until(() => server.stats().active === 0);
  await using again = await serve(registryOf(1), { port: server.port });
  expect((await ask(again.url)).status).toBe(200);
  socket.destroy();
});

test("a collection that fails is status 500 and a warning, and nothing of its cause is told", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const registry = {
    collectInSteps: () => {
      throw new Error("secret");
    },
  };
  const server = createServer(metricsHandler(registry)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const failed = await ask(`http://127.0.0.1:${port}/`, { "accept-encoding": "gzip" });
  expect([failed.status, failed.body.toString()]).toEqual([500, "The metrics can't be collected.\n"]);
  expect(warned.mock.calls).toEqual([["a scrape failed: secret", { code: "VICTOR_METRICS_ENDPOINT" }]]);
  warned.mockRestore();
  server.close();
});

test("a port that is taken is told as the system tells it", async () => {
  await using server = await serve(registryOf(1));
  await expect(serve(registryOf(1), { port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("a name that the server isn't known by is refused, as a page whose name was rebound would use it", async () => {
  const registry = registryOf(1);
  await using server = await serve(registry, { allowedHosts: ["Metrics.internal"] });
  const statusFor = async (host: string, path = "/metrics") =>
    (await ask(`http://127.0.0.1:${server.port}${path}`, { host })).status;
  for (const host of ["evil.example", `evil.example:${server.port}`, "localhost.evil.example", "10.0.0.1"]) {
    expect(await statusFor(host)).toBe(421);
    expect(await statusFor(host, "/")).toBe(421);
  }
  for (const host of ["localhost", "127.0.0.1:1", "[::1]:80", "metrics.internal:9464"])
    expect(await statusFor(host)).toBe(200);
  const refused = await ask(server.url, { host: "evil.example" });
  expect(refused.body.toString()).toContain("allowedHosts");
  expect(server.stats().served).toBe(4);
});

test("a server that others reach answers to addresses; with a token, which no page can send, to any name", async () => {
  const registry = registryOf(1);
  await using open = await serve(registry, { host: "0.0.0.0" });
  const local = (port: number) => `http://127.0.0.1:${port}/metrics`;
  expect((await ask(local(open.port), { host: "10.0.0.1" })).status).toBe(200);
  expect((await ask(local(open.port), { host: "app:9464" })).status).toBe(421);
  await using guarded = await serve(registry, { host: "0.0.0.0", token: "secret" });
  const authorization = "Bearer secret";
  expect((await ask(local(guarded.port), { host: "app:9464", authorization })).status).toBe(200);
  expect((await ask(local(guarded.port), { host: "app:9464" })).status).toBe(401);
});

test.each([
  [{ allowedHosts: "a" }, "allowedHosts: expected an array of names, got"],
  [{ allowedHosts: [1] }, "allowedHosts: expected a name, got 1"],
  [{ token: "" }, "token: expected visible ASCII characters, at least one, got"],
  [{ token: "two words" }, "token"],
  [{ maxConcurrent: 0 }, "maxConcurrent: expected an integer ≥ 1, got 0"],
  [{ timeoutMs: 0 }, "timeoutMs: expected milliseconds"],
  [{ port: 70_000 }, "port: expected an integer from 0 to 65535, got 70000"],
  [{ host: "" }, "host: expected an address"],
  [{ path: "metrics" }, "path: expected a path that begins with /"],
  [{ registry: {} }, "expected a MetricRegistry"],
  [{ gzip: true }, 'unknown option "gzip"'],
])("a server with %j is refused", async (options, message) => {
  const all = { registry: registryOf(1), port: 0, ...(options as MetricsEndpointOptions) };
  await expect(startMetricsServer(all as MetricsServerOptions)).rejects.toThrow(message);
});
