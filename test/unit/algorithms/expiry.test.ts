import { describe, expect, test } from "vitest";
import type { EvictionReason } from "../../../src/algorithms/cache.ts";
import { Expiry } from "../../../src/algorithms/expiry.ts";
import { LruCache } from "../../../src/algorithms/lru-cache.ts";
import { tickMs } from "../../../src/algorithms/timer-wheel.ts";
import type { TimerHandle } from "../../../src/clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const never = Number.POSITIVE_INFINITY;
const keys = ["a", "b", "c", "d", "e"];

function* permutations<T>(items: readonly T[]): Iterable<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [i, item] of items.entries())
    for (const rest of permutations(items.toSpliced(i, 1))) yield [item, ...rest];
}

/** Every order in which five entries were used, with every choice of those that have expired since. */
function forEachCase(check: (used: readonly string[], isExpired: (key: string) => boolean) => void): number {
  let cases = 0;
  for (const used of permutations(keys))
    for (let expired = 0; expired < 1 << keys.length; expired++, cases++)
      check(used, (key) => ((expired >> keys.indexOf(key)) & 1) === 1);
  return cases;
}

/** A full cache, its entries used in that order, some of them expired, none removed yet. */
function cacheOf(used: readonly string[], isExpired: (key: string) => boolean) {
  const clock = new ManualClock(7);
  const left: [string, EvictionReason][] = [];
  const cache = new LruCache<string, string>({
    ...{ maxSize: keys.length, clock },
    onEvict: (key, _value, reason) => left.push([key, reason]),
  });
  for (const key of keys) cache.set(key, key.toUpperCase(), { ttlMs: isExpired(key) ? 20 : 2000 });
  for (const key of used) cache.get(key);
  clock.block(20);
  return { cache, clock, left };
}

describe("every order of use × every choice of expired entries", () => {
  test("get, peek and has find the living alone", () => {
    const cases = forEachCase((used, isExpired) => {
      const { cache, left } = cacheOf(used, isExpired);
      for (const key of used) {
        const expected = isExpired(key) ? undefined : key.toUpperCase();
        if (cache.peek(key) !== expected || cache.get(key) !== expected || cache.has(key) === isExpired(key))
          expect.fail(`${key} of ${used.join("")}`);
      }
      expect(left).toEqual([]);
    });
    expect(cases).toBe(3840);
  });

  test("iteration and dump show the living alone, in order", () => {
    forEachCase((used, isExpired) => {
      const { cache } = cacheOf(used, isExpired);
      const living = used.filter((key) => !isExpired(key));
      const dumped = cache.dump().entries.map(({ key }) => key);
      if (dumped.join() !== living.join()) expect(dumped).toEqual(living);
      const shown = [...cache].map(([key]) => key).reverse();
      if (shown.join() !== living.join()) expect(shown).toEqual(living);
    });
  });

  test("what makes room is what was used longest ago, expired or not", () => {
    forEachCase((used, isExpired) => {
      const { cache, left } = cacheOf(used, isExpired);
      for (let i = 0; i < keys.length; i++) cache.set(`new ${i}`, "");
      const expected = used.map((key) => `${key},size`).join();
      if (left.join() !== expected) expect(left).toEqual(expected);
    });
  });

  test("cleanupExpired removes the expired ones, all of them, and leaves the others in order", () => {
    forEachCase((used, isExpired) => {
      const { cache, left } = cacheOf(used, isExpired);
      const living = used.filter((key) => !isExpired(key));
      const count = used.length - living.length;
      if (cache.cleanupExpired() !== count || cache.size !== living.length) expect.fail(used.join());
      const expected = keys.filter(isExpired).map((key) => `${key},expired`);
      if (
        left
          .map((each) => each.join())
          .toSorted()
          .join() !== expected.join()
      )
        expect(left).toEqual(expected);
      const shown = [...cache].map(([key]) => key).reverse();
      if (shown.join() !== living.join()) expect(shown).toEqual(living);
    });
  });

  test("time alone removes the expired ones, and the others when theirs has come", () => {
    forEachCase((used, isExpired) => {
      const { cache, clock, left } = cacheOf(used, isExpired);
      clock.pass(tickMs + 2);
      const expired = keys.filter(isExpired);
      if (cache.size !== keys.length - expired.length || cache.stats().expirations !== expired.length)
        expect.fail(`${used.join("")}, ${expired.join("")}`);
      clock.pass(2000);
      if (cache.size !== 0 || left.some(([, reason]) => reason !== "expired")) expect.fail(used.join());
      expect(clock.pending).toBe(0);
    });
  });

  test("setting or deleting an expired one says that it had expired", () => {
    forEachCase((used, isExpired) => {
      const { cache, left } = cacheOf(used, isExpired);
      for (const [i, key] of used.entries()) {
        if (i % 2 === 0) cache.set(key, "new");
        else if (cache.delete(key) === isExpired(key)) expect.fail(key);
      }
      const reason = (key: string, i: number) =>
        isExpired(key) ? "expired" : i % 2 === 0 ? "replaced" : "explicit";
      const expected = used.map((key, i) => `${key},${reason(key, i)}`).join();
      if (left.join() !== expected) expect(left).toEqual(expected);
      expect(cache.size).toBe(3);
    });
  });
});

