import { expect, test } from "vitest";
import { retryAfterMs } from "../../../../src/network/resilience/retry-after.ts";

const now = Date.UTC(1994, 10, 6, 8, 49, 30);
const after = (value: string, date?: string) =>
  retryAfterMs({ "retry-after": value, ...(date && { date }) }, now);

test("seconds and all three forms of a date are understood", () => {
  expect(after("0")).toBe(0);
  expect(after(" 120 ")).toBe(120_000);
  expect(after("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(7_000);
  expect(after("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(7_000);
  expect(after("Sun Nov  6 08:49:37 1994")).toBe(7_000);
});

test("a date is counted from the response's own, whatever the clock here says", () => {
  expect(after("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:35 GMT")).toBe(2_000);
  expect(after("Sun, 06 Nov 1994 08:49:37 GMT", "yesterday")).toBe(7_000);
});

test("a date that has passed asks for nothing", () => {
  expect(after("Sun, 06 Nov 1994 08:00:00 GMT")).toBe(0);
});

test("what makes no sense is as good as nothing", () => {
  for (const value of [
    "",
    "-1",
    "1.5",
    "soon",
    "1e3",
    "0x10",
    "2030",
    "99999999999",
    "Sun, 99 Foo 1994 08:49:37 GMT",
  ])
    expect([value, after(value)]).toEqual([value, value === "2030" ? 2_030_000 : undefined]);
  expect(retryAfterMs({}, now)).toBeUndefined();
});
