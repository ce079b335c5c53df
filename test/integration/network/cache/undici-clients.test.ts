import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, type Dispatcher, fetch, request } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ResponseCache } from "../../../../src/network/cache/response-cache.ts";

let listener: RequestListener = (_request, response) => void response.end();
let asked = 0;
let server: Server;
let agent: Agent;
let cache: ResponseCache;
let dispatcher: Dispatcher;
let url = "";

beforeEach(async () => {
  asked = 0;
  server = createServer((incoming, response) => {
    asked++;
    listener(incoming, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  agent = new Agent();
  cache = new ResponseCache({ maxEntryBytes: 1_000_000 });
  dispatcher = agent.compose(cache.policy);
});
afterEach(async () => {
  cache.close();
  await agent.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const text =
  (body: string, headers = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "cache-control": "max-age=100", "content-type": "text/plain", ...headers });
    response.end(body);
  };

describe("undici's own clients over the cache", () => {
  it("request reads a hit as it reads a response", async () => {
    listener = text("hello");
    for (let i = 0; i < 3; i++) {
      const { statusCode, headers, body } = await request(url, { dispatcher });
      expect(statusCode).toBe(200);
      expect(headers["content-type"]).toBe("text/plain");
      expect(await body.text()).toBe("hello");
    }
    expect(asked).toBe(1);
  });

  it("fetch does too, and sees the fields", async () => {
    listener = text("hello", { "set-cookie": ["a=1", "b=2"] });
    for (let i = 0; i < 3; i++) {
      const response = await fetch(url, { dispatcher });
      expect(response.headers.get("content-type")).toBe("text/plain");
      expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect(await response.text()).toBe("hello");
    }
    expect(asked).toBe(1);
  });

  it("a hundred at once are one request", async () => {
    listener = (_request, response) => {
      response.writeHead(200, { "cache-control": "max-age=100" });
      response.write("a".repeat(50_000));
      setImmediate(() => response.end("b"));
    };
    const bodies = await Promise.all(
      Array.from({ length: 100 }, async () => (await request(url, { dispatcher })).body.text()),
    );
    expect(new Set(bodies)).toEqual(new Set([`${"a".repeat(50_000)}b`]));
    expect(asked).toBe(1);
  });

  it("a large body that nobody reads doesn't come in", async () => {
    let written = 0;
    listener = (_request, response) => {
      response.writeHead(200, { "cache-control": "max-age=100" });
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (written < 2_000_000_000 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
      };
      more();
    };
    const { body } = await request(url, { dispatcher });
    const others = await request(url, { dispatcher });
    let last = -1;
    while (written !== last) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    // As much as the sockets of both sides hold.
    expect(written).toBeLessThan(100_000_000);
    expect(cache.stats().recordingBytes).toBeLessThanOrEqual(1_100_000);
    for (const one of [body, others.body]) one.on("error", () => undefined).destroy();
  });

  it("a connection that is cut within a body leaves nothing in the cache", async () => {
    listener = (_request, response) => {
      response.writeHead(200, { "cache-control": "max-age=100", "content-length": "10" });
      response.write("12345");
      setImmediate(() => response.destroy());
    };
    const { body } = await request(url, { dispatcher });
    await expect(body.text()).rejects.toThrow();
    listener = text("whole");
    expect(await (await request(url, { dispatcher })).body.text()).toBe("whole");
    expect(asked).toBe(2);
  });

  it("a chunked body that is cut is no whole either", async () => {
    listener = (_request, response) => {
      response.writeHead(200, { "cache-control": "max-age=100" });
      response.write("12345");
      setImmediate(() => response.destroy());
    };
    const { body } = await request(url, { dispatcher });
    await expect(body.text()).rejects.toThrow();
    expect(cache.stats()).toMatchObject({ stored: 0, recordingBytes: 0 });
  });

  it("one that aborts doesn't disturb the others", async () => {
    const waiting: (() => void)[] = [];
    listener = (incoming, response) => {
      waiting.push(() => text("hello")(incoming, response));
    };
    const aborting = new AbortController();
    const first = request(url, { dispatcher, signal: aborting.signal });
    const second = request(url, { dispatcher });
    await once(server, "request");
    aborting.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    waiting[0]!();
    expect(await (await second).body.text()).toBe("hello");
    expect(asked).toBe(1);
  });

  it("a stale response is served at once, and the server asked behind", async () => {
    listener = text("old", { "cache-control": "max-age=0, stale-while-revalidate=1000" });
    await (await request(url, { dispatcher })).body.text();
    listener = text("new", { "cache-control": "max-age=100" });
    expect(await (await request(url, { dispatcher })).body.text()).toBe("old");
    while (cache.stats().stored < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await (await request(url, { dispatcher })).body.text()).toBe("new");
    expect(asked).toBe(2);
  });
});
