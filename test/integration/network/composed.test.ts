import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { httpServer, piecesOf } from "../../support/local-http.ts";
import { selfSigned } from "../../support/self-signed.ts";

describe("With the cache on", () => {
  test("a fresh response is given again without a request, and no caller can change it for others", async () => {
    let asked = 0;
    await using server = await httpServer((_, response) => {
      asked++;
      response.writeHead(200, { "cache-control": "max-age=60", "content-type": "application/json" });
      response.end('{"list":[1]}');
    });
    await using http = new NetworkOptimizer();
    const first = await http.request("GET", server.origin);
    (await first.json<{ list: number[] }>()).list.push(2);
    expect(first.fromCache).toBe(false);
    for (let i = 0; i < 3; i++) {
      const hit = await http.request("GET", server.origin);
      expect(hit).toMatchObject({ fromCache: true, status: 200, url: `${server.origin}/` });
      expect(() => Object.assign(hit.headers, { age: "9" })).toThrow(TypeError);
      const parsed = await hit.json<{ list: number[] }>();
      expect(parsed).toEqual({ list: [1] });
      parsed.list.push(2);
      (await hit.bytes()).fill(0);
      for (const piece of await piecesOf((await http.request("GET", server.origin)).stream())) piece.fill(0);
    }
    expect(asked).toBe(1);
    expect(http.getStats()).toMatchObject({ cacheHits: 6, requests: 7, completed: 7, cacheHitRate: 6 / 7 });
  });

  test("a call may do without, and a response that says nothing isn't kept unless cacheTtlMs says so", async () => {
    let asked = 0;
    await using server = await httpServer((request, response) => {
      asked++;
      if (request.url === "/fresh") response.setHeader("cache-control", "max-age=60");
      response.end("x");
    });
    const get = async (http: NetworkOptimizer, path: string, options = {}) =>
      (await http.request("GET", server.origin + path, options)).text();
    await using http = new NetworkOptimizer();
    for (let i = 0; i < 2; i++) await get(http, "/fresh", { useCache: false });
    for (let i = 0; i < 2; i++) await get(http, "/silent");
    expect(asked).toBe(4);
    await using keeping = new NetworkOptimizer({ cacheTtlMs: 60_000 });
    for (let i = 0; i < 2; i++) await get(keeping, "/silent");
    expect(asked).toBe(5);
    await using off = new NetworkOptimizer({ cacheSize: 0 });
    for (let i = 0; i < 2; i++) await get(off, "/fresh");
    expect(asked).toBe(7);
  });

  test("it keeps no more than cacheSize URLs", async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader("cache-control", "max-age=60");
      response.end("x");
    });
    await using http = new NetworkOptimizer({ cacheSize: 2 });
    for (let i = 0; i < 5; i++) await (await http.request("GET", `${server.origin}/${i}`)).text();
    expect(http.getStats().cache).toMatchObject({ urls: 2, evictions: 3 });
  });

  test("a validated response comes from the cache, and a redirect that is stored is followed", async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === "/from")
        response.writeHead(301, { location: "/to", "cache-control": "max-age=60" }).end();
      else if (request.headers["if-none-match"] === '"1"') response.writeHead(304, { etag: '"1"' }).end();
      else response.writeHead(200, { etag: '"1"', "cache-control": "no-cache" }).end("body");
    });
    await using http = new NetworkOptimizer();
    for (const fromCache of [false, true, true]) {
      const response = await http.request("GET", `${server.origin}/from`);
      expect(response).toMatchObject({
        status: 200,
        fromCache,
        redirected: true,
        url: `${server.origin}/to`,
      });
      expect(await response.text()).toBe("body");
    }
  });

  test("identical requests in flight are one, and who gives up leaves the others their answer", async () => {
    let asked = 0;
    let answer = (): void => undefined;
    let arrived = (): void => undefined;
    const isThere = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await using server = await httpServer((_, response) => {
      asked++;
      answer = () => void response.setHeader("cache-control", "max-age=60").end("x");
      arrived();
    });
    await using http = new NetworkOptimizer();
    const leader = new AbortController();
    const first = http.request("GET", server.origin, { signal: leader.signal });
    const others = Array.from({ length: 5 }, () => http.request("GET", server.origin));
    await isThere;
    leader.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    answer();
    expect(await Promise.all(others.map(async (each) => (await each).text()))).toEqual(
      new Array(5).fill("x"),
    );
    expect(asked).toBe(1);
  });
});

