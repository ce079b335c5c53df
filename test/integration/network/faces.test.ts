import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { redirectPolicy } from "../../../src/network/redirect.ts";
import { Transport } from "../../../src/network/transport/transport.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { httpServer } from "../../support/local-http.ts";
import { selfSigned } from "../../support/self-signed.ts";

/** Leads from `/from` to `/to?a=1`, and says what it was asked. */
const leading = () =>
  httpServer((request, response) => {
    if (request.url!.startsWith("/from")) response.writeHead(302, { location: "/to?a=1" }).end();
    else response.end(request.url);
  });

describe("A redirect to a URL with a query", () => {
  test("is followed by request and by fetch", async () => {
    await using server = await leading();
    await using http = new NetworkOptimizer();
    const asked = await http.request("GET", `${server.origin}/from`, { params: { b: 2 } });
    expect(await asked.text()).toBe("/to?a=1");
    expect(await (await http.fetch(`${server.origin}/from?b=2`)).text()).toBe("/to?a=1");
  });

  test("is followed by the policy alone, also from a query of undici's options", async () => {
    await using server = await leading();
    await using transport = new Transport();
    const dispatcher = (await transport.dispatcher()).compose(redirectPolicy());
    const { request } = await import("undici");
    const { body } = await request(`${server.origin}/from`, { dispatcher, query: { b: 2 } });
    expect(await body.text()).toBe("/to?a=1");
  });
});

/** The platform's `fetch`, by an optimizer's dispatcher. */
const platformFetch = async (http: NetworkOptimizer, url: string, init: RequestInit = {}) =>
  fetch(url, { ...init, dispatcher: await http.dispatcher() } as object);

/** Where nobody listens. */
async function nowhere(): Promise<string> {
  await using server = await leading();
  return server.origin;
}

describe("The platform's own fetch by the dispatcher", () => {
  test.each([{}, { retry: false, cacheSize: 0 }] as const)(
    "sends bodies and gets them, whatever is switched off: %j",
    async (options) => {
      await using server = await httpServer((request, response) => {
        if (request.url === "/zip") {
          response.writeHead(200, { "content-encoding": "gzip", "set-cookie": ["a=1", "b=2"] });
          response.end(gzipSync("unpacked"));
        } else if (request.url === "/from") response.writeHead(302, { location: "/to" }).end();
        else if (request.method === "POST") request.pipe(response);
        else response.end(request.url);
      });
      await using http = new NetworkOptimizer(options);
      const zipped = await platformFetch(http, `${server.origin}/zip`);
      expect(zipped.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect(await zipped.text()).toBe("unpacked");
      expect(await (await platformFetch(http, `${server.origin}/from`)).text()).toBe("/to");
      const big = "x".repeat(3_000_000);
      const posted = await platformFetch(http, server.origin, { method: "POST", body: big });
      expect(await posted.text()).toBe(big);
      expect(http.getStats()).toMatchObject({ requests: 3, completed: 3, active: 0 });
    },
  );

  test("obeys its signal before and after the head", async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await httpServer((request, response) => {
      if (request.url === "/half") response.write("half");
      else asked.resolve();
    });
    await using http = new NetworkOptimizer();
    const aborting = new AbortController();
    const { signal } = aborting;
    const half = await platformFetch(http, `${server.origin}/half`, { signal });
    const silent = platformFetch(http, server.origin, { signal });
    await asked.promise;
    aborting.abort(new Error("enough"));
    await expect(silent).rejects.toThrow("enough");
    await expect(half.text()).rejects.toThrow("enough");
    expect(http.getStats()).toMatchObject({ requests: 2, failed: 2, active: 0 });
  });

  test("speaks HTTP/2 where offered", async () => {
    const { key, cert } = selfSigned();
    const server = createSecureServer({ key, cert }, (request, response) => {
      response.setHeader("x-version", request.httpVersion);
      request.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await using http = new NetworkOptimizer({ http2: true, transport: { tls: { ca: cert } } });
      const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
      const response = await platformFetch(http, url, { method: "POST", body: "text" });
      expect(response.headers.get("x-version")).toBe("2.0");
      expect(await response.text()).toBe("text");
    } finally {
      server.close();
    }
  });

  test("hears of a connection that fails", async () => {
    await using http = new NetworkOptimizer({ retry: false });
    await expect(platformFetch(http, await nowhere())).rejects.toThrow("fetch failed");
  });
});

const faces = {
  fetch: async (http: NetworkOptimizer, url: string) => (await http.fetch(url)).text(),
  dispatcher: async (http: NetworkOptimizer, url: string) => {
    const { request } = await import("undici");
    return (await request(url, { dispatcher: await http.dispatcher() })).body.text();
  },
  "the platform's fetch": async (http: NetworkOptimizer, url: string) =>
    (await platformFetch(http, url)).text(),
};

describe.each(Object.entries(faces))("A call by %s", (_, call) => {
  test("is counted, also when the cache answers it", async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader("cache-control", "max-age=1000").end("x");
    });
    await using http = new NetworkOptimizer();
    for (let i = 0; i < 2; i++) expect(await call(http, server.origin)).toBe("x");
    await expect(call(http, await nowhere())).rejects.toThrow();
    expect(http.getStats()).toMatchObject({
      requests: 3,
      completed: 2,
      failed: 1,
      active: 0,
      cacheHits: 1,
    });
  });

  test.each([
    ["without a head", "/", {}],
    ["without a head, without retries", "/", { retry: false }],
    ["in the middle of its body", "/half", {}],
    ["in the middle of its body, without retries", "/half", { retry: false }],
  ] as const)("ends at its deadline %s", async (_, path, options) => {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    await using server = await httpServer((request, response) => {
      response.on("close", gone.resolve);
      if (request.url === "/half") response.write("half");
      asked.resolve();
    });
    const clock = new FakeClock();
    await using http = new NetworkOptimizer({ ...options, timeoutMs: 1000, clock });
    const failed = call(http, server.origin + path).catch((error: Error) => error);
    await asked.promise;
    await clock.advance(1000);
    const error = await failed;
    expect((error as Error).cause ?? error).toMatchObject({ code: "VICTOR_DEADLINE" });
    expect(http.getStats()).toMatchObject({ failed: 1, active: 0 });
    await gone.promise;
  });

  test("after close is refused", async () => {
    await using server = await leading();
    const http = new NetworkOptimizer();
    const dispatcher = await http.dispatcher();
    await http.close();
    await expect(call(http, server.origin)).rejects.toThrow();
    await expect(fetch(server.origin, { dispatcher } as object)).rejects.toMatchObject({
      cause: { code: "VICTOR_CLOSED" },
    });
  });
});

