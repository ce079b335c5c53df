import { describe, expect, it } from "vitest";
import { isOfNoUse } from "../../../../src/network/cache/storing-rules.ts";
import { ClientCall } from "../../../support/response-cache/client.ts";
import { cacheRoom } from "../../../support/response-cache/room.ts";

const rules = {
  isShared: false,
  heuristicFraction: 0.1,
  maxHeuristicMs: 1000,
  defaultLifetimeMs: 0,
  staleIfErrorMs: 0,
};

describe("a response is of no use to a cache", () => {
  it.each([
    ["that says nothing", { date: "x", "content-type": "text/plain", vary: "accept" }, true],
    ["that must not be stored", { "cache-control": "no-store", etag: '"1"', expires: "x" }, true],
    ["not to be stored, unless it is understood", { "cache-control": "no-store, must-understand" }, false],
    ["with a tag", { etag: '"1"' }, false],
    ["with the time of its last change", { "last-modified": "x" }, false],
    ["with an end", { expires: "0" }, false],
    ["with directives", { "cache-control": "max-age=0" }, false],
    ["with directives in several lines", { "cache-control": ["no-store", "max-age=1"] }, false],
    ["with names in another case", { "Cache-Control": "max-age=9" }, false],
    ["with a tag in another case", { ETag: '"1"' }, false],
  ])("%s", (_what, headers: Record<string, string | string[]>, expected) => {
    expect(isOfNoUse(headers, rules)).toBe(expected);
  });

  it("only where nobody has set a lifetime, or a time to stand in for errors, for those that say nothing", () => {
    expect(isOfNoUse({}, { ...rules, defaultLifetimeMs: 1 })).toBe(false);
    expect(isOfNoUse({}, { ...rules, staleIfErrorMs: 1 })).toBe(false);
    expect(isOfNoUse({ "cache-control": "no-store" }, { ...rules, defaultLifetimeMs: 1 })).toBe(true);
  });
});

describe("a response of no use", () => {
  it("goes by: nothing of it is recorded or stored, and its caller has all of it", async () => {
    const { origin, cache, get } = cacheRoom();
    const call = get();
    origin.last.head(200, { "x-a": "1" }).data("one, ");
    expect(cache.stats().recordingBytes).toBe(0);
    origin.last.data("two").end({ "x-t": "1" });
    expect(await call.response).toMatchObject({ status: 200, body: "one, two", trailers: { "x-t": "1" } });
    expect(cache.stats()).toMatchObject({ misses: 1, stored: 0, urls: 0, bytes: 0 });
    get();
    expect(origin.requests).toBe(2);
  });

  it("is shared still by those who asked before its head came, and by nobody later", async () => {
    const { origin, cache, get } = cacheRoom();
    const [first, second] = [get(), get()];
    expect(origin.requests).toBe(1);
    origin.last.head(200, {}).data("a").end();
    expect((await first.response).body + (await second.response).body).toBe("aa");
    const third = get();
    origin.last.head(200, {}).data("b");
    const late = get();
    expect(origin.requests).toBe(3);
    origin.exchanges[1]!.data("b").end();
    origin.last.head(200, {}).data("c").end();
    expect([(await third.response).body, (await late.response).body]).toEqual(["bb", "c"]);
    expect(cache.stats().coalesced).toBe(1);
  });

  it("replaces what is stored for its URL all the same", async () => {
    const { origin, cache, clock, get, fill } = cacheRoom();
    await fill();
    expect(cache.stats().urls).toBe(1);
    await clock.advance(200_000);
    const call = get();
    origin.last.head(200, { "cache-control": "no-store" }).data("new").end();
    expect((await call.response).body).toBe("new");
    expect(cache.stats().urls).toBe(0);
  });

  it("waits for a caller that pauses, and goes with one that aborts", async () => {
    const { origin, get } = cacheRoom();
    const call = get(undefined, new ClientCall());
    origin.last.head(200, {}).data("a");
    call.controller!.pause();
    expect(origin.last.paused).toBe(true);
    call.controller!.resume();
    expect(origin.last.paused).toBe(false);
    call.controller!.abort(new Error("enough"));
    await expect(call.response).rejects.toThrow("enough");
    expect(origin.last.reason?.message).toBe("enough");
  });

  it("that breaks off is an error for its caller", async () => {
    const { origin, get } = cacheRoom();
    const call = get();
    origin.last.head(200, {}).data("a").fail(new Error("cut"));
    await expect(call.response).rejects.toThrow("cut");
  });
});

describe("requests under way to many URLs", () => {
  it("find each other, and are outrun by an invalidation, however many went before", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    for (let i = 0; i < 1000; i++) {
      const call = get({ path: `/${i % 600}` });
      origin.last.head(200, {}).end();
      await call.response;
    }
    const calls = [get({ path: "/5" }), get({ path: "/5" })];
    expect(origin.requests).toBe(1001);
    cache.invalidate(`${String(origin.last.options.origin)}/5`);
    origin.last.head(200, fresh()).data("x").end();
    for (const call of calls) expect((await call.response).body).toBe("x");
    expect(cache.stats()).toMatchObject({ superseded: 1, coalesced: 1 });
  });
});
