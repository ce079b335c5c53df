import { describe, expect, it } from "vitest";
import { settle } from "../../../support/fake-clock.ts";
import { ClientCall } from "../../../support/response-cache/client.ts";
import { cacheRoom } from "../../../support/response-cache/room.ts";

describe("identical GETs in flight", () => {
  it("are one request, and each caller has the whole response", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    const calls = Array.from({ length: 10 }, () => get());
    expect(origin.requests).toBe(1);
    origin.last.head(200, fresh()).data("one, ");
    calls.push(get());
    origin.last.data("two").end({ "x-t": "1" });
    for (const call of calls) {
      expect(await call.response).toMatchObject({ status: 200, body: "one, two", trailers: { "x-t": "1" } });
      expect(call.starts).toBe(1);
      expect(call.ends).toBe(1);
    }
    expect(origin.requests).toBe(1);
    expect(cache.stats()).toMatchObject({ coalesced: 10, misses: 11, stored: 1, recordingBytes: 0 });
  });

  it.each([
    ["Authorization", { authorization: "a" }, { authorization: "b" }],
    ["Authorization that one lacks", { authorization: "a" }, {}],
    ["Cookie", { cookie: "u=1" }, { cookie: "u=2" }],
    ["a cookie that one lacks", {}, { cookie: "u=2" }],
    ["Accept", { accept: "a/b" }, { accept: "c/d" }],
    ["Range", {}, { range: "bytes=0-1" }],
    ["a condition", {}, { "if-none-match": '"1"' }],
    ["no-cache", {}, { "cache-control": "no-cache" }],
  ])("stay apart when they differ in %s", (_what, one, other) => {
    const { origin, get } = cacheRoom();
    get({ headers: one });
    get({ headers: other });
    expect(origin.requests).toBe(2);
  });

  it("part when the response varies by what they differ in", async () => {
    const { origin, fresh, get } = cacheRoom();
    const [first, same, other] = [
      get({ headers: { "x-a": "1" } }),
      get({ headers: { "x-a": "1" } }),
      get({ headers: { "x-a": "2" } }),
    ];
    expect(origin.requests).toBe(1);
    origin.exchanges[0]!.head(200, fresh({ vary: "x-a" }))
      .data("1")
      .end();
    expect(origin.requests).toBe(2);
    expect(origin.last.sent.headers["x-a"]).toBe("2");
    origin.last
      .head(200, fresh({ vary: "x-a" }))
      .data("2")
      .end();
    expect(await Promise.all([first, same, other].map(async (call) => (await call.response).body))).toEqual([
      "1",
      "1",
      "2",
    ]);
    expect(other.starts).toBe(1);
  });

  it.each([
    ["no-store", { "cache-control": "no-store" }],
    ["no-cache", { "cache-control": "no-cache", etag: '"1"' }],
    ["max-age=0", { "cache-control": "max-age=0" }],
    ["a cookie", { "cache-control": "max-age=100", "set-cookie": "a=b" }],
    ["Vary: *", { "cache-control": "max-age=100", vary: "*" }],
  ])("don't share a response with %s", async (_what, headers) => {
    const { origin, get } = cacheRoom();
    const first = get();
    const second = get();
    origin.exchanges[0]!.head(200, headers).data("1").end();
    expect(origin.requests).toBe(2);
    origin.exchanges[1]!.head(200, headers).data("2").end();
    expect((await first.response).body).toBe("1");
    expect((await second.response).body).toBe("2");
  });

  it("don't wait for each other where that was in vain before", () => {
    const { origin, get } = cacheRoom();
    get();
    get();
    origin.exchanges[0]!.head(200, { "cache-control": "no-store" }).end();
    origin.exchanges[1]!.head(200, { "cache-control": "no-store" }).end();
    get();
    get();
    expect(origin.requests).toBe(4);
  });

  it("share a response that says nothing of freshness when they are the very same, tracing apart", async () => {
    const { origin, get } = cacheRoom();
    const first = get({ headers: { "x-key": "1", traceparent: "a" } });
    const same = get({ headers: { "x-key": "1", traceparent: "b" } });
    const other = get({ headers: { "x-key": "2" } });
    origin.exchanges[0]!.head(200).data("1").end();
    expect(origin.requests).toBe(2);
    origin.last.head(200).data("2").end();
    expect((await first.response).body).toBe("1");
    expect((await same.response).body).toBe("1");
    expect((await other.response).body).toBe("2");
  });

  it("don't share an error status: each asks for itself", () => {
    const { origin, get } = cacheRoom();
    get();
    get();
    get();
    origin.exchanges[0]!.head(503).end();
    expect(origin.requests).toBe(3);
  });

  it("don't share a broken connection: each asks for itself", async () => {
    const { origin, fresh, get } = cacheRoom();
    const first = get();
    const second = get();
    origin.exchanges[0]!.fail(new Error("refused"));
    await expect(first.response).rejects.toThrow("refused");
    expect(origin.requests).toBe(2);
    origin.last.head(200, fresh()).data("x").end();
    expect((await second.response).body).toBe("x");
  });

  it("all fail when the connection breaks within the body, and nothing is stored", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    const calls = [get(), get()];
    origin.last.head(200, fresh()).data("x").fail(new Error("reset"));
    for (const call of calls) await expect(call.response).rejects.toThrow("reset");
    expect(cache.stats()).toMatchObject({ stored: 0, recordingBytes: 0 });
  });

  it("go on for the others when the first is aborted", async () => {
    const { origin, fresh, get } = cacheRoom();
    const first = get();
    const second = get();
    first.controller!.abort(new Error("enough"));
    await expect(first.response).rejects.toThrow("enough");
    expect(origin.last.aborted).toBe(false);
    origin.last.head(200, fresh()).data("x").end();
    expect((await second.response).body).toBe("x");
    expect(origin.requests).toBe(1);
  });

  it("end when all are aborted", async () => {
    const { origin, get } = cacheRoom();
    const calls = [get(), get(), get()];
    for (const call of calls) call.controller!.abort(new Error("enough"));
    for (const call of calls) await expect(call.response).rejects.toThrow("enough");
    expect(origin.last.aborted).toBe(true);
    get();
    expect(origin.requests).toBe(2);
  });

  it("go on for the others when the first one's signal aborts, which isn't the request's", async () => {
    const { origin, fresh, get } = cacheRoom();
    const aborting = new AbortController();
    const first = get({ context: { signal: aborting.signal } });
    const second = get();
    aborting.abort(new Error("enough"));
    await expect(first.response).rejects.toThrow("enough");
    origin.last.head(200, fresh()).data("x").end();
    expect((await second.response).body).toBe("x");
  });

  it("pass an abort by signal on when nobody else waits", async () => {
    const { origin, get } = cacheRoom();
    const aborting = new AbortController();
    const first = get({ context: { signal: aborting.signal } });
    aborting.abort(new Error("enough"));
    await expect(first.response).rejects.toThrow("enough");
    expect(origin.last.aborted).toBe(true);
  });

  it("each keep their own signal and deadline while they wait", async () => {
    const { clock, origin, fresh, get } = cacheRoom();
    const first = get();
    const aborting = new AbortController();
    const second = get({ context: { signal: aborting.signal } });
    const third = get({ context: { deadline: clock.now() + 50, timeoutMs: 50 } });
    aborting.abort(new Error("enough"));
    await expect(second.response).rejects.toThrow("enough");
    await clock.advance(50);
    await expect(third.response).rejects.toMatchObject({ code: "VICTOR_DEADLINE" });
    origin.last.head(200, fresh()).data("x").end();
    expect((await first.response).body).toBe("x");
    expect(clock.pending).toBe(0);
  });

  it("aren't disturbed by one whose handler throws", async () => {
    const { origin, fresh, get } = cacheRoom();
    class Thrower extends ClientCall {
      override onResponseData(): void {
        throw new Error("mine");
      }
    }
    const bad = get({}, new Thrower());
    const good = get();
    origin.last.head(200, fresh()).data("x").end();
    await expect(bad.response).rejects.toThrow("mine");
    expect((await good.response).body).toBe("x");
  });

  it("can be switched off", () => {
    const { origin, get } = cacheRoom({ coalesce: false });
    get();
    get();
    expect(origin.requests).toBe(2);
  });

  it("validate together", async () => {
    const { clock, origin, cache, fresh, get } = cacheRoom();
    const first = get();
    origin.last
      .head(200, fresh({ etag: '"1"' }))
      .data("x")
      .end();
    await first.response;
    await clock.advance(200_000);
    const calls = [get(), get(), get()];
    expect(origin.requests).toBe(2);
    origin.last.head(304, fresh({ etag: '"1"' })).end();
    for (const call of calls) expect((await call.response).body).toBe("x");
    expect(cache.stats()).toMatchObject({ validations: 1, validated: 1, coalesced: 2 });
  });
});

