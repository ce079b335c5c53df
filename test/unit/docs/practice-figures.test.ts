import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { practiceRooms, withTable } from "../../../scripts/practice-figures.ts";

test("a table goes between the markers, and replaces the one that was there", () => {
  const page = "above\n<!-- measured by scripts/practice-figures.ts -->\n<!-- end -->\nbelow\n";
  const once = withTable(page, "| old |\n");
  expect(withTable(once, "| new |")).toBe(
    "above\n<!-- measured by scripts/practice-figures.ts -->\n\n| new |\n\n<!-- end -->\nbelow\n",
  );
  expect(once.length).toBe(withTable(once, "| old |").length);
});

test("a page without markers is refused", () => {
  expect(() => withTable("above\n<!-- end -->\n", "| new |")).toThrow(RangeError);
});

test.each(practiceRooms)("docs/%s.md has a place for its figures", (room) => {
  const page = readFileSync(new URL(`../../../docs/${room}.md`, import.meta.url), "utf8");
  expect(() => withTable(page, "| new |")).not.toThrow();
});
