import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { applyAllOptimizations } from "../../../src/optimizations/index.ts";

test("requests of http and of fetch are counted by status, and failed ones by their error's code", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/cut") request.socket.destroy();
    response.statusCode = request.url === "/missing" ? 404 : 200;
    response.end("text");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using handle = applyAllOptimizations();
  for (const path of ["/", "/", "/missing"]) {
    const [response] = (await once(get(origin + path), "response")) as [IncomingMessage];
    await once(response.resume(), "end");
    await (await fetch(origin + path)).text();
  }
  await expect(once(get(`${origin}/cut`), "response")).rejects.toThrow("socket hang up");
  server.close();
  server.closeAllConnections();
  const counts = handle.registry
    .collect()
    .flatMap((sample) =>
      sample.type === "histogram" && sample.name === "http.client.request.duration"
        ? [[sample.labels, sample.histogram.count]]
        : [],
    );
  const of = (client: string, outcome: Readonly<Record<string, string>>) => ({
    ...{ "victor.client": client, "http.request.method": "GET", ...outcome },
  });
  expect(counts).toEqual(
    expect.arrayContaining([
      [of("http", { "http.response.status_code": "200" }), 2],
      [of("http", { "http.response.status_code": "404" }), 1],
      [of("http", { "error.type": "ECONNRESET" }), 1],
      [of("undici", { "http.response.status_code": "200" }), 2],
      [of("undici", { "http.response.status_code": "404" }), 1],
    ]),
  );
  expect(counts.length).toBe(5);
});
