import { describe, expect, it } from "vitest";
import { ResponseCache } from "../../../../src/network/cache/response-cache.ts";
import { send } from "../../../support/response-cache/client.ts";
import { type CacheRoom, cacheRoom } from "../../../support/response-cache/room.ts";

const url = "http://origin.test/a";

describe("invalidation while a request is under way", () => {
  it.each([
    [
      "an unsafe request",
      async ({ get, origin }: CacheRoom) => {
        const post = get({ method: "POST" });
        origin.last.head(200).end();
        await post.response;
      },
    ],
    ["invalidate", async ({ cache }: CacheRoom) => cache.invalidate(url)],
    ["clear", async ({ cache }: CacheRoom) => cache.clear()],
  ])(
    "by %s: the response goes to its caller, isn't stored, and nobody joins it",
    async (_how, invalidate) => {
      const all = cacheRoom();
      const { origin, cache, fresh, get } = all;
      const old = get();
      const exchange = origin.last;
      await invalidate(all);
      const asked = origin.requests;
      const later = get();
      expect(origin.requests).toBe(asked + 1);
      exchange.head(200, fresh()).data("old").end();
      expect((await old.response).body).toBe("old");
      expect(cache.lookup("GET", url, {})).toBeUndefined();
      origin.last.head(200, fresh()).data("new").end();
      expect((await later.response).body).toBe("new");
      expect((await get().response).body).toBe("new");
      expect(cache.stats()).toMatchObject({ superseded: 1, stored: 1 });
    },
  );

  it("within a body has the same effect", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    const call = get();
    origin.last.head(200, fresh()).data("o");
    cache.invalidate(url);
    origin.last.data("ld").end();
    expect((await call.response).body).toBe("old");
    expect(cache.lookup("GET", url, {})).toBeUndefined();
  });

  it("leaves a validation's answer to its caller, and stores nothing", async () => {
    const { clock, origin, cache, fresh, get, fill } = cacheRoom();
    await fill({ headers: fresh({ etag: '"1"' }) });
    await clock.advance(200_000);
    const call = get();
    cache.invalidate(url);
    origin.last.head(304, fresh({ etag: '"1"' })).end();
    expect((await call.response).body).toBe("x");
    expect(cache.stats().urls).toBe(0);
  });

  it("doesn't concern other URLs", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    const call = get();
    cache.invalidate("http://origin.test/b");
    origin.last.head(200, fresh()).data("x").end();
    await call.response;
    expect(cache.lookup("GET", url, {})?.status).toBe(200);
  });

  it("an answer that varies in other ways takes the place of what answered the same request before", async () => {
    const { clock, origin, fresh, get, fill } = cacheRoom();
    await fill({ body: "old", headers: fresh({ "set-cookie": "a=b", vary: "accept" }) });
    await clock.advance(200_000);
    await fill({ body: "new", headers: fresh() });
    const asked = origin.requests;
    expect((await get().response).body).toBe("new");
    expect(origin.requests).toBe(asked);
  });

  it("what is asked for anew is what is given from then on, whatever it varies by", async () => {
    const { fresh, get, fill } = cacheRoom();
    await fill({ body: "old", headers: fresh({ vary: "accept" }) });
    await fill({ body: "new", headers: fresh() }, { headers: { "cache-control": "no-cache" } });
    expect((await get().response).body).toBe("new");
  });

  it("a 304 without a tag says nothing of what is stored when the client has a tag of its own", async () => {
    const { clock, origin, fresh, get, fill } = cacheRoom();
    await fill({ body: "old", headers: fresh({ etag: '"1"' }) });
    await clock.advance(200_000);
    const call = get({ headers: { "if-none-match": '"2"' } });
    origin.last.head(304, fresh()).end();
    expect(origin.last.sent.headers["if-none-match"]).toBe('"2"');
    origin.last.head(304, fresh()).end();
    expect((await call.response).status).toBe(304);
  });

  it("an older request that ends later doesn't replace a newer response", async () => {
    const { clock, origin, fresh, get } = cacheRoom({ coalesce: false });
    get();
    const slow = origin.last;
    await clock.advance(10);
    get();
    origin.last.head(200, fresh()).data("new").end();
    slow.head(200, fresh()).data("old").end();
    expect((await get().response).body).toBe("new");
  });
});

