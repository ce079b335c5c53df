import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  type MemoizedMethodControls,
  type MemoizeOptions,
  memoize,
} from "../../../src/algorithms/memoize.ts";
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

const object = {};
const other = {};
const fn = () => undefined;
const symbol = Symbol("one");

describe("keys", () => {
  const lists: unknown[][] = [
    [],
    [undefined],
    [undefined, undefined],
    [null],
    [0],
    ["0"],
    [0n],
    [false],
    [""],
    ["undefined"],
    [Number.NaN],
    [1],
    ["1"],
    [1, undefined],
    [1, 2],
    ["1,2"],
    [[1, 2]],
    [object],
    [other],
    [object, 1],
    [1, object],
    [object, other],
    [other, object],
    [fn],
    [symbol],
    [1, 2, 3],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, object],
    [1, 2, 3, 4, other],
  ];

  it("tells all these lists of arguments apart, and knows each again", () => {
    const { memoized, calls } = counting();
    const first = lists.map((list) => memoized(...list));
    expect(new Set(first).size).toBe(lists.length);
    expect(lists.map((list) => memoized(...list))).toEqual(first);
    expect(calls()).toBe(lists.length);
    expect(memoized.cacheInfo()).toMatchObject({
      hits: lists.length,
      misses: lists.length,
      size: lists.length,
    });
  });

  it("takes −0 for 0, as Map does", () => {
    const { memoized } = counting();
    expect([memoized(0), memoized(-0)]).toEqual([1, 1]);
  });

  it("behaves as a Map of lists does, with deletes and clears, when there is room", () => {
    const list = fc.array(fc.constantFrom(0, 1, "1", Number.NaN, undefined, object, other), { maxLength: 4 });
    const command = fc.oneof(
      { weight: 8, arbitrary: fc.record({ op: fc.constant("call"), list }) },
      { weight: 3, arbitrary: fc.record({ op: fc.constant("delete"), list }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant("clear"), list }) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const { memoized, calls } = counting({ maxSize: 10_000 });
        const model: { list: unknown[]; value: number }[] = [];
        const at = (wanted: unknown[]) =>
          model.findIndex(
            (each) =>
              each.list.length === wanted.length && each.list.every((one, i) => Object.is(one, wanted[i])),
          );
        for (const { op, list: args } of commands) {
          const index = at(args);
          if (op === "clear") {
            memoized.cacheClear();
            model.length = 0;
          } else if (op === "delete") {
            expect(memoized.cacheDelete(...args)).toBe(index >= 0);
            if (index >= 0) model.splice(index, 1);
          } else {
            const expected = index >= 0 ? model[index]!.value : calls() + 1;
            expect(memoized(...args)).toBe(expected);
            if (index < 0) model.push({ list: args, value: expected });
          }
          expect(memoized.cacheInfo().size).toBe(model.length);
        }
      }),
    );
  });

  it("goes by `key` where there is one", () => {
    const { memoized, calls } = counting({ key: (user) => (user as { id: number }).id });
    expect([memoized({ id: 1 }), memoized({ id: 1 }), memoized({ id: 2 })]).toEqual([1, 1, 2]);
    expect(memoized.cacheDelete({ id: 1 })).toBe(true);
    expect(memoized.cacheDelete({ id: 1 })).toBe(false);
    expect([memoized({ id: 1 }), calls()]).toEqual([3, 3]);
  });

  it("gives `key` all arguments and `this`, and lets its error out", () => {
    const key = vi.fn(function (this: unknown, ..._args: unknown[]): unknown {
      if (this === other) throw new Error("no key");
      return this;
    });
    const { memoized, calls } = counting({ key });
    memoized.call(object, 1, 2);
    expect(key.mock.calls).toEqual([[1, 2]]);
    expect(() => memoized.call(other, 1)).toThrow("no key");
    expect([memoized.call(object, 3), calls()]).toEqual([1, 1]);
  });
});

describe("results", () => {
  it.each([undefined, null, 0, "", false, Number.NaN, object])("keeps %s", (value) => {
    const original = vi.fn((_n: number) => value);
    const memoized = memoize(original);
    expect([memoized(1), memoized(1)]).toEqual([value, value]);
    expect(original).toHaveBeenCalledTimes(1);
  });

  it("doesn't keep what the function throws", () => {
    let calls = 0;
    const memoized = memoize((_n: number) => {
      if (++calls === 1) throw new Error("first");
      return calls;
    });
    expect(() => memoized(1)).toThrow("first");
    expect(memoized.cacheInfo()).toMatchObject({ misses: 1, size: 0 });
    expect([memoized(1), memoized(1)]).toEqual([2, 2]);
  });

  it("lets a function call itself", () => {
    let calls = 0;
    const fibonacci = memoize((n: number): bigint => {
      calls++;
      return n < 2 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2);
    });
    expect(fibonacci(90)).toBe(2880067194370816120n);
    expect(calls).toBe(91);
  });

  it("lets a function call itself when there is room for one result", () => {
    const sum = memoize((n: number): number => (n === 0 ? 0 : n + sum(n - 1)), { maxSize: 1 });
    expect(sum(100)).toBe(5050);
    expect(sum.cacheInfo()).toMatchObject({ misses: 101, evictions: 100, size: 1 });
  });

  it("hands `this` on without telling calls apart by it", () => {
    const name = memoize(function (this: { name: string }, _n: number) {
      return this.name;
    });
    expect(name.call({ name: "a" }, 1)).toBe("a");
    expect(name.call({ name: "b" }, 1)).toBe("a");
    expect(name.call({ name: "b" }, 2)).toBe("b");
    expect(name.call({ name: "c" }, 3)).toBe("c");
  });

  it("has the name and length of the function, and hides what it has besides", () => {
    const memoized = memoize(function area(_width: number, _height: number) {});
    expect([memoized.name, memoized.length, Object.keys(memoized)]).toEqual(["area", 2, []]);
  });
});

