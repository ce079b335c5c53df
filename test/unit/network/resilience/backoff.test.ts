import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/measure/random.ts";
import { backoffMs, type Jitter } from "../../../../src/network/resilience/backoff.ts";

const bounds = { baseDelayMs: 100, maxDelayMs: 1000 };
const waits = (jitter: Jitter, value: number) =>
  [0, 1, 2, 3, 4, 2000].map((retry) => backoffMs(retry, jitter, bounds, () => value));

test("full jitter is a share of a ceiling that doubles up to its bound", () => {
  expect(waits("full", 0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(waits("full", 0.5)).toEqual([50, 100, 200, 400, 500, 500]);
});

test("equal jitter waits for half of the ceiling at least", () => {
  expect(waits("equal", 0)).toEqual([50, 100, 200, 400, 500, 500]);
  expect(waits("equal", 0.5)).toEqual([75, 150, 300, 600, 750, 750]);
});

test("a wave of failures comes back spread: of 1,000, no 10 ms see more than a third of what no jitter would bring", () => {
  for (const [jitter, most] of [
    ["full", 0.14],
    ["equal", 0.25],
  ] as const) {
    const random = seededRandom(7);
    const slots = new Array<number>(10).fill(0);
    for (let i = 0; i < 1000; i++) slots[Math.floor(backoffMs(0, jitter, bounds, random) / 10)]!++;
    expect(Math.max(...slots) / 1000).toBeLessThan(most);
  }
});
