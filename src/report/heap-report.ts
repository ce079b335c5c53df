import { markdownTable } from "../measure/index.ts";
import type { HeapAnalysis, HeldObject } from "../memory/index.ts";
import { htmlPage, htmlTable } from "./html-page.ts";
import { escapeHtml } from "./html-text.ts";
import { amount } from "./quantity.ts";
import type { TextTable } from "./row-tables.ts";

export const heapFormats = ["md", "html", "json"] as const;
export type HeapFormat = (typeof heapFormats)[number];

interface Section extends TextTable {
  readonly title: string;
  readonly about: string;
}

const title = "Heap analysis";
const bytes = (value: number): string => amount("bytes", value);
const exactly = (count: number): string => count.toLocaleString("en-US");

/** An analysis of a heap as text. HTML is one page that needs nothing else. */
export function renderHeap(analysis: HeapAnalysis, format: HeapFormat): string {
  if (format === "json") return `${JSON.stringify(analysis, undefined, 2)}\n`;
  const { objects, references, totalBytes } = analysis;
  const head = `${exactly(objects)} objects, ${exactly(references)} references, ${bytes(totalBytes)} in all.`;
  const parts = sections(analysis).filter(({ rows }) => rows.length > 0);
  if (format === "md")
    return [
      `# ${title}`,
      head,
      ...parts.flatMap(({ title, about, headers, rows }) => [
        `## ${title}`,
        about,
        markdownTable(headers, rows),
      ]),
      "",
    ].join("\n\n");
  return htmlPage(title, [
    `<h1>${title}</h1>`,
    `<p class="meta">${escapeHtml(head)}</p>`,
    ...parts.flatMap((part) => [
      `<h2>${escapeHtml(part.title)}</h2>`,
      `<p class="about">${escapeHtml(part.about)}</p>`,
      htmlTable(part),
    ]),
  ]);
}

function sections(analysis: HeapAnalysis): Section[] {
  const { growth, biggestObjects, biggestCollections, biggestClosures, constructors, duplicatedStrings } =
    analysis;
  const held = (objects: readonly HeldObject[]): TextTable => ({
    headers: ["object", "retains", "itself", "held by"],
    rows: objects.map((object) => [
      `${object.name} @${object.id}`,
      bytes(object.retainedBytes),
      bytes(object.selfBytes),
      pathText(object),
    ]),
  });
  return [
    {
      title: "Growth",
      about: "Made between the first snapshot and the second, and still there in the third.",
      headers: ["constructor", "objects", "retain", "themselves", "for example held by"],
      rows: (growth ?? []).map(({ name, count, retainedBytes, selfBytes, example }) => [
        name,
        exactly(count),
        bytes(retainedBytes),
        bytes(selfBytes),
        pathText(example),
      ]),
    },
    { title: "Biggest objects", about: "By what would be freed with them.", ...held(biggestObjects) },
    {
      title: "Constructors",
      about: "What one object retains of another of the same constructor counts once.",
      headers: ["constructor", "objects", "retain", "themselves"],
      rows: constructors.map(({ name, count, retainedBytes, selfBytes }) => [
        name,
        exactly(count),
        bytes(retainedBytes),
        bytes(selfBytes),
      ]),
    },
    { title: "Biggest collections", about: "Arrays, maps and sets.", ...held(biggestCollections) },
    { title: "Biggest closures", about: "Functions, by what they keep alive.", ...held(biggestClosures) },
    {
      title: "Duplicated strings",
      about:
        "Strings of the same text and size; compared are the first 1,024 characters, as V8 writes no more.",
      headers: ["text", "strings", "wasted"],
      rows: duplicatedStrings.map(({ text, count, wastedBytes }) => [
        text,
        exactly(count),
        bytes(wastedBytes),
      ]),
    },
  ];
}

/** The way from the root, without the synthetic nodes that V8 puts in between. */
function pathText({ path }: HeldObject): string {
  const steps = path.filter(({ type }) => type !== "synthetic");
  return steps.map(({ edge, name }) => `${edge} ${name}`.trim()).join(" → ");
}
