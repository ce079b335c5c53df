import { describe, expect, test, vi } from "vitest";
import { caches } from "../../support/caches.ts";
import { controlled } from "../../support/controlled-loader.ts";
import { settle } from "../../support/fake-clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe.each(caches)("age of what $name loads", (kind) => {
  const create = (options: Partial<Parameters<typeof kind.create<string, number>>[0]> = {}) => {
    const clock = new ManualClock(1000);
    return { clock, cache: kind.create<string, number>({ maxSize: 9, clock, ...options }) };
  };

  test("a load says for how long its value is kept, and by which tags it is found", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { ttlMs: 100, tags: ["red"] });
    await cache.getOrLoad("b", async () => 2);
    await cache.getOrLoad("none", () => 3, { ttlMs: 0 });
    expect(cache.peek("none")).toBeUndefined();
    clock.block(50);
    expect([cache.peek("a"), cache.peek("b")]).toEqual([1, undefined]);
    expect(cache.deleteTag("red")).toBe(1);
  });

  test("an expired value is loaded anew, and waited for", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    cache.set("a", 1);
    clock.block(50);
    expect(await cache.getOrLoad("a", async () => 2)).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 1, staleHits: 0 });
  });

  test.each([false, true])(
    "within staleMs the old value is served and loaded anew, once, in the background (timers: %s)",
    async (timers) => {
      const { cache, clock } = create({ ttlMs: 50 });
      const options = { staleMs: 100 };
      await cache.getOrLoad("a", () => 1, options);
      if (timers) clock.pass(149);
      else clock.block(149);
      const { calls, loader } = controlled();
      expect(cache.get("a")).toBeUndefined();
      expect(cache.has("a")).toBe(false);
      expect(await cache.getOrLoad("a", loader, options)).toBe(1);
      expect(await cache.getOrLoad("a", loader, options)).toBe(1);
      expect(calls.length).toBe(1);
      expect(calls[0]!.signal).toBeUndefined();
      calls[0]!.resolve(2);
      await settle();
      expect(cache.get("a")).toBe(2);
      expect(await cache.getOrLoad("a", loader, options)).toBe(2);
      expect(calls.length).toBe(1);
      expect(cache.stats()).toMatchObject({ staleHits: 2, loads: 2, hits: 2, misses: 2, coalesced: 0 });
    },
  );

  test("a refresh that fails is tried again after a pause, which doubles with each failure", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    const options = { staleMs: 1e9 };
    await cache.getOrLoad("a", () => 1, options);
    clock.block(50);
    const loader = vi.fn(async (): Promise<number> => {
      throw new Error("down");
    });
    const readAfter = async (ms: number) => {
      clock.block(ms);
      expect(await cache.getOrLoad("a", loader, options)).toBe(1);
      await settle();
      return loader.mock.calls.length;
    };
    expect([await readAfter(0), await readAfter(99), await readAfter(1)]).toEqual([1, 1, 2]);
    expect([await readAfter(199), await readAfter(1)]).toEqual([2, 3]);
    for (let i = 0; i < 10; i++) await readAfter(30_000);
    expect([await readAfter(29_999), await readAfter(1)]).toEqual([13, 14]);
    expect(cache.stats()).toMatchObject({ loadFailures: 14 });
  });

  test("a refresh that succeeds ends the pauses", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    const options = { staleMs: 1e9 };
    await cache.getOrLoad("a", () => 1, options);
    const read = async (ms: number, loader: () => Promise<number>) => {
      clock.block(ms);
      const value = await cache.getOrLoad("a", loader, options);
      await settle();
      return value;
    };
    const down = vi.fn(() => Promise.reject(new Error("down")));
    await read(50, down);
    await read(100, down);
    expect(await read(200, async () => 2)).toBe(1);
    expect(await read(50, down)).toBe(2);
    await read(100, down);
    expect(down).toHaveBeenCalledTimes(4);
  });

  test("a refresh whose value can't be weighed has failed as well", async () => {
    const weigh = (_key: string, value: number) => {
      if (value === 2) throw new Error("no weight");
      return 1;
    };
    const { cache, clock } = create({ ttlMs: 50, maxWeight: 9, weigh });
    const options = { staleMs: 1e9 };
    await cache.getOrLoad("a", () => 1, options);
    clock.block(50);
    const loader = vi.fn(async () => 2);
    const readAfter = async (ms: number) => {
      clock.block(ms);
      expect(await cache.getOrLoad("a", loader, options)).toBe(1);
      await settle();
      return loader.mock.calls.length;
    };
    expect([await readAfter(0), await readAfter(100)]).toEqual([1, 2]);
    expect([await readAfter(199), await readAfter(1)]).toEqual([2, 3]);
  });

  test("past staleMs it is loaded as if it had never been there", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { staleMs: 100 });
    clock.block(150);
    expect(await cache.getOrLoad("a", async () => 2, { staleMs: 100 })).toBe(2);
  });

  test("who takes less stale values than others gets none", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { staleMs: 100 });
    clock.block(70);
    expect(await cache.getOrLoad("a", async () => 2, { staleMs: 20 })).toBe(2);
  });

  test("what `set` stored is never served stale", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    cache.set("a", 1);
    clock.block(50);
    expect(await cache.getOrLoad("a", async () => 2, { staleMs: 100 })).toBe(2);
  });

  test("with a refreshAheadMs of the whole TTL every read loads anew", async () => {
    const { cache } = create({ ttlMs: 50 });
    const ask = (value: number) => cache.getOrLoad("a", () => value, { refreshAheadMs: 51 });
    expect([await ask(1), await ask(2), await ask(3)]).toEqual([1, 1, 2]);
  });

  test.each([Number.POSITIVE_INFINITY, Number.MAX_VALUE])("staleMs may be %s", async (staleMs) => {
    const { cache, clock } = create({ ttlMs: 50 });
    expect(await cache.getOrLoad("a", () => 1, { staleMs })).toBe(1);
    expect(await create().cache.getOrLoad("a", () => 1, { staleMs })).toBe(1);
    clock.pass(1e9);
    expect(await cache.getOrLoad("a", () => 2, { staleMs })).toBe(1);
    expect(await cache.getOrLoad("a", () => 3, { staleMs })).toBe(2);
  });

  test("a refresh that fails leaves the old value until its end, and is tried again", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    const options = { staleMs: 300 };
    await cache.getOrLoad("a", () => 1, options);
    clock.pass(60);
    const failing = vi.fn(async () => {
      throw new Error("down");
    });
    expect(await cache.getOrLoad("a", failing, options)).toBe(1);
    await settle();
    clock.pass(100);
    expect(await cache.getOrLoad("a", failing, options)).toBe(1);
    await settle();
    expect(failing).toHaveBeenCalledTimes(2);
    expect(cache.stats()).toMatchObject({ loadFailures: 2 });
    expect(cache.get("a")).toBeUndefined();
    clock.pass(190);
    await expect(cache.getOrLoad("a", failing, options)).rejects.toThrow("down");
    clock.pass(100);
    expect(cache.size).toBe(0);
  });

  test("a loader that throws at once while it refreshes is a failed refresh, too", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { staleMs: 100 });
    clock.block(60);
    const failing = () => {
      throw new Error("down");
    };
    expect(await cache.getOrLoad("a", failing, { staleMs: 100 })).toBe(1);
    await settle();
    expect(cache.stats()).toMatchObject({ loadFailures: 1, staleHits: 1 });
  });

  test.each([
    ["then", {}, 1_000],
    ["constructor", Promise.resolve(2), 1_000],
    ["constructor", Promise.resolve(2), Number.POSITIVE_INFINITY],
  ] as const)(
    "a refresh whose answer throws when its %s is read has failed, and is tried again",
    async (name, answer, timeoutMs) => {
      const { cache, clock } = create({ ttlMs: 50 });
      const options = { staleMs: 1e9, timeoutMs };
      await cache.getOrLoad("a", () => 1, options);
      clock.block(60);
      Object.defineProperty(answer, name, {
        get: () => {
          throw new Error("spoilt");
        },
      });
      expect(await cache.getOrLoad("a", () => answer as number, options)).toBe(1);
      await settle();
      expect(cache.stats()).toMatchObject({ loadFailures: 1 });
      clock.pass(200);
      expect(await cache.getOrLoad("a", () => 3, options)).toBe(1);
      await settle();
      expect(cache.get("a")).toBe(3);
    },
  );

  test("who can't take a stale value joins the refresh under way", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { staleMs: 100 });
    clock.block(60);
    const { calls, loader } = controlled();
    expect(await cache.getOrLoad("a", loader, { staleMs: 100 })).toBe(1);
    const strict = cache.getOrLoad("a", loader);
    calls[0]!.resolve(2);
    expect([await strict, calls.length]).toEqual([2, 1]);
  });

  test("a delete while it refreshes is final", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { staleMs: 100 });
    clock.block(60);
    const { calls, loader } = controlled();
    await cache.getOrLoad("a", loader, { staleMs: 100 });
    cache.delete("a");
    calls[0]!.resolve(2);
    await settle();
    expect([cache.peek("a"), cache.size]).toEqual([undefined, 0]);
    expect(await cache.getOrLoad("a", () => 3, { staleMs: 100 })).toBe(3);
  });

  test("a value set afresh isn't stale for as long as one that was loaded", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    await cache.getOrLoad("a", () => 1, { staleMs: 100 });
    cache.set("a", 2);
    clock.pass(90);
    expect(cache.size).toBe(0);
    expect(await cache.getOrLoad("a", () => 3, { staleMs: 100 })).toBe(3);
  });

  test("with less than refreshAheadMs left it is served and loaded anew in the background", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    const options = { refreshAheadMs: 20 };
    const { calls, loader } = controlled();
    cache.set("a", 1);
    clock.block(30);
    expect(await cache.getOrLoad("a", loader, options)).toBe(1);
    expect(calls.length).toBe(0);
    clock.block(1);
    expect(await cache.getOrLoad("a", loader, options)).toBe(1);
    expect(await cache.getOrLoad("a", loader, options)).toBe(1);
    expect(calls.length).toBe(1);
    calls[0]!.resolve(2);
    await settle();
    clock.block(49);
    expect(cache.peek("a")).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 3, loads: 1, staleHits: 0 });
  });

  test("what never expires is never refreshed", async () => {
    const { cache } = create();
    const { calls, loader } = controlled();
    cache.set("a", 1);
    expect(await cache.getOrLoad("a", loader, { refreshAheadMs: 1e12 })).toBe(1);
    expect(calls.length).toBe(0);
  });
});