describe("room", () => {
  it.each([1, 2, 3, 8, 9, 100])("holds %i results", (maxSize) => {
    const { memoized } = counting({ maxSize });
    for (let i = 0; i < 250; i++) {
      memoized(i % 2, i);
      expect(memoized.cacheInfo().size).toBe(Math.min(i + 1, maxSize));
    }
    expect(memoized.cacheInfo()).toMatchObject({ maxSize, evictions: 250 - maxSize });
    const { misses } = memoized.cacheInfo();
    for (let i = 250 - maxSize; i < 250; i++) memoized(i % 2, i);
    expect(memoized.cacheInfo().misses).toBe(misses);
  });

  it("holds 1000 unless told otherwise", () => {
    const { memoized } = counting();
    for (let i = 0; i < 1001; i++) memoized(i);
    expect(memoized.cacheInfo()).toMatchObject({ maxSize: 1000, size: 1000, evictions: 1 });
  });

  it("gives a result that was used a second chance", () => {
    const { memoized } = counting({ maxSize: 3 });
    for (const key of ["a", "b", "c", "a", "d"]) memoized(key);
    expect(["a", "c", "d"].map((key) => memoized(key))).toEqual([1, 3, 4]);
    expect(memoized.cacheInfo()).toMatchObject({ misses: 4, evictions: 1 });
    for (const key of ["e", "f"]) memoized(key);
    expect(memoized.cacheInfo()).toMatchObject({ evictions: 3, size: 3 });
    expect(memoized("f")).toBe(6);
  });

  it("puts a new result where one was deleted", () => {
    const { memoized } = counting({ maxSize: 2 });
    memoized(1);
    memoized(object, 2);
    expect(memoized.cacheDelete(object, 2)).toBe(true);
    memoized(object, 3);
    expect(memoized.cacheInfo()).toMatchObject({ size: 2, evictions: 0 });
    expect([memoized(1), memoized(object, 3)]).toEqual([1, 3]);
  });

  it("keeps neither objects among the arguments alive, nor the results that hang on them", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { memoized } = (() => {
      const identity = memoize((...args: unknown[]) => ({ args }), { maxSize: 100 });
      return { memoized: identity };
    })();
    const refs = (() => {
      const made: WeakRef<object>[] = [];
      for (let i = 0; i < 30; i++) {
        const key = { i };
        const result = [memoized(key), memoized(i % 3, key), memoized(key, "a", 1)][i % 3]!;
        made.push(new WeakRef(key), new WeakRef(result));
      }
      return made;
    })();
    const kept = new WeakRef(memoized("kept"));
    for (let i = 0; i < 5; i++) {
      await settle();
      collect();
    }
    expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
    expect(kept.deref()).toEqual({ args: ["kept"] });
    for (let i = 0; i < 100; i++) memoized("new", i);
    expect(memoized.cacheInfo()).toMatchObject({ size: 100, evictions: 1 });
  });
});

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
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    const reported: unknown[] = [];
    process.on("unhandledRejection", (error) => reported.push(error));
    try {
      memoize(() => Promise.reject("nobody"))();
      await memoize(() => Promise.reject("somebody"))().catch(() => undefined);
      await settle();
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    expect(reported).toEqual(["nobody"]);
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
        expect(memoized.cacheInfo().size).toBe(0);
        expect(memoized("a")).toBe(calls());
      }
    },
  );
});

