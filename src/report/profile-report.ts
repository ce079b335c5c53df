import { markdownTable } from "../measure/table.ts";
import {
  type CodePlace,
  ownerOf,
  type ProgramProfile,
  type ThreadProfile,
} from "../profiler/program/index.ts";
import { flameGraph, flameStyle } from "./flame-graph.ts";
import { flameScript } from "./flame-graph-script.ts";
import { htmlPage, htmlTable } from "./html-page.ts";
import { escapeHtml } from "./html-text.ts";
import type { ProfileFormat } from "./profile-formats.ts";
import { type ProfileSection, profileSections } from "./profile-sections.ts";
import { amount, exactCount, percent } from "./quantity.ts";

const title = "Program profile";

/**
 * A program's profile as text.
 * @param folder paths within it are written without it
 */
export function renderProfile(profile: ProgramProfile, format: ProfileFormat, folder: string): string {
  if (format === "json") return `${JSON.stringify(profile, undefined, 1)}\n`;
  const where = placeText(folder);
  return format === "md" ? markdown(profile, where) : html(profile, where);
}

/** How places are written: `src/app.ts:12:3`. */
function placeText(folder: string): (place: Omit<CodePlace, "name">) => string {
  const prefixes = [`${folder}/`, `${folder}\\`];
  return ({ file, line, column }) => {
    const prefix = prefixes.find((start) => file.startsWith(start)) ?? "";
    const path = file.slice(prefix.length);
    if (path === "" || line < 1) return path;
    return column > 0 && ownerOf(file) !== "node" ? `${path}:${line}:${column}` : `${path}:${line}`;
  };
}

type Where = ReturnType<typeof placeText>;

function headLines({ script, node, startedAt, threads }: ProgramProfile, where: Where): string[] {
  const [main] = threads as [ThreadProfile];
  const name = script === "" ? "code given to Node itself" : where({ file: script, line: 0, column: 0 });
  const busy = main.elapsedMs > 0 ? Math.min(1, main.activeMs / main.elapsedMs) : 0;
  return [
    `${name} on Node ${node}, ${startedAt}: ${amount("duration", main.elapsedMs * 1e6)}, busy ${percent(busy)} of it, ${exactCount(main.samples)} samples.`,
    ...(main.complete
      ? []
      : [
          "The program was killed, or ended in a way that left no time to save: the last seconds are missing.",
        ]),
  ];
}

const noAdvice = "No rule found a fault: what takes the time is in the tables.";

function markdown(profile: ProgramProfile, where: Where): string {
  const advice = profile.advice.map(
    (one) => `- **${inline(where(one.place))}** ${inline(one.evidence)} ${one.advice}`,
  );
  return [
    `# ${title}`,
    ...headLines(profile, where).map(inline),
    "## Advice",
    advice.length === 0 ? noAdvice : advice.join("\n"),
    ...profileSections(profile, where).flatMap(({ title, about, headers, rows, level }) => [
      `${"#".repeat(level)} ${title}`,
      about,
      ...(rows.length === 0 ? [] : [markdownTable(headers, rows)]),
    ]),
    "",
  ].join("\n\n");
}

/** Names of functions may hold what Markdown and the HTML in it would take for markup. */
const inline = (text: string): string => text.replaceAll(/[\\`*_<>[\]|&#]/g, "\\$&");

function html(profile: ProgramProfile, where: Where): string {
  const advice = profile.advice.map(
    (one) =>
      `<li><code>${escapeHtml(where(one.place))}</code> ${escapeHtml(one.evidence)}<br>${escapeHtml(one.advice)}</li>`,
  );
  const graphs = profile.threads.map((thread, i) => [
    `<h2>Flame graph${i === 0 ? "" : ` of worker thread ${thread.threadId}`}</h2>`,
    flameGraph(`thread${thread.threadId}`, thread.flame, where),
  ]);
  const [mainGraph = [], ...workerGraphs] = graphs;
  return htmlPage(
    title,
    [
      `<h1>${title}</h1>`,
      ...headLines(profile, where).map((line) => `<p class="meta">${escapeHtml(line)}</p>`),
      "<h2>Advice</h2>",
      advice.length === 0 ? `<p>${noAdvice}</p>` : `<ul class="advice">${advice.join("")}</ul>`,
      ...mainGraph,
      ...profileSections(profile, where).map(sectionHtml),
      ...workerGraphs.flat(),
    ],
    { style: flameStyle, script: flameScript },
  );
}

function sectionHtml({ title, about, headers, rows, level }: ProfileSection): string {
  return [
    `<h${level}>${escapeHtml(title)}</h${level}>`,
    `<p class="about">${escapeHtml(about)}</p>`,
    rows.length === 0 ? "" : htmlTable({ headers, rows }),
  ].join("\n");
}
