import {
  at as atSign,
  backslash,
  backtick,
  carriageReturn,
  dash,
  dollar,
  doubleQuote,
  isDigit,
  isWordPart,
  isWordStart,
  lineEnd,
  numberEnd,
  plainEnd,
  questionMark,
  quote,
  quotedEnd,
  type Scanned,
  slash,
  space,
  star,
  startsNumber,
  symbol,
  tab,
  wordEnd,
} from "./scanning.ts";

const hash = 35;
const exclamationMark = 33;

/**
 * Past white space and comments. What stands in an executable comment (`/*!50001 … *\/`) is not skipped: its marks
 * come as symbols, what is between them as tokens.
 * @see https://mariadb.com/docs/server/reference/sql-structure/sql-language-structure/comment-syntax
 */
export function skipMysql(sql: string, from: number): number {
  for (let at = from; ; ) {
    const code = sql.charCodeAt(at);
    const next = sql.charCodeAt(at + 1);
    if (code === space || (code >= tab && code <= carriageReturn)) at++;
    else if (code === hash) at = lineEnd(sql, at);
    // Two dashes alone are two minus signs.
    else if (code === dash && next === dash && !(sql.charCodeAt(at + 2) > space)) at = lineEnd(sql, at);
    else if (code === slash && next === star && executableMark(sql, at) === 0) {
      const end = sql.indexOf("*/", at + 2);
      at = end === -1 ? sql.length : end + 2;
    } else return at;
  }
}

/** @returns the length of `/*!50001` or `/*M!100101` at `start`; 0 when no executable comment begins there */
function executableMark(sql: string, start: number): number {
  let end = start + 2;
  if (sql[end] === "M") end++;
  if (sql.charCodeAt(end) !== exclamationMark) return 0;
  do end++;
  while (isDigit(sql.charCodeAt(end)));
  return end - start;
}

const operators = ["<=>", "->>", "->", "||", "&&", "<<", ">>", "<=", ">=", "<>", "!=", ":=", "*/"];

export function scanMysql(sql: string, start: number): Scanned {
  const code = sql.charCodeAt(start);
  if (startsNumber(sql, start, code)) return scanNumber(sql, start);
  if (isWordStart(code)) return scanWord(sql, start);
  switch (code) {
    case quote:
      return { type: "string", end: escapedEnd(sql, start + 1, quote) };
    case doubleQuote:
      return { type: "string", end: escapedEnd(sql, start + 1, doubleQuote) };
    case backtick:
      return { type: "identifier", end: quotedEnd(sql, start + 1, "`") };
    case questionMark:
      return { type: "placeholder", end: digitRun(sql, start + 1) };
    case dollar: {
      const end = wordEnd(sql, start);
      return { type: digitRun(sql, start + 1) === end && end > start + 1 ? "placeholder" : "word", end };
    }
    case atSign:
      return scanVariable(sql, start);
    case slash: {
      const length = sql.charCodeAt(start + 1) === star ? executableMark(sql, start) : 0;
      return length > 0 ? { type: "symbol", end: start + length } : symbol(sql, start, operators);
    }
    default:
      return symbol(sql, start, operators);
  }
}

const number = /^(?:0x[\da-fA-F]+|0b[01]+|\d*\.?\d*(?:[eE][+-]?\d+)?)$/;

/** A name may begin with digits: `1a`, `2024_01` and `0X1A` are names, `1`, `1e5` and `0x1a` are numbers. */
function scanNumber(sql: string, start: number): Scanned {
  const end = numberEnd(sql, start);
  if (!isDigit(sql.charCodeAt(start))) return { type: "number", end };
  const isNumber = !isWordPart(sql.charCodeAt(end)) && number.test(sql.slice(start, end));
  return isNumber ? { type: "number", end } : { type: "word", end: wordEnd(sql, start) };
}

function scanWord(sql: string, start: number): Scanned {
  if (sql.charCodeAt(start + 1) === quote) {
    const letter = sql[start]!.toLowerCase();
    if (letter === "x" || letter === "b") return { type: "string", end: plainEnd(sql, start + 2) };
    if (letter === "n") return { type: "string", end: escapedEnd(sql, start + 2, quote) };
  }
  return { type: "word", end: wordEnd(sql, start) };
}

/** `@name`, `@@name`, @`name`, `@'name'`; in an account's name, `@` comes with the host. */
function scanVariable(sql: string, start: number): Scanned {
  const system = sql.charCodeAt(start + 1) === atSign;
  const from = start + (system ? 2 : 1);
  const next = sql.charCodeAt(from);
  if (!system && (next === quote || next === doubleQuote))
    return { type: "string", end: escapedEnd(sql, from + 1, next) };
  if (next === backtick) return { type: "identifier", end: quotedEnd(sql, from + 1, "`") };
  return { type: "word", end: wordEnd(sql, from) };
}

function digitRun(sql: string, from: number): number {
  let end = from;
  while (isDigit(sql.charCodeAt(end))) end++;
  return end;
}

/** Past the closing `mark`; doubled it stands for itself, and so does whatever follows a backslash. */
function escapedEnd(sql: string, from: number, mark: number): number {
  for (let at = from; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === mark) {
      if (sql.charCodeAt(at + 1) !== mark) return at + 1;
      at++;
    }
  }
  return sql.length;
}