describe("as a decorator", () => {
  const decorate = <F extends (this: never, ...args: never[]) => unknown>(
    method: F,
    options?: MemoizeOptions<unknown[]>,
    kind = "method",
  ): F => {
    const decorator = memoize(options) as unknown as (method: F, context: { kind: string }) => F;
    return decorator(method, { kind });
  };

  class Shape {
    calls = 0;
    area(_scale: number, ..._more: unknown[]): number {
      return ++this.calls;
    }
  }
  const memoizedShape = (options?: MemoizeOptions<unknown[]>) => {
    const area = decorate(Shape.prototype.area, options);
    const make = () => Object.assign(new Shape(), { area });
    return { area, make, controls: area as unknown as MemoizedMethodControls };
  };

  it("keeps the results of each instance by itself", () => {
    const { make, controls } = memoizedShape();
    const [a, b] = [make(), make()];
    expect([a.area(1), a.area(1), b.area(1), a.area(2), a.area(1, 2, 3, 4)]).toEqual([1, 1, 1, 2, 3]);
    expect([a.area(1), a.area(1, 2, 3, 4), a.calls, b.calls]).toEqual([1, 3, 3, 1]);
    expect(controls.cacheInfo(a)).toMatchObject({ hits: 3, misses: 4, size: 3 });
    expect(controls.cacheInfo(b)).toMatchObject({ hits: 3, misses: 4, size: 1 });
  });

  it("forgets the results of one instance, of all, or one result", () => {
    const { make, controls } = memoizedShape();
    const [a, b] = [make(), make()];
    const ask = () => [a.area(1), b.area(1)];
    expect(ask()).toEqual([1, 1]);
    controls.cacheClear(a);
    expect(ask()).toEqual([2, 1]);
    controls.cacheClear();
    expect(ask()).toEqual([3, 2]);
    expect([controls.cacheDelete(b, 1), controls.cacheDelete(b, 1), controls.cacheDelete({}, 1)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(ask()).toEqual([3, 3]);
  });

  it("takes all options, and gives `key` the instance", () => {
    const counters = { hits: 0, misses: 0 };
    const { make } = memoizedShape({
      maxSize: 1,
      counters,
      key(this: unknown, scale) {
        return (this as Shape).calls > 5 ? "late" : scale;
      },
    });
    const a = make();
    expect([a.area(1), a.area(1, "ignored"), a.area(2), a.area(1)]).toEqual([1, 1, 2, 3]);
    a.calls = 6;
    expect([a.area(1), a.area(2)]).toEqual([7, 7]);
    expect(counters).toEqual({ hits: 2, misses: 4 });
  });

  it("takes static methods and getters, and refuses fields and what is no class member", () => {
    class Config {
      static reads = 0;
      static read(_name: string) {
        return ++Config.reads;
      }
    }
    const read = decorate(Config.read);
    expect([read.call(Config, "a"), read.call(Config, "a")]).toEqual([1, 1]);
    const getter = decorate(
      function (this: Shape) {
        return ++this.calls;
      },
      {},
      "getter",
    );
    const shape = new Shape();
    expect([getter.call(shape), getter.call(shape), getter.call(new Shape())]).toEqual([1, 1, 1]);
    expect(() => decorate(fn, {}, "field")).toThrow("expected a method or getter to decorate, got a field");
    expect(() => decorate(fn, {}, "class")).toThrow(TypeError);
    expect(() => memoize({ size: 1 } as never)).toThrow('unknown option "size"');
  });

  it("calls a method that was taken from its instance, each time", () => {
    let calls = 0;
    const method = decorate(function (this: unknown, n: number) {
      return [this, n, ++calls];
    });
    expect([method.call(undefined as never, 1), method.call(undefined as never, 1)]).toEqual([
      [undefined, 1, 1],
      [undefined, 1, 2],
    ]);
  });

  it("keeps no instance alive", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { area } = memoizedShape({ ttlMs: 1e6, staleMs: 1e6 });
    const ref = (() => {
      const shape = Object.assign(new Shape(), { self: undefined as unknown, area });
      shape.area(1, shape);
      shape.area(1, shape);
      return new WeakRef(shape);
    })();
    for (let i = 0; i < 5; i++) {
      await settle();
      collect();
    }
    expect(ref.deref()).toBe(undefined);
  });

  it("has the name and length of the method", () => {
    const { area } = memoizedShape();
    expect([area.name, area.length]).toEqual(["area", 1]);
  });
});

it("counts over several functions, beside each one's own counts", () => {
  const counters = { hits: 0, misses: 0 };
  const a = counting({ counters });
  const b = counting({ counters });
  for (const { memoized } of [a, b, b]) memoized(1);
  a.memoized(2);
  expect(counters).toEqual({ hits: 1, misses: 3 });
  expect(a.memoized.cacheInfo()).toMatchObject({ hits: 0, misses: 2 });
  expect(b.memoized.cacheInfo()).toMatchObject({ hits: 1, misses: 1 });
});

it.each([
  [{ maxSize: 0 }, "maxSize: expected an integer from 1 to 16777216, got 0"],
  [{ maxSize: 1.5 }, "maxSize"],
  [{ maxSize: Number.POSITIVE_INFINITY }, "maxSize"],
  [{ ttlMs: -1 }, "ttlMs: expected milliseconds ≥ 0, got -1"],
  [{ ttlMs: Number.NaN }, "ttlMs"],
  [{ staleMs: -1 }, "staleMs: expected milliseconds ≥ 0, got -1"],
  [{ key: "id" }, 'key: expected a function, got "id"'],
])("refuses %o", (options, message) => {
  expect(() => memoize(() => 1, options as never)).toThrow(message);
  expect(() => memoize(options as never)).toThrow(message);
});
