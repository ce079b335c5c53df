import { describe, expect, it } from "vitest";
import { AsyncLazy, lazyAsync } from "../../../src/algorithms/async-lazy.ts";
import { Lazy, LazyCounters, lazy } from "../../../src/algorithms/lazy.ts";
import { settle } from "../../support/fake-clock.ts";

const gate = <T>() => Promise.withResolvers<T>();

describe("Lazy", () => {
  it.each([undefined, null, 0, "", false, Number.NaN])("computes %s once, when first asked", (value) => {
    let computed = 0;
    const one = lazy(() => {
      computed++;
      return value;
    });
    expect([one.isComputed, computed]).toEqual([false, 0]);
    expect([one.get(), one.get()]).toEqual([value, value]);
    expect([one.isComputed, computed]).toEqual([true, 1]);
  });

  it("computes anew after a reset", () => {
    let n = 0;
    const one = new Lazy(() => ++n);
    one.get();
    one.reset();
    expect(one.isComputed).toBe(false);
    expect([one.get(), one.get()]).toEqual([2, 2]);
  });

  it("doesn't keep a failure", () => {
    let n = 0;
    const one = lazy(() => {
      if (++n < 3) throw new Error(`no. ${n}`);
      return n;
    });
    expect(() => one.get()).toThrow("no. 1");
    expect(() => one.get()).toThrow("no. 2");
    expect(one.isComputed).toBe(false);
    expect([one.get(), one.get()]).toEqual([3, 3]);
    expect(one.counters).toMatchObject({ created: 1, computed: 1, failures: 2, served: 1, saved: 0 });
  });

  it("hands out a value that was reset while it was computed, and doesn't keep it", () => {
    let n = 0;
    const one: Lazy<number> = lazy(() => {
      if (++n === 1) one.reset();
      return n;
    });
    expect(one.get()).toBe(1);
    expect(one.isComputed).toBe(false);
    expect([one.get(), one.get()]).toEqual([2, 2]);
  });

  it("says which values need each other, and works again once they don't", () => {
    let isRound = true;
    const a: Lazy<number> = lazy(() => b.get() + 1, { name: "a" });
    const b: Lazy<number> = lazy(() => c.get() + 1, { name: "b" });
    const c: Lazy<number> = lazy(() => (isRound ? b.get() : 0), { name: "c" });
    const message = expect.objectContaining({
      code: "VICTOR_DEPENDENCY_CYCLE",
      cycle: ["b", "c", "b"],
      message: "b needs itself: b → c → b",
    });
    expect(() => a.get()).toThrow(message);
    isRound = false;
    expect(a.get()).toBe(2);
  });

  it("names a value that needs itself even after it reset itself", () => {
    const one: Lazy<number> = lazy(() => {
      one.reset();
      return one.get();
    });
    expect(() => one.get()).toThrow("lazy value needs itself: lazy value → lazy value");
  });

  it("counts what was saved, over many values and resets", () => {
    const counters = new LazyCounters();
    const values = Array.from({ length: 10 }, (_, i) => lazy(() => i, { counters }));
    for (const value of values.slice(0, 6)) value.get();
    values[0]!.get();
    values[1]!.get();
    expect(counters).toMatchObject({ created: 10, computed: 6, served: 2, failures: 0, saved: 4 });
    values[0]!.reset();
    values[0]!.reset();
    values[9]!.reset();
    expect(counters).toMatchObject({ created: 11, computed: 6, saved: 5 });
    values[0]!.get();
    expect(counters).toMatchObject({ created: 11, computed: 7, saved: 4 });
  });

  it("refuses what is no function, an unknown option, and counters of another kind", () => {
    expect(() => lazy(1 as never)).toThrow("Lazy: expected a function");
    expect(() => lazy(() => 1, { nam: "x" } as never)).toThrow('Lazy: unknown option "nam"');
    expect(() => lazy(() => 1, { counters: {} as never })).toThrow("counters: expected LazyCounters");
    expect(() => lazy(() => 1, { name: 1 as never })).toThrow("name: expected a string, got 1");
    expect(() => lazyAsync(() => 1, { name: Symbol() as never })).toThrow("name: expected a string");
  });
});

