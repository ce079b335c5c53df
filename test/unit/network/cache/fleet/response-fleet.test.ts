import { describe, expect, test } from "vitest";
import { ResponseCache } from "../../../../../src/network/cache/response-cache.ts";
import { settle } from "../../../../support/fake-clock.ts";
import { fleetRoom } from "../../../../support/response-cache/fleet-room.ts";

const cacheable = { "cache-control": "max-age=100" };
const asUser = (name: string) => ({ headers: { authorization: `Bearer ${name}-secret` } });

describe("what all may have", () => {
  test("is found by another node on the server, and from then on in its memory", async () => {
    const { ask, caches, origin, tiers } = fleetRoom(2);
    expect((await ask(0)).body).toBe("answer 1");
    expect((await ask(1)).body).toBe("answer 1");
    const reads = tiers[1]!.calls.get("get");
    expect((await ask(1)).body).toBe("answer 1");
    expect(origin.requests).toBe(1);
    expect(tiers[1]!.calls.get("get")).toBe(reads);
    expect(caches[0]!.stats().tier).toMatchObject({ shared: 1, refused: 0 });
    expect(caches[1]!.stats()).toMatchObject({ hits: 2, misses: 0, stored: 0, tier: { sharedHits: 1 } });
  });

  test("is answered at once by lookup where this node has it and the server vouches for it", async () => {
    const { ask, caches } = fleetRoom(2);
    await ask(0);
    await ask(1);
    const url = "http://origin.test/a";
    expect(Buffer.from(caches[1]!.lookup("GET", url, {})!.body).toString()).toBe("answer 1");
    caches[0]!.invalidate(url);
    await ask(0, { path: "/other" });
    expect(caches[1]!.lookup("GET", url, {})).toBeUndefined();
  });

  test("is as old there as here, and carries its age", async () => {
    const { ask, clock, origin } = fleetRoom(2);
    await ask(0);
    await clock.advance(60_000);
    expect((await ask(1)).headers.age).toBe("60");
    await clock.advance(41_000);
    await ask(1);
    expect(origin.requests).toBe(2);
  });

  test("may be of several kinds under one URL, each for who asks for it", async () => {
    const { ask, origin } = fleetRoom(2);
    const vary = { ...cacheable, vary: "accept-language, x-kind" };
    const request = (language: string, kind: string) => ({
      headers: { "accept-language": language, "x-kind": kind },
    });
    for (const language of ["de", "fr"])
      for (const kind of ["a", "b"])
        await ask(0, request(language, kind), { headers: vary, body: language + kind });
    for (const language of ["de", "fr"])
      for (const kind of ["a", "b"])
        expect((await ask(1, request(language, kind))).body).toBe(language + kind);
    expect(origin.requests).toBe(4);
    expect((await ask(1, request("de", "c"), { headers: vary, body: "dec" })).body).toBe("dec");
    expect((await ask(0, request("de", "c"))).body).toBe("dec");
  });

  test("keeps its bytes, also when they are many and packed", async () => {
    const { ask, written } = fleetRoom(2);
    const body = Buffer.alloc(200_000, "abcdefgh");
    await ask(0, {}, { body });
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(5_000);
    expect((await ask(1)).body).toBe(body.toString());
  });
});

describe("one request for a fleet", () => {
  test("100 callers on each of three nodes that ask for the same ask the origin once", async () => {
    const { get, origin } = fleetRoom(3);
    const calls = [0, 1, 2].flatMap((node) => Array.from({ length: 100 }, () => get(node)));
    await settle();
    expect(origin.requests).toBe(1);
    origin.last.head(200, cacheable).data("x").end();
    for (const call of calls) expect((await call.response).body).toBe("x");
    expect(origin.requests).toBe(1);
  });

  test("nobody waits for a response that turns out not to be for all, and the next time nobody waits at all", async () => {
    const { get, origin, caches } = fleetRoom(2);
    const calls = [get(0), get(1)];
    await settle();
    expect(origin.requests).toBe(1);
    // Its body never ends.
    origin.last.head(200, { "cache-control": "private, max-age=100" }).data("x");
    await settle();
    expect(origin.requests).toBe(2);
    origin.last.head(200, { "cache-control": "no-store" }).data("y").end();
    expect((await calls[1]!.response).body).toBe("y");
    const waits = caches[1]!.stats().tier!.leaseWaits;
    get(1);
    await settle();
    expect(origin.requests).toBe(3);
    expect(caches[1]!.stats().tier!.leaseWaits).toBe(waits);
  });

  test("a node that dies in mid-load holds the others up for no longer than its lease", async () => {
    const { get, origin, tiers, clock } = fleetRoom(2);
    get(0);
    await settle();
    tiers[0]!.cut();
    const other = get(1);
    await settle();
    expect(origin.requests).toBe(1);
    for (let ms = 0; ms < 3_000; ms += 100) await clock.advance(100);
    expect(origin.requests).toBe(2);
    origin.last.head(200, cacheable).data("x").end();
    expect((await other.response).body).toBe("x");
  });

  test("a caller who waits for another node's request can leave", async () => {
    const { get, origin } = fleetRoom(2);
    get(0);
    await settle();
    const leaving = new AbortController();
    const call = get(1, { context: { signal: leaving.signal } });
    await settle();
    leaving.abort(new Error("enough"));
    await expect(call.response).rejects.toThrow("enough");
    expect(origin.requests).toBe(1);
  });

  test("with coalesce: false each node asks for itself", async () => {
    const { get, origin } = fleetRoom(2, { coalesce: false });
    get(0);
    get(1);
    await settle();
    expect(origin.requests).toBe(2);
  });
});

