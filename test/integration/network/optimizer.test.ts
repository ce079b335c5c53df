import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { httpServer } from "../../support/local-http.ts";

/** Says what it was asked. */
const echo = () =>
  httpServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString();
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }),
      );
    });
  });

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

describe("A request", () => {
  test("is sent as it was asked for", async () => {
    await using server = await echo();
    await using http = new NetworkOptimizer();
    await http.initialize({ baseUrl: `${server.origin}/v1`, headers: { "X-A": "1", accept: "text/html" } });
    const response = await http.request("post", "/users", {
      params: { limit: 10 },
      json: { a: [1] },
      headers: { accept: "application/json" },
    });
    expect(response).toMatchObject({ status: 200, ok: true, fromCache: false, redirected: false });
    expect(response.url).toBe(`${server.origin}/v1/users?limit=10`);
    expect(await response.json<Echo>()).toMatchObject({
      method: "POST",
      url: "/v1/users?limit=10",
      headers: { "x-a": "1", accept: "application/json", "content-type": "application/json" },
      body: '{"a":[1]}',
    });
  });

  test("sends forms, bytes, streams and FormData", async () => {
    await using server = await echo();
    await using http = new NetworkOptimizer();
    const sent = async (options: object): Promise<Echo> =>
      (await http.request("POST", server.origin, options)).json<Echo>();
    expect((await sent({ form: { a: "x y" } })).body).toBe("a=x+y");
    expect((await sent({ body: Buffer.from("bytes") })).body).toBe("bytes");
    expect((await sent({ body: ReadableStream.from([Buffer.from("web")]) })).body).toBe("web");
    expect((await sent({ body: () => "made" })).body).toBe("made");
    const form = new FormData();
    form.append("file", new Blob(["content"]), "a.txt");
    expect((await sent({ form })).body).toContain("content");
  });

  test("takes its base URL's headers and userinfo to that origin alone, also after a redirect", async () => {
    await using other = await echo();
    await using server = await httpServer((_, response) => {
      response.writeHead(307, { location: `${other.origin}/landed` }).end();
    });
    await using http = new NetworkOptimizer();
    const { port } = server;
    await http.initialize({
      baseUrl: `http://user:pass@127.0.0.1:${port}`,
      headers: { "x-tenant": "secret", accept: "a/b" },
    });
    const direct = await (await http.request("GET", `${other.origin}/direct`)).json<Echo>();
    expect(direct.headers).not.toHaveProperty("x-tenant");
    expect(direct.headers).not.toHaveProperty("authorization");
    const response = await http.request("GET", "/", { headers: { cookie: "a=b" } });
    expect(response).toMatchObject({ redirected: true, url: `${other.origin}/landed` });
    const { headers } = await response.json<Echo>();
    expect(headers).toMatchObject({ accept: "a/b" });
    for (const name of ["x-tenant", "authorization", "cookie"]) expect(headers).not.toHaveProperty(name);
  });

  test("to a path that looks like a host takes no credentials to that host by way of a redirect", async () => {
    await using other = await echo();
    await using server = await httpServer((request, response) => {
      if (request.url!.startsWith("//")) response.writeHead(302, { location: "/landed" }).end();
      else response.end(request.headers.authorization);
    });
    await using http = new NetworkOptimizer();
    await http.initialize({ baseUrl: server.origin, headers: { authorization: "Bearer x" } });
    const response = await http.request("GET", `${server.origin}//127.0.0.1:${other.port}/`);
    expect(response.url).toBe(`${server.origin}/landed`);
    expect(await response.text()).toBe("Bearer x");
  });

  test("default credentials without a base URL are refused", async () => {
    await using http = new NetworkOptimizer({ secretHeaders: ["X-Mine"] });
    await expect(http.initialize({ headers: { Authorization: "Bearer token" } })).rejects.toThrow(
      /authorization/,
    );
    await expect(http.initialize({ headers: { "x-mine": "token" } })).rejects.toThrow(/x-mine/);
  });

  test.each([
    ["GET", "nowhere", {}],
    ["GET", "http://", {}],
    ["GET", "http://127.0.0.1/\r\nx", {}],
    ["GE T", "http://127.0.0.1/", {}],
    ["GET", "http://127.0.0.1/", { body: "x" }],
    ["GET", "http://127.0.0.1/", { headers: { a: "b\r\nc: d" } }],
    ["GET", "http://127.0.0.1/", { timeoutMs: -1 }],
    ["POST", "http://127.0.0.1/", { json: () => 1 }],
    ["GET", "http://127.0.0.1/", { unknown: 1 }],
  ])(
    "%s %j %j is a rejection with the caller's mistake, and nothing is sent",
    async (method, url, options) => {
      await using http = new NetworkOptimizer();
      const error: unknown = await http
        .request(method, url, options as object)
        .catch((reason: unknown) => reason);
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
      expect(http.getStats().requests).toBe(0);
    },
  );

  test("after close is refused, and close waits for those under way", async () => {
    let release = (): void => undefined;
    await using server = await httpServer((_, response) => {
      response.flushHeaders();
      release = () => response.end("late");
    });
    const http = new NetworkOptimizer();
    const response = await http.request("GET", server.origin);
    let closed = false;
    const closing = http.close().then(() => {
      closed = true;
    });
    await expect(http.request("GET", server.origin)).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    await expect(http.fetch(server.origin)).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    expect(closed).toBe(false);
    release();
    expect(await response.text()).toBe("late");
    await closing;
    await http.close();
  });
});