describe("AsyncLazy", () => {
  it("shares one computation among those who ask while it runs and after", async () => {
    let computed = 0;
    const { promise, resolve } = gate<string>();
    const one = lazyAsync(() => {
      computed++;
      return promise;
    });
    expect([one.isComputed, one.isRunning, computed]).toEqual([false, false, 0]);
    const asked = [one.get(), one.get()];
    expect([one.isComputed, one.isRunning, computed]).toEqual([false, true, 1]);
    resolve("value");
    expect(await Promise.all(asked)).toEqual(["value", "value"]);
    expect([one.isComputed, one.isRunning, await one.get(), computed]).toEqual([true, false, "value", 1]);
    expect(one.counters).toMatchObject({ created: 1, computed: 1, served: 2 });
  });

  it("takes a function that answers without a promise, and one that throws", async () => {
    expect(await new AsyncLazy(() => 1).get()).toBe(1);
    const thrower = lazyAsync(() => {
      throw new Error("at once");
    });
    await expect(thrower.get()).rejects.toThrow("at once");
    expect(thrower.isRunning).toBe(false);
  });

  it("gives a failure to all who wait, and doesn't keep it", async () => {
    let n = 0;
    const one = lazyAsync(async () => {
      if (++n === 1) throw new Error("first");
      return n;
    });
    const both = await Promise.allSettled([one.get(), one.get()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await one.get()).toBe(2);
    expect(one.counters).toMatchObject({ created: 1, computed: 1, failures: 1, served: 1 });
  });

  it.each([
    { late: "value", fails: false },
    { late: "failure", fails: true },
  ])("gives a late $late to its own callers after a reset, and keeps the newer value", async ({ fails }) => {
    const gates = [gate<string>(), gate<string>()];
    let n = 0;
    const one = lazyAsync(() => gates[n++]!.promise);
    const first = one.get();
    one.reset();
    const second = one.get();
    gates[1]!.resolve("new");
    expect(await second).toBe("new");
    if (fails) gates[0]!.reject(new Error("late"));
    else gates[0]!.resolve("old");
    expect(await first.catch(({ message }) => message)).toBe(fails ? "late" : "old");
    expect(one.isComputed).toBe(true);
    expect(await one.get()).toBe("new");
    expect(one.counters).toMatchObject({ created: 2, computed: 2, failures: fails ? 1 : 0, served: 1 });
  });

  it("goes on running when a computation from before a reset ends", async () => {
    const gates = [gate<string>(), gate<string>()];
    let n = 0;
    const one = lazyAsync(() => gates[n++]!.promise);
    const first = one.get();
    one.reset();
    const second = one.get();
    gates[0]!.resolve("old");
    await first;
    expect([one.isRunning, one.isComputed]).toEqual([true, false]);
    gates[1]!.resolve("new");
    expect([await second, one.isRunning]).toEqual(["new", false]);
  });

  it("keeps nothing when reset while running and not asked again", async () => {
    const { promise, resolve } = gate<string>();
    const one = lazyAsync(() => promise);
    const first = one.get();
    one.reset();
    resolve("old");
    expect(await first).toBe("old");
    expect([one.isComputed, one.isRunning]).toEqual([false, false]);
  });

  it("rejects instead of waiting for itself, at once and after a while", async () => {
    const atOnce: AsyncLazy<number> = lazyAsync(() => atOnce.get(), { name: "at once" });
    await expect(atOnce.get()).rejects.toMatchObject({ cycle: ["at once", "at once"] });
    const later: AsyncLazy<number> = lazyAsync(
      async () => {
        await settle();
        return later.get();
      },
      { name: "later" },
    );
    await expect(later.get()).rejects.toMatchObject({ cycle: ["later", "later"] });
  });

  it("finds a circle of waiting that several callers closed", async () => {
    const opened = gate<void>();
    const a: AsyncLazy<number> = lazyAsync(() => b.get(), { name: "a" });
    const b: AsyncLazy<number> = lazyAsync(() => opened.promise.then(() => c.get()), { name: "b" });
    const c: AsyncLazy<number> = lazyAsync(() => a.get(), { name: "c" });
    const asked = [a.get(), c.get()];
    opened.resolve();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.cycle)).toEqual(
      Array(2).fill(["b", "c", "a", "b"]),
    );
  });

  it("lets values share what they need", async () => {
    const base = lazyAsync(() => settle().then(() => 1));
    const left = lazyAsync(async () => (await base.get()) + 10);
    const right = lazyAsync(async () => (await base.get()) + (await left.get()));
    const top = lazyAsync(async () => (await Promise.all([left.get(), right.get()])).join());
    expect(await top.get()).toBe("11,12");
    expect(base.counters).toMatchObject({ computed: 1, served: 1 });
  });

  it("isn't confused by what a computation left running", async () => {
    const begun = gate<void>();
    let n = 0;
    let left: Promise<number> | undefined;
    const one: AsyncLazy<number> = lazyAsync(async () => {
      left ??= begun.promise.then(() => one.get());
      await settle();
      return ++n;
    });
    await one.get();
    one.reset();
    const second = one.get();
    begun.resolve();
    expect(await Promise.all([second, left])).toEqual([2, 2]);
  });

  it("lets what a computation left running ask for values that needed it", async () => {
    const opened = gate<void>();
    let left: Promise<number> | undefined;
    const base = lazyAsync(async () => {
      left = opened.promise.then(() => top.get());
      return 1;
    });
    const top: AsyncLazy<number> = lazyAsync(async () => {
      const value = await base.get();
      opened.resolve();
      await settle();
      return value + 1;
    });
    expect(await top.get()).toBe(2);
    expect(await left).toBe(2);
  });

  it("looks at each computation once when it looks for circles", async () => {
    const bottom = gate<number>();
    let [left, right] = [lazyAsync(() => bottom.promise), lazyAsync(() => bottom.promise)];
    for (let layer = 0; layer < 60; layer++) {
      const [a, b] = [left, right];
      const sum = async () => ((await Promise.all([a.get(), b.get()])).join() === "1,1" ? 1 : 0);
      [left, right] = [lazyAsync(sum), lazyAsync(sum)];
    }
    const both = Promise.all([left.get(), right.get()]);
    bottom.resolve(1);
    expect(await both).toEqual([1, 1]);
  });

  it("looks for circles in a chain longer than the stack is deep", async () => {
    const bottom = gate<number>();
    const begun = gate<void>();
    let top = lazyAsync(() => {
      begun.resolve();
      return bottom.promise;
    });
    for (let i = 0; i < 20_000; i++) {
      const below = top;
      top = lazyAsync(async () => {
        // So that the chain itself needs no stack.
        await undefined;
        return below.get();
      });
    }
    const both = [top.get()];
    await begun.promise;
    both.push(lazyAsync(() => top.get()).get());
    bottom.resolve(1);
    expect(await Promise.all(both)).toEqual([1, 1]);
  });

  it("settles when nothing is under way, however that ended", async () => {
    const { promise, reject } = gate<never>();
    const one = lazyAsync(() => promise);
    await one.settled();
    expect(one.counters.computed).toBe(0);
    const failed = one.get().catch(() => "failed");
    const settled = one.settled();
    reject(new Error());
    await settled;
    expect([await failed, one.isRunning]).toEqual(["failed", false]);
  });
});