describe("Expiry", () => {
  function create(sliding = false, lastSlot = 9) {
    const clock = new ManualClock(100);
    const expired: [slot: number, at: number][] = [];
    let rounds = 0;
    const entries = {
      expire: (slot: number) => {
        expired.push([slot, clock.now()]);
        expiry.stop(slot);
      },
      done: () => {
        rounds++;
      },
    };
    const expiry: Expiry = new Expiry(entries, lastSlot, clock, sliding);
    return { clock, expiry, expired, rounds: () => rounds };
  }

  test("a slot is fresh until its time, not at it", () => {
    const { clock, expiry } = create();
    expiry.start(1, 10);
    clock.block(9.75);
    expect([expiry.isFresh(1), expiry.leftMs(1), expiry.isKept(1)]).toEqual([true, 0.25, true]);
    clock.block(0.25);
    expect([expiry.isFresh(1), expiry.leftMs(1), expiry.isKept(1)]).toEqual([false, 0, false]);
  });

  test("a slot that was never started never expires", () => {
    const { clock, expiry } = create();
    clock.block(1e15);
    expect([expiry.isFresh(1), expiry.leftMs(1), expiry.isKept(1)]).toEqual([true, never, true]);
  });

  test.each([0.1, 1, 15, 16, 17, 1000, 1024, 65_536, 3_600_000, 86_400_000, 400 * 86_400_000])(
    "removes what lives for %i ms after its time, by two ticks at most, and wakes seldom",
    (ttlMs) => {
      const { clock, expiry, expired, rounds } = create();
      const due = [0, 1, 7.5, 16, 100].map((pause, i) => {
        clock.pass(pause);
        expiry.start(i + 1, ttlMs);
        return clock.now() + ttlMs;
      });
      clock.pass(ttlMs + 1000);
      expect(expired.map(([slot]) => slot)).toEqual([1, 2, 3, 4, 5]);
      for (const [i, [, at]] of expired.entries()) {
        expect(at).toBeGreaterThanOrEqual(due[i]!);
        expect(at).toBeLessThanOrEqual(due[i]! + 2 * tickMs);
      }
      expect(rounds()).toBeLessThan(40);
      expect(clock.pending).toBe(0);
    },
  );

  test("a shorter life begun while it sleeps for a longer one wakes it in time", () => {
    const { clock, expiry, expired } = create();
    expiry.start(1, 1_000_000);
    clock.pass(5000);
    expiry.start(2, 50);
    expiry.start(1, 30);
    clock.pass(50 + 2 * tickMs);
    expect(expired.map(([slot]) => slot)).toEqual([1, 2]);
  });

  test("a life begun anew ends when it ends, be that sooner or later than before", () => {
    const { clock, expiry, expired } = create();
    expiry.start(1, 100);
    expiry.start(1, 5000);
    expiry.start(2, 5000);
    expiry.start(2, 100);
    expiry.start(3, 100);
    expiry.start(3, never);
    expiry.start(4, never);
    expiry.start(4, 100);
    clock.pass(100 + 2 * tickMs);
    expect(expired.map(([slot]) => slot).toSorted()).toEqual([2, 4]);
    clock.pass(5000);
    expect(expired.map(([slot]) => slot)).toHaveLength(3);
    clock.pass(1e9);
    expect([expired.length, expiry.isFresh(3)]).toEqual([3, true]);
  });

  test("sliding prolongs a life by what it was meant to be", () => {
    const { clock, expiry, expired } = create(true);
    expiry.start(1, 100);
    expiry.start(2, 1000);
    for (let i = 0; i < 30; i++) {
      clock.pass(90);
      expiry.slide(1);
      if (i === 5) expiry.slide(2);
    }
    expect(expired.map(([slot]) => slot)).toEqual([2]);
    expect(expired[0]![1]).toBeGreaterThanOrEqual(100 + 6 * 90 + 1000);
    expect(expiry.leftMs(1)).toBe(100);
    clock.pass(100 + 2 * tickMs);
    expect(expired.map(([slot]) => slot)).toEqual([2, 1]);
  });

  test("what may be served stale is kept for so long, and no longer", () => {
    const { clock, expiry, expired } = create();
    expiry.start(1, 100);
    expiry.start(2, 100, 400);
    expiry.start(3, 50);
    clock.pass(150);
    expect(expired.map(([slot]) => slot).toSorted()).toEqual([1, 3]);
    expect([expiry.isFresh(2), expiry.isKept(2)]).toEqual([false, true]);
    clock.pass(349);
    expect(expiry.isKept(2)).toBe(true);
    clock.pass(1);
    expect(expiry.isKept(2)).toBe(false);
    clock.pass(2 * tickMs);
    expect(expired).toHaveLength(3);
    // A slot used again knows nothing of its former life.
    expiry.start(2, 10);
    clock.block(10);
    expect(expiry.isKept(2)).toBe(false);
  });

  test("knows the slots that are added later", () => {
    const { clock, expiry, expired } = create(true, 3);
    expiry.start(3, 50, 20);
    for (const lastSlot of [4, 9, 500]) {
      expiry.grow(lastSlot);
      expiry.start(lastSlot, 60, lastSlot);
      expect(expiry.isFresh(lastSlot - 1)).toBe(true);
    }
    // What was known before is known still: its time, for how long it is kept, and how long it was meant to live.
    clock.block(20);
    expiry.slide(3);
    expect(expiry.leftMs(3)).toBe(50);
    clock.block(69);
    expect([expiry.isFresh(3), expiry.isKept(3)]).toEqual([false, true]);
    clock.pass(2000);
    expect(expired.map(([slot]) => slot)).toEqual([4, 9, 3, 500]);
  });

  test("does nothing any more once it is closed", () => {
    const { clock, expiry, expired } = create();
    expiry.start(1, 100);
    expiry.close();
    expect(clock.pending).toBe(0);
    expiry.start(2, 50);
    expiry.wake();
    clock.pass(1000);
    expect([expired, clock.pending]).toEqual([[], 0]);
  });
});

