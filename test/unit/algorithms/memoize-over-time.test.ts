import { describe, expect, it, vi } from "vitest";
import { Expiry } from "../../../src/algorithms/expiry.ts";
import { type MemoizeOptions, memoize } from "../../../src/algorithms/memoize.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

/** A function that answers with the number of its call, memoized. */
function counting(options: MemoizeOptions<unknown[]> = {}) {
  let calls = 0;
  const memoized = memoize((..._args: unknown[]): number => ++calls, options);
  return { memoized, calls: () => calls };
}

/** A function whose promises are settled by hand, memoized. */
function pending(options: MemoizeOptions<[unknown]> = {}) {
  const calls: PromiseWithResolvers<unknown>[] = [];
  const memoized = memoize((_key: unknown): Promise<unknown> => {
    const call = Promise.withResolvers<unknown>();
    calls.push(call);
    return call.promise;
  }, options);
  return { memoized, calls };
}

/** @returns the reasons of the rejections that nobody handled while `run` ran */
async function unhandledIn(run: () => Promise<void>): Promise<unknown[]> {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const reported: unknown[] = [];
  process.on("unhandledRejection", (error) => reported.push(error));
  try {
    await run();
    await settle();
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
  }
  return reported;
}

describe("promises", () => {
  it("shares one call under way, and its value afterwards", async () => {
    const { memoized, calls } = pending();
    const both = [memoized("a"), memoized("a")];
    expect(both[0]).toBe(both[1]);
    calls[0]!.resolve(undefined);
    expect(await Promise.all([...both, memoized("a")])).toEqual([undefined, undefined, undefined]);
    expect(calls).toHaveLength(1);
    expect(memoized.cacheInfo()).toMatchObject({ hits: 2, misses: 1, size: 1 });
  });

  it("gives a rejection to all who wait, and doesn't keep it", async () => {
    const { memoized, calls } = pending();
    const both = [memoized("a"), memoized("a")];
    calls[0]!.reject(new Error("down"));
    for (const each of both) await expect(each).rejects.toThrow("down");
    expect(memoized.cacheInfo().size).toBe(0);
    const again = memoized("a");
    calls[1]!.resolve("up");
    expect(await again).toBe("up");
  });

  it("reports a rejection that nobody handles", async () => {
    const reported = await unhandledIn(async () => {
      memoize(() => Promise.reject("nobody"))();
      await memoize(() => Promise.reject("somebody"))().catch(() => undefined);
    });
    expect(reported).toEqual(["nobody"]);
  });

  it("leaves no rejection of a refresh unhandled whose function removed its own result", async () => {
    const clock = new FakeClock();
    let calls = 0;
    const memoized = memoize(
      (): Promise<number> => {
        if (++calls === 1) return Promise.resolve(1);
        memoized.cacheClear();
        return Promise.reject(new Error("down"));
      },
      { ttlMs: 100, staleMs: 50, clock },
    );
    await memoized();
    await clock.advance(100);
    const reported = await unhandledIn(async () => expect(await memoized()).toBe(1));
    expect(reported).toEqual([]);
    expect(memoized.cacheInfo()).toMatchObject({ size: 0, discarded: 1 });
  });

  it("keeps nothing of a result that can't be asked whether it is a promise", () => {
    let calls = 0;
    const memoized = memoize((_n: number): object => {
      calls++;
      return {
        // biome-ignore lint/suspicious/noThenProperty: a strict object is what is tested
        get then() {
          throw new Error(`no. ${calls}`);
        },
      };
    });
    expect(() => memoized(1)).toThrow("no. 1");
    expect(() => memoized(1)).toThrow("no. 2");
    expect(memoized.cacheInfo()).toMatchObject({ hits: 0, misses: 2, size: 0 });
  });

  it("doesn't keep a result that removed something when it was asked whether it is a promise", () => {
    const clock = new FakeClock();
    const result = {
      // biome-ignore lint/suspicious/noThenProperty: a hostile object is what is tested
      get then() {
        memoized.cacheClear();
        return undefined;
      },
    };
    const memoized = memoize((_n: number): object => result, { ttlMs: 100, staleMs: 50, clock });
    expect([memoized(1), memoized(1)]).toEqual([result, result]);
    expect(memoized.cacheInfo()).toMatchObject({ misses: 2, size: 0, discarded: 2 });
  });

  it("answers with a promise for a thenable, also for one that it doesn't keep", async () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    const thenable = Object.assign(() => {}, { then: (resolve: (value: number) => void) => resolve(7) });
    const memoized = memoize((clears: boolean): unknown => {
      if (clears) memoized.cacheClear();
      return thenable;
    });
    for (const clears of [false, true]) {
      const answer = memoized(clears);
      expect(answer).toBeInstanceOf(Promise);
      expect(await answer).toBe(7);
    }
    expect(memoized.cacheInfo()).toMatchObject({ size: 0, discarded: 1 });
  });

  it("keeps what a promise resolves with, whatever `then` it has of its own", async () => {
    const memoized = memoize(() =>
      Object.assign(Promise.resolve(7), {
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        then() {
          throw new Error("not so");
        },
      }),
    );
    expect(await memoized()).toBe(7);
    expect(await memoized()).toBe(7);
    expect(memoized.cacheInfo()).toMatchObject({ hits: 1, misses: 1 });
  });

  it("asks a thenable once", async () => {
    let asked = 0;
    const query = memoize(() => ({
      // biome-ignore lint/suspicious/noThenProperty: a query builder has one
      then(resolve: (rows: string) => void) {
        asked++;
        resolve("rows");
      },
    }));
    expect([await query(), await query()]).toEqual(["rows", "rows"]);
    expect(asked).toBe(1);
  });

  it.each(["cacheClear", "cacheDelete"] as const)(
    "doesn't keep the result of a call that was under way at a %s",
    async (removal) => {
      const { memoized, calls } = pending();
      const remove = () => (removal === "cacheClear" ? memoized.cacheClear() : memoized.cacheDelete("a"));
      const first = memoized("a");
      remove();
      const second = memoized("a");
      calls[1]!.resolve("new");
      await second;
      calls[0]!.resolve("old");
      expect([await first, await memoized("a")]).toEqual(["old", "new"]);
      expect(memoized.cacheInfo()).toMatchObject({ misses: 2, discarded: 1, size: 1 });
      const third = memoized("b");
      memoized.cacheDelete("b");
      calls[2]!.reject(new Error("late"));
      await expect(third).rejects.toThrow("late");
      expect(memoized.cacheInfo().size).toBe(1);
    },
  );

  it("doesn't keep a result whose function removed something meanwhile", () => {
    let calls = 0;
    const memoized = memoize((n: number): number => {
      if (calls === 0) memoized.cacheClear();
      if (calls === 1) memoized.cacheDelete(n);
      return ++calls;
    });
    expect([memoized(1), memoized(1), memoized(1), memoized(1)]).toEqual([1, 2, 3, 3]);
    expect(memoized.cacheInfo()).toMatchObject({ misses: 3, discarded: 2 });
  });

  it("doesn't keep the result of a call that was evicted under way", async () => {
    const { memoized, calls } = pending({ maxSize: 1 });
    const first = memoized("a");
    const second = memoized("b");
    calls[1]!.resolve("b");
    calls[0]!.resolve("a");
    expect(await Promise.all([first, second, memoized("b")])).toEqual(["a", "b", "b"]);
    expect(calls).toHaveLength(2);
    expect(memoized.cacheInfo()).toMatchObject({ size: 1, evictions: 1, discarded: 1 });
  });
});

