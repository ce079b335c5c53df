import { describe, expect, test, vi } from "vitest";
import type { LoadOptions } from "../../../src/algorithms/cache.ts";
import { DeadlineError } from "../../../src/errors.ts";
import { caches } from "../../support/caches.ts";
import { runScript } from "../../support/child-script.ts";
import { controlled } from "../../support/controlled-loader.ts";
import { settle } from "../../support/fake-clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe.each(caches)("timeoutMs of $name", (kind) => {
  const create = (options: Partial<Parameters<typeof kind.create<string, number>>[0]> = {}) => {
    const clock = new ManualClock(1000);
    return { clock, cache: kind.create<string, number>({ maxSize: 9, clock, ...options }) };
  };
  const late = new DeadlineError("getOrLoad", 20);

  test("fails a load that isn't done by then for all who wait, and lets the next one load anew", async () => {
    const { cache, clock } = create();
    const { calls, loader } = controlled();
    const both = [cache.getOrLoad("a", loader, { timeoutMs: 20 }), cache.getOrLoad("a", loader)];
    const failures = Promise.allSettled(both);
    clock.pass(19);
    expect(calls[0]!.signal!.aborted).toBe(false);
    clock.pass(1);
    expect(calls[0]!.signal!.reason).toEqual(late);
    const next = cache.getOrLoad("a", loader, { timeoutMs: 20 });
    expect(calls.length).toBe(2);
    expect((await failures).map((each) => (each as PromiseRejectedResult).reason)).toEqual([late, late]);
    calls[1]!.resolve(2);
    expect(await next).toBe(2);
    expect(cache.peek("a")).toBe(2);
    expect(cache.stats()).toMatchObject({ loads: 2, loadFailures: 1, coalesced: 1, discardedLoads: 0 });
    expect(clock.pending).toBe(0);
  });

  test.each(["a value", "a failure"])("takes no notice of %s that comes later", async (what) => {
    const { cache, clock } = create();
    const { calls, loader } = controlled();
    const answer = cache.getOrLoad("a", loader, { timeoutMs: 20 });
    clock.pass(20);
    await expect(answer).rejects.toEqual(late);
    if (what === "a value") calls[0]!.resolve(1);
    else calls[0]!.reject(new Error("late"));
    await settle();
    expect(cache.size).toBe(0);
    expect(cache.stats()).toMatchObject({ loads: 1, loadFailures: 1, discardedLoads: 0 });
  });

  test("loads anew at once when a loader asks again as it is told to stop", async () => {
    const { cache, clock } = create();
    let again: Promise<number> | undefined;
    const answer = cache.getOrLoad(
      "a",
      (_key, signal) => {
        signal!.addEventListener("abort", () => {
          again = cache.getOrLoad("a", () => 2);
        });
        return new Promise<number>(() => undefined);
      },
      { timeoutMs: 20 },
    );
    clock.pass(20);
    await expect(answer).rejects.toEqual(late);
    expect(await again).toBe(2);
  });

  test("leaves no timer where a load ends in time, well or not, or at once", async () => {
    const { cache, clock } = create();
    const options = { timeoutMs: 20 };
    expect(await cache.getOrLoad("a", async () => 1, options)).toBe(1);
    await expect(cache.getOrLoad("b", () => Promise.reject(new Error("no")), options)).rejects.toThrow("no");
    expect(await cache.getOrLoad("c", () => 3, options)).toBe(3);
    expect([clock.pending, cache.peek("a")]).toEqual([0, 1]);
  });

  test("counts from when the loader was called, however long that call took", async () => {
    const { cache, clock } = create();
    const answer = cache.getOrLoad(
      "a",
      () => {
        clock.block(15);
        return new Promise<number>(() => undefined);
      },
      { timeoutMs: 20 },
    );
    clock.pass(5);
    await expect(answer).rejects.toEqual(late);
  });

  test("ends a load in the background, so that the next call begins another", async () => {
    const { cache, clock } = create({ ttlMs: 50 });
    const options = { staleMs: 1000, timeoutMs: 20 };
    await cache.getOrLoad("a", () => 1, options);
    clock.block(50);
    const { calls, loader } = controlled();
    const ask = () => cache.getOrLoad("a", loader, options);
    expect([await ask(), await ask(), calls.length]).toEqual([1, 1, 1]);
    clock.pass(20);
    expect(calls[0]!.signal!.reason).toEqual(late);
    expect([await ask(), calls.length]).toEqual([1, 2]);
    calls[0]!.resolve(2);
    calls[1]!.resolve(3);
    await settle();
    expect(cache.peek("a")).toBe(3);
    expect(cache.stats()).toMatchObject({ loads: 3, loadFailures: 1 });
  });

  test("a load that was superseded fails for those who wait, and leaves the new one alone", async () => {
    const { cache, clock } = create();
    const { calls, loader } = controlled();
    const old = cache.getOrLoad("a", loader, { timeoutMs: 20 });
    clock.pass(15);
    cache.delete("a");
    const young = cache.getOrLoad("a", loader, { timeoutMs: 20 });
    clock.pass(15);
    await expect(old).rejects.toEqual(late);
    const joined = cache.getOrLoad("a", loader);
    calls[1]!.resolve(2);
    expect(await Promise.all([young, joined])).toEqual([2, 2]);
    expect([calls.length, cache.peek("a")]).toEqual([2, 2]);
  });

  test("the loader's signal also aborts once all callers have left", async () => {
    const { cache, clock } = create();
    const { calls, loader } = controlled();
    const leaver = new AbortController();
    const answer = cache.getOrLoad("a", loader, { timeoutMs: 20, signal: leaver.signal });
    leaver.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    expect(calls[0]!.signal!.reason).toEqual(new Error("enough"));
    clock.pass(20);
    await settle();
    expect(cache.size).toBe(0);
  });

  test("without it a load may take for ever, until `delete` detaches the next callers from it", async () => {
    const { cache, clock } = create();
    const { calls, loader } = controlled();
    const hung = vi.fn();
    for (const timeoutMs of [undefined, Number.POSITIVE_INFINITY])
      cache.getOrLoad("a", loader, { timeoutMs }).then(hung, hung);
    clock.pass(1e12);
    await settle();
    expect([hung.mock.calls.length, calls.length, clock.pending]).toEqual([0, 1, 0]);
    expect(cache.delete("a")).toBe(false);
    expect(await cache.getOrLoad("a", () => 2)).toBe(2);
    calls[0]!.resolve(1);
    await settle();
    expect(cache.peek("a")).toBe(2);
  });

  test.each([0, -1, Number.NaN, "20", null])("refuses %s", async (timeoutMs) => {
    const { cache } = create();
    const answer = cache.getOrLoad("a", () => 1, { timeoutMs } as LoadOptions);
    await expect(answer).rejects.toThrow(RangeError);
    await expect(answer).rejects.toThrow(/timeoutMs: expected milliseconds > 0, got/);
  });
});

