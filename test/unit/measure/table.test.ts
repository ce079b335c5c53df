import { describe, expect, test } from "vitest";
import { markdownTable } from "../../../src/measure/table.ts";

describe("Markdown table", () => {
  test("columns line up, and columns of figures are aligned right", () => {
    expect(
      markdownTable(
        ["arm", "time", "ratio"],
        [
          ["plain", "12.0 µs", "—"],
          ["cached", "3.10 µs", "3.87× [3.70, 4.01]"],
        ],
      ),
    ).toBe(
      [
        "| arm    |    time |              ratio |",
        "| ------ | ------: | -----------------: |",
        "| plain  | 12.0 µs |                  — |",
        "| cached | 3.10 µs | 3.87× [3.70, 4.01] |",
      ].join("\n"),
    );
  });

  test("pipes and line breaks can't break a row", () => {
    expect(markdownTable(["sql"], [["a | b\nc"]])).toBe("| sql      |\n| -------- |\n| a \\| b c |");
  });

  test("a table without rows is its head", () => {
    expect(markdownTable(["a", "b"], [])).toBe("| a   | b   |\n| --- | --- |");
  });

  test("a row of another length is refused", () => {
    expect(() => markdownTable(["a", "b"], [["1", "2"], ["3"]])).toThrow(
      new RangeError("rows[1]: expected 2 cells, got 1"),
    );
  });
});