it("trailers count among the bytes that are held", async () => {
  const { cache, fill } = cacheRoom();
  await fill({ trailers: { "x-long": "x".repeat(10_000) } });
  expect(cache.stats().bytes).toBeGreaterThan(10_000);
});

describe("lookup", () => {
  it("answers a plain GET at once, with the age, and counts a hit", async () => {
    const { clock, cache, fill } = cacheRoom();
    await fill();
    await clock.advance(30_000);
    const found = cache.lookup("GET", url, { accept: "*/*" })!;
    expect(found).toMatchObject({ status: 200, headers: { age: "30", "cache-control": "max-age=100" } });
    expect(Buffer.from(found.body).toString()).toBe("x");
    expect(cache.lookup("HEAD", url, {})?.body.byteLength).toBe(0);
    expect(cache.stats().hits).toBe(2);
  });

  it.each([
    ["HTTP://ORIGIN.test:80/a", {}],
    [`${url}#part`, {}],
    ["http://origin.test/x/../a", {}],
  ])("finds %s too", async (other, headers) => {
    const { cache, fill } = cacheRoom();
    await fill();
    expect(cache.lookup("GET", other, headers)?.status).toBe(200);
  });

  it.each([
    ["POST", url, {}],
    ["GET", "no url", {}],
    ["GET", "ftp://origin.test/a", {}],
    ["GET", url, { Range: "bytes=0-1" }],
    ["GET", url, { "If-None-Match": '"1"' }],
    ["GET", url, { "Cache-Control": "no-cache" }],
    ["GET", url, { "cache-control": "min-fresh=1000" }],
    ["GET", url, { Pragma: "no-cache" }],
    ["GET", url, { authorization: "x" }],
    ["GET", url, { host: "other.test" }],
  ])("leaves to the policy: %s %s %o", async (method, asked, headers) => {
    const { cache, fill } = cacheRoom();
    await fill();
    expect(cache.lookup(method, asked, headers as unknown as Record<string, string>)).toBeUndefined();
    expect(cache.stats().hits).toBe(0);
  });

  it("gives nothing stale, not even where it is allowed", async () => {
    const { clock, cache, fresh, fill } = cacheRoom();
    await fill({ headers: fresh({ "cache-control": "max-age=10, stale-while-revalidate=100" }) });
    await clock.advance(20_000);
    expect(cache.lookup("GET", url, {})).toBeUndefined();
  });

  it("heeds Vary and Authorization", async () => {
    const { cache, fresh, fill } = cacheRoom();
    await fill({ headers: fresh({ vary: "x-a" }) }, { headers: { "x-a": "1", authorization: "me" } });
    expect(cache.lookup("GET", url, { "X-A": "1", Authorization: "me" })?.status).toBe(200);
    expect(cache.lookup("GET", url, { "x-a": "1" })).toBeUndefined();
    expect(cache.lookup("GET", url, { "x-a": "2", authorization: "me" })).toBeUndefined();
  });

  it("a fragment doesn't reach what another Host was given", async () => {
    const { cache, fill } = cacheRoom();
    await fill({}, { headers: { host: "other.test" } });
    expect(cache.lookup("GET", `${url}#other.test`, {})).toBeUndefined();
  });

  it("its fields can't be changed, and are the same within a second", async () => {
    const { clock, cache, fresh, fill } = cacheRoom();
    await fill({ headers: fresh({ link: ["<a>", "<b>"] }) });
    const found = cache.lookup("GET", url, {})!;
    expect(() => {
      (found.headers as Record<string, string>).age = "99";
    }).toThrow(TypeError);
    expect(() => (found.headers.link as string[]).push("<c>")).toThrow(TypeError);
    await clock.advance(500);
    expect(cache.lookup("GET", url, {})).toBe(found);
    await clock.advance(500);
    expect(cache.lookup("GET", url, {})!.headers.age).toBe("1");
  });

  it("keeps what was made of the body, by weight, for later callers", async () => {
    const { clock, cache, fill } = cacheRoom();
    await fill();
    const { bytes } = cache.stats();
    cache.lookup("GET", url, {})!.decoded = "decoded";
    await clock.advance(5000);
    expect(cache.lookup("GET", url, {})!.decoded).toBe("decoded");
    expect(cache.stats().bytes).toBe(bytes + 14);
    cache.lookup("GET", url, {})!.decoded = { changeable: true };
    expect(cache.lookup("GET", url, {})!.decoded).toBe("decoded");
    cache.lookup("GET", url, {})!.decoded = Buffer.alloc(100_000_000);
    expect(cache.lookup("GET", url, {})!.decoded).toBe("decoded");
  });
});

