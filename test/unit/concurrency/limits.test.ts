import { describe, expect, test } from "vitest";
import { AdaptiveLimit } from "../../../src/concurrency/adaptive-limit.ts";
import { AimdLimit } from "../../../src/concurrency/aimd-limit.ts";
import { fixedLimit } from "../../../src/concurrency/fixed-limit.ts";
import { Gradient2Limit } from "../../../src/concurrency/gradient2-limit.ts";
import type { Limit } from "../../../src/concurrency/limit.ts";
import { VegasLimit } from "../../../src/concurrency/vegas-limit.ts";

/** Feeds the same sample again and again. @returns the limit after each change */
function feed(
  limit: Limit,
  count: number,
  rttMs: number,
  inFlight = limit.current,
  dropped = false,
): number[] {
  const changes: number[] = [];
  for (let i = 0; i < count; i++) {
    const before = limit.current;
    const after = limit.update({ rttMs, inFlight, dropped });
    expect(after).toBe(limit.current);
    if (after !== before) changes.push(after);
  }
  return changes;
}

const limits = {
  AimdLimit: (bounds?: object) => new AimdLimit(bounds),
  VegasLimit: (bounds?: object) => new VegasLimit(bounds),
  Gradient2Limit: (bounds?: object) => new Gradient2Limit(bounds),
  AdaptiveLimit: (bounds?: object) => new AdaptiveLimit(bounds ?? { initialLimit: 10 }),
};

describe.each(Object.entries(limits))("%s", (_, open) => {
  test("starts at 10, or where it is told to, within its bounds", () => {
    expect(open().current).toBe(10);
    expect(open({ initialLimit: 7 }).current).toBe(7);
    expect(open({ maxLimit: 4 }).current).toBe(4);
    expect(open({ minLimit: 20 }).current).toBe(20);
  });

  test.each([
    { initialLimit: 0 },
    { initialLimit: Number.NaN },
    { initialLimit: 5, minLimit: 6 },
    { minLimit: -1 },
    { minLimit: 1.5 },
    { minLimit: 5, maxLimit: 4 },
    { maxLimit: Number.POSITIVE_INFINITY },
  ])("refuses the bounds %o", (bounds) => {
    expect(() => open(bounds)).toThrow(RangeError);
  });

  test("refuses an option that it doesn't know", () => {
    expect(() => open({ initial: 5 })).toThrow(TypeError);
  });

  test.each([
    { rttMs: -1, inFlight: 1, dropped: false },
    { rttMs: Number.NaN, inFlight: 1, dropped: false },
    { rttMs: Number.POSITIVE_INFINITY, inFlight: 1, dropped: false },
    { rttMs: "5" as unknown as number, inFlight: 1, dropped: false },
    { rttMs: 1, inFlight: -1, dropped: false },
    { rttMs: 1, inFlight: Number.NaN, dropped: false },
    { rttMs: 1, inFlight: 1, dropped: 1 as unknown as boolean },
  ])("refuses the sample %o and stays as it is", (sample) => {
    const limit = open();
    expect(() => limit.update(sample)).toThrow(RangeError);
    expect(limit.current).toBe(10);
  });

  test("does not grow while less than half of it is in flight", () => {
    expect(Math.max(10, ...feed(open(), 1000, 20, 4))).toBe(10);
  });

  test("stays an integer within its bounds, whatever the samples", () => {
    const limit = open({ minLimit: 2, maxLimit: 50 });
    const times = [0, 1e308, 5, 1e-300, 20, 0, 1e9];
    for (let i = 0; i < 20_000; i++) {
      const current = limit.update({
        rttMs: times[(i * i) % 7]!,
        inFlight: (i * 7) % 60,
        dropped: i % 11 === 0 || (i > 9000 && i < 9500),
      });
      expect(Number.isInteger(current) && current >= 2 && current <= 50).toBe(true);
    }
  });

  test("comes down when everything is lost", () => {
    const limit = open({ initialLimit: 100 });
    for (let i = 0; i < 10_000; i++) limit.update({ rttMs: 200, inFlight: limit.current, dropped: true });
    expect(limit.current).toBe(1);
  });
});

