import type { ReportDocument } from "./report-document.ts";
import { referenceText, type TextTable, variantFigure } from "./row-tables.ts";
import { verdictText } from "./verdict-text.ts";

/** Components as the reference's overall table names them, with the rows that answer for them. */
const components: readonly (readonly [component: string, row: string])[] = [
  ["Tool selection", "tools.warm"],
  ["Memory usage", "memory.resident"],
  ["Query time", "database.query-time"],
  ["HTTP latency", "network.latency"],
  ["Concurrent tasks", "concurrency.held-tasks"],
  ["A service: latency", "service.latency"],
  ["A service: memory", "service.memory"],
  ["A service: throughput", "service.throughput"],
];

/** What the report opens with: a row for each component of which this run has one; `undefined` where it has none. */
export function overallTable(document: ReportDocument): TextTable | undefined {
  const found = new Map(document.areas.flatMap(({ rows }) => rows.map((row) => [row.id, row] as const)));
  const rows = components.flatMap(([component, id]) => {
    const row = found.get(id);
    if (row === undefined) return [];
    const { baseline, optimized, reference } = row;
    const figures = [baseline, optimized].map((variant) => variantFigure(row, variant));
    return [[component, ...figures, verdictText(row), referenceText(reference)]];
  });
  if (rows.length === 0) return undefined;
  return { headers: ["Component", "Before", "After", "Improvement (95 % interval)", "Reference"], rows };
}
