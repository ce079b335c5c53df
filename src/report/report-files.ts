import { join } from "node:path";
import { renderHtml } from "./render-html.ts";
import { renderMarkdown } from "./render-markdown.ts";
import type { ReportDocument } from "./report-document.ts";
import { saveFile } from "./save-file.ts";

export const reportFormats = ["md", "html", "json"] as const;
export type ReportFormat = (typeof reportFormats)[number];

const baseName = "performance-tuning-report";

const render: Readonly<Record<ReportFormat, (document: ReportDocument) => string>> = {
  md: renderMarkdown,
  html: renderHtml,
  json: (document) => `${JSON.stringify(document, undefined, 2)}\n`,
};

/** Writes the report in each format. @returns the paths, in the order of `formats` */
export async function saveReport(
  document: ReportDocument,
  outDir: string,
  formats: readonly ReportFormat[],
): Promise<string[]> {
  const paths = formats.map((format) => join(outDir, `${baseName}.${format}`));
  for (const [i, format] of formats.entries()) await saveFile(paths[i] as string, render[format](document));
  return paths;
}
