import { describe, expect, it } from "vitest";
import { settle } from "../../../support/fake-clock.ts";
import { send } from "../../../support/response-cache/client.ts";
import type { Origin } from "../../../support/response-cache/origin.ts";
import { cacheRoom } from "../../../support/response-cache/room.ts";

describe("validation in the background", () => {
  const headers = { "cache-control": "max-age=10, stale-while-revalidate=10000", etag: '"1"' };

  it("happens once at a time", async () => {
    const { clock, origin, get, fill } = cacheRoom();
    await fill({ headers });
    await clock.advance(20_000);
    for (let i = 0; i < 5; i++) expect((await get().response).body).toBe("x");
    expect(origin.requests).toBe(2);
  });

  it.each([
    ["a broken connection", (origin: Origin) => void origin.last.fail(new Error("refused"))],
    ["a server error", (origin: Origin) => void origin.last.head(503).end()],
  ])("waits longer each time after %s, and rejects nothing", async (_what, fail) => {
    const { clock, origin, cache, get, fill } = cacheRoom();
    await fill({ headers });
    await clock.advance(20_000);
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    for (const waitMs of [1000, 2000, 4000]) {
      const before = origin.requests;
      await get().response;
      expect(origin.requests).toBe(before + 1);
      fail(origin);
      await get().response;
      await clock.advance(waitMs - 1);
      await get().response;
      expect(origin.requests).toBe(before + 1);
      await clock.advance(1);
    }
    await settle();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect(cache.stats()).toMatchObject({ backgroundFailures: 3, backgroundValidations: 3 });
  });

  it("survives a dispatcher that throws", async () => {
    const { clock, cache, fill, origin } = cacheRoom();
    await fill({ headers });
    await clock.advance(20_000);
    const broken = cache.policy(() => {
      throw new Error("broken");
    });
    expect((await send(broken).response).body).toBe("x");
    expect(cache.stats().backgroundFailures).toBe(1);
    expect(origin.requests).toBe(1);
  });

  it("is given up when it takes too long, and when the cache closes", async () => {
    const { clock, origin, cache, get, fill } = cacheRoom({ revalidateTimeoutMs: 500 });
    await fill({ headers });
    await clock.advance(20_000);
    await get().response;
    await clock.advance(500);
    expect(origin.last.aborted).toBe(true);
    await clock.advance(1000);
    await get().response;
    expect(origin.requests).toBe(3);
    cache.close();
    expect(origin.last.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("doesn't carry the caller's own wishes, nor its signal", async () => {
    const { clock, origin, get, fill } = cacheRoom();
    await fill({ headers });
    await clock.advance(20_000);
    const aborting = new AbortController();
    await get({
      headers: { "Cache-Control": "only-if-cached", "If-None-Match": '"0"', "x-a": "1" },
      context: { signal: aborting.signal },
    }).response;
    aborting.abort();
    expect(origin.last.sent.headers).toEqual({ "if-none-match": '"1"', "x-a": "1" });
    expect(origin.last.aborted).toBe(false);
  });

  it("doesn't read on and on what can't be kept", async () => {
    const { clock, origin, get, fill } = cacheRoom({ maxEntryBytes: 1000 });
    await fill({ headers });
    await clock.advance(20_000);
    await get().response;
    origin.last.head(200, headers);
    for (let i = 0; i < 100 && !origin.last.aborted; i++) origin.last.data("x".repeat(1000));
    expect(origin.last.aborted).toBe(true);
  });
});
