/**
 * Formats a Markdown table whose columns also line up as plain text.
 * @param headers one per column; a column whose cells are all numbers, ratios or durations is aligned right
 * @param rows as many cells as there are headers; a pipe is escaped, a line break becomes a space
 * @throws {RangeError} when a row has another number of cells
 */
export function markdownTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  for (const [i, row] of rows.entries())
    if (row.length !== headers.length)
      throw new RangeError(`rows[${i}]: expected ${headers.length} cells, got ${row.length}`);
  const cells = [headers, ...rows].map((row) => row.map(escapeCell));
  const widths = headers.map((_, column) => Math.max(3, ...cells.map((row) => width(row[column]!))));
  const right = headers.map((_, column) => rows.length > 0 && rows.every((row) => isFigure(row[column]!)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => pad(cell, widths[column]!, right[column]!)).join(" | ")} |`;
  const rule = `| ${widths.map((w, column) => (right[column] ? `${"-".repeat(w - 1)}:` : "-".repeat(w))).join(" | ")} |`;
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}

/** Code points, near enough to columns for the characters used here. */
function width(cell: string): number {
  return [...cell].length;
}

function pad(cell: string, to: number, right: boolean): string {
  const space = " ".repeat(to - width(cell));
  return right ? space + cell : cell + space;
}

function escapeCell(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll(/\r?\n/g, " ");
}

/** Begins with a digit (or is empty or a dash, for "none"). */
function isFigure(cell: string): boolean {
  return /^([+−-]?\d.*|[-–—]?)$/.test(cell);
}
