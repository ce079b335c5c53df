import { describe, expect, test } from "vitest";
import type { ArmResult } from "../../../src/measure/arm-result.ts";
import { compareArms } from "../../../src/measure/comparison.ts";
import { formatDuration, formatFigure, formatRatio } from "../../../src/measure/figure-format.ts";
import { verdict } from "../../../src/measure/verdict.ts";

const arm = (name: string, wall: number, cpu: number): ArmResult => ({
  name,
  wallNs: [
    [wall, wall],
    [wall, wall],
    [wall, wall],
  ],
  cpuNs: [
    [cpu, cpu],
    [cpu, cpu],
    [cpu, cpu],
  ],
  answer: undefined,
  counters: {},
  countersByProcess: [],
  count: 1,
});

describe("comparison of two arms", () => {
  test("an arm with half the time is twice as good, by wall and CPU apart", () => {
    const comparison = compareArms(arm("plain", 10, 6), arm("cached", 5, 8));
    expect(comparison).toMatchObject({ a: "plain", b: "cached", verdict: "better" });
    expect(comparison.wall.ratio).toBeCloseTo(2, 12);
    expect(comparison.cpu.ratio).toBeCloseTo(0.75, 12);
    expect(verdict(comparison.cpu)).toBe("worse");
  });

  test("options reach the bootstrap", () => {
    expect(compareArms(arm("a", 1, 1), arm("b", 1, 1), { confidence: 0.9 }).cpu.confidence).toBe(0.9);
  });

  test("an interval that holds 1 shows no difference, nor does one whose adjusted p-value is too large", () => {
    const estimate = { ratio: 1.2, low: 1.1, high: 1.3, confidence: 0.95, pValue: 0.01 };
    expect(verdict(estimate)).toBe("better");
    expect(verdict(estimate, 0.06)).toBe("no difference shown");
    expect(verdict(estimate, Number.NaN)).toBe("no difference shown");
    expect(verdict({ ...estimate, low: 0.9 })).toBe("no difference shown");
    expect(verdict({ ...estimate, ratio: 0.8, low: 0.7, high: 0.9 })).toBe("worse");
  });
});

describe("figures", () => {
  test("a ratio is written with its interval", () => {
    const wall = { ratio: 3.2149, low: 3.05, high: 3.399, confidence: 0.95, pValue: 0.001 };
    const comparison = { a: "a", b: "b", wall, cpu: { ...wall, ratio: 12.34 }, verdict: "better" } as const;
    expect(formatRatio(comparison)).toBe("3.21× [3.05, 3.40]");
    expect(formatRatio(comparison.cpu)).toBe("12.3× [3.05, 3.40]");
  });

  test.each([
    [0, "0"],
    [0.012345, "0.0123"],
    [1, "1.00"],
    [-2.346, "-2.35"],
    [99.99, "100"],
    [123.4, "123"],
    [12345.6, "12346"],
    [Number.NaN, "NaN"],
  ])("%d is written as %s", (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });

  test.each([
    [0.5, "0.500 ns"],
    [999, "999 ns"],
    [1500, "1.50 µs"],
    [45_600_000, "45.6 ms"],
    [61e9, "61.0 s"],
  ])("%d ns is written as %s", (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });
});
