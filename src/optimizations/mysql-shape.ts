/** Comments, then strings of either quote, then numbers; whatever isn't closed goes to the end. */
const pieces =
  /\/\*[\s\S]*?(?:\*\/|$)|(?:--\s|#)[^\n]*|'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`[^`]*(?:`|$)|\b0x[0-9a-f]+\b|\b\d+(?:\.\d*)?(?:e[+-]?\d+)?\b|\s+/gi;

const maxLength = 2048;

/** The shape of a MySQL statement: no literal survives, and those that differ in literals and white space alone are alike. */
export function mysqlShape(sql: string): string {
  const shape = sql
    .replace(pieces, (piece) => {
      if (piece[0] === "`") return piece;
      return /^(?:\/\*|--|#|\s)/.test(piece) ? " " : "?";
    })
    .replace(/\s+/g, " ")
    .replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, "(?)")
    .trim();
  return shape.length > maxLength ? `${shape.slice(0, maxLength - 1)}…` : shape;
}
