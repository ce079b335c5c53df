import { markdownTable } from "../measure/index.ts";
import { headLines, limitsText, methodText } from "./method-text.ts";
import { overallTable } from "./overall-table.ts";
import type { AreaResult, ReportDocument, RowResult } from "./report-document.ts";
import { impactTable, rowFacts, type TextTable, variantTable } from "./row-tables.ts";
import { summarySentences } from "./summary.ts";

/** The report as Markdown (GitHub's flavour). */
export function renderMarkdown(document: ReportDocument): string {
  const overall = overallTable(document);
  const sections = [
    "# Performance Tuning Report",
    head(document),
    ...(overall === undefined ? [] : ["## Overall", table(overall)]),
    "## Executive summary",
    list(summarySentences(document)),
    ...document.areas.flatMap((area, i) => areaSections(area, i + 1)),
    "## Machine and versions",
    table({ headers: ["What", "Value"], rows: Object.entries(document.environment) }),
    "## Method",
    ...methodText(document).map(plain),
    "## How to repeat",
    `\`\`\`sh\n${document.command}\n\`\`\``,
    "## Limits",
    list(limitsText(document)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function head(document: ReportDocument): string {
  const lines = headLines(document);
  if (document.partial) lines.push(["PARTIAL", document.partialReason ?? "not all rows were measured"]);
  return lines.map(([name, value]) => `**${name}:** ${plain(value)}`).join("  \n");
}

function areaSections(area: AreaResult, number: number): string[] {
  return [
    `## ${number}. ${plain(area.title)}`,
    plain(area.about),
    ...(area.error === undefined ? [] : [`**Failed:** ${plain(area.error)}`]),
    ...(area.missing === undefined ? [] : [`**Not measured:** ${plain(area.missing)}`]),
    ...(area.rows.length === 0 ? [] : ["### Performance impact", table(impactTable(area.rows))]),
    ...area.rows.flatMap(rowSections),
  ];
}

function rowSections(row: RowResult): string[] {
  return [`### ${plain(row.title)}`, plain(row.question), table(variantTable(row)), list(rowFacts(row))];
}

const table = ({ headers, rows }: TextTable): string =>
  markdownTable(
    headers,
    rows.map((cells) => cells.map(plain)),
  );

const list = (items: readonly string[]): string => items.map((item) => `- ${plain(item)}`).join("\n");

/** One line of text in which nothing is markup. */
function plain(value: string): string {
  return value
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/[\\*`<>&]|\](?=[[(:])/g, "\\$&")
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_");
}
