import { describe, expect, test } from "vitest";
import { SelectionLog } from "../../../src/tools/selection-log.ts";

describe("the latest selections", () => {
  test("are found by their ids until too many came after", () => {
    const log = new SelectionLog<number>(3);
    const ids = [0, 1, 2, 3].map((record) => log.add(record));
    expect(ids.map((id) => log.get(id)?.record)).toEqual([undefined, 1, 2, 3]);
    expect(new Set(ids).size).toBe(4);
    expect(log.count).toBe(4);
  });

  test("remember that their outcome was recorded, a place used again doesn't", () => {
    const log = new SelectionLog<number>(1);
    const first = log.add(1);
    log.settle(first);
    expect(log.get(first)).toEqual({ record: 1, settled: true });
    const second = log.add(2);
    log.settle(first);
    expect(log.get(second)).toEqual({ record: 2, settled: false });
  });

  test("know no id but their own", () => {
    const log = new SelectionLog<number>(4);
    const id = log.add(1);
    const prefix = id.slice(0, -1);
    for (const wrong of [
      "",
      "x",
      prefix,
      `${prefix}1`,
      `${prefix}-1`,
      `${prefix}00`,
      `${prefix}0.5`,
      `${prefix}1e0`,
      ` ${id}`,
    ])
      expect(log.get(wrong)).toBeUndefined();
    expect(new SelectionLog<number>(4).get(id)).toBeUndefined();
    expect(log.get(id)).toEqual({ record: 1, settled: false });
  });
});
