import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../../src/dashboard/dashboard-options.ts";
import { EventStreams, eventBytes, type StreamTarget } from "../../../src/dashboard/event-streams.ts";
import { LoginLimit } from "../../../src/dashboard/login-limit.ts";
import { SessionCookie, sessionMs } from "../../../src/dashboard/session-cookie.ts";
import { AllowedHost, isLoopback } from "../../../src/metrics/endpoint/allowed-host.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";

describe("Host and Origin", () => {
  test.each([
    ["127.0.0.1:7070", true],
    ["127.8.9.1", true],
    ["localhost:1", true],
    ["LOCALHOST.:7070", true],
    ["[::1]:7070", true],
    ["dash.example", true],
    ["evil.example:7070", false],
    ["127.0.0.1.evil.example", false],
    ["localhost.evil.example", false],
    ["192.168.1.2", false],
    ["localhost@evil.example", false],
    ["", false],
    [undefined, false],
  ])("on the loopback interface a request to %s is let in: %s", (host, isAllowed) => {
    expect(new AllowedHost("127.0.0.1", ["dash.example"]).allowsHost(host)).toBe(isAllowed);
  });

  test.each([
    ["Dash.example:7070", "dash.example"],
    ["dash.example.", "dash.example:9464"],
    ["[fd00::1]", "[fd00::1]:7070"],
    ["fd00::1", "[fd00::1]"],
  ])("a further name given as %s lets in %s", (name, host) => {
    expect(new AllowedHost("127.0.0.1", [name]).allowsHost(host)).toBe(true);
  });

  test("where others may look, any address may be called, since none can be rebound, but not any name", () => {
    const allowed = new AllowedHost("0.0.0.0", []);
    expect(
      ["192.168.1.2:7070", "[fe80::1]:7070", "evil.example"].map((host) => allowed.allowsHost(host)),
    ).toEqual([true, true, false]);
  });

  test.each([
    [{}, true],
    [{ origin: "http://localhost:7070" }, true],
    [{ origin: "http://localhost:7070", "sec-fetch-site": "same-origin" }, true],
    [{ origin: "http://localhost:8080" }, false],
    [{ origin: "null" }, false],
    [{ origin: "http://evil.example" }, false],
    [{ "sec-fetch-site": "cross-site" }, false],
    [{ "sec-fetch-site": "same-site" }, false],
    [{ "sec-fetch-site": "none" }, true],
  ])("a request with %j comes from our own page: %s", (headers, isOwn) => {
    expect(new AllowedHost("127.0.0.1", []).isOwnOrigin({ host: "localhost:7070", ...headers })).toBe(isOwn);
  });

  test("knows what only this machine can reach", () => {
    const hosts = [
      "localhost",
      "127.0.0.1",
      "127.1.2.3",
      "::1",
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "127.evil.example",
    ];
    expect(hosts.map(isLoopback)).toEqual([true, true, true, true, false, false, false, false]);
  });
});

describe("the cookie", () => {
  const token = "a token of some length";
  const pairOf = (header: string): string => header.slice(0, header.indexOf(";"));

  test("lets in who has it, until it runs out, also after a restart with the same token", () => {
    const header = new SessionCookie(token, 7070).issue(1_000);
    expect(header).toMatch(/^victor_dashboard_7070=.*; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/);
    const again = new SessionCookie(token, 7070);
    expect(again.isLetIn(`other=1; ${pairOf(header)}`, 1_000)).toBe(true);
    expect(again.isLetIn(pairOf(header), 1_000 + sessionMs)).toBe(false);
    expect(header).not.toContain(token);
  });

  test("nothing else lets in: another token's, a forged or a prolonged one, another port's", () => {
    const session = new SessionCookie(token, 7070);
    const good = pairOf(session.issue(1_000));
    const [name, rest = ""] = good.split("=");
    const signature = rest.split(".")[1];
    for (const forged of [
      pairOf(new SessionCookie("another token of length", 7070).issue(1_000)),
      `${name}=99999999999999.${signature}`,
      `${name}=${rest.slice(0, -1)}${rest.endsWith("A") ? "B" : "A"}`,
      `${name}=`,
      `${name}=..`,
      `x${good}`,
      pairOf(new SessionCookie(token, 7071).issue(1_000)),
      token,
      undefined,
    ])
      expect(session.isLetIn(forged, 1_000), forged).toBe(false);
  });

  test("only the very token is the token", () => {
    const session = new SessionCookie(token, 7070);
    expect(
      [token, `${token} `, token.slice(1), "", token.toUpperCase()].map((each) => session.isToken(each)),
    ).toEqual([true, false, false, false, false]);
  });
});

describe("wrong tokens", () => {
  test("an address has five, then one in ten seconds", () => {
    const limit = new LoginLimit();
    for (let i = 0; i < 5; i++) {
      expect(limit.waitMs("a", 0)).toBe(0);
      limit.failed("a", 0);
    }
    expect(limit.waitMs("a", 0)).toBe(10_000);
    expect(limit.waitMs("b", 0)).toBe(0);
    expect(limit.waitMs("a", 10_000)).toBe(0);
    limit.failed("a", 10_000);
    expect(limit.waitMs("a", 10_000)).toBe(10_000);
    expect(limit.waitMs("a", 1_000_000)).toBe(0);
  });

  test("all addresses together have sixty, then one a second, however many they are", () => {
    const limit = new LoginLimit();
    for (let i = 0; i < 60; i++) limit.failed(`address ${i}`, 0);
    expect(limit.waitMs("a new one", 0)).toBe(1_000);
    expect(limit.waitMs("a new one", 1_000)).toBe(0);
  });
});