describe("what is handed out", () => {
  it("may be changed without harm to what is stored", async () => {
    const { fresh, get, fill } = cacheRoom();
    await fill({ headers: fresh({ link: ["<a>", "<b>"] }) });
    const { headers } = await get().response;
    (headers.link as string[]).push("<c>");
    (headers as Record<string, string>)["x-new"] = "1";
    const again = await get().response;
    expect(again.headers.link).toEqual(["<a>", "<b>"]);
    expect(again.headers["x-new"]).toBeUndefined();
  });
});

describe("bounds", () => {
  it("the least recently used leave when bytes run out", async () => {
    const { cache, fill } = cacheRoom({ maxBytes: 20_000, maxEntryBytes: 5000 });
    for (let i = 0; i < 20; i++) await fill({ body: "x".repeat(2000) }, { path: `/${i}` });
    const { bytes, urls, evictions } = cache.stats();
    expect(bytes).toBeLessThanOrEqual(20_000);
    expect(urls + evictions).toBe(20);
    expect(cache.lookup("GET", "http://origin.test/19", {})).toBeDefined();
    expect(cache.lookup("GET", "http://origin.test/0", {})).toBeUndefined();
  });

  it("a body that says that it is too large passes through, and none of it is kept", async () => {
    const { origin, cache, fresh, get } = cacheRoom({ maxEntryBytes: 10 });
    const call = get();
    origin.last.head(200, fresh({ "content-length": "11" })).data("12345");
    expect(cache.stats()).toMatchObject({ recordingBytes: 0, tooLarge: 1 });
    origin.last.data("678901").end();
    expect((await call.response).body).toBe("12345678901");
    expect(cache.stats().urls).toBe(0);
  });

  it("a body that turns out too large passes through, and is let go of at once", async () => {
    const { origin, cache, fresh, get } = cacheRoom({ maxEntryBytes: 10 });
    const call = get();
    origin.last.head(200, fresh()).data("12345");
    expect(cache.stats().recordingBytes).toBe(5);
    origin.last.data("678901");
    expect(cache.stats().recordingBytes).toBe(0);
    origin.last.end();
    expect((await call.response).body).toBe("12345678901");
    expect(cache.stats()).toMatchObject({ urls: 0, tooLarge: 1 });
  });

  it("all bodies on their way together stay within the bound", () => {
    const { origin, cache, fresh, get } = cacheRoom({ maxBytes: 100, maxEntryBytes: 40 });
    for (let i = 0; i < 5; i++) {
      get({ path: `/${i}` });
      origin.last.head(200, fresh()).data("x".repeat(30));
    }
    expect(cache.stats().recordingBytes).toBe(90);
  });

  it("variants of one URL are bounded in number", async () => {
    const { cache, fresh, fill } = cacheRoom();
    for (let i = 0; i < 100; i++)
      await fill({ headers: fresh({ vary: "x-a" }) }, { headers: { "x-a": String(i) } });
    expect(cache.lookup("GET", url, { "x-a": "99" })).toBeDefined();
    expect(cache.lookup("GET", url, { "x-a": "50" })).toBeUndefined();
  });

  it("a body that is shorter or longer than announced is not stored", async () => {
    const { cache, fresh, fill } = cacheRoom();
    for (const length of ["0", "2"]) await fill({ headers: fresh({ "content-length": length }) });
    expect(cache.stats()).toMatchObject({ incomplete: 2, stored: 0 });
  });
});

