import type { ReportDocument, RowResult, RowVerdict } from "./report-document.ts";
import { figureText, referenceText, variantFigure } from "./row-tables.ts";
import { verdictText } from "./verdict-text.ts";
import type { Figure } from "./workload.ts";

/** The executive summary: sentences that hold nothing but what the rows say. */
export function summarySentences(document: ReportDocument): string[] {
  const rows = document.areas.flatMap((area) => area.rows);
  const count = (verdict: RowVerdict) => rows.filter((row) => row.verdict === verdict).length;
  const parts = [
    [count("better"), "better than the baseline"],
    [count("worse"), "worse"],
    [count("no-difference"), "without a difference shown"],
    [count("no-baseline"), "without a baseline, which is not installed"],
    [count("answers-differ"), "with answers that differ, so without a figure"],
    [count("failed"), "failed"],
    [count("not-run"), "not measured"],
  ] as const;
  const checked = rows.filter((row) => row.check);
  const passed = checked.filter((row) => row.check?.ok).length;
  return [
    `${rows.length} ${rows.length === 1 ? "row" : "rows"}: ${
      parts
        .filter(([n]) => n > 0)
        .map(([n, text]) => `${n} ${text}`)
        .join(", ") || "none"
    }. All variants gave the same answers in ${passed} of ${checked.length} rows that were checked.`,
    ...rows.flatMap((row) => [rowSentence(row), ...row.figures.map(figureSentence)]),
  ];
}

function rowSentence(row: RowResult): string {
  const reference = row.reference ? ` Reference: ${referenceText(row.reference)}.` : "";
  if (row.verdict === "failed") return `${row.title}: failed. ${firstLine(row.error ?? "")}${reference}`;
  if (row.verdict === "not-run") return `${row.title}: not measured.${reference}`;
  if (row.verdict === "answers-differ") return `${row.title}: ${verdictText(row)}.${reference}`;
  const cut = row.partial ? " Cut short: fewer rounds than planned." : "";
  const figures = `${variantFigure(row, row.baseline)} → ${variantFigure(row, row.optimized)}`;
  return `${row.title}: ${figures}, ${verdictText(row)}.${cut}${reference}`;
}

function figureSentence(figure: Figure): string {
  const reference = figure.reference ? ` Reference: ${figure.reference.after}.` : "";
  return `${figure.title}: ${figureText(figure)} (${figure.detail}).${reference}`;
}

const firstLine = (text: string): string => text.split("\n", 1)[0] as string;