/** Notes how much each firing of a timer removes. */
class WatchedClock extends ManualClock {
  readonly removals: number[] = [];
  size = () => 0;

  override setTimeout(fn: () => void, delayMs: number): TimerHandle {
    return super.setTimeout(() => {
      const before = this.size();
      fn();
      this.removals.push(before - this.size());
    }, delayMs);
  }
}

test.each([
  ["a million entries that expire at the same time", 1_000_000, () => 10_000],
  ["entries that expire within a minute", 50_000, (i: number) => 10_000 + (i % 60_000)],
  ["entries that expire after a day", 50_000, () => 86_400_000],
])("%s leave in parts, of which none is large", (_which, count, ttlMs) => {
  const clock = new WatchedClock();
  const cache = new LruCache<number, number>({ maxSize: count, clock });
  clock.size = () => cache.size;
  for (let i = 0; i < count; i++) cache.set(i, i, { ttlMs: ttlMs(i) });
  clock.pass(9_999);
  expect(cache.size).toBe(count);
  clock.pass(86_400_000 + 10_000);
  expect([cache.size, cache.stats().expirations]).toEqual([0, count]);
  expect(Math.max(...clock.removals)).toBeLessThanOrEqual(2000);
});

test("what expires gives way once it has taken half a millisecond, and goes on in the next turn", () => {
  const clock = new ManualClock();
  const removed: number[] = [];
  let costMs = 0;
  const expiry = new Expiry(
    {
      expire: (slot) => {
        removed.push(slot);
        clock.block(costMs);
      },
      done: () => undefined,
    },
    4000,
    clock,
  );
  for (let slot = 1; slot <= 3000; slot++) expiry.start(slot, 10);
  clock.block(100);
  costMs = 2 ** -8;
  expiry.wake();
  // 0.25 ms for each 64.
  expect(removed).toHaveLength(128);
  costMs = 0;
  expiry.wake();
  expect(removed).toHaveLength(128 + 1024);
  clock.pass(100);
  expect(removed).toHaveLength(3000);
});

test("a cache that is emptied by who is told of what has expired stays whole, however much more has", () => {
  const clock = new ManualClock(7);
  const told: string[] = [];
  const cache: LruCache<string, number> = new LruCache<string, number>({
    ...{ maxSize: 1000, clock, ttlMs: 20 },
    onEvict: (key) => {
      if (told.push(key) > 1) return;
      cache.clear();
      for (let i = 0; i < 300; i++) cache.set(`new ${i}`, i, { ttlMs: 1_000_000 });
    },
  });
  for (let i = 0; i < 300; i++) cache.set(`old ${i}`, i);
  clock.pass(100);
  expect(told.toSorted()).toEqual(Array.from({ length: 300 }, (_, i) => `old ${i}`).toSorted());
  expect([cache.size, [...cache].length]).toEqual([300, 300]);
  for (let i = 0; i < 300; i++) expect(cache.get(`new ${i}`)).toBe(i);
});