describe("what is for one user", () => {
  test.each([
    ["private", { "cache-control": "private, max-age=100" }, {}],
    ["with a cookie", { ...cacheable, "set-cookie": "id=secret-1" }, {}],
    ["for credentials", cacheable, asUser("ann")],
    ["for a cookie", cacheable, { headers: { cookie: "sid=ann-secret" } }],
    ["for a key", cacheable, { headers: { "x-api-key": "ann-secret" } }],
    ["by a cookie", { "cache-control": "public, max-age=100", vary: "cookie" }, { headers: { cookie: "a" } }],
    ["not to be stored", { "cache-control": "no-store" }, {}],
    [
      "with private fields",
      { "cache-control": 'public, max-age=100, private="x-user"', "x-user": "ann" },
      {},
    ],
  ])("never lies on the server: a response %s", async (_, headers, request) => {
    const { ask, origin, written } = fleetRoom(2);
    await ask(0, request, { headers, body: "secret-of-ann" });
    await ask(1, request, { headers, body: "secret-of-ann" });
    expect(origin.requests).toBe(2);
    expect(written.join("\n")).not.toMatch(/secret|ann/);
  });

  test("stays with its node, for the same user alone, and is forgotten with its URL by another node", async () => {
    const { ask, origin, caches } = fleetRoom(2);
    await ask(0, asUser("ann"));
    expect((await ask(0, asUser("ann"))).body).toBe("answer 1");
    expect(caches[0]!.stats().tier!.personal).toBe(1);
    expect((await ask(0, asUser("bob"))).body).toBe("answer 2");
    expect((await ask(0, asUser("ann"))).body).toBe("answer 1");
    await ask(1, { method: "POST" });
    expect((await ask(0, asUser("ann"))).body).toBe(`answer ${origin.requests}`);
    expect(origin.requests).toBe(4);
  });

  test("is kept as without a server when nobody had credentials", async () => {
    const { ask, origin } = fleetRoom(2);
    const headers = { "cache-control": "private, max-age=100" };
    for (let i = 0; i < 3; i++) for (const node of [0, 1]) await ask(node, {}, { headers });
    expect(origin.requests).toBe(2);
  });

  test("doesn't hold up other users: those with credentials never wait for each other", async () => {
    const { get, origin } = fleetRoom(2);
    for (const node of [0, 1]) for (const user of ["ann", "bob"]) get(node, asUser(user));
    await settle();
    expect(origin.requests).toBe(4);
  });

  test("and what says to be public is for all, though one was named", async () => {
    const { ask, origin, written } = fleetRoom(2);
    await ask(0, asUser("ann"), { headers: { "cache-control": "public, max-age=100" } });
    expect((await ask(1, asUser("bob"))).body).toBe("answer 1");
    expect((await ask(1)).body).toBe("answer 1");
    expect(origin.requests).toBe(1);
    expect(written.join("\n")).not.toMatch(/secret|ann|bob/);
  });

  test("a token in a URL is in no key and in no value", async () => {
    const { ask, written } = fleetRoom(1);
    await ask(0, { path: "/a?token=hunter2" });
    await ask(0, { path: "/a?token=hunter2", method: "DELETE" });
    expect(written.length).toBeGreaterThan(0);
    expect(written.join("\n")).not.toContain("hunter2");
  });
});

describe("what was forgotten", () => {
  test("by an unsafe request on one node is asked for anew on the others", async () => {
    const { ask, origin } = fleetRoom(3);
    for (const node of [0, 1, 2]) await ask(node);
    await ask(2, { method: "PUT" });
    for (const node of [0, 1, 2]) expect((await ask(node)).body).toBe("answer 3");
    expect(origin.requests).toBe(3);
  });

  test("is forgotten in all its kinds, and nothing else is", async () => {
    const { ask, origin } = fleetRoom(2);
    const german = { headers: { "accept-language": "de" } };
    const headers = { ...cacheable, vary: "accept-language" };
    await ask(0, {}, { headers });
    await ask(0, german, { headers });
    await ask(0, { path: "/b" });
    await ask(1, { method: "DELETE" });
    await ask(1, {}, { headers });
    await ask(1, german, { headers });
    await ask(1, { path: "/b" });
    expect(origin.requests).toBe(6);
  });

  test("is not brought back by a request that began before", async () => {
    const { get, ask, origin, caches } = fleetRoom(2);
    const early = get(0);
    await settle();
    const exchange = origin.last;
    caches[1]!.invalidate("http://origin.test/a");
    await settle();
    exchange.head(200, cacheable).data("old").end();
    expect((await early.response).body).toBe("old");
    await caches[0]!.settled();
    expect((await ask(1)).body).toBe("answer 2");
    expect((await ask(0)).body).toBe("answer 2");
    expect(caches[0]!.stats().tier!.refused).toBe(1);
  });

  test("is all of it, on every node, after clear", async () => {
    const { ask, origin, caches, tiers } = fleetRoom(2);
    await ask(0);
    await ask(1);
    caches[1]!.clear();
    await caches[1]!.settled();
    tiers[0]!.deliver();
    await ask(0);
    expect(origin.requests).toBe(2);
  });
});