test("fixedLimit stays as it is", () => {
  const limit = fixedLimit(7);
  expect(limit.update({ rttMs: 1e9, inFlight: 7, dropped: true })).toBe(7);
  for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number])
    expect(() => fixedLimit(wrong)).toThrow(RangeError);
});

describe("AimdLimit", () => {
  test("adds one for each round without a loss", () => {
    expect(feed(new AimdLimit({ initialLimit: 2 }), 2 + 3 + 4, 20, 2)).toEqual([3, 4, 5]);
  });

  test("multiplies once for all losses of those in flight together", () => {
    const limit = new AimdLimit({ initialLimit: 100 });
    expect(feed(limit, 100, 200, 100, true)).toEqual([90]);
    expect(feed(limit, 90, 200, 90, true)).toEqual([81]);
    expect(feed(new AimdLimit({ initialLimit: 100, backoffRatio: 0.5 }), 1, 200, 100, true)).toEqual([50]);
  });

  test("takes a round trip beyond timeoutMs for a loss", () => {
    const limit = new AimdLimit({ initialLimit: 100, timeoutMs: 50 });
    expect(feed(limit, 1, 50)).toEqual([]);
    expect(feed(limit, 1, 50.1)).toEqual([90]);
    expect(() => new AimdLimit({ timeoutMs: 0 })).toThrow(RangeError);
    expect(() => new AimdLimit({ backoffRatio: 1 })).toThrow(RangeError);
  });
});

describe("VegasLimit", () => {
  test("doubles each round at first, until a queue shows", () => {
    const limit = new VegasLimit();
    expect(feed(limit, 10 + 20, 20, 40)).toEqual([20, 40]);
    // 40 × (1 − 20 / 30) = 13.3 queue, more than 6 log₁₀ 40 = 9.6.
    expect(feed(limit, 40, 30, 40)).toEqual([38]);
    // 38 × (1 − 20 / 22) = 3.5, less than 3 log₁₀ 38 = 4.7; slow start is over.
    expect(feed(limit, 38, 22, 38)).toEqual([40]);
    // 40 × (1 − 20 / 24) = 6.7, between both.
    expect(feed(limit, 40, 24, 40)).toEqual([]);
  });

  test("falls by a tenth once for all losses of those in flight together", () => {
    expect(feed(new VegasLimit({ initialLimit: 50 }), 50, 20, 50, true)).toEqual([45]);
  });

  test("halves itself every 50 rounds to find the shortest round trip anew", () => {
    const limit = new VegasLimit({ maxLimit: 10 });
    expect(feed(limit, 499, 20, 10)).toEqual([]);
    expect(feed(limit, 1, 20, 10)).toEqual([5]);
    // 10 were in flight before; 8 samples follow.
    expect(feed(limit, 10 + 8, 40, 5)).toEqual([]);
    expect(feed(limit, 1, 40, 5)).toEqual([10]);
    // 40 ms is what the service takes now, and no queue.
    expect(feed(limit, 100, 40, 10)).toEqual([]);
  });
});

