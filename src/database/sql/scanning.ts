/** Pieces from which the scanners of the dialects are made: positions are in UTF-16 units, `end` is past the last. */

/**
 * - `word`: unquoted keyword or name; `identifier`: quoted name, quotes included.
 * - `string`: a quoted literal with its prefix: `'…'`, `E'…'`, `X'…'`, `$tag$…$tag$`.
 * - `placeholder`: `?`, `?12`, `$1`; on SQLite also `$name`, `:name`, `@name`.
 * - `symbol`: one operator or punctuation mark.
 */
export type TokenType = "word" | "identifier" | "string" | "number" | "placeholder" | "symbol";

export interface Scanned {
  readonly type: TokenType;
  readonly end: number;
}

export const [tab, lineFeed, verticalTab, formFeed, carriageReturn, space] = [9, 10, 11, 12, 13, 32];
export const [doubleQuote, dollar, quote, star, dash, dot, slash] = [34, 36, 39, 42, 45, 46, 47];
export const [colon, questionMark, at, openBracket, backslash, backtick] = [58, 63, 64, 91, 92, 96];
export const byteOrderMark = 0xfeff;

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isWordStart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
export const isWordPart = (code: number): boolean => isWordStart(code) || isDigit(code) || code === dollar;

export function wordEnd(sql: string, from: number): number {
  let end = from;
  while (end < sql.length && isWordPart(sql.charCodeAt(end))) end++;
  return end;
}

/** Past the closing `mark`; a doubled mark stands for itself. */
export function quotedEnd(sql: string, from: number, mark: string): number {
  for (let end = from; ; end += 2) {
    end = sql.indexOf(mark, end);
    if (end === -1) return sql.length;
    if (sql[end + 1] !== mark) return end + 1;
  }
}

/** Past the next quote: in bit strings and blobs nothing is escaped. */
export function plainEnd(sql: string, from: number): number {
  const end = sql.indexOf("'", from);
  return end === -1 ? sql.length : end + 1;
}

export const doubledEnd = (sql: string, from: number): number => quotedEnd(sql, from, "'");

export function lineEnd(sql: string, from: number): number {
  const end = sql.indexOf("\n", from);
  return end === -1 ? sql.length : end;
}

export function digitsEnd(sql: string, from: number, isPart = isDigit): number {
  let end = from;
  for (; end < sql.length; end++) {
    const code = sql.charCodeAt(end);
    if (!isPart(code) && !(code === 95 && isPart(sql.charCodeAt(end + 1)))) break;
  }
  return end;
}

export const isHexDigit = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);

export function numberEnd(sql: string, start: number): number {
  // 0x, 0o, 0b: what letters may follow is the engine's to judge.
  if (sql.charCodeAt(start) === 48 && "xXoObB".includes(sql[start + 1] ?? " ")) {
    const end = digitsEnd(sql, start + 2, isHexDigit);
    if (end > start + 2) return end;
  }
  let end = digitsEnd(sql, start);
  // `1..10` is a range in PL/pgSQL: two numbers.
  if (sql.charCodeAt(end) === dot && sql.charCodeAt(end + 1) !== dot) end = digitsEnd(sql, end + 1);
  if (sql[end] === "e" || sql[end] === "E") {
    const sign = sql[end + 1] === "+" || sql[end + 1] === "-" ? 1 : 0;
    if (isDigit(sql.charCodeAt(end + 1 + sign))) end = digitsEnd(sql, end + 1 + sign);
  }
  return end;
}

export const startsNumber = (sql: string, start: number, code: number): boolean =>
  isDigit(code) || (code === dot && isDigit(sql.charCodeAt(start + 1)));

export const operatorCharacters = "~!@#^&|?+-*/%<>=:.";

/** The longest operator of `known` (longest first) that stands at `start`, else one whole character. */
export function symbol(sql: string, start: number, known: readonly string[]): Scanned {
  // Most symbols are brackets and commas: don't try every operator on them.
  if (operatorCharacters.includes(sql[start + 1] ?? " "))
    for (const operator of known)
      if (sql.startsWith(operator, start)) return { type: "symbol", end: start + operator.length };
  return { type: "symbol", end: start + 1 };
}
