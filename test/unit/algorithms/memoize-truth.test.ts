import { describe, expect, test } from "vitest";
import { memoize } from "../../../src/algorithms/memoize.ts";
import type { CheckedHit } from "../../../src/algorithms/truth-check.ts";
import { truthSampler } from "../../../src/rollout/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** A check that is always due, and keeps what it is to check. */
function recorder(isDue = true) {
  const hits: CheckedHit<unknown>[] = [];
  let asked = 0;
  return {
    hits,
    get asked() {
      return asked;
    },
    isDue() {
      asked++;
      return isDue;
    },
    check(hit: CheckedHit<unknown>) {
      hits.push(hit);
    },
  } as const;
}

describe("hits of a memoized function", () => {
  test("are held against the function, which is called as it was, and isn't counted", () => {
    const truth = recorder();
    let version = 1;
    const text = memoize(
      function (this: { prefix: string }, n: number) {
        return `${this.prefix}${n} v${version}`;
      },
      { truth },
    );
    const self = { prefix: "#" };
    expect(text.call(self, 7)).toBe("#7 v1");
    expect(truth.asked).toBe(0);
    version = 2;
    expect(text.call(self, 7)).toBe("#7 v1");
    const [hit] = truth.hits;
    expect([hit!.value, hit!.reload(new AbortController().signal), hit!.isStillCurrent()]).toEqual([
      "#7 v1",
      "#7 v2",
      true,
    ]);
    expect(text.cacheInfo()).toMatchObject({ hits: 1, misses: 1 });
    expect(text.call(self, 8)).toBe("#8 v2");
    text.call(self, 8);
    expect(truth.hits[1]!.key).not.toBe(hit!.key);
  });

  test("are current until they are removed, replaced, evicted or expired", () => {
    const truth = recorder();
    const clock = new ManualClock();
    let calls = 0;
    const count = memoize((_: number) => ++calls, { truth, clock, ttlMs: 100, maxSize: 1 });
    const next = (): CheckedHit<unknown> => {
      count(1);
      count(1);
      return truth.hits.at(-1)!;
    };
    const ways: readonly (() => void)[] = [
      () => count.cacheDelete(1),
      () => count.cacheClear(),
      () => count(2),
      () => clock.pass(101),
      () => {
        count.cacheDelete(1);
        count(1);
      },
    ];
    for (const way of ways) {
      const hit = next();
      expect(hit.isStillCurrent()).toBe(true);
      way();
      expect(hit.isStillCurrent()).toBe(false);
    }
  });

  test("are what a promise gave, and a call under way is none of them", async () => {
    const truth = recorder();
    const answers = [Promise.withResolvers<string>()];
    const ask = memoize((_: string) => answers[0]!.promise, { truth });
    const both = [ask("a"), ask("a")];
    expect(truth.asked).toBe(0);
    answers[0]!.resolve("one");
    await Promise.all(both);
    await ask("a");
    expect(truth.hits.map(({ value }) => value)).toEqual(["one"]);
    expect(await truth.hits[0]!.reload(new AbortController().signal)).toBe("one");
  });

  test("are left alone that are not due, and those that are old on purpose", () => {
    const never = recorder(false);
    const square = memoize((n: number) => n * n, { truth: never, key: (n) => Math.abs(n) });
    expect([square(3), square(-3), never.asked, never.hits.length]).toEqual([9, 9, 1, 0]);
    const truth = recorder();
    const clock = new ManualClock();
    const old = memoize((n: number) => n, { truth, clock, ttlMs: 10, staleMs: 1000 });
    old(1);
    clock.pass(20);
    expect([old(1), old.cacheInfo().staleHits, truth.asked]).toEqual([1, 1, 0]);
  });

  test("of a method are those of each instance", () => {
    const truth = recorder();
    const decorate = memoize({ truth });
    const method = decorate(
      function (this: { base: number }, n: number) {
        return this.base + n;
      } as never,
      { kind: "method", name: "add" } as never,
    ) as (this: object, n: number) => number;
    const objects = [{ base: 10 }, { base: 20 }];
    for (const object of [...objects, ...objects]) method.call(object, 1);
    expect(truth.hits.map(({ value }) => value)).toEqual([11, 21]);
    objects[0]!.base = 30;
    expect(truth.hits[0]!.reload(new AbortController().signal)).toBe(31);
  });

  test("are counted as stale by a sampler when the source has changed", async () => {
    using truth = truthSampler({ share: 100, confirmMs: 0 });
    let price = 1;
    const lookUp = memoize(async (_: string) => ({ price }), { truth });
    const checked = async (count: number) => {
      while (truth.stats().checked < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await lookUp("apple");
    await lookUp("apple");
    await checked(1);
    expect(truth.stats()).toMatchObject({ fresh: 1, stale: 0 });
    price = 2;
    await lookUp("apple");
    await checked(2);
    expect(truth.stats()).toMatchObject({ fresh: 1, stale: 1 });
  });
});

test("a check without its functions is refused", () => {
  expect(() => memoize(() => 1, { truth: {} as never })).toThrow(
    "truth: expected a check with functions isDue and check, got an object",
  );
});