describe("With compression on", () => {
  const text = JSON.stringify({ text: "some text ".repeat(1000) });
  const encoded = { gzip: gzipSync(text), br: brotliCompressSync(text), zstd: zstdCompressSync(text) };

  test.each(Object.entries(encoded))(
    "%s is decoded, read in each way, also from the cache",
    async (encoding, bytes) => {
      await using server = await httpServer((request, response) => {
        expect(request.headers["accept-encoding"]).toContain(encoding);
        response.writeHead(200, { "content-encoding": encoding, "cache-control": "max-age=60" }).end(bytes);
      });
      await using http = new NetworkOptimizer();
      for (const fromCache of [false, true]) {
        const response = await http.request("GET", server.origin);
        expect(response.fromCache).toBe(fromCache);
        expect(await response.text()).toBe(text);
        expect(await response.json()).toEqual(JSON.parse(text));
        expect(Buffer.from(await response.bytes()).toString()).toBe(text);
        const pieces = await piecesOf((await http.request("GET", server.origin)).stream());
        expect(Buffer.concat(pieces).toString()).toBe(text);
      }
    },
  );

  test("a bomb is refused, read whole or as a stream, and from the cache", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "cache-control": "max-age=60" }).end(bomb);
    });
    await using http = new NetworkOptimizer({ compression: { maxBytes: 1_000_000 } });
    for (let i = 0; i < 2; i++) {
      const code = { code: "VICTOR_BODY_TOO_LARGE" };
      await expect((await http.request("GET", server.origin)).text()).rejects.toMatchObject(code);
      await expect(piecesOf((await http.request("GET", server.origin)).stream())).rejects.toMatchObject(code);
    }
  });

  test("a cut body is an error before it is a short text", async () => {
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.write(encoded.gzip.subarray(0, 30), () => request.socket.destroy());
    });
    await using http = new NetworkOptimizer();
    const read = async () => (await http.request("GET", server.origin, { maxRetries: 0 })).text();
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/TRUNCATED|REQUEST/) });
    const stream = async () =>
      piecesOf((await http.request("GET", server.origin, { maxRetries: 0 })).stream());
    await expect(stream()).rejects.toMatchObject({ code: expect.stringMatching(/TRUNCATED|REQUEST/) });
  });

  test("switched off, bodies come as they are", async () => {
    await using server = await httpServer((request, response) => {
      expect(request.headers).not.toHaveProperty("accept-encoding");
      response.writeHead(200, { "content-encoding": "gzip" }).end(encoded.gzip);
    });
    await using http = new NetworkOptimizer({ compression: false });
    expect(Buffer.from(await (await http.request("GET", server.origin)).bytes())).toEqual(encoded.gzip);
  });
});

describe("With retries on", () => {
  test("what fails for a moment succeeds, a call may do without, and what fails for good is a response", async () => {
    let asked = 0;
    await using server = await httpServer((request, response) => {
      asked++;
      response.statusCode = request.url === "/gone" || asked < 3 ? 503 : 200;
      response.end("x");
    });
    const retry = { baseDelayMs: 1 };
    await using http = new NetworkOptimizer({ retry });
    expect((await http.request("GET", server.origin)).status).toBe(200);
    expect(asked).toBe(3);
    asked = 0;
    expect((await http.request("GET", server.origin, { maxRetries: 0, useCache: false })).status).toBe(503);
    expect((await http.request("GET", `${server.origin}/gone`, { maxRetries: 2 })).status).toBe(503);
    expect((await http.request("POST", `${server.origin}/gone`, { body: "x" })).status).toBe(503);
    expect(asked).toBe(5);
    expect(http.getStats().retry).toMatchObject({ retries: 4, recovered: 1 });
  });

  test("a stream is sent again when a function makes it anew", async () => {
    const bodies: string[] = [];
    await using server = await httpServer((request, response) => {
      let body = "";
      request.on("data", (piece: Buffer) => {
        body += piece.toString();
      });
      request.on("end", () => {
        bodies.push(body);
        response.writeHead(bodies.length < 3 ? 503 : 200).end();
      });
    });
    await using http = new NetworkOptimizer({ retry: { baseDelayMs: 1 } });
    const body = () => ReadableStream.from([Buffer.from("made")]);
    expect((await http.request("PUT", server.origin, { body })).status).toBe(200);
    expect(bodies).toEqual(["made", "made", "made"]);
  });
});