class FakeTarget extends EventEmitter implements StreamTarget {
  written = "";
  writableLength = 0;
  isDestroyed = false;
  isEnded = false;
  isStuck = false;
  write(chunk: Buffer): boolean {
    this.written += chunk.toString();
    if (this.isStuck) this.writableLength += chunk.length;
    return !this.isStuck;
  }
  end(): void {
    this.isEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
    this.emit("close");
  }
}

describe("streams of events", () => {
  test("an event is a name and one line of JSON, whatever line ends it has in it", () => {
    expect(eventBytes("tick", { text: "a\n\ndata: b\r\u2028" }).toString()).toBe(
      'event: tick\ndata: {"text":"a\\n\\ndata: b\\r\u2028"}\n\n',
    );
  });

  test("each viewer gets its greeting, then what all get", () => {
    const streams = new EventStreams(2);
    const [a, b] = [new FakeTarget(), new FakeTarget()];
    streams.add(a, Buffer.from("hello a;"));
    expect(streams.isFull).toBe(false);
    streams.add(b, Buffer.from("hello b;"));
    expect(streams.isFull).toBe(true);
    streams.send(Buffer.from("tick;"));
    a.emit("close");
    streams.send(Buffer.from("tock;"));
    expect([a.written, b.written, streams.size]).toEqual(["hello a;tick;", "hello b;tick;tock;", 1]);
    streams.close();
    expect([a.isEnded, b.isEnded, streams.size]).toEqual([false, true, 0]);
  });

  test("one that reads is let in however much it is sent first", () => {
    const streams = new EventStreams(1);
    const [target, slow] = [new FakeTarget(), new FakeTarget()];
    streams.add(target, Buffer.alloc(5_000_000));
    streams.send(Buffer.alloc(3_000_000));
    expect([target.isDestroyed, target.written.length]).toEqual([false, 8_000_000]);
    slow.isStuck = true;
    streams.add(slow, Buffer.alloc(5_000_000));
    streams.send(Buffer.alloc(500_000));
    expect([slow.isDestroyed, streams.droppedSlow]).toEqual([false, 0]);
  });

  test("one that doesn't read is cut off before it has 2 MiB more to read, or after 30 events", () => {
    const streams = new EventStreams(3);
    const [big, small, good] = [new FakeTarget(), new FakeTarget(), new FakeTarget()];
    big.isStuck = true;
    small.isStuck = true;
    streams.add(big, Buffer.alloc(2_000_000));
    streams.send(Buffer.alloc(2_000_000));
    expect(big.isDestroyed).toBe(false);
    streams.add(small, Buffer.from("hello"));
    streams.add(good, Buffer.from("hello"));
    streams.send(Buffer.alloc(200_000));
    expect([big.isDestroyed, small.isDestroyed]).toEqual([true, false]);
    for (let i = 0; i < 30; i++) streams.send(Buffer.from("tick"));
    expect([small.isDestroyed, good.isDestroyed, streams.size, streams.droppedSlow]).toEqual([
      true,
      false,
      1,
      2,
    ]);
  });
});

describe("options", () => {
  const registry = new MetricRegistry();
  test.each([
    [{}, /registry: expected a MetricRegistry, got undefined/],
    [{ registry, port: 70_000 }, /port: expected an integer from 0 to 65535, got 70000/],
    [{ registry, token: "short" }, /token: expected 16 to 512 characters, got "5 characters"/],
    [{ registry, host: "" }, /host: expected a text that isn't empty, got ""/],
    [{ registry, intervalMs: 10 }, /intervalMs: expected an integer from 250 to 60000, got 10/],
    [{ registry, historyMs: 1e12 }, /historyMs: expected an integer from 1000 to 100000000/],
    [{ registry, maxSeries: 1 }, /maxSeries: expected an integer from 10 to 100000, got 1/],
    [{ registry, maxClients: 0 }, /maxClients: expected an integer from 1 to 100, got 0/],
    [{ registry, alerts: {} }, /alerts.active: expected a function, got undefined/],
    [{ registry, rollouts: [] }, /rollouts: expected a function, got an array/],
    [{ registry, refresh: 1 }, /refresh: expected a function, got 1/],
    [{ registry, allowedHosts: "a" }, /allowedHosts: expected an array of names, got "a"/],
    [{ registry, allowedHosts: [1] }, /allowedHosts: expected a text that isn't empty, got 1/],
    [{ registry, tokens: 1 }, /unknown option "tokens"/],
  ])("%# %j is refused", (options, message) => {
    expect(() => resolveOptions(options as never)).toThrow(message);
  });

  test("without a token only this machine may look", () => {
    for (const host of ["0.0.0.0", "::", "192.168.1.2", "box.example"])
      expect(() => resolveOptions({ registry, host })).toThrow(
        expect.objectContaining({ code: "VICTOR_DASHBOARD_TOKEN_REQUIRED", host }),
      );
    expect(resolveOptions({ registry, host: "0.0.0.0", token: "x".repeat(16) }).host).toBe("0.0.0.0");
    expect(resolveOptions({ registry })).toMatchObject({ host: "127.0.0.1", port: 7070, samples: 3_660 });
  });
});
