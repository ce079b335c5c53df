import { describe, expect, test } from "vitest";
import { ArmRecord } from "../../../src/measure/arm-result.ts";

const round = (wallNs: number, cpuNs: number) => ({ type: "round", wallNs, cpuNs }) as const;

describe("record of an arm", () => {
  test("times are divided by the operations, counters averaged over processes", () => {
    const record = new ArmRecord({ name: "x", module: "x.ts", count: 10 });
    record.add([round(100, 50), round(120, 60)], { answer: [1], counters: { hits: 4, only: 1 } });
    record.add([round(110, 70)], { answer: [1], counters: { hits: 8 } });
    expect(record.result()).toEqual({
      name: "x",
      wallNs: [[10, 12], [11]],
      cpuNs: [[5, 6], [7]],
      answer: [1],
      counters: { hits: 6, only: 1 },
      countersByProcess: [{ hits: 4, only: 1 }, { hits: 8 }],
      count: 10,
    });
    expect(record.answersDiffer).toBe(false);
  });

  test("a process without a complete round leaves no trace, one without an outcome keeps its times", () => {
    const record = new ArmRecord({ name: "x", module: "x.ts" });
    record.add([], { answer: "other", counters: { hits: 1 } });
    record.add([round(1, 1)], undefined);
    expect(record.result()).toMatchObject({ wallNs: [[1]], answer: undefined, counters: {} });
  });

  test("different answers of one arm's processes are noticed", () => {
    const record = new ArmRecord({ name: "x", module: "x.ts" });
    record.add([round(1, 1)], { answer: { rows: 3 }, counters: {} });
    record.add([round(1, 1)], { answer: { rows: 4 }, counters: {} });
    expect(record.answersDiffer).toBe(true);
  });
});