describe("time", () => {
  it("serves a result for ttlMs, and frees it without a read", async () => {
    const clock = new FakeClock();
    const { memoized } = counting({ ttlMs: 100, clock });
    memoized("a");
    await clock.advance(60);
    memoized("b");
    await clock.advance(39);
    expect([memoized("a"), memoized("b")]).toEqual([1, 2]);
    await clock.advance(1);
    expect([memoized("b"), memoized("a")]).toEqual([2, 3]);
    await clock.advance(150);
    expect(memoized.cacheInfo()).toMatchObject({ size: 0, expirations: 3 });
    expect(clock.pending).toBe(0);
  });

  it("grows with results that expire", async () => {
    const clock = new FakeClock();
    const { memoized } = counting({ ttlMs: 100, clock, maxSize: 50 });
    for (let i = 0; i < 60; i++) memoized(i);
    expect(memoized.cacheInfo()).toMatchObject({ size: 50, evictions: 10 });
    await clock.advance(120);
    expect(memoized.cacheInfo()).toMatchObject({ size: 0, expirations: 50 });
  });

  it("stays intact when there is no memory for the time of one result more", () => {
    const { memoized } = counting({ ttlMs: 100, maxSize: 20, clock: new FakeClock() });
    const all = Array.from({ length: 50 }, (_, i) => i);
    const noMemory = vi.spyOn(Expiry.prototype, "grow");
    for (const i of all.slice(0, 8)) memoized(i);
    noMemory.mockImplementationOnce(() => {
      throw new RangeError("Array buffer allocation failed");
    });
    expect(() => memoized(8)).toThrow("allocation failed");
    noMemory.mockRestore();
    for (let round = 0; round < 2; round++)
      for (const i of round === 0 ? all.slice(9) : all) {
        expect(memoized(i)).toBeGreaterThan(0);
        expect(memoized.cacheInfo().size).toBeLessThanOrEqual(20);
      }
  });

  it("counts ttlMs from when a promise is kept, and keeps it while it is under way", async () => {
    const clock = new FakeClock();
    const { memoized, calls } = pending({ ttlMs: 100, clock });
    const first = memoized("a");
    await clock.advance(500);
    expect(memoized("a")).toBe(first);
    calls[0]!.resolve(1);
    await first;
    await clock.advance(99);
    expect(memoized("a")).toBe(first);
    await clock.advance(1);
    expect(memoized("a")).not.toBe(first);
  });

  it("shares only calls under way at a ttlMs of 0", async () => {
    const { memoized, calls } = pending({ ttlMs: 0 });
    const both = [memoized("a"), memoized("a")];
    calls[0]!.resolve(1);
    await Promise.all(both);
    expect(memoized.cacheInfo().size).toBe(0);
    const now = counting({ ttlMs: 0 });
    expect([now.memoized(1), now.memoized(1)]).toEqual([1, 2]);
  });

  it("serves a stale promise while one call makes it anew", async () => {
    const clock = new FakeClock();
    const { memoized, calls } = pending({ ttlMs: 100, staleMs: 50, clock });
    const first = memoized("a");
    calls[0]!.resolve("old");
    await first;
    await clock.advance(100);
    expect([await memoized("a"), await memoized("a"), calls.length]).toEqual(["old", "old", 2]);
    calls[1]!.resolve("new");
    await settle();
    expect([await memoized("a"), calls.length]).toEqual(["new", 2]);
    expect(memoized.cacheInfo()).toMatchObject({
      hits: 3,
      misses: 1,
      staleHits: 2,
      refreshFailures: 0,
      size: 1,
    });
    await clock.advance(99);
    expect([await memoized("a"), calls.length]).toEqual(["new", 2]);
    await clock.advance(1);
    memoized("a");
    expect(calls).toHaveLength(3);
  });

  it("serves a stale result at once, and calls the function after the caller is done", async () => {
    const clock = new FakeClock();
    const { memoized, calls } = counting({ ttlMs: 100, staleMs: 50, clock });
    memoized("a");
    await clock.advance(100);
    expect([memoized("a"), memoized("a"), calls()]).toEqual([1, 1, 1]);
    await settle();
    expect([memoized("a"), calls()]).toEqual([2, 2]);
    await clock.advance(150);
    expect(memoized("a")).toBe(3);
    expect(memoized.cacheInfo()).toMatchObject({ misses: 2, staleHits: 2, expirations: 1 });
  });

  it.each(["throws", "rejects"])(
    "keeps the stale result until staleMs is over when a refresh %s",
    async (how) => {
      const clock = new FakeClock();
      let calls = 0;
      const fail = () => {
        if (how === "throws") throw new Error("down");
        return Promise.reject(new Error("down"));
      };
      const memoized = memoize(
        (): unknown => (++calls === 1 ? (how === "throws" ? 1 : Promise.resolve(1)) : fail()),
        {
          ttlMs: 100,
          staleMs: 50,
          clock,
        },
      );
      await memoized();
      await clock.advance(120);
      for (let i = 2; i < 5; i++) {
        expect(await memoized()).toBe(1);
        await settle();
        expect(calls).toBe(i);
      }
      expect(memoized.cacheInfo()).toMatchObject({ refreshFailures: 3, staleHits: 3, size: 1 });
      await clock.advance(30);
      await expect((async () => memoized())()).rejects.toThrow("down");
      expect(memoized.cacheInfo()).toMatchObject({ refreshFailures: 3, misses: 2, size: 0 });
    },
  );

  it.each(["read", "timer"])(
    "lets callers join a refresh that outlasts staleMs, found by a %s",
    async (found) => {
      const clock = new FakeClock();
      const { memoized, calls } = pending({ ttlMs: 100, staleMs: 50, clock });
      calls.length = 0;
      const first = memoized("a");
      calls[0]!.resolve("old");
      await first;
      await clock.advance(149);
      await memoized("a");
      await clock.advance(found === "read" ? 1 : 100);
      const joined = [memoized("a"), memoized("a")];
      expect([calls.length, joined[0] === joined[1]]).toEqual([2, true]);
      calls[1]!.resolve("new");
      expect(await Promise.all(joined)).toEqual(["new", "new"]);
      await clock.advance(99);
      expect([await memoized("a"), calls.length]).toEqual(["new", 2]);
      await clock.advance(200);
      expect(memoized.cacheInfo()).toMatchObject({ size: 0, misses: 1 });
    },
  );

  it("knows of a refresh that outlasts staleMs when told to delete it", async () => {
    const clock = new FakeClock();
    const { memoized, calls } = pending({ ttlMs: 100, staleMs: 50, clock });
    const first = memoized("a");
    calls[0]!.resolve("old");
    await first;
    await clock.advance(149);
    await memoized("a");
    await clock.advance(100);
    expect([memoized.cacheDelete("a"), memoized.cacheDelete("a")]).toEqual([true, false]);
    calls[1]!.resolve("new");
    await settle();
    expect(memoized.cacheInfo()).toMatchObject({ size: 0, discarded: 1 });
  });

  it("keeps nothing of a refresh that fails after staleMs", async () => {
    const clock = new FakeClock();
    const { memoized, calls } = pending({ ttlMs: 100, staleMs: 50, clock });
    const first = memoized("a");
    calls[0]!.resolve("old");
    await first;
    await clock.advance(140);
    await memoized("a");
    await clock.advance(100);
    const joined = memoized("a");
    calls[1]!.reject(new Error("down"));
    await expect(joined).rejects.toThrow("down");
    expect(memoized.cacheInfo()).toMatchObject({ size: 0, refreshFailures: 1 });
  });

  it.each(["cacheClear", "cacheDelete"] as const)(
    "keeps nothing of a refresh that a %s overtook",
    async (removal) => {
      for (const isLate of [false, true]) {
        const clock = new FakeClock();
        const { memoized, calls } = counting({ ttlMs: 100, staleMs: 50, clock });
        memoized("a");
        await clock.advance(100);
        memoized("a");
        if (isLate) await settle();
        if (removal === "cacheClear") memoized.cacheClear();
        else expect(memoized.cacheDelete("a")).toBe(true);
        await settle();
        expect([memoized.cacheInfo().size, calls()]).toEqual([0, isLate ? 2 : 1]);
        expect(memoized("a")).toBe(isLate ? 3 : 2);
      }
    },
  );
});
