import { formatRatio } from "../measure/index.ts";
import { type Bar, barChart, type RatioMark, ratioChart } from "./chart-svg.ts";
import { htmlPage, htmlTable } from "./html-page.ts";
import { escapeHtml } from "./html-text.ts";
import { headLines, limitsText, methodText } from "./method-text.ts";
import { overallTable } from "./overall-table.ts";
import { isMoreBetter, unitName } from "./quantity.ts";
import type { AreaResult, ReportDocument, RowResult, VariantResult } from "./report-document.ts";
import { shownFigure, shownRatio } from "./row-figure.ts";
import { impactTable, rowFacts, variantFigure, variantTable } from "./row-tables.ts";
import { summarySentences } from "./summary.ts";

/** The report as one HTML page that needs nothing else: no script, no font, no request. */
export function renderHtml(document: ReportDocument): string {
  const overall = overallTable(document);
  const body = [
    "<h1>Performance Tuning Report</h1>",
    head(document),
    ...(overall === undefined ? [] : ["<h2>Overall</h2>", htmlTable(overall)]),
    "<h2>Executive summary</h2>",
    list(summarySentences(document)),
    overview(document),
    ...document.areas.map((area, i) => areaSection(area, i + 1)),
    "<h2>Machine and versions</h2>",
    htmlTable({ headers: ["What", "Value"], rows: Object.entries(document.environment) }),
    "<h2>Method</h2>",
    ...methodText(document).map((text) => `<p>${escapeHtml(text)}</p>`),
    "<h2>How to repeat</h2>",
    `<pre>${escapeHtml(document.command)}</pre>`,
    "<h2>Limits</h2>",
    list(limitsText(document)),
  ];
  return htmlPage("Performance Tuning Report", body);
}

function head(document: ReportDocument): string {
  const lines = headLines(document).map(([name, value]) => `${name}: ${value}`);
  const partial = `Partial: ${document.partialReason ?? "not all rows were measured"}.`;
  return (
    `<p class="meta">${lines.map(escapeHtml).join("<br>")}</p>` +
    (document.partial ? `\n<p class="partial">${escapeHtml(partial)}</p>` : "")
  );
}

/** All ratios that stand, side by side. */
function overview(document: ReportDocument): string {
  const marks = document.areas.flatMap(({ rows }) => rows).flatMap(ratioMark);
  if (marks.length === 0) return "";
  const title =
    "Baseline's time (or memory, or count, where that is the row's figure) divided by the optimized one's, the other way " +
    "round where more is better, with 95 % intervals";
  return figure(
    ratioChart(marks),
    `${title}: right of 1× the optimized variant is better. Logarithmic axis. Grey: no difference shown.`,
  );
}

function ratioMark(row: RowResult): RatioMark[] {
  const { verdict, vsBaseline } = row;
  if (!vsBaseline || (verdict !== "better" && verdict !== "worse" && verdict !== "no-difference")) return [];
  const shown = shownRatio(vsBaseline);
  const { ratio, low, high } = shown;
  return [{ kind: verdict, label: row.title, ratio, low, high, text: formatRatio(shown) }];
}

function areaSection(area: AreaResult, number: number): string {
  return [
    `<h2>${number}. ${escapeHtml(area.title)}</h2>`,
    `<p class="about">${escapeHtml(area.about)}</p>`,
    ...(area.error === undefined ? [] : [`<p class="failed">Failed: ${escapeHtml(area.error)}</p>`]),
    ...(area.missing === undefined ? [] : [`<p>Not measured: ${escapeHtml(area.missing)}</p>`]),
    ...(area.rows.length === 0 ? [] : [htmlTable(impactTable(area.rows))]),
    ...area.rows.map(rowSection),
  ].join("\n");
}

function rowSection(row: RowResult): string {
  const bad = row.verdict === "answers-differ" || row.verdict === "failed";
  return [
    `<h3 id="${escapeHtml(row.id)}">${escapeHtml(row.title)}</h3>`,
    `<p${bad ? ' class="bad"' : ""}>${escapeHtml(row.question)}</p>`,
    chart(row),
    htmlTable(variantTable(row)),
    list(rowFacts(row)),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** No bars of variants that did not do the same. */
function chart(row: RowResult): string {
  if (row.verdict === "answers-differ") return "";
  const bars = [
    ...bar(row, "baseline", row.baseline),
    ...(row.peer ? bar(row, "peer", row.peer) : []),
    ...bar(row, "optimized", row.optimized),
  ];
  if (bars.length === 0) return "";
  const better = isMoreBetter(row.unit) ? "more" : "less";
  const whiskers =
    row.unit.shown === "counter"
      ? "The whiskers reach from the least to the most of the processes."
      : "The whiskers hold the middle half of the rounds.";
  return figure(barChart(bars), `Median ${unitName(row.unit)}; ${better} is better. ${whiskers}`);
}

function bar(row: RowResult, kind: Bar["kind"], variant: VariantResult): Bar[] {
  if (variant.status !== "measured") return [];
  const figure = shownFigure(variant);
  const length = (value: number) => (row.unit.shown === "rate" ? 1 / value : value);
  const [low, high] = [length(figure.low), length(figure.high)].sort((a, b) => a - b) as [number, number];
  const value = length(figure.median);
  return [{ kind, label: variant.name, value, low, high, text: variantFigure(row, variant) }];
}

const figure = (chart: string, caption: string): string =>
  `<figure>${chart}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;

const list = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