describe("a process whose only business is a load that hangs", () => {
  const hang = "const hang = () => new Promise(() => {});";

  test("goes on until whoever waits has got a DeadlineError", () => {
    const code = runScript(`
      ${hang}
      const cache = new TimedCache({ maxSize: 1, ttlMs: 1000 });
      return cache.getOrLoad("a", hang, { timeoutMs: 20 }).catch((error) => error.code);
    `);
    expect(code).toBe("VICTOR_DEADLINE");
  });

  test("goes on when what was begun in the background has got someone who waits", () => {
    const code = runScript(`
      ${hang}
      const cache = new LruCache({ maxSize: 1 });
      await cache.getOrLoad("a", () => 1, { ttlMs: 5, staleMs: 1e6 });
      await sleep(10);
      await cache.getOrLoad("a", hang, { staleMs: 1e6, timeoutMs: 20 });
      return cache.getOrLoad("a", hang).catch((error) => error.code);
    `);
    expect(code).toBe("VICTOR_DEADLINE");
  });

  test("ends at once when nobody waits", () => {
    const answers = runScript(`
      ${hang}
      const options = { staleMs: 1e6, timeoutMs: 1e6 };
      const cache = new LruCache({ maxSize: 1 });
      await cache.getOrLoad("a", () => 1, { ...options, ttlMs: 5 });
      await sleep(10);
      const stale = await cache.getOrLoad("a", hang, options);
      const leaver = new AbortController();
      const left = cache.getOrLoad("b", hang, { ...options, signal: leaver.signal });
      leaver.abort("left");
      return [stale, await left.catch((reason) => reason)];
    `);
    expect(answers).toEqual([1, "left"]);
  });
});
