import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/measure/random.ts";
import { HedgeDelay } from "../../../../src/network/resilience/hedge-delay.ts";

test("nothing is late until enough is known, then what lies above the percentile is", () => {
  const delay = new HedgeDelay(0.9, 1000, 10);
  for (let ms = 1; ms < 10; ms++) delay.record(ms);
  expect(delay.ms).toBe(Number.POSITIVE_INFINITY);
  delay.record(20);
  expect(delay.ms).toBeCloseTo(10, 0);
});

test("where all answers take nearly the same, late is what takes twice as long", () => {
  const delay = new HedgeDelay(0.9, 100, 10);
  for (let i = 0; i < 10; i++) delay.record(100 + i);
  expect(delay.ms).toBeGreaterThan(205);
  expect(delay.ms).toBeLessThan(211);
});

test("it follows a service that becomes slower, and forgets that it was faster", () => {
  const delay = new HedgeDelay(0.9, 100, 10);
  for (let i = 0; i < 500; i++) delay.record(5);
  expect(delay.ms).toBeCloseTo(10, 0);
  for (let i = 0; i < 256; i++) delay.record(50);
  expect(delay.ms).toBeCloseTo(100, -1);
  for (let i = 0; i < 256; i++) delay.record(5);
  expect(delay.ms).toBeCloseTo(10, 0);
});

test("with 2 % slow answers the default percentile stays with the fast ones", () => {
  const random = seededRandom(3);
  const delay = new HedgeDelay(0.97, 1000, 100);
  for (let i = 0; i < 10_000; i++) {
    delay.record(random() < 0.02 ? 300 : 1 + 4 * random());
    if (i > 1000) expect(delay.ms).toBeLessThan(7);
  }
});
