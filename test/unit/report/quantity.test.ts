import { describe, expect, test } from "vitest";
import type { RatioEstimate } from "../../../src/measure/index.ts";
import {
  amount,
  change,
  exactCount,
  percent,
  quantity,
  spreadText,
  thousands,
} from "../../../src/report/quantity.ts";

const time = { operation: "query", item: "query", itemsPerOperation: 1, shown: "time" } as const;
const rate = { operation: "batch", item: "row", itemsPerOperation: 1000, shown: "rate" } as const;
const memory = { shown: "counter", counter: "bytes", kind: "bytes", what: "memory per entry" } as const;
const objects = { shown: "counter", counter: "objects", kind: "count", what: "objects" } as const;
const estimate = (ratio: number, low: number, high: number): RatioEstimate => ({
  ratio,
  low,
  high,
  confidence: 0.95,
  pValue: 0.001,
});

describe("a figure in its row's unit", () => {
  test("is the time of one item", () => {
    expect(quantity(time, 12_345)).toBe("12.3 µs");
    expect(quantity({ ...time, itemsPerOperation: 10 }, 12_345)).toBe("1.23 µs");
  });
  test("is items per second where more is better", () => {
    expect(quantity(rate, 2_000_000)).toBe("500,000 rows/s");
    expect(quantity(rate, 1e12)).toBe("1.00 rows/s");
  });
  test("has its quartiles with the smaller figure first", () => {
    const spread = { median: 2e6, low: 1e6, high: 4e6 };
    expect(spreadText(time, spread)).toBe("1.00 ms to 4.00 ms");
    expect(spreadText(rate, spread)).toBe("250,000 rows/s to 1,000,000 rows/s");
    expect(spreadText(memory, { median: 2048, low: 999, high: 4096 })).toBe("999 B to 4.00 KiB");
  });
  test("is what a counter says, in its own kind of number", () => {
    expect(quantity(memory, 37.25)).toBe("37.3 B");
    expect(quantity(objects, 1_234_567)).toBe("1,230,000");
    expect(quantity({ ...objects, kind: "ratio" }, 0.123)).toBe("12 %");
    expect(quantity({ ...objects, kind: "duration" }, 12_345)).toBe("12.3 µs");
  });
  test("of bytes has a prefix by what is printed, never 1000 or more of one", () => {
    expect(
      [0, 1, 999.4, 999.6, 1023, 1024, 2 ** 20 - 1, 35 * 2 ** 20, 2 ** 40, 2 ** 55].map((bytes) =>
        amount("bytes", bytes),
      ),
    ).toEqual([
      "0 B",
      "1.00 B",
      "999 B",
      "0.976 KiB",
      "0.999 KiB",
      "1.00 KiB",
      "1.00 MiB",
      "35.0 MiB",
      "1.00 TiB",
      "32768 TiB",
    ]);
  });
});

describe("numbers", () => {
  test("keep three digits and set thousands apart", () => {
    expect([0.01234, 9.876, 999, 1234.5, 1_234_567].map(thousands)).toEqual([
      "0.0123",
      "9.88",
      "999",
      "1,230",
      "1,230,000",
    ]);
  });
  test("give whole percents between 10 and 99 only", () => {
    expect([0, 0.0123, 0.0996, 0.4, 0.524, 0.9951, 1].map(percent)).toEqual([
      "0 %",
      "1.2 %",
      "10 %",
      "40 %",
      "52 %",
      "99.5 %",
      "100 %",
    ]);
  });
});

describe("a change in words", () => {
  test("of a time says less, more, or how many times", () => {
    expect(change(time, estimate(2, 1.6, 2.5))).toBe("50 % less time (38 to 60 %)");
    expect(change(time, estimate(0.8, 0.8, 0.8))).toBe("25 % more time (25 %)");
    expect(change(time, estimate(0.25, 0.2, 0.5))).toBe("4.00 times the time (2.00 to 5.00)");
  });
  test("of a rate says more, fewer, or how many times", () => {
    expect(change(rate, estimate(1.4, 1.3, 1.5))).toBe("40 % more rows/s (30 to 50 %)");
    expect(change(rate, estimate(0.9, 0.8, 0.95))).toBe("10 % fewer rows/s (5 to 20 %)");
    expect(change(rate, estimate(12.34, 11, 13))).toBe("12.3 times the rows/s (11.0 to 13.0)");
  });
  test("of a counter names what it counts", () => {
    expect(change(memory, estimate(2.5, 2, 4))).toBe("60 % less memory per entry (50 to 75 %)");
    expect(change(objects, estimate(1.25, 1.25, 1.25))).toBe("20 % fewer objects (20 %)");
    expect(change(objects, estimate(0.5, 0.4, 0.5))).toBe("2.00 times the objects (2.00 to 2.50)");
  });
});

test("a whole number is written out, in groups of three digits", () => {
  expect([0, 999, 1000, 1_234_567].map(exactCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
});
