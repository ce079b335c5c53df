import { htmlStyle } from "./html-style.ts";
import { escapeHtml } from "./html-text.ts";
import type { TextTable } from "./row-tables.ts";

/**
 * A page that needs nothing else: no script, no font, no request.
 * @param title plain text
 * @param parts of its body, as HTML; empty ones are left out
 */
export function htmlPage(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${htmlStyle}</style>
</head>
<body>
<main>
${parts.filter((part) => part !== "").join("\n")}
</main>
</body>
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