describe("slow readers", () => {
  it("make the origin wait when nobody else reads", async () => {
    const { origin, fresh, get } = cacheRoom();
    const call = new ClientCall();
    call.pauseAfter = 1;
    get({}, call);
    origin.last.head(200, fresh()).data("1");
    expect(origin.last.paused).toBe(true);
    call.pauseAfter = 9;
    call.controller!.resume();
    expect(origin.last.paused).toBe(false);
    origin.last.data("2").end();
    expect((await call.response).body).toBe("12");
  });

  it("don't hold up others, up to the bound of what is kept for them", async () => {
    const { origin, fresh, get } = cacheRoom({ maxEntryBytes: 10 });
    const fast = get();
    const slow = new ClientCall();
    slow.pauseAfter = 1;
    get({}, slow);
    origin.last.head(200, fresh()).data("1234").data("5678");
    expect(fast.text).toBe("12345678");
    expect(slow.text).toBe("1234");
    expect(origin.last.paused).toBe(false);
    origin.last.data("9012");
    expect(origin.last.paused).toBe(true);
    slow.pauseAfter = 9;
    slow.controller!.resume();
    expect(slow.text).toBe("123456789012");
    expect(origin.last.paused).toBe(false);
    origin.last.data("3").end();
    expect((await fast.response).body).toBe("1234567890123");
    expect((await slow.response).body).toBe("1234567890123");
  });

  it("may read to the end after the origin is done", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    const fast = get();
    const slow = new ClientCall();
    slow.pauseAfter = 1;
    get({}, slow);
    origin.last.head(200, fresh()).data("1").data("2").data("3").end({ "x-t": "1" });
    expect((await fast.response).body).toBe("123");
    expect(slow.ends).toBe(0);
    expect(cache.stats().recordingBytes).toBe(3);
    slow.controller!.resume();
    expect(slow.text).toBe("12");
    slow.pauseAfter = 9;
    slow.controller!.resume();
    expect(await slow.response).toMatchObject({ body: "123", trailers: { "x-t": "1" } });
    expect(cache.stats().recordingBytes).toBe(0);
  });

  it("get what is stored as fast as they take it, in copies", async () => {
    const { origin, fresh, get } = cacheRoom();
    get();
    origin.last.head(200, fresh()).data("x".repeat(200_000)).end();
    const slow = new ClientCall();
    slow.pauseAfter = 1;
    get({}, slow);
    await settle();
    expect(slow.chunks.map((chunk) => chunk.length)).toEqual([65_536]);
    slow.chunks[0]!.fill(0);
    slow.pauseAfter = 99;
    slow.controller!.resume();
    await slow.response;
    expect(slow.chunks.length).toBe(4);
    expect((await get().response).body).toBe("x".repeat(200_000));
  });

  it("that give up leave nothing behind", async () => {
    const { origin, cache, fresh, get } = cacheRoom();
    const fast = get();
    const slow = new ClientCall();
    slow.pauseAfter = 1;
    get({}, slow);
    origin.last.head(200, fresh()).data("1").data("2").end();
    await fast.response;
    slow.controller!.abort(new Error("enough"));
    expect(cache.stats().recordingBytes).toBe(0);
  });
});