describe("Gradient2Limit", () => {
  test("grows by a share of its root while round trips are as without a queue", () => {
    // 100 + 0.2 √100 = 102; 102 + 0.2 √102 = 104.02.
    expect(feed(new Gradient2Limit({ initialLimit: 100 }), 100 + 102, 20, 100)).toEqual([102, 104]);
    expect(feed(new Gradient2Limit({ initialLimit: 100, smoothing: 1 }), 100, 20, 100)).toEqual([110]);
  });

  test("shrinks by the ratio of round trips beyond the tolerance", () => {
    const limit = new Gradient2Limit({ initialLimit: 100, smoothing: 1 });
    feed(limit, 100, 20, 100);
    // 110 × 1.5 × 20 / 40 + √110 = 93; then at most halved: 93 × 0.5 + √93 = 56.1.
    expect(feed(limit, 110, 40, 110)).toEqual([93]);
    expect(feed(limit, 93, 4000, 93)).toEqual([56]);
    expect(() => new Gradient2Limit({ rttTolerance: 0.9 })).toThrow(RangeError);
    expect(() => new Gradient2Limit({ smoothing: 0 })).toThrow(RangeError);
  });

  test("does not take a queue that is always there for the service's own time", () => {
    const limit = new Gradient2Limit({ initialLimit: 20, maxLimit: 400 });
    // The service works on 20 at once, 20 ms each: whatever is in flight beyond that only waits.
    for (let i = 0; i < 200_000; i++) {
      const inFlight = limit.current;
      limit.update({ rttMs: Math.max(20, inFlight), inFlight, dropped: false });
    }
    expect(limit.current).toBeLessThan(60);
  });
});

describe("AdaptiveLimit", () => {
  /** A service that works on `slots` at once, 20 ms each, with always as much in flight as the limit says. */
  function serve(limit: AdaptiveLimit, slots: number, samples: number, serviceMs = 20): number[] {
    const changes: number[] = [];
    for (let i = 0; i < samples; i++) {
      const inFlight = limit.current;
      const rttMs = serviceMs * Math.max(1, inFlight / slots);
      if (limit.update({ rttMs, inFlight, dropped: false }) !== inFlight) changes.push(limit.current);
    }
    return changes;
  }

  test("starts at 6", () => {
    expect(new AdaptiveLimit().current).toBe(6);
    expect(new AdaptiveLimit({ maxLimit: 4 }).current).toBe(4);
  });

  test("doubles while all of that is served, and goes back when none is", () => {
    const limit = new AdaptiveLimit({ initialLimit: 10 });
    // A round of 10; 20 let pass and 8 looked at; 40 and 10; and so on, half of the limit from 16 on.
    expect(serve(limit, 40, 10)).toEqual([20]);
    expect(serve(limit, 40, 20 + 9)).toEqual([]);
    expect(serve(limit, 40, 1)).toEqual([40]);
    expect(serve(limit, 40, 40 + 20)).toEqual([80]);
    expect(serve(limit, 40, 80 + 40)).toEqual([40]);
  });

  test("tries up every third round, and comes back", () => {
    const limit = new AdaptiveLimit({ initialLimit: 10 });
    serve(limit, 10, 10 + 20 + 10);
    expect(limit.current).toBe(10);
    // 20 that were in flight, 3 rounds of 10; then 10 × √2 is tried.
    expect(serve(limit, 10, 20 + 29)).toEqual([]);
    expect(serve(limit, 10, 1)).toEqual([15]);
    expect(serve(limit, 10, 15 + 8)).toEqual([10]);
  });

  test("cuts itself to 60 % when two rounds in a row are lost, not when one is", () => {
    const limit = new AdaptiveLimit({ initialLimit: 20 });
    expect(feed(limit, 20, 200, 20, true)).toEqual([]);
    expect(feed(limit, 19, 200, 20, true)).toEqual([]);
    expect(feed(limit, 1, 200, 20, true)).toEqual([12]);
  });

  test("takes a service that has become slower for that, and not for a queue", () => {
    const limit = new AdaptiveLimit({ initialLimit: 10 });
    serve(limit, 16, 5000, 20);
    serve(limit, 16, 5000, 200);
    expect(limit.current).toBeGreaterThanOrEqual(16);
    expect(limit.current).toBeLessThanOrEqual(32);
  });

  test("follows a service that gets more and fewer slots", () => {
    const limit = new AdaptiveLimit({ initialLimit: 10 });
    for (const slots of [4, 64, 8, 300, 2]) {
      serve(limit, slots, 20_000);
      expect(limit.current).toBeGreaterThanOrEqual(slots);
      expect(limit.current).toBeLessThanOrEqual(2 * slots);
    }
  });
});