describe("a caller", () => {
  it("can keep the cache out of a call", async () => {
    const { origin, cache, fresh, get, fill } = cacheRoom();
    await fill();
    const call = get({ context: { useCache: false } });
    origin.last.head(200, fresh()).data("y").end();
    expect((await call.response).body).toBe("y");
    expect((await get().response).body).toBe("x");
    const post = get({ method: "POST", context: { useCache: false } });
    origin.last.head(200).end();
    await post.response;
    expect(cache.stats().urls).toBe(0);
  });

  it.each([
    ["an array", ["Accept", "a/b", "Cache-Control", "no-cache"]],
    ["a Map", new Map([["Cache-Control", "no-cache"]])],
    ["pairs that can be read once", [["cache-control", "no-cache"]].values()],
    ["a field of several values", { "cache-control": ["foo", "no-cache"] }],
  ])("may give its fields as %s", async (_form, headers) => {
    const { origin, get, fill } = cacheRoom();
    await fill();
    get({ headers: headers as never });
    expect(origin.requests).toBe(2);
  });

  it("keeps fields that can be read only once", async () => {
    const { origin, get } = cacheRoom();
    get({ headers: [["x-a", "1"]].values() as never });
    expect(origin.last.sent.headers["x-a"]).toBe("1");
  });

  it("gets a dispatcher's own throw as an error", async () => {
    const { cache } = cacheRoom();
    const call = send(
      cache.policy(() => {
        throw new Error("broken");
      }),
    );
    await expect(call.response).rejects.toThrow("broken");
  });

  it("passes through once the cache is closed", async () => {
    const { origin, cache, get, fill } = cacheRoom();
    await fill();
    cache.close();
    cache.close();
    get();
    expect(origin.requests).toBe(2);
  });
});

describe("options", () => {
  it.each([
    [{ type: "public" }, 'type: expected one of "private", "shared", got "public"'],
    [{ maxBytes: 0 }, "maxBytes: expected an integer ≥ 1, got 0"],
    [{ maxEntryBytes: -1 }, "maxEntryBytes: expected an integer ≥ 0, got -1"],
    [{ heuristicFraction: 2 }, "heuristicFraction: expected a finite number from 0 to 1, got 2"],
    [{ sqlite: {} }, "sqlite.path: expected the path of a file, got undefined"],
    [{ revalidateTimeoutMs: 0 }, "revalidateTimeoutMs: expected milliseconds ≥ 1, got 0"],
    [{ now: 5 }, "now: expected a function, got 5"],
    [{ ttl: 5 }, 'ResponseCache: unknown option "ttl"'],
  ])("%o are refused", (options, message) => {
    expect(() => new ResponseCache(options as never)).toThrow(message);
  });

  it("an invalid URL can't be invalidated", () => {
    expect(() => new ResponseCache().invalidate("nowhere")).toThrow(TypeError);
  });
});

it("metrics tell what the counts tell", async () => {
  const { cache, get, fill } = cacheRoom();
  await fill();
  await get().response;
  const samples = new Map(
    [...cache.collect()].map((sample) => [sample.name, "value" in sample ? sample.value : 0]),
  );
  expect(samples.get("http.client.cache.hits")).toBe(1);
  expect(samples.get("http.client.cache.stored")).toBe(1);
  expect(samples.get("http.client.cache.size")).toBe(cache.stats().bytes);
});