describe("what is stale", () => {
  test("is served while one node validates it, and the others take over what that one learned", async () => {
    const { ask, get, origin, clock, caches } = fleetRoom(3);
    const headers = { "cache-control": "max-age=10, stale-while-revalidate=60", etag: '"1"' };
    for (const node of [0, 1, 2]) await ask(node, {}, { headers });
    await clock.advance(11_000);
    const stale = [0, 1, 2].map((node) => get(node));
    for (const call of stale) expect((await call.response).body).toBe("answer 1");
    await settle();
    expect(origin.requests).toBe(2);
    expect(origin.last.sent.headers["if-none-match"]).toBe('"1"');
    origin.last.head(304, headers).end();
    for (const cache of caches) await cache.settled();
    // Each that still has the old one is told by the server, not by the origin.
    for (const node of [0, 1, 2]) await ask(node);
    for (const node of [0, 1, 2]) expect((await ask(node)).headers.age).toBe("0");
    expect(origin.requests).toBe(2);
  });

  test("is validated with the validators that another node stored", async () => {
    const { ask, origin, clock } = fleetRoom(2);
    const headers = { ...cacheable, etag: '"1"' };
    await ask(0, {}, { headers });
    await clock.advance(101_000);
    expect((await ask(1, {}, { status: 304, headers })).body).toBe("answer 1");
    expect(origin.last.sent.headers["if-none-match"]).toBe('"1"');
    expect((await ask(0)).body).toBe("answer 1");
    expect(origin.requests).toBe(2);
  });
});

describe("a server that fails", () => {
  test("leaves each node with its own memory, and no request fails", async () => {
    const { ask, origin, tiers, clock } = fleetRoom(2);
    await ask(0);
    for (const tier of tiers) tier.cut();
    expect((await ask(0)).body).toBe("answer 2");
    expect((await ask(0)).body).toBe("answer 2");
    expect((await ask(1)).body).toBe("answer 3");
    expect(origin.requests).toBe(3);
    await ask(1, { method: "POST" });
    for (const tier of tiers) tier.heal();
    await clock.advance(5_000);
    // What was kept in the outage ends with it; what was forgotten in it is told.
    expect((await ask(0)).body).toBe("answer 5");
    expect((await ask(1)).body).toBe("answer 5");
  });

  test("is no reason to wait: who asks for what another node was loading asks the origin", async () => {
    const { get, origin, tiers } = fleetRoom(2);
    tiers[1]!.writeFault = "full";
    get(1);
    await settle();
    expect(origin.requests).toBe(1);
  });

  test("with damaged values is one that has none, which is counted", async () => {
    const { ask, hub, origin, caches, tiers } = fleetRoom(2);
    await ask(0);
    const original = tiers[1]!.get.bind(tiers[1]!);
    for (const damage of [new Uint8Array(0), new Uint8Array(100), Buffer.from("something else")]) {
      tiers[1]!.get = async (key) => {
        const entry = await original(key);
        return entry && { ...entry, bytes: damage };
      };
      await ask(1, { path: "/a", headers: { "cache-control": "no-cache" } });
    }
    expect(hub.size).toBeGreaterThan(0);
    expect(origin.requests).toBe(4);
    expect(caches[1]!.stats().tier!.unreadable).toBeGreaterThanOrEqual(3);
  });
});

test("a tier isn't taken together with a file, nor is something else taken for one", async () => {
  const { tiers } = fleetRoom(1);
  const tier = tiers[0]!;
  expect(() => new ResponseCache({ tier, sqlite: { path: "x" } })).toThrow(TypeError);
  expect(() => new ResponseCache({ tier: {} as never })).toThrow(TypeError);
  expect(() => new ResponseCache({ tier: "redis://localhost" as never })).toThrow(TypeError);
});

test("after close the tier is closed, and requests pass through", async () => {
  const { ask, caches, tiers, origin } = fleetRoom(1);
  await ask(0);
  caches[0]!.close();
  await caches[0]!.closed();
  expect(tiers[0]!.isConnected).toBe(false);
  await ask(0);
  expect(origin.requests).toBe(2);
});
