/**
 * Rows of fields. A field that begins with a quote may hold commas, line ends and doubled quotes; a quote elsewhere stands
 * for itself. Empty lines are left out.
 * @see RFC 4180
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    const [field, end] = text[at] === '"' ? quotedField(text, at + 1) : plainField(text, at);
    row.push(field);
    at = end + 1;
    if (text[end] === ",") {
      if (at === text.length) row.push("");
      else continue;
    } else if (text[end] === "\r" && text[at] === "\n") at++;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

/** @returns the field, and the place after it */
function plainField(text: string, from: number): [string, number] {
  let end = from;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
  return [text.slice(from, end), end];
}

function quotedField(text: string, from: number): [string, number] {
  let field = "";
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return [field + text.slice(at), text.length];
    field += text.slice(at, quote);
    if (text[quote + 1] === '"') {
      field += '"';
      at = quote + 2;
      continue;
    }
    const [rest, end] = plainField(text, quote + 1);
    return [field + rest, end];
  }
}
