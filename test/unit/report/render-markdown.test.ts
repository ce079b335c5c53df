import { expect, test } from "vitest";
import { renderMarkdown } from "../../../src/report/render-markdown.ts";
import { rowResult } from "../../../src/report/row-result.ts";
import { plan, smallDocument, smallMeasurement, smallRow, smallWorkload, steady } from "./small-document.ts";

test("a report of one row has the reference's sections, with nothing but measured words", () => {
  const row = smallRow({
    reference: { before: "2.5 ms", after: "1.5 ms", improvement: "−40 %" },
    peer: { name: "rival", about: "a library", install: "rival" },
    notes: ["A note."],
  });
  expect(renderMarkdown(smallDocument([row])).split("## Method")[0]).toBe(`# Performance Tuning Report

**Measured:** 2026-01-02T03:04:05.000Z, in 12.3 s  
**Toolkit:** victor-optimizations 9.9.9  
**Database rows on:** sqlite  
**Kind:** quick (fewer processes and rounds, so wider intervals)

## Executive summary

- 1 row: 1 better than the baseline. All variants gave the same answers in 1 of 1 rows that were checked.
- Query time: 4.00 µs → 2.00 µs, 50 % less time (50 %). Reference: −40 % (2.5 ms → 1.5 ms).

## 1. Room

About it.

### Performance impact

| Metric     |  Before |   After | Improvement (95 % interval) | Peer                                    | Check        |               Reference |
| ---------- | ------: | ------: | --------------------------: | --------------------------------------- | ------------ | ----------------------: |
| Query time | 4.00 µs | 2.00 µs |       50 % less time (50 %) | rival: not installed: npm install rival | same answers | −40 % (2.5 ms → 1.5 ms) |

### Query time

How long does a query take?

| Variant   | What it is       | Median time per query            | Middle half of the rounds | CPU time per query | Its time ÷ optimized | Its CPU ÷ optimized |
| --------- | ---------------- | -------------------------------- | ------------------------: | -----------------: | -------------------: | ------------------: |
| Baseline  | plain: a Map     | 4.00 µs                          |        4.00 µs to 4.00 µs |            2.00 µs |   2.00× [2.00, 2.00] |  2.00× [2.00, 2.00] |
| Peer      | rival: a library | not installed: npm install rival |                         – |                  – |                    – |                   – |
| Optimized | toolkit: a cache | 2.00 µs                          |        2.00 µs to 2.00 µs |            1.00 µs |                    – |                   – |

- Input: One table.
- Verdict: 50 % less time (50 %).
- Check: passed; all 2 variants answered "42".
- Repeated: 3 processes × 4 rounds of 10 operations, after 1 rounds of warm-up.
- A note.

## Machine and versions

| What      | Value   |
| --------- | ------- |
| Node      | 24.10.0 |
| Processor | Abacus  |

`);
});

test("a difference within noise is called no difference shown, in the summary and in the table", () => {
  const noisy = (shift: number) =>
    [0, 1, 2].map((p) => [800, 1000, 1200, 1400].map((ns) => ns + 150 * p + shift));
  const measurement = smallMeasurement({ baseline: noisy(40), optimized: noisy(0) });
  const text = renderMarkdown(smallDocument([rowResult(smallWorkload, { repetitions: plan, measurement })]));
  expect(text).toContain("1 row: 1 without a difference shown.");
  expect(text).toContain("- Query time: 1.29 µs → 1.25 µs, no difference shown (within noise).");
  expect(text).not.toMatch(/less time|more time/);
});

test("a partial report says so first, and why", () => {
  const text = renderMarkdown(smallDocument([], { partial: true, partialReason: "stopped by hand" }));
  expect(text.split("## Executive summary")[0]).toContain("**PARTIAL:** stopped by hand");
  expect(text).toContain(
    "- 0 rows: none. All variants gave the same answers in 0 of 0 rows that were checked.",
  );
});

test("a failed check is named and takes the figures' claim away", () => {
  const measurement = smallMeasurement(
    { baseline: steady(4000), optimized: steady(2000) },
    { answers: { baseline: "42", optimized: "43" } },
  );
  const text = renderMarkdown(smallDocument([rowResult(smallWorkload, { repetitions: plan, measurement })]));
  expect(text).toContain("ANSWERS DIFFER");
  expect(text).toContain(
    "- Query time: check failed: the variants did not do the same, so their figures say nothing.",
  );
  expect(text).toContain('Check: FAILED; plain answered "42", toolkit answered "43".');
});

test("markup in foreign text stays text, and line breaks don't break a table", () => {
  const row = rowResult(
    { ...smallWorkload, title: "a|b *c* <i>d</i> _e_ f_g" },
    { repetitions: plan, error: "line one\nline [two](x) `three` &lt;" },
  );
  const text = renderMarkdown(smallDocument([row]));
  expect(text).toContain("### a|b \\*c\\* \\<i\\>d\\</i\\> \\_e\\_ f_g");
  expect(text).toContain("| a\\|b \\*c\\*");
  expect(text).toContain("- Error: line one line [two\\](x) \\`three\\` \\&lt;");
  expect(text).toContain("failed. line one");
});

test("an area that could not be opened says why", () => {
  const area = { id: "room", title: "Room", about: "About it.", rows: [], limits: [], error: "no server" };
  expect(renderMarkdown(smallDocument([], { areas: [area] }))).toContain("**Failed:** no server");
});
