import fc from "fast-check";
import { expect, test } from "vitest";
import { SlidingShare } from "../../../src/alerts/sliding-share.ts";

test("events leave the window with its sixtieth part that they came in", () => {
  const window = new SlidingShare(60_000);
  window.add(500, 1, 4);
  window.add(30_000, 0, 4);
  expect([window.share, window.total]).toEqual([1 / 8, 8]);
  window.add(60_999, 0, 0);
  expect(window.total).toBe(8);
  window.add(61_000, 0, 0);
  expect([window.share, window.total]).toEqual([0, 4]);
  window.add(1e9, 3, 3);
  expect([window.share, window.total]).toEqual([1, 3]);
});

test("it holds all of the last 59 sixtieths, and nothing older than 61", () => {
  const event = fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.nat(10));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      const window = new SlidingShare(60_000);
      let nowMs = 0;
      const all: [number, number][] = [];
      for (const [afterMs, count] of events) {
        nowMs += afterMs;
        all.push([nowMs, count]);
        window.add(nowMs, count, count);
        const since = (ms: number): number =>
          all.filter(([at]) => at > nowMs - ms).reduce((sum, [, own]) => sum + own, 0);
        expect(window.total).toBeGreaterThanOrEqual(since(60_000));
        expect(window.total).toBeLessThanOrEqual(since(61_000));
      }
    }),
  );
});
