import { formatFigure, markdownTable } from "../measure/index.ts";
import { type RatioMark, ratioChart } from "../report/chart-svg.ts";
import { htmlPage, htmlTable } from "../report/html-page.ts";
import { escapeHtml } from "../report/html-text.ts";
import type { TextTable } from "../report/row-tables.ts";
import type { CompareDocument } from "./compare-document.ts";
import { figureTable, metricTable, ratioTable, stepTable, verdictText } from "./compare-tables.ts";
import { outcomeText } from "./compare-text.ts";
import type { MetricComparison } from "./judge.ts";
import { singleSteps, stepFindings, stepsHeading } from "./step-findings.ts";

export const compareFormats = ["md", "html", "json"] as const;
export type CompareFormat = (typeof compareFormats)[number];

/** A comparison as Markdown, as a page that needs nothing else, or as JSON. */
export function renderComparison(document: CompareDocument, format: CompareFormat): string {
  if (format === "json") return `${JSON.stringify(document, undefined, 2)}\n`;
  return format === "md" ? markdown(document) : html(document);
}

/** A terminal of 100 columns shows each table as one: what a page has in one stands in two here, and reasons in a list. */
function markdown(document: CompareDocument): string {
  const table = ({ headers, rows }: TextTable) => markdownTable(headers, rows);
  const list = (items: readonly string[]) =>
    items.map((item) => `- ${item.replaceAll(/\s*\n\s*/g, " ")}`).join("\n");
  const parts = [
    `# ${title(document)}`,
    ...(document.partial ? [`**${partialText(document)}**`] : []),
    summary(document),
    table(figureTable(document.comparisons[0]!)),
    table(ratioTable(document.comparisons[0]!)),
    ...singlesText(document, table),
    ...stepsText(document, list),
    ...(document.warnings.length > 0 ? ["## Warnings", list(document.warnings)] : []),
    "## How it was measured",
    list(method(document)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function html(document: CompareDocument): string {
  const list = (items: readonly string[]) =>
    `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
  const main = document.comparisons[0]!;
  const marks = main.metrics.map(ratioMark);
  return htmlPage(title(document), [
    `<h1>${escapeHtml(title(document))}</h1>`,
    document.partial ? `<p class="partial">${escapeHtml(partialText(document))}</p>` : "",
    `<p>${escapeHtml(summary(document))}</p>`,
    marks.length === 0
      ? ""
      : `<figure>${ratioChart(marks)}<figcaption>${escapeHtml(`${main.a} ÷ ${main.b} (the other way round where more is better), with 95 % intervals: right of 1×, ${main.b} is better. Grey: no difference shown.`)}</figcaption></figure>`,
    htmlTable(metricTable(main)),
    ...singlesHtml(document),
    ...stepsHtml(document),
    document.warnings.length > 0 ? `<h2>Warnings</h2>${list(document.warnings)}` : "",
    `<h2>How it was measured</h2>${list(method(document))}`,
  ]);
}

function title({ programs, comparisons }: CompareDocument): string {
  const { a, b } = comparisons[0]!;
  return a === "without"
    ? `${programs[0]!.command}: without and with optimizations`
    : `${a} and ${b} compared`;
}

const partialText = ({ rounds }: CompareDocument): string =>
  `Partial: stopped after ${rounds.done} of ${rounds.planned} rounds.`;

/** The outcome in a sentence. */
function summary({ kind, comparisons, answers }: CompareDocument): string {
  const { b, metrics } = comparisons[0]!;
  const given = kind === "job" ? "OUTPUTS" : "ANSWERS";
  const differ = answers.verdict === "differ" ? ` THE ${given} DIFFER: see below.` : "";
  const outcome = outcomeText(metrics);
  if (outcome === "") return `No difference shown between the programs, in any metric.${differ}`;
  return `${b} is ${outcome}.${differ}`;
}

function singlesText(document: CompareDocument, table: (content: TextTable) => string): string[] {
  const single = singleSteps(document);
  if (single.length === 0) return [];
  return [
    `## ${stepsHeading}`,
    ...stepFindings(document),
    ...single.flatMap((step) => (step.metrics.length === 0 ? [] : [`### ${step.b}`, table(stepTable(step))])),
  ];
}

function stepsText({ steps = [] }: CompareDocument, list: (items: readonly string[]) => string): string[] {
  if (steps.length === 0) return [];
  const items = steps.map(({ id, state, reason }) => `${id}: ${state}${reason ? `; ${reason}` : ""}`);
  return ["## Optimizations", list(items)];
}

function singlesHtml(document: CompareDocument): string[] {
  const single = singleSteps(document);
  if (single.length === 0) return [];
  return [
    `<h2>${escapeHtml(stepsHeading)}</h2>`,
    ...stepFindings(document).map((text) => `<p>${escapeHtml(text)}</p>`),
    ...single.flatMap((step) =>
      step.metrics.length === 0 ? [] : [`<h3>${escapeHtml(step.b)}</h3>`, htmlTable(metricTable(step))],
    ),
  ];
}

function stepsHtml({ steps = [] }: CompareDocument): string[] {
  if (steps.length === 0) return [];
  const rows = steps.map(({ id, state, reason }) => [id, state, reason ?? ""]);
  return ["<h2>Optimizations</h2>", htmlTable({ headers: ["id", "state", "reason"], rows })];
}

function ratioMark(metric: MetricComparison): RatioMark {
  const { better, ratio, low, high, verdict, title } = metric;
  const kind = verdict === "no difference shown" ? "no-difference" : verdict;
  const sides = better === "more" ? { ratio, low, high } : { ratio: 1 / ratio, low: 1 / high, high: 1 / low };
  return { kind, label: title, ...sides, text: verdictText(metric) };
}

function method(document: CompareDocument): string[] {
  const { kind, rounds, rate, rateOrigin, durationMs, warmupMs, slotMs, sideBySide, answers } = document;
  const seconds = (ms: number) => `${formatFigure(ms / 1000)} s`;
  return [
    ...document.programs.slice(0, 2).map(({ name, command }) => `${name}: ${command}`),
    ...(kind === "job"
      ? [
          `${rounds.done} rounds; in each, every program runs once, from its start to its end, in fresh processes.`,
        ]
      : [
          `${rounds.done} rounds of fresh processes at ${document.url}, ${formatFigure(rate!)} requests/s (${rateOrigin}) at fixed times whether or not answers have come, ${seconds(durationMs)} each after ${seconds(warmupMs)} of warm-up. Latency counts from when a request should have started.`,
          sideBySide
            ? `Both are alive at once and are loaded in turns of ${seconds(slotMs ?? durationMs)}, so that what the machine does to one it does to the other.`
            : "They ran one after the other, as the URL names a fixed port. Write {port} in the URL, and let the program listen on PORT: then both are alive at once and far smaller differences can be shown.",
        ]),
    `The unit is a pair of ${kind === "job" ? "runs" : "fresh processes"}: Student's t on the logarithms of the pairs' ratios. A difference is claimed when its p-value, corrected by Holm for all metrics, is below ${document.familyLevel}; seed ${document.seed}.`,
    ...singlesMethod(document),
    `${kind === "job" ? "Output" : "Answers"}: ${answers.verdict}; ${answers.detail}.`,
    ...document.leftOut.map(({ metric, why }) => `Left out: ${metric}, for ${why}.`),
    ...Object.entries(document.environment).map(([name, value]) => `${name}: ${value}`),
  ];
}

function singlesMethod(document: CompareDocument): string[] {
  const claims = singleSteps(document).flatMap(({ metrics }) => metrics).length;
  if (claims === 0) return [];
  return [
    `Optimizations by themselves are compared with the program that loads what optimizes and no step of it ("loading", itself compared with the program without). They are a family of their own: their ${claims} figures are corrected together. What they bring need not add up to what all of them bring.`,
  ];
}
