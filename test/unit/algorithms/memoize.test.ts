import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type MemoizeOptions, memoize } from "../../../src/algorithms/memoize.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { settle } from "../../support/fake-clock.ts";

/** A function that answers with the number of its call, memoized. */
function counting(options: MemoizeOptions<unknown[]> = {}) {
  let calls = 0;
  const memoized = memoize((..._args: unknown[]): number => ++calls, options);
  return { memoized, calls: () => calls };
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

  it("holds nothing of a call whose short-lived object was collected, though an object before it lives on", async () => {
    const { memoized } = counting({ maxSize: 2 });
    const between = (() => {
      const symbol = Symbol("argument");
      memoized(object, symbol, {});
      memoized(object, 1, symbol, {});
      return new WeakRef(symbol);
    })();
    await collectGarbage();
    for (const key of ["new", "newer"]) memoized(key);
    await collectGarbage();
    expect(between.deref()).toBe(undefined);
    expect(memoized.cacheInfo()).toMatchObject({ size: 2 });
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
  [{ counters: 5 }, "counters: expected an object with numbers of hits and misses, got 5"],
  [{ counters: {} }, "counters"],
  [{ counters: null }, "counters"],
])("refuses %o", (options, message) => {
  expect(() => memoize(() => 1, options as never)).toThrow(message);
  expect(() => memoize(options as never)).toThrow(message);
});
