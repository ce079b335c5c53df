import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { NetworkOptimizer } from "../../../src/network/optimizer.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { httpServer, piecesOf, socketServer } from "../../support/local-http.ts";

const once = { maxRetries: 0 };
const pieceOf = (sizeBytes: number): Buffer => Buffer.alloc(sizeBytes, "x");

/** Answers every request on a bare connection. */
const answering = (answer: (socket: Socket) => void) =>
  socketServer((socket) => void socket.once("data", () => answer(socket)));

describe("A body that is cut short", () => {
  const heads = {
    "of a known length": "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
    "in chunks": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n",
  };
  test.each(Object.entries(heads))("%s is an error for every way to read it", async (_, head) => {
    await using server = await answering((socket) => void socket.end(head));
    await using http = new NetworkOptimizer();
    for (const read of ["text", "json", "bytes"] as const) {
      const response = await http.request("GET", `${server.origin}/?key=secret`, once);
      await expect(response[read]()).rejects.toMatchObject({
        code: "VICTOR_BODY_TRUNCATED",
        receivedBytes: 5,
        message: expect.not.stringContaining("secret"),
      });
      // Later as well as while it was awaited.
      await expect(response.text()).rejects.toMatchObject({ code: "VICTOR_BODY_TRUNCATED" });
    }
    const streamed = (await http.request("GET", server.origin, once)).stream();
    await expect(piecesOf(streamed)).rejects.toMatchObject({ code: "VICTOR_BODY_TRUNCATED" });
    const [result] = await http.batchRequests([{ url: server.origin, ...once }]);
    expect(result).toMatchObject({ status: "rejected", reason: { code: "VICTOR_BODY_TRUNCATED" } });
  });

  test("by a reset is an error", async () => {
    await using server = await answering((socket) => {
      socket.write(heads["in chunks"], () => setImmediate(() => socket.resetAndDestroy()));
    });
    await using http = new NetworkOptimizer();
    // The reset may come before the head has been read.
    const reading = http.request("GET", server.origin, once).then((response) => response.text());
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/BODY_TRUNCATED|REQUEST/) });
  });
});

describe("A body that is too long", () => {
  test("is refused by its head already, when that tells", async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { "content-length": 10_000_000_000 });
      response.write(pieceOf(100));
    });
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", server.origin, once)).rejects.toMatchObject({
      code: "VICTOR_RESPONSE_TOO_LARGE",
      maxBytes: 256 * 2 ** 20,
    });
  });

  test.each(["text", "stream"] as const)(
    "is refused on its way, read as %s, and the sender is cut off",
    async (way) => {
      let cutOff = (): void => undefined;
      const gone = new Promise<void>((resolve) => {
        cutOff = resolve;
      });
      await using server = await httpServer((_, response) => {
        const pump = (): void => {
          while (response.write(pieceOf(65_536)));
        };
        response.on("drain", pump).on("close", cutOff);
        pump();
      });
      await using http = new NetworkOptimizer({ maxResponseBytes: 1_000_000 });
      const response = await http.request("GET", server.origin, once);
      const reading = way === "text" ? response.text() : piecesOf(response.stream());
      await expect(reading).rejects.toMatchObject({ code: "VICTOR_RESPONSE_TOO_LARGE", maxBytes: 1_000_000 });
      await gone;
    },
  );

  test("that nobody reads isn't taken in, and its connection ends with its deadline", async () => {
    let sentBytes = 0;
    let cutOff = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      cutOff = resolve;
    });
    const clock = new FakeClock();
    await using server = await httpServer((_, response) => {
      const pump = (): void => {
        do sentBytes += 65_536;
        while (response.write(pieceOf(65_536)));
      };
      response.on("drain", pump).on("close", cutOff);
      pump();
    });
    await using http = new NetworkOptimizer({ clock });
    const response = await http.request("GET", server.origin, once);
    await clock.advance(30_000);
    await gone;
    // What the sockets' buffers hold.
    expect(sentBytes).toBeLessThan(64 * 2 ** 20);
    await expect(response.text()).rejects.toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs: 30_000 });
  });
});

describe("The one deadline", () => {
  test("ends a request that gets no answer", async () => {
    const clock = new FakeClock();
    let asked = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await using server = await httpServer(() => asked());
    await using http = new NetworkOptimizer({ clock });
    const request = http.request("GET", `${server.origin}/?key=secret`, { ...once, timeoutMs: 500 });
    const failed = expect(request).rejects.toMatchObject({
      code: "VICTOR_DEADLINE",
      timeoutMs: 500,
      message: expect.not.stringContaining("secret"),
    });
    await arrived;
    await clock.advance(500);
    await failed;
    expect(clock.pending).toBe(0);
  });

  test("ends a response that drips, however often it drips", async () => {
    const clock = new FakeClock();
    let drip = (): void => undefined;
    await using server = await answering((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
      drip = () => void socket.write("x");
    });
    await using http = new NetworkOptimizer({ clock });
    const response = await http.request("GET", server.origin, { ...once, timeoutMs: 1000 });
    const failed = expect(response.text()).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
    for (let i = 0; i < 10; i++) {
      drip();
      await clock.advance(100);
    }
    await failed;
  });

  test("ends what waits for a free connection", async () => {
    const clock = new FakeClock();
    await using server = await httpServer((_, response) => response.flushHeaders());
    await using http = new NetworkOptimizer({ clock, connectionPoolSize: 1 });
    const first = await http.request("GET", server.origin, once);
    const second = http.request("GET", `${server.origin}/two`, { ...once, timeoutMs: 100 });
    const failed = expect(second).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
    await clock.advance(100);
    await failed;
    first.cancel();
  });

  test("of 0 ms is over before anything is sent", async () => {
    let asked = 0;
    await using server = await httpServer((_, response) => {
      asked++;
      response.end();
    });
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", server.origin, { timeoutMs: 0 })).rejects.toMatchObject({
      code: "VICTOR_DEADLINE",
    });
    expect(asked).toBe(0);
  });
});