describe("A response", () => {
  test("gives its body as often as it is asked for, to each caller his own", async () => {
    await using server = await httpServer((_, response) => response.end('\ufeff{"a":[1]}'));
    await using http = new NetworkOptimizer();
    const response = await http.request("GET", server.origin);
    const first = await response.json<{ a: number[] }>();
    first.a.push(2);
    const bytes = await response.bytes();
    bytes.fill(0);
    expect(await response.json()).toEqual({ a: [1] });
    expect(await response.text()).toBe('{"a":[1]}');
    expect((await response.bytes()).length).toBe(12);
  });

  test("to a HEAD has no text, and leaves a stored one to who asks for it", async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader("cache-control", "max-age=100").end("hello");
    });
    await using http = new NetworkOptimizer();
    const text = async (method: string): Promise<string> =>
      (await http.request(method, server.origin)).text();
    for (const method of ["GET", "HEAD", "GET", "HEAD", "GET"])
      expect(await text(method)).toBe(method === "GET" ? "hello" : "");
  });

  test("of a user isn't given to another one who differs in what is secret", async () => {
    await using server = await httpServer((request, response) => {
      response.setHeader("cache-control", "private, max-age=100").end(request.headers["x-session"]);
    });
    await using http = new NetworkOptimizer({ secretHeaders: ["X-Session"] });
    for (const session of ["a", "b", "a"]) {
      const response = await http.request("GET", server.origin, { headers: { "x-session": session } });
      expect(await response.text()).toBe(session);
    }
    expect(http.getStats().cacheHits).toBe(1);
  });

  test("streams its body once", async () => {
    await using server = await httpServer((_, response) => response.end(Buffer.alloc(1_000_000, "x")));
    await using http = new NetworkOptimizer();
    const response = await http.request("GET", server.origin);
    let length = 0;
    for await (const piece of response.stream()) length += piece.length;
    expect(length).toBe(1_000_000);
    expect(() => response.stream()).toThrow(expect.objectContaining({ code: "VICTOR_BODY_USED" }) as Error);
    for (const read of ["text", "json", "bytes"] as const)
      await expect(response[read]()).rejects.toMatchObject({ code: "VICTOR_BODY_USED" });
  });

  test("of which part of the stream was read can be cancelled", async () => {
    await using server = await httpServer((_, response) => void response.write(Buffer.alloc(1_000_000)));
    await using http = new NetworkOptimizer();
    for await (const piece of (await http.request("GET", server.origin)).stream()) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    (await http.request("GET", server.origin)).cancel();
    expect(http.getStats()).toMatchObject({ active: 0 });
  });

  test.each(["identity", "gzip"])(
    "is there in whole for who asked for it, also beside a stream: %s",
    async (coding) => {
      const plain = Buffer.from("first, second".repeat(1000));
      const body = coding === "gzip" ? gzipSync(plain) : plain;
      let finish = (): void => undefined;
      await using server = await httpServer((_, response) => {
        response.setHeader("content-encoding", coding);
        response.write(body.subarray(0, 40));
        finish = () => response.end(body.subarray(40));
      });
      await using http = new NetworkOptimizer();
      for (const isRead of [true, false]) {
        const response = await http.request("GET", server.origin, { useCache: false });
        const text = response.text();
        const stream = response.stream();
        const read = isRead ? new Response(stream).text() : stream.cancel();
        finish();
        expect(await text).toBe(plain.toString());
        if (isRead) expect(await read).toBe(plain.toString());
        await read;
      }
    },
  );

  test.each([
    ["identity", false],
    ["identity", true],
    ["gzip", false],
    ["gzip", true],
  ])(
    "ends when its stream is cancelled, %s, whether somebody waits to read it (%s)",
    async (coding, isRead) => {
      await using server = await httpServer((_, response) => {
        response.setHeader("content-encoding", coding);
        response.write(gzipSync(Buffer.alloc(1000)).subarray(0, 5));
      });
      await using http = new NetworkOptimizer();
      const reader = (await http.request("GET", server.origin)).stream().getReader();
      const read = isRead ? reader.read() : undefined;
      await reader.cancel();
      await read;
      expect(http.getStats().active).toBe(0);
    },
  );

  test("that is no JSON says so, with its status, and shows no query", async () => {
    await using server = await httpServer((_, response) => void response.writeHead(502).end("<html>"));
    await using http = new NetworkOptimizer();
    const response = await http.request("GET", `${server.origin}/?token=secret`);
    expect(response.ok).toBe(false);
    await expect(response.json()).rejects.toMatchObject({
      code: "VICTOR_RESPONSE_JSON",
      status: 502,
      message: expect.not.stringContaining("secret"),
    });
    expect(await response.text()).toBe("<html>");
  });

  test("to a HEAD, a 204 and a 304 has no body, whatever its content-length says", async () => {
    await using server = await httpServer((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, status === 204 ? {} : { "content-length": 7 }).end();
    });
    await using http = new NetworkOptimizer();
    expect(await (await http.request("HEAD", `${server.origin}/200`)).text()).toBe("");
    expect(await (await http.request("GET", `${server.origin}/204`)).text()).toBe("");
    expect(await (await http.request("GET", `${server.origin}/304`)).text()).toBe("");
  });
});

