import { once } from "node:events";
import {
  constants,
  type Http2SecureServer,
  type Http2Session,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { Transport } from "../../../../src/network/transport/transport.ts";
import type { TransportOptions } from "../../../../src/network/transport/transport-options.ts";
import { dispatched } from "../../../support/dispatched.ts";
import { certificate, http2Server, tcpServer } from "../../../support/local-servers.ts";

const times = <T>(count: number, fn: (index: number) => T) => Array.from({ length: count }, (_, i) => fn(i));
const trusting = (options: TransportOptions = {}) =>
  new Transport({ protocol: "http2", ...options, tls: { ca: certificate.cert } });

/** Answers each path with itself, and counts what it processed. */
class Origin {
  readonly processed = new Map<string, number>();
  readonly sessions: ServerHttp2Session[] = [];
  widest = 0;
  #open = 0;

  readonly setUp = (server: Http2SecureServer) => {
    server.on("session", (session) => this.sessions.push(session));
    server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      this.onStream(stream, headers[":path"] as string);
    });
  };

  onStream(stream: ServerHttp2Stream, path: string): void {
    this.answer(stream, path);
  }

  answer(stream: ServerHttp2Stream, path: string, afterMs = 2): void {
    this.processed.set(path, (this.processed.get(path) ?? 0) + 1);
    this.widest = Math.max(this.widest, ++this.#open);
    stream.on("close", () => this.#open--);
    stream.resume();
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end(path);
    }, afterMs);
  }
}

function expectEachOnce(origin: Origin, count: number): void {
  expect([...origin.processed.values()].every((n) => n === 1)).toBe(true);
  expect(origin.processed.size).toBe(count);
}

