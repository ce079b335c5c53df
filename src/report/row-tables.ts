import { formatDuration, formatRatio } from "../measure/index.ts";
import { amount, quantity, spreadText, unitName } from "./quantity.ts";
import type { RowComparison, RowResult, VariantResult } from "./report-document.ts";
import { shownFigure, shownRatio } from "./row-figure.ts";
import { verdictText } from "./verdict-text.ts";
import type { CounterUnit, Figure, ReferenceClaim } from "./workload.ts";

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
  const line = (role: string, variant: VariantResult, comparison: RowComparison | undefined): string[] => [
    role,
    `${variant.name}: ${variant.about}`,
    variantFigure(row, variant),
    variant.status === "measured" ? spreadText(row.unit, shownFigure(variant)) : "–",
    ...(row.unit.shown === "counter"
      ? [comparison ? formatRatio(shownRatio(comparison)) : "–"]
      : [
          variant.status === "measured"
            ? formatDuration(variant.cpuNs.median / row.unit.itemsPerOperation)
            : "–",
          comparison ? formatRatio(comparison.wall) : "–",
          comparison ? formatRatio(comparison.cpu) : "–",
        ]),
  ];
  return {
    headers: [
      "Variant",
      "What it is",
      `Median ${unitName(row.unit)}`,
      ...(row.unit.shown === "counter"
        ? ["Least and most of the processes", counterRatio(row.unit)]
        : [
            "Middle half of the rounds",
            `CPU time per ${row.unit.item}`,
            "Its time ÷ optimized",
            "Its CPU ÷ optimized",
          ]),
    ],
    rows: [
      line("Baseline", row.baseline, row.vsBaseline),
      ...(row.peer ? [line("Peer", row.peer, row.vsPeer)] : []),
      line("Optimized", row.optimized, undefined),
    ],
  };
}

const counterRatio = ({ what, better }: CounterUnit): string =>
  better === "more" ? `Optimized ÷ its ${what}` : `Its ${what} ÷ optimized`;

/** What else there is to say of a row, a sentence each. */
export function rowFacts(row: RowResult): string[] {
  return [
    `Input: ${row.input}`,
    `Verdict: ${verdictText(row)}.`,
    row.check
      ? `Check: ${row.check.ok ? "passed" : "FAILED"}; ${row.check.detail}.`
      : `Check: ${checkText(row)}.`,
    `Repeated: ${repeated(row)}${row.partial ? "; cut short" : ""}.`,
    ...row.figures.map((figure) => `${figure.title}: ${figureText(figure)}. ${figure.detail}.`),
    ...row.notes,
    ...row.warnings.map((warning) => `Warning: ${warning}.`),
    ...(row.error === undefined ? [] : [`Error: ${row.error}`]),
  ];
}

function repeated({ unit, repetitions }: RowResult): string {
  const { processes, rounds, operationsPerRound, warmupRounds } = repetitions;
  if (unit.shown === "counter") return `${processes} processes of each variant, one figure from each`;
  const operation = operationsPerRound === 1 ? "operation" : "operations";
  return `${processes} processes × ${rounds} rounds of ${operationsPerRound} ${operation}, after ${warmupRounds} rounds of warm-up`;
}

export const figureText = ({ kind, value }: Figure): string => amount(kind, value);

/** Median of a variant in the row's unit, or why there is none. */
export function variantFigure(row: RowResult, variant: VariantResult): string {
  switch (variant.status) {
    case "measured":
      return quantity(row.unit, shownFigure(variant).median);
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
