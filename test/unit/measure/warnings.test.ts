import { describe, expect, test } from "vitest";
import type { ArmResult } from "../../../src/measure/arm-result.ts";
import { isBimodal, warningsFor } from "../../../src/measure/warnings.ts";

const steady = [100, 101, 99, 100, 102, 98, 100, 101, 99, 100];
const arm = (change: Partial<ArmResult> = {}): ArmResult => ({
  name: "x",
  wallNs: [steady, steady, steady],
  cpuNs: [steady, steady, steady],
  answer: undefined,
  counters: {},
  countersByProcess: [],
  count: 1000,
  ...change,
});
const notes = { timerNs: 50, answersDiffer: false };

describe("warnings", () => {
  test("steady rounds give none", () => {
    expect(warningsFor(arm(), notes)).toEqual([]);
  });

  test("a round of less than 100 steps of the clock is too short", () => {
    expect(warningsFor(arm({ count: 50 }), notes)).toEqual([]);
    expect(warningsFor(arm({ count: 49 }), notes)).toEqual([
      "x: a round takes 4900 ns, too short for a clock with steps of 50 ns; raise count or roundMs",
    ]);
  });

  test("rounds at two speeds are told of", () => {
    const twoSpeeds = [100, 150, 101, 149, 100, 151, 99, 150, 100, 150];
    expect(warningsFor(arm({ wallNs: [steady, twoSpeeds, steady] }), notes)).toEqual([
      expect.stringMatching(/^x: rounds fall into two groups/),
    ]);
  });

  test("rounds that spread over more than half of their median are told of", () => {
    const wide = [100, 60, 160, 75, 90, 145, 110, 130, 120, 80];
    expect(warningsFor(arm({ wallNs: [wide] }), notes)).toEqual([
      "x: rounds spread over 70 % of their median; quieten the machine, or raise rounds or roundMs",
    ]);
  });

  test("processes that differ by more than a quarter are told of", () => {
    const times = (factor: number): number[] => steady.map((ns) => ns * factor);
    expect(warningsFor(arm({ wallNs: [steady, times(1.2), steady] }), notes)).toEqual([]);
    expect(warningsFor(arm({ wallNs: [steady, times(1.3), steady] }), notes)).toEqual([
      "x: its processes differ by 30 %; raise processes, so that the interval knows of it",
    ]);
  });

  test("a slow first round asks for more warm-up", () => {
    const cold = [150, ...steady];
    expect(warningsFor(arm({ wallNs: [cold, steady, steady] }), notes)).toEqual([]);
    expect(warningsFor(arm({ wallNs: [cold, cold, steady] }), notes)).toEqual([
      "x: the first counted round takes 1.50 times as long as the later ones; raise warmupRounds",
    ]);
  });

  test("more CPU than wall time is told of", () => {
    expect(warningsFor(arm({ cpuNs: [steady.map((ns) => ns * 2)] }), notes)).toEqual([
      "x: it uses 2.0 times as much CPU as wall time (threads, compiler or collector); compare CPU time too",
    ]);
  });

  test("processes with different answers are told of", () => {
    expect(warningsFor(arm(), { ...notes, answersDiffer: true })).toEqual([
      expect.stringMatching(/^x: its processes gave different answers/),
    ]);
  });

  test("one round of one process is judged as far as it goes", () => {
    expect(warningsFor(arm({ wallNs: [[100]], cpuNs: [[100]] }), notes)).toEqual([]);
  });

  test("a single outlier, an even spread, small gaps and too few rounds are not bimodal", () => {
    expect(isBimodal([100, 100, 100, 100, 100, 100, 100, 100, 100, 300])).toBe(false);
    expect(isBimodal([100, 110, 120, 130, 140, 150, 160, 170, 180, 190])).toBe(false);
    expect(isBimodal([100, 100, 100, 100, 100, 105, 105, 105, 105, 105])).toBe(false);
    expect(isBimodal([100, 200, 100, 200, 100, 200, 100])).toBe(false);
    expect(isBimodal([100, 200, 100, 200, 100, 200, 100, 200])).toBe(true);
    expect(isBimodal([100, 100, 100, 100, 100, 100, 200, 200])).toBe(true);
  });
});