describe("A batch", () => {
  test("comes back in order, with a response or an error for each, and runs no more at once than it may", async () => {
    let active = 0;
    let most = 0;
    await using server = await httpServer((request, response) => {
      most = Math.max(most, ++active);
      setImmediate(() => {
        active--;
        if (request.url === "/3") request.socket.destroy();
        else response.end(request.url);
      });
    });
    await using http = new NetworkOptimizer();
    const requests = Array.from({ length: 20 }, (_, i) => ({ url: `${server.origin}/${i}`, maxRetries: 0 }));
    const results = await http.batchRequests([...requests, { url: "nowhere" }], { maxConcurrency: 4 });
    expect(most).toBeLessThanOrEqual(4);
    expect(results.map(({ status }) => status)).toEqual(
      Array.from({ length: 21 }, (_, i) => (i === 3 || i === 20 ? "rejected" : "fulfilled")),
    );
    expect(results[3]).toMatchObject({ reason: { code: "VICTOR_REQUEST" } });
    const texts = await Promise.all(
      results.map((each) => (each.status === "fulfilled" ? each.value.text() : "")),
    );
    expect(texts[19]).toBe("/19");
  });

  test("refuses what is no batch", async () => {
    await using http = new NetworkOptimizer();
    await expect(http.batchRequests("x" as never)).rejects.toThrow(TypeError);
    await expect(http.batchRequests([], { maxConcurrency: 0 })).rejects.toThrow(RangeError);
    expect(await http.batchRequests([])).toEqual([]);
  });

  test("ends when its signal aborts", async () => {
    await using server = await httpServer(() => undefined);
    await using http = new NetworkOptimizer();
    const batch = http.batchRequests([{ url: server.origin }, { url: server.origin }], {
      signal: AbortSignal.abort(new Error("enough")),
    });
    await expect(batch).rejects.toThrow("enough");
  });
});

describe("The other faces", () => {
  test("fetch takes what the platform's takes, follows redirects, and leaves the platform's alone", async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === "/from") response.writeHead(302, { location: "/to" }).end();
      else request.pipe(response);
    });
    await using http = new NetworkOptimizer();
    const before = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1")) as unknown;
    const response = await http.fetch(`${server.origin}/from`);
    expect(response).toMatchObject({ status: 200, url: `${server.origin}/to`, redirected: true });
    expect((await http.fetch(`${server.origin}/from`, { redirect: "manual" })).status).toBe(302);
    await expect(http.fetch(`${server.origin}/from`, { redirect: "error" })).rejects.toThrow();
    const posted = await http.fetch(new Request(server.origin, { method: "POST", body: "text" }));
    expect(await posted.text()).toBe("text");
    const form = new FormData();
    form.append("a", "b");
    expect(await (await http.fetch(server.origin, { method: "POST", body: form })).text()).toContain(
      'name="a"',
    );
    const params = new URLSearchParams({ a: "b c" });
    expect(await (await http.fetch(server.origin, { method: "PUT", body: params })).text()).toBe("a=b+c");
    expect(Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1"))).toBe(before);
  });

  test("the dispatcher serves undici's own functions", async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === "/from") response.writeHead(302, { location: "/to" }).end();
      else response.end(request.url);
    });
    await using http = new NetworkOptimizer();
    const dispatcher = await http.dispatcher();
    const { request } = await import("undici");
    const { body } = await request(`${server.origin}/from`, { dispatcher });
    expect(await body.text()).toBe("/to");
  });
});

test("Figures say what happened", async () => {
  await using server = await httpServer((_, response) => void response.end("x"));
  await using http = new NetworkOptimizer();
  await (await http.request("GET", server.origin)).text();
  await http.request("GET", "http://127.0.0.1:1/", { maxRetries: 0 }).catch(() => undefined);
  expect(http.getStats()).toMatchObject({ requests: 2, completed: 1, failed: 1, active: 0, cacheHits: 0 });
  const names = Array.from(http.collect(), ({ name }) => name);
  expect(names).toContain("http.client.request.duration");
  expect(new Set(names).size).toBeGreaterThan(3);
});

describe("What a caller gives that throws at the second look", () => {
  test("fails the request, also after its body had to be read", async () => {
    await using server = await echo();
    await using http = new NetworkOptimizer({ timeoutMs: Number.POSITIVE_INFINITY });
    let looks = 0;
    const headers = {
      get "x-once"(): string {
        if (++looks > 1) throw new Error("a second look");
        return "1";
      },
    };
    const sent = http.request("POST", server.origin, { headers, body: new Blob(["text"]) });
    await expect(sent).rejects.toThrow("a second look");
  });
});