describe("Private addresses", () => {
  test("are refused for all requests, by name and by number, and nothing is sent", async () => {
    let asked = 0;
    await using server = await httpServer((_, response) => {
      asked++;
      response.end();
    });
    await using http = new NetworkOptimizer({ forbidPrivateAddresses: true });
    for (const host of ["localhost", "127.0.0.1", "2130706433", "0177.1", "[::1]", "[::ffff:127.0.0.1]"])
      await expect(http.request("GET", `http://${host}:${server.port}/`)).rejects.toMatchObject({
        code: "VICTOR_FORBIDDEN_ADDRESS",
      });
    await expect(http.fetch(server.origin)).rejects.toMatchObject({
      cause: { code: "VICTOR_FORBIDDEN_ADDRESS" },
    });
    expect(asked).toBe(0);
  });

  test("are refused to redirects alone, whether a connection is open, and whatever is in the cache", async () => {
    let asked = 0;
    await using inner = await httpServer((_, response) => {
      asked++;
      response.setHeader("cache-control", "max-age=60").end("secret");
    });
    let location = "";
    await using outer = await httpServer((_, response) => void response.writeHead(302, { location }).end());
    await using http = new NetworkOptimizer({ forbidPrivateAddresses: "redirects" });
    const direct = [`http://localhost:${inner.port}/`, `${inner.origin}/`];
    for (const url of direct) expect(await (await http.request("GET", url)).text()).toBe("secret");
    expect(asked).toBe(2);
    for (location of [...direct, `http://2130706433:${inner.port}/`]) {
      const refused = { code: "VICTOR_FORBIDDEN_ADDRESS" };
      await expect(http.request("GET", outer.origin)).rejects.toMatchObject(refused);
      await expect(http.fetch(outer.origin)).rejects.toMatchObject({ cause: refused });
    }
    expect(asked).toBe(2);
    location = `${outer.origin}/other`;
    await expect(http.request("GET", outer.origin)).rejects.toMatchObject({ reason: "loop" });
  });
});

test("Over TLS it speaks HTTP/2 where offered, and trusts no certificate that nobody vouches for", async () => {
  const { key, cert } = selfSigned();
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    response.end(request.httpVersion);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  try {
    await using trusting = new NetworkOptimizer({ http2: true, transport: { tls: { ca: cert } } });
    expect(await (await trusting.request("GET", url)).text()).toBe("2.0");
    await using http1 = new NetworkOptimizer({ http2: false, transport: { tls: { ca: cert } } });
    expect(await (await http1.request("GET", url)).text()).toBe("1.1");
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", url)).rejects.toMatchObject({ code: "VICTOR_TLS_CERTIFICATE" });
    expect(http.getStats().retry).toMatchObject({ retries: 0 });
  } finally {
    server.close();
  }
});

test.each([
  [{ cacheSize: -1 }, "cacheSize"],
  [{ cacheTtlMs: -1 }, "cacheTtlMs"],
  [{ connectionPoolSize: 0 }, "connectionPoolSize"],
  [{ timeoutMs: "1" }, "timeoutMs"],
  [{ maxResponseBytes: -1 }, "maxResponseBytes"],
  [{ http2: "yes" }, "http2"],
  [{ retry: true }, "retry"],
  [{ retry: { maxRetries: -1 } }, "maxRetries"],
  [{ hedge: { percentile: 2 } }, "percentile"],
  [{ circuit: null }, "circuit"],
  [{ limit: { maxConcurrent: 0 } }, "maxConcurrent"],
  [{ cache: { maxUrls: 1 } }, "cacheSize"],
  [{ cache: { type: "x" } }, "type"],
  [{ compression: { maxRatio: 0 } }, "maxRatio"],
  [{ dns: { ttlMs: -1 } }, "ttlMs"],
  [{ redirects: { maxRedirects: -1 } }, "maxRedirects"],
  [{ transport: { tls: 1 } }, "tls"],
  [{ forbidPrivateAddresses: "some" }, "forbidPrivateAddresses"],
  [{ secretHeaders: "x" }, "secretHeaders"],
  [{ cachesize: 1 }, "cachesize"],
])("The options %j are refused, by name", (options, name) => {
  expect(() => new NetworkOptimizer(options as never)).toThrow(name);
});
