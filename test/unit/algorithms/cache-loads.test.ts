import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { LoadOptions } from "../../../src/algorithms/cache.ts";
import { caches } from "../../support/caches.ts";
import { controlled } from "../../support/controlled-loader.ts";
import { settle } from "../../support/fake-clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe.each(caches)("getOrLoad of $name", (kind) => {
  const create = (options: Partial<Parameters<typeof kind.create<string, number>>[0]> = {}) => {
    const clock = new ManualClock(1000);
    return { clock, cache: kind.create<string, number>({ maxSize: 9, clock, ...options }) };
  };

  describe("one load at a time", () => {
    test("loads once for all who ask meanwhile, keeps the value, and loads no more", async () => {
      const { cache } = create();
      const { calls, loader } = controlled();
      const answers = [cache.getOrLoad("a", loader), cache.getOrLoad("a", loader)];
      const other = cache.getOrLoad("b", loader);
      expect(calls.map(({ key, signal }) => [key, signal])).toEqual([
        ["a", undefined],
        ["b", undefined],
      ]);
      expect(cache.get("a")).toBeUndefined();
      calls[0]!.resolve(1);
      calls[1]!.resolve(2);
      expect(await Promise.all([...answers, other])).toEqual([1, 1, 2]);
      expect([cache.get("a"), await cache.getOrLoad("a", loader)]).toEqual([1, 1]);
      expect(calls.length).toBe(2);
      expect(cache.stats()).toMatchObject({ loads: 2, coalesced: 1, misses: 4, hits: 2, loadFailures: 0 });
    });

    test("keeps no failure, be it a rejection or thrown at once", async () => {
      const { cache } = create();
      const failure = new Error("no");
      const { calls, loader } = controlled();
      const both = [cache.getOrLoad("a", loader), cache.getOrLoad("a", loader)];
      calls[0]!.reject(failure);
      expect(await Promise.allSettled(both)).toEqual([
        { status: "rejected", reason: failure },
        { status: "rejected", reason: failure },
      ]);
      const thrown = cache.getOrLoad("a", () => {
        throw failure;
      });
      await expect(thrown).rejects.toBe(failure);
      expect(cache.stats()).toMatchObject({ loads: 2, loadFailures: 2, size: 0, discardedLoads: 0 });
      expect(await cache.getOrLoad("a", () => 3)).toBe(3);
      expect(cache.get("a")).toBe(3);
    });

    test("keeps at once what a loader answers at once", async () => {
      const { cache } = create();
      const answer = cache.getOrLoad("a", () => 1);
      expect(cache.peek("a")).toBe(1);
      expect(await answer).toBe(1);
    });

    test("takes any thenable for a promise", async () => {
      const { cache } = create();
      const thenable: PromiseLike<number> = {
        // biome-ignore lint/suspicious/noThenProperty: it is what is tested
        then: (resolve) => Promise.resolve(7).then(resolve),
      };
      for (const each of [thenable, Object.assign(() => 1, thenable)]) {
        expect(await cache.getOrLoad("a", () => each)).toBe(7);
        expect(cache.peek("a")).toBe(7);
        cache.clear();
      }
    });

    test("answers undefined when that is loaded, and doesn't keep it", async () => {
      const cache = kind.create<string, undefined>({ maxSize: 1 });
      expect(await cache.getOrLoad("a", async () => undefined)).toBeUndefined();
      expect(await cache.getOrLoad("a", () => undefined)).toBeUndefined();
      expect(cache.stats()).toMatchObject({ loads: 2, size: 0, loadFailures: 0 });
    });

    test.each([null, 0, "", false, Number.NaN])("keeps %s as a value", async (value) => {
      const cache = kind.create<string, unknown>({ maxSize: 1 });
      const loader = vi.fn(() => value);
      expect(await cache.getOrLoad("a", loader)).toBe(value);
      expect(await cache.getOrLoad("a", loader)).toBe(value);
      expect(loader).toHaveBeenCalledTimes(1);
    });

    test("treats keys as Map does: NaN is one key, 1 and '1' are two", async () => {
      const cache = kind.create<unknown, number>({ maxSize: 9 });
      const pending = Promise.withResolvers<number>();
      const loader = vi.fn(() => pending.promise);
      const answers = [Number.NaN, Number.NaN, 1, "1"].map((key) => cache.getOrLoad(key, loader));
      expect(loader).toHaveBeenCalledTimes(3);
      pending.resolve(5);
      expect(await Promise.all(answers)).toEqual([5, 5, 5, 5]);
    });

    test("passes on what weigh and onEvict throw, to those who wait for the load", async () => {
      const weigh = (_key: string, value: number) => value;
      const { cache } = create({ maxWeight: 5, weigh });
      await expect(cache.getOrLoad("a", async () => -1)).rejects.toThrow(RangeError);
      const onEvict = () => {
        throw new Error("told");
      };
      const { cache: teller } = create({ maxSize: 1, onEvict });
      teller.set("a", 1);
      await expect(teller.getOrLoad("b", async () => 2)).rejects.toThrow("told");
      expect(teller.size).toBe(1);
      // Neither stands in the way of the next one.
      expect(await cache.getOrLoad("a", async () => 1)).toBe(1);
    });

    test("a loader may use the cache, for its own key, too", async () => {
      const { cache } = create();
      expect(await cache.getOrLoad("a", async () => (await cache.getOrLoad("b", () => 1)) + 1)).toBe(2);
      expect([cache.peek("a"), cache.peek("b")]).toEqual([2, 1]);
      const answer = await cache.getOrLoad("c", (key) => {
        cache.set(key, 10);
        return 11;
      });
      // What was set while it was loaded is younger.
      expect([answer, cache.peek("c")]).toEqual([11, 10]);
    });

    test.each([
      [{ ttlMs: Number.NaN }, RangeError],
      [{ ttlMs: -1 }, RangeError],
      [{ staleMs: Number.NaN }, RangeError],
      [{ staleMs: -1 }, RangeError],
      [{ staleMs: "1" }, RangeError],
      [{ refreshAheadMs: Number.NaN }, RangeError],
      [{ refreshAheadMs: -1 }, RangeError],
      [{ tags: "red" }, TypeError],
      [{ ttl: 1 }, TypeError],
      [null, TypeError],
    ])("refuses %j before anything is loaded", async (options, type) => {
      const { cache } = create();
      cache.set("there", 1);
      const loader = vi.fn(() => 1);
      for (const key of ["absent", "there"])
        await expect(cache.getOrLoad(key, loader, options as LoadOptions)).rejects.toBeInstanceOf(type);
      expect(loader).not.toHaveBeenCalled();
    });
  });

  describe("leaving", () => {
    test("detaches the one caller whose signal aborts", async () => {
      const { cache } = create();
      const { calls, loader } = controlled();
      const leaver = new AbortController();
      const leaving = cache.getOrLoad("a", loader, { signal: leaver.signal });
      const staying = cache.getOrLoad("a", loader);
      leaver.abort(new Error("enough"));
      await expect(leaving).rejects.toThrow("enough");
      expect(calls[0]!.signal?.aborted).toBe(false);
      calls[0]!.resolve(1);
      expect(await staying).toBe(1);
      expect(cache.peek("a")).toBe(1);
    });

    test("tells the load to stop once nobody waits, and loads anew for who comes then", async () => {
      const { cache } = create();
      const { calls, loader } = controlled();
      const leavers = [new AbortController(), new AbortController()];
      const leaving = Promise.allSettled(
        leavers.map(({ signal }) => cache.getOrLoad("a", loader, { signal })),
      );
      leavers[0]!.abort(new Error("first"));
      expect(calls[0]!.signal?.aborted).toBe(false);
      leavers[1]!.abort(new Error("second"));
      expect(calls[0]!.signal?.reason).toEqual(new Error("second"));
      const next = cache.getOrLoad("a", loader);
      expect(calls.length).toBe(2);
      // The first load goes on all the same, and its value is older than what is loaded now.
      calls[0]!.resolve(1);
      await settle();
      expect(cache.peek("a")).toBeUndefined();
      calls[1]!.resolve(2);
      expect(await next).toBe(2);
      expect(cache.peek("a")).toBe(2);
      expect((await leaving).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect(cache.stats()).toMatchObject({ loads: 2, coalesced: 1, discardedLoads: 1 });
    });

    test("loads nothing for a caller whose signal has aborted before, though the value be there", async () => {
      const { cache } = create();
      cache.set("there", 1);
      const { calls, loader } = controlled();
      const signal = AbortSignal.abort(new Error("late"));
      await expect(cache.getOrLoad("a", loader, { signal })).rejects.toThrow("late");
      await expect(cache.getOrLoad("there", loader, { signal })).rejects.toThrow("late");
      expect(calls.length).toBe(0);
    });

    test("leaves no listener on a signal that lives on", async () => {
      const { cache } = create();
      const { signal } = new AbortController();
      const added = vi.spyOn(signal, "addEventListener");
      const removed = vi.spyOn(signal, "removeEventListener");
      await cache.getOrLoad("a", async () => 1, { signal });
      await cache.getOrLoad("a", async () => 1, { signal });
      await cache.getOrLoad("b", () => Promise.reject(new Error("no")), { signal }).catch(() => undefined);
      expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    });
  });

  describe("a change while it loads", () => {
    const changes = {
      set: (cache) => cache.set("a", 100),
      delete: (cache) => cache.delete("a"),
      clear: (cache) => cache.clear(),
      deleteTag: (cache) => cache.deleteTag("red"),
      "load of a dump": (cache) => cache.load({ version: 1, at: 0, entries: [{ key: "a", value: 100 }] }),
    } satisfies Record<string, (cache: ReturnType<typeof create>["cache"]) => unknown>;

    test.each(Object.entries(changes))(
      "%s: the value goes to the callers and isn't kept",
      async (name, change) => {
        const { cache } = create();
        const { calls, loader } = controlled();
        const options = { tags: ["red"] };
        const before = [cache.getOrLoad("a", loader, options), cache.getOrLoad("a", loader, options)];
        const other = cache.getOrLoad("b", loader);
        change(cache);
        const after = cache.getOrLoad("a", loader, options);
        const isSet = name === "set" || name === "load of a dump";
        expect(calls.length).toBe(isSet ? 2 : 3);
        for (const [i, call] of calls.entries()) call.resolve(i);
        expect(await Promise.all([...before, other])).toEqual([0, 0, 1]);
        expect(await after).toBe(isSet ? 100 : 2);
        expect(cache.peek("a")).toBe(isSet ? 100 : 2);
        expect(cache.peek("b")).toBe(name === "clear" ? undefined : 1);
        expect(cache.stats()).toMatchObject({ discardedLoads: name === "clear" ? 2 : 1 });
      },
    );

    test.each([
      ["undefined", (cache) => cache.set("a", undefined as never)],
      ["a wrong ttlMs", (cache) => cache.set("a", 1, { ttlMs: -1 })],
      ["a wrong tag", (cache) => cache.set("a", 1, { tags: [1 as never] })],
      ["a wrong weight", (cache) => cache.set("a", -1)],
    ] satisfies [string, (cache: ReturnType<typeof create>["cache"]) => unknown][])(
      "a set that is refused for %s changes nothing, not even that",
      async (_what, change) => {
        const { cache } = create({ weigh: (_key, value) => value });
        const { calls, loader } = controlled();
        const answer = cache.getOrLoad("a", loader);
        expect(() => change(cache)).toThrow();
        const joined = cache.getOrLoad("a", loader);
        calls[0]!.resolve(5);
        expect(await Promise.all([answer, joined])).toEqual([5, 5]);
        expect(cache.peek("a")).toBe(5);
      },
    );

    test("a load that fails after a change is nobody's business but its callers'", async () => {
      const { cache } = create();
      const { calls, loader } = controlled();
      const old = cache.getOrLoad("a", loader);
      cache.delete("a");
      const young = cache.getOrLoad("a", loader);
      calls[0]!.reject(new Error("old"));
      await expect(old).rejects.toThrow("old");
      const joined = cache.getOrLoad("a", loader);
      expect(calls.length).toBe(2);
      calls[1]!.resolve(2);
      expect(await Promise.all([young, joined])).toEqual([2, 2]);
      expect(cache.peek("a")).toBe(2);
    });

    test("the tags of all who wait count", async () => {
      const { cache } = create();
      const { calls, loader } = controlled();
      const join = (key: string, ...tags: string[]) => cache.getOrLoad(key, loader, { tags });
      const answers = [join("a", "red"), join("a", "blue"), join("b", "red"), join("b", "blue")];
      cache.deleteTag("green");
      calls[1]!.resolve(2);
      await settle();
      expect(cache.deleteTag("blue")).toBe(1);
      calls[0]!.resolve(1);
      expect(await Promise.all(answers)).toEqual([1, 1, 2, 2]);
      expect(cache.size).toBe(0);
    });

    test("room made for others isn't a change", async () => {
      const { cache } = create({ maxSize: 1 });
      const { calls, loader } = controlled();
      const answer = cache.getOrLoad("a", loader);
      cache.set("b", 1).set("c", 1);
      cache.resize(2);
      calls[0]!.resolve(5);
      expect(await answer).toBe(5);
      expect(cache.peek("a")).toBe(5);
    });
  });

  test("never keeps a value older than its key's last change, nor gives one older than the call", async () => {
    const keys = ["a", "b", "c"];
    const tagOf = (key: string) => (key === "c" ? "odd" : "even");
    const key = fc.constantFrom(...keys);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant("ask" as const), key, fc.nat(3)) },
      { weight: 4, arbitrary: fc.tuple(fc.constant("read" as const), key, fc.nat(9)) },
      { weight: 4, arbitrary: fc.tuple(fc.constant("end" as const), key, fc.nat(9)) },
      fc.tuple(fc.constant("fail" as const), key, fc.nat(9)),
      fc.tuple(fc.constant("leave" as const), key, fc.nat(9)),
      fc.tuple(
        fc.constantFrom("set" as const, "delete" as const, "deleteTag" as const, "clear" as const),
        key,
        fc.nat(0),
      ),
      { weight: 2, arbitrary: fc.tuple(fc.constant("pass" as const), key, fc.integer({ min: 1, max: 60 })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), async (steps) => {
        const { cache, clock } = create({ maxSize: 2, ttlMs: 50 });
        const truth = new Map(keys.map((each) => [each, 0]));
        const change = (...changed: string[]) => {
          for (const each of changed) truth.set(each, truth.get(each)! + 1);
        };
        const loads: (PromiseWithResolvers<number> & { key: string; value: number })[] = [];
        const leavers: AbortController[] = [];
        const asked: { least: number; answer: Promise<number> }[] = [];
        const ask = (each: string, how: number) => {
          const leaver = how % 2 === 0 ? undefined : new AbortController();
          if (leaver !== undefined) leavers.push(leaver);
          const loader = () => {
            const load = { ...Promise.withResolvers<number>(), key: each, value: truth.get(each)! };
            loads.push(load);
            return load.promise;
          };
          const answer = cache.getOrLoad(each, loader, {
            ...{ staleMs: how * 20, refreshAheadMs: how * 10, tags: [tagOf(each)] },
            signal: leaver?.signal,
          });
          answer.catch(() => undefined);
          asked.push({ least: truth.get(each)!, answer });
        };
        for (const [what, each, nth] of steps) {
          const load = loads[nth % loads.length];
          if (what === "ask") ask(each, nth);
          else if (what === "leave") leavers[nth % leavers.length]?.abort(new Error("left"));
          else if (what === "pass") clock.pass(nth);
          else if (what === "fail") load?.reject(new Error("failed"));
          else if (what === "end") load?.resolve(load.value);
          else if (what === "read") {
            if (load !== undefined) load.value = truth.get(load.key)!;
          } else if (what === "set") {
            change(each);
            cache.set(each, truth.get(each)!, { tags: [tagOf(each)] });
          } else if (what === "delete") {
            change(each);
            cache.delete(each);
          } else if (what === "deleteTag") {
            change(...keys.filter((one) => tagOf(one) === tagOf(each)));
            cache.deleteTag(tagOf(each));
          } else {
            change(...keys);
            cache.clear();
          }
          await settle();
          for (const [one, value] of cache) expect(value, `${one} after ${what}`).toBe(truth.get(one));
        }
        for (const load of loads) load.resolve(load.value);
        for (const { least, answer } of asked) {
          const value = await answer.catch((error: Error) => {
            expect(["left", "failed"]).toContain(error.message);
            return Number.POSITIVE_INFINITY;
          });
          expect(value).toBeGreaterThanOrEqual(least);
        }
        await settle();
        for (const [one, value] of cache) expect(value).toBe(truth.get(one));
      }),
      { numRuns: 100 },
    );
  });
});
