import { expect, test } from "vitest";
import { NumberRing } from "../../../../src/memory/profile/number-ring.ts";

test("the last rows are kept, the oldest first", () => {
  const ring = new NumberRing(2, 3);
  expect(ring.length).toBe(0);
  for (let i = 1; i <= 5; i++) {
    ring.push([i, -i]);
    const first = Math.max(1, i - 2);
    expect(Array.from({ length: ring.length }, (_, at) => [...ring.row(at)])).toEqual(
      Array.from({ length: Math.min(i, 3) }, (_, at) => [first + at, -(first + at)]),
    );
  }
});

test("what a row lacks is 0, whatever lay there before", () => {
  const ring = new NumberRing(2, 1);
  ring.push([1, 2]);
  ring.push([3]);
  expect([...ring.row(0)]).toEqual([3, 0]);
});
