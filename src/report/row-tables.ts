import { formatDuration, formatRatio } from "../measure/index.ts";
import { percent, quantity, quartiles, thousands, unitName } from "./quantity.ts";
import type { RowComparison, RowResult, VariantResult } from "./report-document.ts";
import { verdictText } from "./verdict-text.ts";
import type { Figure, ReferenceClaim } from "./workload.ts";

/** A table as every format prints it: plain text in all cells. */
export interface TextTable {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The table "before, after, improvement" of an area: its rows, each followed by its figures. */
export function impactTable(rows: readonly RowResult[]): TextTable {
  return {
    headers: ["Metric", "Before", "After", "Improvement (95 % interval)", "Peer", "Check", "Reference"],
    rows: rows.flatMap((row) => [
      [
        row.title,
        variantFigure(row, row.baseline),
        variantFigure(row, row.optimized),
        verdictText(row),
        row.peer ? `${row.peer.name}: ${variantFigure(row, row.peer)}` : "–",
        checkText(row),
        referenceText(row.reference),
      ],
      ...row.figures.map((figure) => [
        figure.title,
        "–",
        figureText(figure),
        "–",
        "–",
        checkText(row),
        referenceText(figure.reference),
      ]),
    ]),
  };
}

/** The table of one row's variants. */
export function variantTable(row: RowResult): TextTable {
  const line = (role: string, variant: VariantResult, comparison: RowComparison | undefined): string[] => {
    const measured = variant.status === "measured";
    return [
      role,
      `${variant.name}: ${variant.about}`,
      variantFigure(row, variant),
      measured ? quartiles(row.unit, variant.wallNs) : "–",
      measured ? formatDuration(variant.cpuNs.median / row.unit.itemsPerOperation) : "–",
      comparison ? formatRatio(comparison.wall) : "–",
      comparison ? formatRatio(comparison.cpu) : "–",
    ];
  };
  return {
    headers: [
      "Variant",
      "What it is",
      `Median ${unitName(row.unit)}`,
      "Middle half of the rounds",
      `CPU time per ${row.unit.item}`,
      "Its time ÷ optimized",
      "Its CPU ÷ optimized",
    ],
    rows: [
      line("Baseline", row.baseline, row.vsBaseline),
      ...(row.peer ? [line("Peer", row.peer, row.vsPeer)] : []),
      line("Optimized", row.optimized, undefined),
    ],
  };
}

/** What else there is to say of a row, a sentence each. */
export function rowFacts(row: RowResult): string[] {
  const { processes, rounds, operationsPerRound, warmupRounds } = row.repetitions;
  const operation = operationsPerRound === 1 ? "operation" : "operations";
  return [
    `Input: ${row.input}`,
    `Verdict: ${verdictText(row)}.`,
    row.check
      ? `Check: ${row.check.ok ? "passed" : "FAILED"}; ${row.check.detail}.`
      : `Check: ${checkText(row)}.`,
    `Repeated: ${processes} processes × ${rounds} rounds of ${operationsPerRound} ${operation}, after ${warmupRounds} ` +
      `rounds of warm-up${row.partial ? "; cut short" : ""}.`,
    ...row.figures.map((figure) => `${figure.title}: ${figureText(figure)}. ${figure.detail}.`),
    ...row.notes,
    ...row.warnings.map((warning) => `Warning: ${warning}.`),
    ...(row.error === undefined ? [] : [`Error: ${row.error}`]),
  ];
}

export const figureText = (figure: Figure): string =>
  figure.kind === "ratio" ? percent(figure.value) : thousands(figure.value);

/** Median of a variant in the row's unit, or why there is none. */
export function variantFigure(row: RowResult, variant: VariantResult): string {
  switch (variant.status) {
    case "measured":
      return quantity(row.unit, variant.wallNs.median);
    case "not-installed":
      return `not installed: npm install ${variant.install}`;
    case "failed":
      return "failed";
    case "not-run":
      return "not measured";
  }
}

export const referenceText = (claim: ReferenceClaim | undefined): string =>
  claim ? `${claim.improvement} (${claim.before} → ${claim.after})` : "–";

function checkText(row: RowResult): string {
  if (!row.check) return row.partial ? "cut short, not compared" : "not done";
  return row.check.ok ? "same answers" : "ANSWERS DIFFER";
}
