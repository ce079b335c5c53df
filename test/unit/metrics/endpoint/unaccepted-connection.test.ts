import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import { expect, test } from "vitest";
import { startDashboard } from "../../../../src/dashboard/index.ts";
import { startMetricsServer } from "../../../../src/metrics/endpoint/metrics-server.ts";
import { MetricRegistry } from "../../../../src/metrics/registry.ts";

const registry = new MetricRegistry();

test.each([
  ["the metrics server", () => startMetricsServer({ registry, port: 0 })],
  ["the dashboard", () => startDashboard({ registry, port: 0 })],
])("%s outlives a connection that couldn't be accepted", async (_name, start) => {
  await using running = await start();
  const { promise, resolve } = Promise.withResolvers<Server>();
  const listener = (message: unknown) => resolve((message as { readonly server: Server }).server);
  subscribe("http.server.request.start", listener);
  try {
    expect((await fetch(running.url)).status).toBe(200);
    const server = await promise;
    expect(server.emit("error", new Error("accept EMFILE"))).toBe(true);
    expect((await fetch(running.url)).status).toBe(200);
  } finally {
    unsubscribe("http.server.request.start", listener);
  }
});
