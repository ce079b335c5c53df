import { formatDuration } from "../measure/figure-format.ts";
import { markdownTable } from "../measure/table.ts";
import type { SpanStats } from "./category-stats.ts";
import { jsonMetadata } from "./metadata-json.ts";
import type { ProfilerReport } from "./profiler-report.ts";
import type { ProfilerStats } from "./profiler-stats.ts";
import type { SpanRecord } from "./span-record.ts";
import { mergedTree } from "./span-tree.ts";

/** Rows of a table; what is left out is said below it. */
const mostRows = 30;
const deepest = 20;
const longestDetail = 80;

export function reportMarkdown(report: ProfilerReport): string {
  const { stats, categories, names, slowest, spans, tree } = report;
  const figures = ["count", "failed", "total", "self", "mean", "min", "max", "p95", "p99"];
  const paths = mergedTree(tree);
  return [
    "## Performance profile",
    summary(stats),
    "### Categories",
    table(
      ["category", ...figures],
      categories.map((one) => [one.category, ...cells(one)]),
    ),
    "### Names",
    table(
      ["span", "category", ...figures],
      names.map((one) => [one.name, one.category, ...cells(one)]),
    ),
    "### Slowest spans",
    table(["span", "category", "duration", "self", "details"], slowest.map(slowRow)),
    `### Tree of the last ${spans.length} spans`,
    table(
      ["span", "count", "failed", "total", "self"],
      paths.map(({ name, depth, count, failed, totalMs, selfMs }) => [
        `${"– ".repeat(Math.min(depth, deepest))}${name}`,
        String(count),
        String(failed),
        ms(totalMs),
        ms(selfMs),
      ]),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function summary(stats: ProfilerStats): string {
  const { spans, failed, open, remote, lost, overwritten, overflowed, endedAgain } = stats;
  const parts = [`${spans} spans`, `${failed} failed`];
  if (open > 0) parts.push(`${open} not ended`);
  if (remote > 0) parts.push(`${remote} from other threads`);
  if (lost > 0) parts.push(`${lost} from other threads lost`);
  if (overwritten > 0) parts.push(`${overwritten} no longer kept one by one`);
  if (overflowed > 0) parts.push(`${overflowed} under other names than their own`);
  if (endedAgain > 0) parts.push(`${endedAgain} ends of spans that had ended`);
  return `${parts.join(", ")}.`;
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "None.";
  const shown = markdownTable(headers, rows.slice(0, mostRows));
  return rows.length > mostRows ? `${shown}\n\n… and ${rows.length - mostRows} more.` : shown;
}

const ms = (value: number): string => formatDuration(value * 1e6);

function cells(stats: SpanStats): readonly string[] {
  const { count, failed, totalMs, selfMs, meanMs, minMs, maxMs, p95Ms, p99Ms } = stats;
  return [String(count), String(failed), ...[totalMs, selfMs, meanMs, minMs, maxMs, p95Ms, p99Ms].map(ms)];
}

function slowRow({ name, category, durationMs, selfMs, error, metadata }: SpanRecord): readonly string[] {
  const details = [
    error && `${error.name}: ${error.message}`,
    metadata && JSON.stringify(jsonMetadata(metadata)),
  ];
  const text = details.filter((part) => part !== undefined).join(" ");
  return [name, category, ms(durationMs), ms(selfMs), text.slice(0, longestDetail)];
}