describe("a transport over HTTP/2", () => {
  it("sends a cold burst on one connection, POSTs beside each other too", async () => {
    const origin = new Origin();
    await using server = await http2Server(origin.setUp);
    await using transport = trusting();
    const answers = await Promise.all(
      times(100, (i) =>
        dispatched(transport.dispatch, {
          origin: server.origin,
          path: `/${i}`,
          ...(i % 2 === 1 && { method: "POST", body: `body ${i}` }),
        }),
      ),
    );
    expect(answers.map(({ body }) => body)).toEqual(times(100, (i) => `/${i}`));
    expectEachOnce(origin, 100);
    expect(server.connections()).toBe(1);
    expect(origin.widest).toBeGreaterThan(10);
    expect(transport.stats().origins[0]).toMatchObject({
      protocol: "h2",
      http2Connections: 1,
      requests: 100,
    });
  });

  it("takes four connections at most when one can't carry all", async () => {
    const origin = new Origin();
    await using server = await http2Server(origin.setUp);
    await using transport = trusting();
    await Promise.all(
      times(900, (i) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` })),
    );
    expectEachOnce(origin, 900);
    expect(server.connections()).toBeLessThanOrEqual(4);
  });

  it("keeps to the number of streams that the server allows, even one", async () => {
    const origin = new Origin();
    const onSession = new Map<Http2Session | undefined, number>();
    let widest = 0;
    origin.onStream = (stream, path) => {
      const open = (onSession.get(stream.session) ?? 0) + 1;
      onSession.set(stream.session, open);
      widest = Math.max(widest, open);
      const { session } = stream;
      stream.on("close", () => onSession.set(session, onSession.get(session)! - 1));
      origin.answer(stream, path);
    };
    await using server = await http2Server(origin.setUp, { settings: { maxConcurrentStreams: 1 } });
    await using transport = trusting({ connectionsPerOrigin: 6 });
    await Promise.all(
      times(60, (i) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` })),
    );
    expectEachOnce(origin, 60);
    expect(widest).toBe(1);
    expect(server.connections()).toBeLessThanOrEqual(6);
  });

  it("loses and doubles nothing when the server lowers the number of streams in flight", async () => {
    const origin = new Origin();
    let isLowered = false;
    origin.onStream = (stream, path) => {
      if (!isLowered) stream.session!.settings({ maxConcurrentStreams: 2 });
      isLowered = true;
      origin.answer(stream, path);
    };
    await using server = await http2Server(origin.setUp);
    await using transport = trusting({ sessionsPerOrigin: 1, connectionsPerOrigin: 1 });
    const send = (i: number) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` });
    const answers = await Promise.all(times(80, send));
    expect(answers.map(({ body }) => body)).toEqual(times(80, (i) => `/${i}`));
    origin.widest = 0;
    await Promise.all(times(20, (i) => send(100 + i)));
    expect(origin.widest).toBeLessThanOrEqual(2);
    expectEachOnce(origin, 100);
  });

  it("sends again, once, what a server refused, and processes nothing twice", async () => {
    const origin = new Origin();
    const refused = new Set<string>();
    origin.onStream = (stream, path) => {
      if (!refused.has(path) && path.endsWith("0")) {
        refused.add(path);
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
      } else origin.answer(stream, path);
    };
    await using server = await http2Server(origin.setUp);
    await using transport = trusting();
    const answers = await Promise.all(
      times(50, (i) =>
        dispatched(transport.dispatch, { origin: server.origin, path: `/${i}`, method: "POST", body: "x" }),
      ),
    );
    expect(answers.map(({ body }) => body)).toEqual(times(50, (i) => `/${i}`));
    expect(refused.size).toBe(5);
    expectEachOnce(origin, 50);
  });

  it("fails only the request whose stream the server resets, and doesn't send it again", async () => {
    const origin = new Origin();
    origin.onStream = (stream, path) => {
      if (path !== "/7") return origin.answer(stream, path);
      origin.processed.set(path, (origin.processed.get(path) ?? 0) + 1);
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    };
    await using server = await http2Server(origin.setUp);
    await using transport = trusting();
    const all = await Promise.allSettled(
      times(20, (i) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` })),
    );
    expect(all.map(({ status }) => status === "rejected")).toEqual(times(20, (i) => i === 7));
    expectEachOnce(origin, 20);
    expect(server.connections()).toBe(1);
  });

  it("resets with CANCEL the stream of a request that is given up before its body was sent", async () => {
    const origin = new Origin();
    const opened = Promise.withResolvers<ServerHttp2Stream>();
    // It isn't read, so that the rest of the body waits for room.
    origin.onStream = (stream) => opened.resolve(stream);
    await using server = await http2Server(origin.setUp);
    await using transport = trusting();
    const dispatcher = await transport.dispatcher();
    const giveUp = new AbortController();
    const body = Buffer.alloc(500_000);
    const sent = dispatcher.request({
      origin: server.origin,
      path: "/",
      method: "POST",
      body,
      signal: giveUp.signal,
    });
    const stream = await opened.promise;
    const closed = once(stream, "close");
    giveUp.abort();
    await expect(sent).rejects.toMatchObject({ name: "AbortError" });
    await closed;
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect(origin.sessions[0]).toMatchObject({ destroyed: false, closed: false });
  });

  it("doesn't fail requests that wait for a new session for the reason of one that is given up", async () => {
    const origin = new Origin();
    const held: (() => void)[] = [];
    let isFirst = true;
    const refused: ServerHttp2Stream[] = [];
    origin.onStream = (stream, path) => {
      if (stream.session !== origin.sessions[0] || path === "/first") origin.answer(stream, path);
      else if (refused.push(stream) === 3) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
    };
    await using server = await http2Server(origin.setUp);
    await using gate = await tcpServer((socket) => {
      const pass = () => {
        const inner = connect(server.port, "127.0.0.1").on("error", () => socket.destroy());
        socket.pipe(inner).pipe(socket);
      };
      if (isFirst) pass();
      else held.push(pass);
      isFirst = false;
    }, "https");
    await using transport = trusting();
    const dispatcher = await transport.dispatcher();
    const giveUp = new AbortController();
    const get = async (path: string, signal?: AbortSignal) => {
      const options = { origin: gate.origin, path, method: "GET" as const };
      return (await dispatcher.request({ ...options, ...(signal && { signal }) })).body.text();
    };
    expect(await get("/first")).toBe("/first");
    const all = Promise.allSettled([get("/1", giveUp.signal), get("/2"), get("/3")]);
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    giveUp.abort(new Error("enough"));
    for (const release of held) release();
    expect(
      (await all).map((each) => (each.status === "fulfilled" ? each.value : each.reason.message)),
    ).toEqual(["enough", "/2", "/3"]);
  });

  it("finishes what was accepted before a GOAWAY, and sends the rest on another connection, nothing twice", async () => {
    const origin = new Origin();
    let goneAway = 0;
    origin.onStream = (stream, path) => {
      const { session } = stream;
      // What comes on a session after its GOAWAY isn't processed, by RFC 9113, 6.8.
      if (session!.closed || (goneAway === 1 && session === origin.sessions[0] && stream.id! > 21)) return;
      origin.answer(stream, path, 20);
      if (goneAway === 0 && stream.id === 21) {
        goneAway++;
        session!.goaway(constants.NGHTTP2_NO_ERROR, 21);
      }
    };
    await using server = await http2Server(origin.setUp);
    await using transport = trusting();
    const answers = await Promise.all(
      times(60, (i) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` })),
    );
    expect(answers.map(({ body }) => body)).toEqual(times(60, (i) => `/${i}`));
    expect(goneAway).toBe(1);
    expectEachOnce(origin, 60);
    expect(server.connections()).toBeLessThanOrEqual(3);
    expect((await dispatched(transport.dispatch, { origin: server.origin, path: "/after" })).body).toBe(
      "/after",
    );
  });

  it("fails what was under way when the session dies, sends none of it again, and connects anew", async () => {
    const origin = new Origin();
    let isDead = false;
    origin.onStream = (stream, path) => {
      if (isDead) return origin.answer(stream, path);
      origin.processed.set(path, (origin.processed.get(path) ?? 0) + 1);
      if (origin.processed.size === 10) {
        isDead = true;
        stream.session!.socket.destroy();
      }
    };
    await using server = await http2Server(origin.setUp);
    await using transport = trusting({
      streamsPerSession: 10,
      sessionsPerOrigin: 1,
      connectionsPerOrigin: 1,
    });
    const send = (i: number) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` });
    const all = await Promise.allSettled(times(25, send));
    const failed = all.filter(({ status }) => status === "rejected");
    expect(failed).toHaveLength(10);
    expectEachOnce(origin, 25);
    expect((await send(99)).body).toBe("/99");
  });

  it("connects anew after the server restarted", async () => {
    const first = new Origin();
    const before = await http2Server(first.setUp);
    await using transport = trusting();
    await dispatched(transport.dispatch, { origin: before.origin, path: "/1" });
    await before[Symbol.asyncDispose]();
    while (transport.stats().connections > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const second = new Origin();
    await using _after = await http2Server(second.setUp, {}, before.port);
    expect((await dispatched(transport.dispatch, { origin: before.origin, path: "/2" })).body).toBe("/2");
    expectEachOnce(second, 1);
  });

  it("gives up a peer that no longer answers pings", async () => {
    const origin = new Origin();
    origin.onStream = () => undefined;
    await using server = await http2Server(origin.setUp);
    // Stands between, and lets nothing pass once it is silent.
    let isSilent = false;
    await using relay = await tcpServer((client) => {
      const upstream = connect(server.port, "127.0.0.1");
      upstream.on("error", () => undefined).on("data", (bytes) => isSilent || client.write(bytes));
      client.on("data", (bytes) => isSilent || upstream.write(bytes)).on("close", () => upstream.destroy());
    }, "https");
    await using transport = trusting({ pingIntervalMs: 40 });
    const waiting = dispatched(transport.dispatch, { origin: relay.origin });
    waiting.catch(() => undefined);
    await once(server.server, "stream");
    isSilent = true;
    await expect(waiting).rejects.toThrow("unresponsive");
    while (transport.stats().connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(transport.stats().connectionsClosed).toBe(1);
  });

  it("closes a session that is idle", async () => {
    const origin = new Origin();
    await using server = await http2Server(origin.setUp);
    await using transport = trusting({ keepAliveTimeoutMs: 20 });
    await dispatched(transport.dispatch, { origin: server.origin, path: "/1" });
    while (transport.stats().connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(transport.stats()).toMatchObject({ connectionsOpened: 1, connectionsClosed: 1 });
  });
});
