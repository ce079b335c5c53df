import { change } from "./quantity.ts";
import type { RowResult } from "./report-document.ts";
import { shownRatio } from "./row-figure.ts";

/** The row's outcome in words, for tables and lists. */
export function verdictText(row: RowResult): string {
  if (row.verdict === "answers-differ")
    return "check failed: the variants did not do the same, so their figures say nothing";
  if (row.verdict === "failed") return "failed";
  if (row.verdict === "no-baseline" && row.baseline.status === "not-installed")
    return `no baseline: npm install ${row.baseline.install}`;
  if (row.verdict === "not-run" || !row.vsBaseline) return "not measured";
  if (row.verdict === "no-difference") return "no difference shown (within noise)";
  return change(row.unit, shownRatio(row.vsBaseline));
}
