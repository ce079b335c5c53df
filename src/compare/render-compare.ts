import { formatFigure, markdownTable } from "../measure/index.ts";
import { type RatioMark, ratioChart } from "../report/chart-svg.ts";
import { htmlPage, htmlTable } from "../report/html-page.ts";
import { escapeHtml } from "../report/html-text.ts";
import type { TextTable } from "../report/row-tables.ts";
import type { CompareDocument, ProgramComparison } from "./compare-document.ts";
import { changeText, detectableText, intervalText, leastText, timesText, valueText } from "./compare-text.ts";
import type { MetricComparison } from "./judge.ts";

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
    ...ablation(document).map(
      ({ heading, content }) => `<h2>${escapeHtml(heading)}</h2>${htmlTable(content)}`,
    ),
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
function summary({ comparisons, answers }: CompareDocument): string {
  const { b, metrics } = comparisons[0]!;
  const list = (verdict: MetricComparison["verdict"]) =>
    metrics
      .filter((metric) => metric.verdict === verdict)
      .map((metric) => `${metric.title} (${changeText(metric)})`)
      .join(", ");
  const [better, worse] = [list("better"), list("worse")];
  const differ = answers.verdict === "differ" ? " THE ANSWERS DIFFER: see below." : "";
  if (better === "" && worse === "")
    return `No difference shown between the programs, in any metric.${differ}`;
  return `${b} is ${[better && `better in ${better}`, worse && `worse in ${worse}`].filter(Boolean).join(", and ")}.${differ}`;
}

function metricTable({ a, b, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", a, b, `${b} ÷ ${a} [95 % interval]`, "verdict"],
    rows: metrics.map((metric) => [
      metric.title,
      valueText(metric.unit, metric.a),
      valueText(metric.unit, metric.b),
      intervalText(metric),
      verdictText(metric),
    ]),
  };
}

function figureTable({ a, b, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", a, b, "verdict"],
    rows: metrics.map((metric) => [
      metric.title,
      valueText(metric.unit, metric.a),
      valueText(metric.unit, metric.b),
      metric.verdict === "no difference shown" ? metric.verdict : verdictText(metric),
    ]),
  };
}

function ratioTable({ a, b, metrics }: ProgramComparison): TextTable {
  return {
    headers: ["metric", `${b} ÷ ${a}`, "95 % interval", "would be shown"],
    rows: metrics.map((metric) => [
      metric.title,
      `${timesText(metric.ratio)}×`,
      `${timesText(metric.low)} to ${timesText(metric.high)}`,
      leastText(metric),
    ]),
  };
}

function singlesText(document: CompareDocument, table: (content: TextTable) => string): string[] {
  const single = singles(document);
  if (single.length === 0) return [];
  const rows = single.flatMap(({ b, metrics }) =>
    metrics.filter(isShown).map((metric) => [b, metric.title, intervalText(metric), metric.verdict]),
  );
  const none = single.filter(({ metrics }) => !metrics.some(isShown)).map(({ b }) => b);
  return [
    `## ${singlesHeading}`,
    ...(rows.length > 0
      ? [table({ headers: ["optimization", "metric", "÷ without [95 %]", "verdict"], rows })]
      : []),
    ...(none.length > 0 ? [`No difference shown by itself: ${none.join(", ")}.`] : []),
  ];
}

function stepsText({ steps = [] }: CompareDocument, list: (items: readonly string[]) => string): string[] {
  if (steps.length === 0) return [];
  const items = steps.map(({ id, state, reason }) => `${id}: ${state}${reason ? `; ${reason}` : ""}`);
  return ["## Optimizations", list(items)];
}

const singlesHeading = "What each optimization brings by itself";
const isShown = ({ verdict }: MetricComparison): boolean => verdict !== "no difference shown";
const singles = ({ comparisons }: CompareDocument): readonly ProgramComparison[] =>
  comparisons.filter(({ family }) => family === "ablation");

function verdictText(metric: MetricComparison): string {
  if (metric.verdict !== "no difference shown") return `${metric.verdict}: ${changeText(metric)}`;
  return `no difference shown (${detectableText(metric)})`;
}

function ablation(document: CompareDocument): { heading: string; content: TextTable }[] {
  const { steps } = document;
  const single = singles(document);
  const applied: { heading: string; content: TextTable }[] =
    single.length === 0
      ? []
      : [
          {
            heading: singlesHeading,
            content: {
              headers: ["optimization", "metric", "÷ without [95 % interval]", "verdict"],
              rows: single.flatMap(({ b, metrics }) => {
                const shown = metrics.filter(isShown);
                if (shown.length === 0) return [[b, "all", "–", "no difference shown"]];
                return shown.map((metric) => [b, metric.title, intervalText(metric), verdictText(metric)]);
              }),
            },
          },
        ];
  if (steps === undefined || steps.length === 0) return applied;
  const rows = steps.map(({ id, state, reason }) => [id, state, reason ?? ""]);
  return [...applied, { heading: "Optimizations", content: { headers: ["id", "state", "reason"], rows } }];
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
    `The unit is a pair of fresh processes: Student's t on the logarithms of the pairs' ratios. A difference is claimed when its p-value, corrected by Holm for all metrics, is below ${document.familyLevel}; seed ${document.seed}.`,
    `Answers: ${answers.verdict}; ${answers.detail}.`,
    ...document.leftOut.map(({ metric, why }) => `Left out: ${metric}, for ${why}.`),
    ...Object.entries(document.environment).map(([name, value]) => `${name}: ${value}`),
  ];
}
