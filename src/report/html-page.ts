import { createHash } from "node:crypto";
import { htmlStyle } from "./html-style.ts";
import { escapeHtml } from "./html-text.ts";
import type { TextTable } from "./row-tables.ts";

/** What a page has beside the common style. */
export interface PageExtras {
  /** Rules after those that all pages have. */
  readonly style?: string;
  /** The page's only script: no other one runs, as its hash stands in the policy. It must not contain `</script`. */
  readonly script?: string;
}

/**
 * A page that needs nothing else: no font, no request, and no script unless it is given.
 * @param title plain text
 * @param parts of its body, as HTML; empty ones are left out
 */
export function htmlPage(
  title: string,
  parts: readonly string[],
  { style = "", script }: PageExtras = {},
): string {
  const hash = script === undefined ? undefined : createHash("sha256").update(script).digest("base64");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:${hash === undefined ? "" : `; script-src 'sha256-${hash}'`}">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${htmlStyle}${style}</style>
</head>
<body>
<main>
${parts.filter((part) => part !== "").join("\n")}
</main>
${script === undefined ? "" : `<script>${script}</script>\n`}</body>
</html>
`;
}

/** @param headers and cells are plain text */
export function htmlTable({ headers, rows }: TextTable): string {
  const head = headers.map((header) => `<th scope="col">${escapeHtml(header)}</th>`).join("");
  const line = (cells: readonly string[]) =>
    `<tr>${cells.map((cell, i) => `<td data-label="${escapeHtml(headers[i] ?? "")}">${escapeHtml(cell)}</td>`).join("")}</tr>`;
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.map(line).join("")}</tbody></table>`;
}
