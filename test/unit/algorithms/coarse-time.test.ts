import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CoarseTime } from "../../../src/algorithms/coarse-time.ts";
import { TimedCache } from "../../../src/algorithms/timed-cache.ts";
import { systemClock } from "../../../src/clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** Calls of one tight loop that a reading may be late by. */
const lateCalls = 32;

let now = 0;
let looks = 0;

/** Runs `action` in a task of its own, as a server's callback is run. */
const inTask = (action: () => void) =>
  new Promise<void>((resolve, reject) => {
    setImmediate(() => {
      try {
        action();
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });

beforeEach(() => {
  now = 1000;
  looks = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    looks++;
    return now;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("CoarseTime of the system's clock", () => {
  const loop = (time: CoarseTime, calls = 1000) => {
    for (let i = 0; i < calls; i++) time.now();
  };

  test("looks once in 32 calls of a tight loop", () => {
    const time = new CoarseTime(systemClock);
    loop(time);
    looks = 0;
    loop(time, 3200);
    expect(looks).toBe(100);
  });

  test("is late by 32 calls at most", () => {
    for (let calls = 0; calls < 300; calls++) {
      const time = new CoarseTime(systemClock);
      loop(time, calls);
      now += 50;
      loop(time, lateCalls);
      expect(time.now()).toBe(now);
    }
  });

  test("is late in fewer than 32 calls, all in all, when a tight loop turns slow", () => {
    for (let calls = 0; calls < 300; calls++) {
      const time = new CoarseTime(systemClock);
      loop(time, calls);
      let late = 0;
      for (let i = 0; i < 150; i++) {
        now += 1;
        if (time.now() !== now) late++;
      }
      expect(late, `after ${calls} calls`).toBeLessThan(lateCalls);
    }
  });

  test("looks at every call while calls are far apart", () => {
    const time = new CoarseTime(systemClock);
    for (let i = 0; i < 100; i++) {
      now += 0.01;
      expect(time.now()).toBe(now);
    }
  });

  test("never goes backwards", () => {
    const time = new CoarseTime(systemClock);
    let last = 0;
    for (let i = 0; i < 2000; i++) {
      now += i % 97 === 0 ? 5 : 0.0001;
      if (i % 13 === 0) time.expire();
      const reading = time.now();
      expect(reading).toBeGreaterThanOrEqual(last);
      expect(reading).toBeLessThanOrEqual(now);
      last = reading;
    }
  });

  test("looks again when told that its reading is old", () => {
    const time = new CoarseTime(systemClock);
    loop(time);
    now += 50;
    time.expire();
    expect(time.now()).toBe(now);
  });

  test("keeps no reading beyond an await", async () => {
    const time = new CoarseTime(systemClock);
    for (let calls = 0; calls < 200; calls++) {
      loop(time, calls);
      now += 50;
      await null;
      expect(time.now()).toBe(now);
    }
  });

  test("keeps no reading beyond the end of a task", async () => {
    const time = new CoarseTime(systemClock);
    await inTask(() => loop(time));
    now += 50;
    await inTask(() => expect(time.now()).toBe(now));
  });

  test.each([
    ["a promise that was settled before", (action: () => void) => void Promise.resolve().then(action)],
    ["process.nextTick", (action: () => void) => process.nextTick(action)],
    ["queueMicrotask", (action: () => void) => queueMicrotask(action)],
  ])("is late by 32 calls at most in what %s runs next", async (_what, schedule) => {
    for (let calls = 0; calls < 200; calls++) {
      const time = new CoarseTime(systemClock);
      let seen: number | undefined;
      await inTask(() => {
        schedule(() => {
          loop(time, lateCalls);
          seen = time.now();
        });
        loop(time, calls);
        now += 50;
      });
      await null;
      expect(seen, `after ${calls} calls`).toBe(now);
    }
  });
});

test("a clock that isn't the system's is looked at every time", () => {
  const clock = new ManualClock(5);
  const time = new CoarseTime(clock);
  for (let i = 0; i < 100; i++) {
    clock.block(0.0001);
    expect(time.now()).toBe(clock.now());
  }
  expect(looks).toBe(0);
});

describe("TimedCache by the system's clock", () => {
  const create = () => new TimedCache<string, number>({ maxSize: 100, ttlMs: 20 });

  test("serves nothing expired after an await, however tight the loop before", async () => {
    for (let gets = 0; gets < 60; gets++) {
      const cache = create().set("a", 1);
      for (let i = 0; i < gets; i++) expect(cache.get("a")).toBe(1);
      now += 20;
      await null;
      expect(cache.get("a")).toBeUndefined();
      expect([...cache]).toEqual([]);
    }
  });

  test("serves nothing expired when the thread was busy since it was set", () => {
    for (let sets = 0; sets < 60; sets++) {
      const cache = create();
      for (let i = 0; i <= sets; i++) cache.set("a", i);
      now += 20;
      expect([cache.get("a"), cache.peek("a"), cache.has("a")]).toEqual([undefined, undefined, false]);
    }
  });

  test("serves nothing expired of what was set after a tight loop of gets", () => {
    for (let gets = 0; gets < 60; gets++) {
      const cache = create().set("a", 1);
      for (let i = 0; i < gets; i++) cache.get("a");
      now += 5;
      cache.set("b", 2);
      now += 20;
      expect(cache.get("b")).toBeUndefined();
    }
  });

  test("serves nothing expired later than 32 calls after, in a loop that never pauses", () => {
    const cache = create().set("a", 1);
    for (let i = 0; i < 1000; i++) cache.get("a");
    now += 20;
    for (let i = 0; i < lateCalls; i++) cache.get("a");
    expect(cache.get("a")).toBeUndefined();
  });

  test("looks at the clock 32 times less often than it is asked", () => {
    const cache = create();
    for (let i = 0; i < 100; i++) cache.set(`${i}`, i);
    for (let i = 0; i < 6400; i++) cache.get(`${i % 100}`);
    looks = 0;
    for (let i = 0; i < 3200; i++) cache.get(`${i % 100}`);
    expect(looks).toBe(100);
  });
});