test("destroy ends what is under way by any face, with its error, and refuses what comes", async () => {
  let asked = 0;
  const all = Promise.withResolvers<void>();
  await using server = await httpServer((request, response) => {
    if (request.url === "/busy") response.writeHead(503, { "retry-after": "1000" }).end();
    if (++asked === 5) all.resolve();
  });
  const http = new NetworkOptimizer({ timeoutMs: Number.POSITIVE_INFINITY, retry: { maxRetryAfterMs: 1e7 } });
  const calls = [
    http.request("GET", `${server.origin}/1`),
    http.request("GET", `${server.origin}/busy`),
    ...Object.values(faces).map((call, i) => call(http, `${server.origin}/f${i}`)),
  ];
  const settled = Promise.allSettled(calls);
  await all.promise;
  const closing = http.close();
  await http.destroy(new Error("going down"));
  for (const result of await settled) {
    const { reason } = result as PromiseRejectedResult;
    expect(reason.cause ?? reason).toMatchObject({ message: "going down" });
  }
  await closing;
  await expect(http.request("GET", server.origin)).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
});

test("What is stored can be forgotten, of one URL or of all", async () => {
  let sent = 0;
  await using server = await httpServer((_, response) => {
    response.setHeader("cache-control", "max-age=1000").end(`${++sent}`);
  });
  await using http = new NetworkOptimizer();
  await http.initialize({ baseUrl: server.origin });
  const text = async (path: string) => (await http.request("GET", path)).text();
  expect([await text("/a"), await text("/b"), await text("/a")]).toEqual(["1", "2", "1"]);
  http.invalidate("/a");
  expect([await text("/a"), await text("/b")]).toEqual(["3", "2"]);
  http.clearCache();
  expect([await text("/a"), await text("/b")]).toEqual(["4", "5"]);
  expect(() => http.invalidate("ftp://x/")).toThrow(TypeError);
  await using uncached = new NetworkOptimizer({ cacheSize: 0 });
  uncached.invalidate(server.origin);
  uncached.clearCache();
});
