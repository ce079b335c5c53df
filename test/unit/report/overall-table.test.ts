import { expect, test } from "vitest";
import { overallTable } from "../../../src/report/overall-table.ts";
import { renderHtml } from "../../../src/report/render-html.ts";
import { renderMarkdown } from "../../../src/report/render-markdown.ts";
import { unmeasuredRow } from "../../../src/report/row-result.ts";
import { rooms } from "../../../src/report/workload-list.ts";
import { plan, smallDocument, smallRow, smallWorkload } from "./small-document.ts";

const reference = { before: "2.5 ms", after: "1.5 ms", improvement: "−40 %" };
const document = smallDocument([
  smallRow({ id: "database.query-time", title: "Average query time", reference }),
  smallRow({ id: "database.batch", title: "Batch" }),
  unmeasuredRow({ ...smallWorkload, id: "tools.warm" }, plan),
]);

test("a component of which the run has a row stands in the overall table, in the reference's order", () => {
  expect(overallTable(document)?.rows).toEqual([
    ["Tool selection", "not measured", "not measured", "not measured", "–"],
    ["Query time", "4.00 µs", "2.00 µs", "50 % less time (50 %)", "−40 % (2.5 ms → 1.5 ms)"],
  ]);
});

test("the report opens with it, and without such rows there is none", () => {
  for (const text of [renderMarkdown(document), renderHtml(document)]) {
    expect(text.indexOf("Overall")).toBeGreaterThan(0);
    expect(text.indexOf("Overall")).toBeLessThan(text.indexOf("Executive summary"));
  }
  const without = smallDocument([smallRow()]);
  expect(overallTable(without)).toBeUndefined();
  expect(renderMarkdown(without)).not.toContain("Overall");
  expect(renderHtml(without)).not.toContain("Overall");
});

test("all areas that the table draws from are measured by default", () => {
  expect(rooms.map(({ id }) => id)).toEqual([
    ...["service", "database", "memory", "algorithms", "concurrency", "network", "cache", "tools"],
  ]);
});
