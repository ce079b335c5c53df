import { describe, expect, test } from "vitest";
import { TimedCache } from "../../../src/algorithms/timed-cache.ts";
import { tickMs } from "../../../src/algorithms/timer-wheel.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function create(options: { ttlMs?: number; sliding?: boolean; maxSize?: number } = {}) {
  const clock = new ManualClock(50);
  return { clock, cache: new TimedCache<string, number>({ maxSize: 9, ttlMs: 100, clock, ...options }) };
}

describe("TimedCache", () => {
  test("returns nothing after its time, and holds nothing for long after it, though nobody asks", () => {
    const { cache, clock } = create();
    cache.set("a", 1).set("b", 2, { ttlMs: 300 });
    clock.pass(99);
    expect([cache.get("a"), cache.get("b")]).toEqual([1, 2]);
    clock.block(1);
    expect([cache.get("a"), cache.get("b"), cache.size]).toEqual([undefined, 2, 2]);
    clock.pass(2 * tickMs);
    expect(cache.size).toBe(1);
    clock.pass(300);
    expect([cache.size, cache.stats().expirations, clock.pending]).toEqual([0, 2, 0]);
  });

  test("needs one timer, however many entries there are, and none when there are none", () => {
    const { cache, clock } = create({ maxSize: 1000 });
    expect(clock.pending).toBe(0);
    for (let i = 0; i < 1000; i++) {
      cache.set(`${i}`, i, { ttlMs: 10 + ((i * 7919) % 100_000) });
      expect(clock.pending).toBe(1);
    }
    cache.clear();
    expect(clock.pending).toBe(0);
  });

  test("an entry that is set anew lives anew", () => {
    const { cache, clock } = create();
    cache.set("a", 1);
    for (let i = 0; i < 10; i++) {
      clock.pass(90);
      cache.set("a", i);
    }
    clock.pass(99);
    expect(cache.get("a")).toBe(9);
    clock.pass(1);
    expect(cache.get("a")).toBeUndefined();
  });

  test("without sliding, gets don't prolong a life", () => {
    const { cache, clock } = create();
    cache.set("a", 1);
    clock.pass(60);
    expect(cache.get("a")).toBe(1);
    clock.pass(60);
    expect(cache.get("a")).toBeUndefined();
  });

  test("with sliding, every get and getOrLoad starts the life anew, as long as it was; peek and has don't", async () => {
    const { cache, clock } = create({ sliding: true });
    cache
      .set("a", 1)
      .set("short", 2, { ttlMs: 70 })
      .set("peeked", 3)
      .set("loaded", 4)
      .set("for ever", 5, { ttlMs: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 10; i++) {
      clock.pass(60);
      expect([cache.get("a"), cache.get("short"), cache.get("for ever")]).toEqual([1, 2, 5]);
      expect(await cache.getOrLoad("loaded", () => 0)).toBe(4);
      expect(cache.peek("peeked")).toBe(i === 0 ? 3 : undefined);
      expect(cache.has("peeked")).toBe(i === 0);
    }
    clock.pass(69);
    expect(cache.peek("short")).toBe(2);
    clock.pass(1);
    expect([cache.peek("short"), cache.peek("a"), cache.peek("loaded")]).toEqual([undefined, 1, 4]);
    clock.pass(30);
    expect([cache.peek("a"), cache.peek("loaded"), cache.peek("for ever")]).toEqual([
      undefined,
      undefined,
      5,
    ]);
    clock.pass(2 * tickMs);
    expect(cache.size).toBe(1);
  });

  test("with sliding, a stale value that is served doesn't come back to life", async () => {
    const { cache, clock } = create({ sliding: true });
    const failing = async () => {
      throw new Error("down");
    };
    await cache.getOrLoad("a", () => 1, { staleMs: 1000 });
    clock.pass(150);
    expect(await cache.getOrLoad("a", failing, { staleMs: 1000 })).toBe(1);
    expect(cache.get("a")).toBeUndefined();
    clock.pass(1000);
    expect(cache.size).toBe(0);
  });

  test("cleanupExpired removes what is over, to the millisecond, and says how much", () => {
    const { cache, clock } = create({ maxSize: 200 });
    for (let i = 1; i <= 100; i++) cache.set(`${i}`, i, { ttlMs: i });
    clock.block(0.5);
    expect(cache.cleanupExpired()).toBe(0);
    for (let i = 1; i <= 100; i++) {
      clock.block(1);
      expect([cache.cleanupExpired(), cache.size]).toEqual([1, 100 - i]);
    }
    expect(cache.cleanupExpired()).toBe(0);
  });

  test("spares what was used when room is short", () => {
    const { cache } = create({ maxSize: 2 });
    cache.set("a", 1).set("b", 2);
    cache.get("a");
    cache.set("c", 3);
    expect([...cache]).toEqual([
      ["a", 1],
      ["c", 3],
    ]);
  });

  test("an entry may clear the cache as it expires, and fill it again", () => {
    const clock = new ManualClock();
    const cache: TimedCache<string, number> = new TimedCache<string, number>({
      ...{ maxSize: 9, ttlMs: 10, clock },
      onEvict: (key, _value, reason) => {
        if (key !== "a" || reason !== "expired") return;
        cache.clear();
        cache.set("x", 1, { ttlMs: 5000 }).set("y", 2, { ttlMs: 6000 });
      },
    });
    cache.set("a", 1).set("b", 1, { ttlMs: 1000 }).set("c", 1, { ttlMs: 2000 });
    clock.pass(4999);
    expect([cache.get("x"), cache.get("y"), cache.size]).toEqual([1, 2, 2]);
    clock.pass(2000);
    expect([cache.size, clock.pending]).toEqual([0, 0]);
  });

  test("goes on expiring after onEvict has thrown in its timer", () => {
    const clock = new ManualClock();
    const cache = new TimedCache<string, number>({
      ...{ maxSize: 9, ttlMs: 10, clock },
      onEvict: (key) => {
        throw new Error(key);
      },
    });
    cache.set("a", 1).set("b", 1, { ttlMs: 1000 });
    expect(() => clock.pass(500)).toThrow("a");
    expect(() => clock.pass(1000)).toThrow("b");
    expect(cache.size).toBe(0);
  });

  test.each([
    [{}, RangeError, /ttlMs: expected milliseconds > 0/],
    [{ ttlMs: 0 }, RangeError, /ttlMs: expected milliseconds > 0/],
    [{ ttlMs: -1 }, RangeError, /ttlMs/],
    [{ ttlMs: Number.NaN }, RangeError, /ttlMs/],
    [{ ttlMs: 1, sliding: 1 }, TypeError, /sliding: expected true or false/],
    [{ ttlMs: 1, slide: true }, TypeError, /unknown option "slide".*sliding/],
  ])("refuses %j", (options, type, message) => {
    const make = () => new TimedCache({ maxSize: 1, ...options } as never);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  test("takes Infinity for never", () => {
    const { cache, clock } = create({ ttlMs: Number.POSITIVE_INFINITY });
    cache.set("a", 1).set("b", 2, { ttlMs: 1 });
    clock.pass(1e12);
    expect([...cache]).toEqual([["a", 1]]);
  });
});
