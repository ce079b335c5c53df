import { lookup } from "node:dns";
import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { TlsCertificateError } from "../../../../src/errors.ts";
import { DnsCache } from "../../../../src/network/transport/dns-cache.ts";
import { Transport } from "../../../../src/network/transport/transport.ts";
import { dispatched } from "../../../support/dispatched.ts";
import {
  certificate,
  http2Server,
  httpServer,
  httpsServer,
  tcpServer,
} from "../../../support/local-servers.ts";
import { selfSigned } from "../../../support/self-signed.ts";

const times = <T>(count: number, fn: (index: number) => T) => Array.from({ length: count }, (_, i) => fn(i));

describe("connecting", () => {
  it("fails with a typed error for a certificate that nobody vouches for, and sends nothing", async () => {
    let requests = 0;
    await using server = await httpsServer((_request, response) => {
      requests++;
      response.end();
    });
    await using transport = new Transport();
    const error = await dispatched(transport.dispatch, { origin: server.origin }).catch((reason) => reason);
    expect(error).toBeInstanceOf(TlsCertificateError);
    expect(error).toMatchObject({
      code: "VICTOR_TLS_CERTIFICATE",
      origin: server.origin,
      reason: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(requests).toBe(0);
  });

  it("fails with a typed error for one that has expired, and for another name's", async () => {
    for (const [made, reason] of [
      [selfSigned(-1_000), "CERT_HAS_EXPIRED"],
      [selfSigned(undefined, "elsewhere.example"), "ERR_TLS_CERT_ALTNAME_INVALID"],
    ] as const) {
      await using server = await httpsServer((_request, response) => response.end(), made);
      await using transport = new Transport({ tls: { ca: made.cert } });
      await expect(dispatched(transport.dispatch, { origin: server.origin })).rejects.toMatchObject({
        code: "VICTOR_TLS_CERTIFICATE",
        reason,
      });
    }
  });

  it("checks the certificate anew when a request's Host is another name", async () => {
    let requests = 0;
    await using server = await httpsServer((_request, response) => {
      requests++;
      response.end();
    });
    await using transport = new Transport({ tls: { ca: certificate.cert } });
    await dispatched(transport.dispatch, { origin: server.origin });
    await expect(
      dispatched(transport.dispatch, { origin: server.origin, headers: { host: "elsewhere.example" } }),
    ).rejects.toMatchObject({ code: "VICTOR_TLS_CERTIFICATE", reason: "ERR_TLS_CERT_ALTNAME_INVALID" });
    await dispatched(transport.dispatch, { origin: server.origin });
    expect(requests).toBe(2);
  });

  it("shows the client's certificate, and names the server as asked", async () => {
    const client = selfSigned(undefined, "client.example");
    const server = selfSigned(undefined, "named.example");
    await using listening = await httpsServer(
      (request, response) => {
        const socket = request.socket as TLSSocket;
        response.end(`${socket.getPeerCertificate().subject.CN} ${socket.servername}`);
      },
      { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true },
    );
    await using transport = new Transport({
      tls: { ca: server.cert, cert: client.cert, key: client.key, servername: "named.example" },
    });
    const { body } = await dispatched(transport.dispatch, { origin: listening.origin });
    expect(body).toBe("client.example named.example");
  });

  it("reports TLS options that Node refuses", async () => {
    await using server = await httpsServer((_request, response) => response.end());
    await using transport = new Transport({ tls: { cert: "no certificate" } });
    await expect(dispatched(transport.dispatch, { origin: server.origin })).rejects.toThrow();
    expect(transport.stats().connections).toBe(0);
  });

  it("gives up a server that doesn't shake hands after the connect timeout", async () => {
    await using server = await tcpServer(() => undefined, "https");
    await using transport = new Transport({ connectTimeoutMs: 50 });
    const burst = await Promise.allSettled(
      times(10, () => dispatched(transport.dispatch, { origin: server.origin })),
    );
    for (const result of burst)
      expect((result as PromiseRejectedResult).reason.code).toBe("UND_ERR_CONNECT_TIMEOUT");
    expect(server.connections()).toBeLessThanOrEqual(4);
  });

  it("doesn't wait for a first connection that hangs", async () => {
    await using real = await http2Server((server) =>
      server.on("stream", (stream) => {
        stream.respond({ ":status": 200 });
        stream.end("answered");
      }),
    );
    // The first connection is accepted and never answered; the next ones get through.
    let accepted = 0;
    const { connect } = await import("node:net");
    await using gate = await tcpServer((socket) => {
      if (++accepted === 1) return;
      const upstream = connect(real.port, "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    }, "https");
    await using transport = new Transport({ tls: { ca: certificate.cert }, coldWaitMs: 20 });
    const answers = await Promise.all(
      times(30, () => dispatched(transport.dispatch, { origin: gate.origin })),
    );
    expect(answers.every(({ body }) => body === "answered")).toBe(true);
    expect(gate.connections()).toBeLessThanOrEqual(4);
    await transport.destroy();
  });

  it("speaks HTTP/1.1 to a server that offers nothing else, on few connections", async () => {
    await using server = await httpsServer((_request, response) => response.end("plain"));
    await using transport = new Transport({ tls: { ca: certificate.cert }, protocol: "http2" });
    const answers = await Promise.all(
      times(40, () => dispatched(transport.dispatch, { origin: server.origin })),
    );
    expect(answers.every(({ body }) => body === "plain")).toBe(true);
    expect(server.connections()).toBeLessThan(40);
    expect(transport.stats().origins[0]).toMatchObject({ protocol: "h1", http2Connections: 0 });
  });

  it("changes to HTTP/1.1 while requests come one after the other on a fast link, and back for a burst", async () => {
    await using server = await http2Server(
      (secure) => secure.on("request", (request, response) => response.end(request.httpVersion)),
      { allowHTTP1: true },
    );
    await using transport = new Transport({ tls: { ca: certificate.cert }, clock: steadyClock() });
    const send = () => dispatched(transport.dispatch, { origin: server.origin });
    expect((await send()).body).toBe("2.0");
    let last = "2.0";
    for (let i = 0; i < 2_000 && last === "2.0"; i++) last = (await send()).body;
    expect(last).toBe("1.1");
    expect(transport.stats().origins[0]!.reason).toContain("one request after the other");
    await Promise.all(times(100, send));
    expect(transport.stats().origins[0]).toMatchObject({ protocol: "h2" });
  });

  it("stays with HTTP/2 where the server offers nothing else, and fails nothing for having tried", async () => {
    await using server = await http2Server((secure) =>
      secure.on("request", (_request, response) => response.end("two")),
    );
    await using transport = new Transport({ tls: { ca: certificate.cert }, clock: steadyClock() });
    const send = () => dispatched(transport.dispatch, { origin: server.origin });
    for (let i = 0; i < 600; i++) expect((await send()).body).toBe("two");
    while (transport.stats().origins[0]!.connecting > 0)
      await new Promise((resolve) => setTimeout(resolve, 2));
    expect(transport.stats().origins[0]).toMatchObject({
      protocol: "h2",
      reason: "a connection for HTTP/1.1 failed",
    });
  });

  it("sets an address aside to which nothing connects, and goes by the other", async () => {
    await using server = await httpServer((_request, response) => response.end("there"));
    const dns = new DnsCache({
      lookup: (_hostname, _options, callback) =>
        callback(null, [
          // Nobody listens there: the servers here listen on 127.0.0.1.
          { address: "127.0.0.9", family: 4 },
          { address: "127.0.0.1", family: 4 },
        ]),
    });
    await using transport = new Transport({ dns });
    for (let i = 0; i < 3; i++) {
      const { body } = await dispatched(transport.dispatch, {
        origin: `http://many.example:${server.port}`,
        reset: true,
      });
      expect(body).toBe("there");
    }
    expect(dns.stats().addressesAside).toBe(1);
  });

  it("reports a name that doesn't exist", async () => {
    const failing = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    await using transport = new Transport({
      dns: new DnsCache({
        lookup: (_hostname, _options, callback) => process.nextTick(callback, failing, []),
      }),
    });
    for (const _ of times(2, (i) => i))
      await expect(dispatched(transport.dispatch, { origin: "http://no.example" })).rejects.toThrow(
        "ENOTFOUND",
      );
    expect(transport.stats().dns).toMatchObject({ misses: 1, negativeHits: 1 });
  });

  it("does without a cache of names where none is wanted", async () => {
    await using server = await httpServer((_request, response) => response.end("there"));
    await using transport = new Transport({ dns: false });
    expect((await dispatched(transport.dispatch, { origin: server.origin })).body).toBe("there");
    expect(transport.stats().dns).toBeUndefined();
  });

  it("asks the system for names by its own lookup, so that the hosts file counts", async () => {
    const expected = await new Promise((resolve) =>
      lookup("localhost", { all: true }, (_error, addresses) => resolve(addresses)),
    );
    const found = await new Promise((resolve) =>
      new DnsCache().lookup("localhost", { all: true }, (_error, addresses) => resolve(addresses)),
    );
    expect(found).toEqual(expected);
  });
});

/** A round trip always takes a millisecond, however busy this machine is. */
function steadyClock() {
  let now = 0;
  return {
    now: () => now++ / 2,
    setTimeout: (fn: () => void, delayMs: number) => setTimeout(fn, delayMs).unref(),
    clearTimeout: (handle: unknown) => clearTimeout(handle as NodeJS.Timeout),
  };
}