describe("An abort", () => {
  const reason = new Error("enough");

  test("before the request sends nothing", async () => {
    await using http = new NetworkOptimizer();
    const signal = AbortSignal.abort(reason);
    await expect(http.request("GET", "http://127.0.0.1:1/", { signal })).rejects.toBe(reason);
    expect(http.getStats().requests).toBe(0);
  });

  test("in the same turn as the request ends it", async () => {
    await using server = await httpServer((_, response) => void response.end("x"));
    await using http = new NetworkOptimizer();
    const controller = new AbortController();
    const request = http.request("GET", server.origin, { signal: controller.signal });
    controller.abort(reason);
    await expect(request).rejects.toBe(reason);
  });

  test("while the server is silent ends it, and the server sees it", async () => {
    const controller = new AbortController();
    let gone = (): void => undefined;
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    await using server = await httpServer((request) => {
      request.socket.on("close", gone);
      controller.abort(reason);
    });
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", server.origin, { signal: controller.signal })).rejects.toBe(reason);
    await left;
  });

  test.each(["text", "stream"] as const)("while the body is read as %s ends it", async (way) => {
    const controller = new AbortController();
    await using server = await httpServer((_, response) => void response.write("some"));
    await using http = new NetworkOptimizer();
    const response = await http.request("GET", server.origin, { signal: controller.signal });
    const reading = way === "text" ? response.text() : piecesOf(response.stream());
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(http.getStats()).toMatchObject({ failed: 1, active: 0 });
  });

  test("with a reason that is no error, and between the hops of a redirect, ends it", async () => {
    const controller = new AbortController();
    await using server = await httpServer((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/two" }).end();
      else controller.abort("text");
    });
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", server.origin, { signal: controller.signal })).rejects.toBe("text");
  });

  test("after the end changes nothing, and one signal serves many requests", async () => {
    const controller = new AbortController();
    await using server = await httpServer((_, response) => void response.end("x"));
    await using http = new NetworkOptimizer();
    const { signal } = controller;
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => http.request("GET", server.origin, { signal })),
    );
    await Promise.all(responses.map((response) => response.text()));
    controller.abort(reason);
    expect(await responses[0]!.text()).toBe("x");
  });
});

describe("What fails", () => {
  test("without a server says why, without the query", async () => {
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", "http://127.0.0.1:1/x?key=secret", once)).rejects.toMatchObject({
      code: "VICTOR_REQUEST",
      method: "GET",
      url: "http://127.0.0.1:1/x?…",
      cause: { code: "ECONNREFUSED" },
      message: expect.not.stringContaining("secret"),
    });
  });

  test("by a name that nobody has says so", async () => {
    await using http = new NetworkOptimizer();
    await expect(http.request("GET", "http://nowhere.invalid/", once)).rejects.toMatchObject({
      code: "VICTOR_REQUEST",
      cause: { code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) },
    });
  });

  test.each(["", "no http\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"])(
    "by the answer %j is an error",
    async (answer) => {
      await using server = await answering((socket) => void socket.end(answer));
      await using http = new NetworkOptimizer();
      const reading = http.request("GET", server.origin, once).then((response) => response.text());
      await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/REQUEST|TRUNCATED/) });
    },
  );

  test("by a body's own error names it", async () => {
    await using server = await httpServer(
      (request, response) => void request.resume().on("end", () => response.end()),
    );
    await using http = new NetworkOptimizer();
    async function* broken() {
      yield Buffer.from("some");
      throw new Error("source broke");
    }
    await expect(http.request("POST", server.origin, { body: broken(), ...once })).rejects.toMatchObject({
      code: "VICTOR_REQUEST",
      cause: { message: "source broke" },
    });
  });

  test("does so while a server is away, and no longer when it is back", async () => {
    await using http = new NetworkOptimizer();
    const first = await httpServer((_, response) => void response.end("first"));
    expect(await (await http.request("GET", first.origin)).text()).toBe("first");
    await first[Symbol.asyncDispose]();
    await expect(http.request("GET", first.origin, once)).rejects.toMatchObject({ code: "VICTOR_REQUEST" });
  });
});
