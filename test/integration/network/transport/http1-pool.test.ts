import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Transport } from "../../../../src/network/transport/transport.ts";
import { dispatched } from "../../../support/dispatched.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { httpServer, tcpServer } from "../../../support/local-servers.ts";

const times = <T>(count: number, fn: (index: number) => T) => Array.from({ length: count }, (_, i) => fn(i));

describe("a transport over HTTP/1.1", () => {
  it("sends requests one after the other on one connection, and counts what it reuses", async () => {
    await using server = await httpServer((_request, response) => response.end("hello"));
    await using transport = new Transport();
    for (let i = 0; i < 5; i++)
      expect((await dispatched(transport.dispatch, { origin: server.origin })).body).toBe("hello");
    expect(server.connections()).toBe(1);
    expect(transport.stats()).toMatchObject({
      requests: 5,
      poolHits: 4,
      reused: 4,
      poolHitRate: 0.8,
      connectionsOpened: 1,
      connectionsClosed: 0,
      connections: 1,
      dns: { misses: 1, hits: 0 },
    });
    expect(transport.stats().origins[0]).toMatchObject({ protocol: "h1", reason: "HTTP/2 isn't offered" });
  });

  it("opens no more connections to an origin than allowed, and answers every request of a burst", async () => {
    await using server = await httpServer((request, response) =>
      setTimeout(() => response.end(request.url), 5),
    );
    await using transport = new Transport({ connectionsPerOrigin: 3 });
    const answers = await Promise.all(
      times(60, (i) => dispatched(transport.dispatch, { origin: server.origin, path: `/${i}` })),
    );
    expect(answers.map(({ body }) => body)).toEqual(times(60, (i) => `/${i}`));
    expect(server.connections()).toBeLessThanOrEqual(3);
    expect(transport.stats()).toMatchObject({ requests: 60, waiting: 0 });
  });

  it("takes the connection used last, so that the others become idle and are closed", async () => {
    const used = new Map<Socket, number>();
    const held: (() => void)[] = [];
    await using server = await httpServer((request, response) => {
      used.set(request.socket, (used.get(request.socket) ?? 0) + 1);
      if (request.url === "/held") held.push(() => response.end());
      else response.end();
    });
    await using transport = new Transport();
    const burst = times(4, () => dispatched(transport.dispatch, { origin: server.origin, path: "/held" }));
    while (held.length < 4) await new Promise((resolve) => setImmediate(resolve));
    for (const release of held) release();
    await Promise.all(burst);
    used.clear();
    for (let i = 0; i < 6; i++) {
      // Until the connection takes its next request.
      while (transport.stats().inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
      await dispatched(transport.dispatch, { origin: server.origin });
    }
    expect([...used.values()]).toEqual([6]);
  });

  it("closes a connection that is idle", async () => {
    await using server = await httpServer((_request, response) => response.end());
    await using transport = new Transport({ keepAliveTimeoutMs: 20 });
    const connected = once(server.server, "connection");
    await dispatched(transport.dispatch, { origin: server.origin });
    const [socket] = (await connected) as [Socket];
    if (!socket.closed) await once(socket, "close");
    while (transport.stats().connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(transport.stats()).toMatchObject({ connectionsOpened: 1, connectionsClosed: 1 });
  });

  it("connects anew after the server restarted", async () => {
    const first = await httpServer((_request, response) => response.end("first"));
    await using transport = new Transport();
    expect((await dispatched(transport.dispatch, { origin: first.origin })).body).toBe("first");
    await first[Symbol.asyncDispose]();
    await expect(dispatched(transport.dispatch, { origin: first.origin })).rejects.toThrow();
    await using _second = await httpServer((_request, response) => response.end("second"), first.port);
    expect((await dispatched(transport.dispatch, { origin: first.origin })).body).toBe("second");
  });

  it("fails a whole burst after one attempt per connection it would have opened when nobody listens", async () => {
    const gone = await httpServer(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using transport = new Transport();
    const burst = times(50, () => dispatched(transport.dispatch, { origin: gone.origin }));
    for (const { status, reason } of (await Promise.allSettled(burst)) as PromiseRejectedResult[]) {
      expect(status).toBe("rejected");
      expect(reason.code).toBe("ECONNREFUSED");
    }
    expect(transport.stats().connectionsFailed).toBeLessThanOrEqual(8);
    expect(transport.stats()).toMatchObject({ waiting: 0, connections: 0 });
  });

  it("looks at those who wait when the pause after several failed attempts is over", async () => {
    const clock = new FakeClock();
    const held: (() => void)[] = [];
    await using server = await httpServer((request, response) => {
      if (request.url === "/held") held.push(() => response.end());
      else response.end("served");
    });
    await using transport = new Transport({ clock });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const first = dispatched(transport.dispatch, { origin: server.origin, path: "/held" });
    while (held.length === 0) await turn();
    // The connection goes on; nobody accepts another.
    server.server.close();
    const burst = times(4, () => dispatched(transport.dispatch, { origin: server.origin }));
    while (transport.stats().connectionsFailed < 4) await turn();
    server.server.listen(server.port, "127.0.0.1");
    await once(server.server, "listening");
    // The first pause is a quarter of a second, however many failed together.
    await clock.advance(250);
    for (const { body } of await Promise.all(burst)) expect(body).toBe("served");
    held[0]!();
    await first;
  });

  it("refuses what exceeds the bound of those that wait", async () => {
    await using server = await httpServer((_request, response) => setTimeout(() => response.end(), 5));
    await using transport = new Transport({ connectionsPerOrigin: 1, waitingPerOrigin: 2 });
    await dispatched(transport.dispatch, { origin: server.origin });
    await new Promise((resolve) => setImmediate(resolve));
    const all = await Promise.allSettled(
      times(5, () => dispatched(transport.dispatch, { origin: server.origin })),
    );
    expect(all.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect((all[4] as PromiseRejectedResult).reason).toMatchObject({
      code: "VICTOR_TRANSPORT_QUEUE_FULL",
      origin: server.origin,
      limit: 2,
    });
  });

  it("lets a request that waits for a connection go when its signal aborts or its deadline passes", async () => {
    await using server = await tcpServer(() => undefined);
    await using transport = new Transport({ connectionsPerOrigin: 1 });
    const first = dispatched(transport.dispatch, { origin: server.origin });
    first.catch(() => undefined);
    const aborting = new AbortController();
    const waiting = dispatched(transport.dispatch, { origin: server.origin }, { signal: aborting.signal });
    const late = dispatched(
      transport.dispatch,
      { origin: server.origin },
      { deadline: performance.now() + 30, timeoutMs: 30 },
    );
    await expect(late).rejects.toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs: 30 });
    aborting.abort(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    await transport.destroy(new Error("cut"));
    await expect(first).rejects.toThrow("cut");
  });

  it("forgets the origin used longest ago, and refuses one too many when all are in use", async () => {
    const open: (() => void)[] = [];
    const hold = (): Promise<Awaited<ReturnType<typeof httpServer>>> =>
      httpServer((request, response) => {
        if (request.url === "/held") open.push(() => response.end());
        else response.end();
      });
    await using a = await hold();
    await using b = await hold();
    await using c = await hold();
    await using transport = new Transport({ maxOrigins: 2 });
    for (const { origin } of [a, b, c]) await dispatched(transport.dispatch, { origin });
    expect(transport.stats().origins.map(({ origin }) => origin)).toEqual([b.origin, c.origin]);
    expect(transport.stats().requests).toBe(3);
    const held = [b, c].map(({ origin }) => dispatched(transport.dispatch, { origin, path: "/held" }));
    while (open.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await expect(dispatched(transport.dispatch, { origin: a.origin })).rejects.toMatchObject({
      code: "VICTOR_TRANSPORT_ORIGINS",
    });
    for (const release of open) release();
    await Promise.all(held);
  });

  it("takes differently spelt origins as one, and refuses what is none", async () => {
    await using server = await httpServer((_request, response) => response.end());
    await using transport = new Transport();
    await dispatched(transport.dispatch, { origin: `http://LOCALHOST:${server.port}` });
    await dispatched(transport.dispatch, { origin: new URL(server.origin) });
    expect(transport.stats().origins).toHaveLength(1);
    for (const origin of ["ftp://localhost", "nonsense", "http://localhost/path", ""])
      await expect(dispatched(transport.dispatch, { origin })).rejects.toThrow(TypeError);
  });

  it("goes by a Unix socket", async () => {
    const path = join(tmpdir(), `transport-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
    const server = createServer((request, response) => response.end(request.headers.host)).listen(path);
    await once(server, "listening");
    await using transport = new Transport({ socketPath: path });
    expect((await dispatched(transport.dispatch, { origin: "http://inside.example" })).body).toBe(
      "inside.example",
    );
    await transport.close();
    server.close();
  });
});
