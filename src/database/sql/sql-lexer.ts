import { scanMysql, skipMysql } from "./mysql-lexer.ts";
import {
  at,
  backslash,
  backtick,
  byteOrderMark,
  carriageReturn,
  colon,
  dash,
  dollar,
  doubledEnd,
  doubleQuote,
  formFeed,
  isDigit,
  isWordPart,
  isWordStart,
  lineEnd,
  lineFeed,
  numberEnd,
  openBracket,
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
  type TokenType,
  tab,
  verticalTab,
  wordEnd,
} from "./scanning.ts";

/** The SQL whose tokens are meant: the engines differ in comments, quotes, placeholders and operators. */
export type SqlDialect = "sqlite" | "postgresql" | "mysql";

/** A piece of SQL: `text` is `sql.slice(start, end)`, in UTF-16 units. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts SQL into tokens; white space and comments are left out. Time is linear in the length, whatever the text, and
 * nothing is refused: an unterminated string or comment goes to the end.
 * PostgreSQL is read with `standard_conforming_strings` on (its default). There, `?|`, `?&`, `??` and `@?` are
 * operators, unless `?|` or `?&` is doubled (`?||`, `?&&`: a placeholder beside `||`, `&&`).
 * MySQL and MariaDB are read with backslash escapes and without ANSI_QUOTES (their default).
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 * @see https://www.sqlite.org/lang_expr.html
 */
export function lex(sql: string, dialect: SqlDialect): readonly Token[] {
  const tokens: Token[] = [];
  const { scan, skip } = scanners[dialect];
  for (let start = skip(sql, 0); start < sql.length; ) {
    const { type, end } = scan(sql, start);
    tokens.push({ type, text: sql.slice(start, end), start, end });
    start = skip(sql, end);
  }
  return tokens;
}

const scanners = Object.freeze({
  sqlite: { scan: scanSqlite, skip: skipSqlite },
  postgresql: { scan: scanPostgres, skip: skipPostgres },
  mysql: { scan: scanMysql, skip: skipMysql },
});

const sqliteOperators = ["->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "=="];

function skipSqlite(sql: string, from: number): number {
  for (let at = from; ; ) {
    const code = sql.charCodeAt(at);
    if (
      code === space ||
      (code >= tab && code <= carriageReturn && code !== verticalTab) ||
      code === byteOrderMark
    )
      at++;
    else if (code === dash && sql.charCodeAt(at + 1) === dash) at = lineEnd(sql, at);
    else if (code === slash && sql.charCodeAt(at + 1) === star) {
      const end = sql.indexOf("*/", at + 2);
      at = end === -1 ? sql.length : end + 2;
    } else return at;
  }
}

function scanSqlite(sql: string, start: number): Scanned {
  const code = sql.charCodeAt(start);
  if (isWordStart(code)) {
    if ((code === 120 || code === 88) && sql.charCodeAt(start + 1) === quote)
      return { type: "string", end: plainEnd(sql, start + 2) };
    return { type: "word", end: wordEnd(sql, start) };
  }
  if (startsNumber(sql, start, code)) return { type: "number", end: numberEnd(sql, start) };
  switch (code) {
    case quote:
      return { type: "string", end: quotedEnd(sql, start + 1, "'") };
    case doubleQuote:
      return { type: "identifier", end: quotedEnd(sql, start + 1, '"') };
    case backtick:
      return { type: "identifier", end: quotedEnd(sql, start + 1, "`") };
    case openBracket: {
      const end = sql.indexOf("]", start);
      return { type: "identifier", end: end === -1 ? sql.length : end + 1 };
    }
    case questionMark: {
      let end = start + 1;
      while (isDigit(sql.charCodeAt(end))) end++;
      return { type: "placeholder", end };
    }
    case colon:
    case at:
    case dollar: {
      const end = wordEnd(sql, start + 1);
      return { type: end > start + 1 ? "placeholder" : "symbol", end };
    }
    default:
      return symbol(sql, start, sqliteOperators);
  }
}

const postgresOperators = [
  [
    "->>",
    "#>>",
    "!~*",
    "~~*",
    "!~~",
    "<->",
    "|/",
    "->",
    "#>",
    "#-",
    "||",
    "&&",
    "<<",
    ">>",
    "<=",
    ">=",
    "<>",
  ],
  ["!=", "!~", "~*", "~~", "=>", "@>", "<@", "@@", "@?", "::", ":=", "..", "^@"],
].flat();

function skipPostgres(sql: string, from: number): number {
  for (let at = from; ; ) {
    const code = sql.charCodeAt(at);
    if (code === space || (code >= tab && code <= carriageReturn)) at++;
    else if (code === dash && sql.charCodeAt(at + 1) === dash) at = postgresLineEnd(sql, at);
    else if (code === slash && sql.charCodeAt(at + 1) === star) at = nestedCommentEnd(sql, at + 2);
    else return at;
  }
}

/** A lone carriage return ends a line, too. */
function postgresLineEnd(sql: string, from: number): number {
  let end = from;
  for (; end < sql.length; end++) {
    const code = sql.charCodeAt(end);
    if (code === lineFeed || code === carriageReturn) break;
  }
  return end;
}

function nestedCommentEnd(sql: string, from: number): number {
  let depth = 1;
  for (let at = from; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    const next = sql.charCodeAt(at + 1);
    if (code === star && next === slash) {
      at++;
      if (--depth === 0) return at + 1;
    } else if (code === slash && next === star) {
      at++;
      depth++;
    }
  }
  return sql.length;
}

/** Past the string whose content begins at `from`, with the parts that follow on later lines (SQL's continuation). */
function postgresStringEnd(sql: string, from: number, partEnd = doubledEnd): number {
  let end = from;
  for (;;) {
    end = partEnd(sql, end);
    const next = continuationStart(sql, end);
    if (next === -1) return end;
    end = next + 1;
  }
}

function escapedEnd(sql: string, from: number): number {
  for (let at = from; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) {
      if (sql.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    }
  }
  return sql.length;
}

/** Where the string goes on: its next quote, when only white space with a line break lies between; else -1. */
function continuationStart(sql: string, from: number): number {
  let broken = false;
  for (let at = from; ; ) {
    const code = sql.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn) {
      broken = true;
      at++;
    } else if (code === space || code === tab || code === verticalTab || code === formFeed) at++;
    else if (code === dash && sql.charCodeAt(at + 1) === dash) at = postgresLineEnd(sql, at);
    else return broken && code === quote ? at : -1;
  }
}

function scanPostgres(sql: string, start: number): Scanned {
  const code = sql.charCodeAt(start);
  if (isWordStart(code)) return scanPostgresWord(sql, start);
  if (startsNumber(sql, start, code)) return { type: "number", end: numberEnd(sql, start) };
  switch (code) {
    case quote:
      return { type: "string", end: postgresStringEnd(sql, start + 1) };
    case doubleQuote:
      return { type: "identifier", end: quotedEnd(sql, start + 1, '"') };
    case dollar:
      return scanDollar(sql, start);
    case questionMark:
      return scanQuestionMark(sql, start);
    default:
      return symbol(sql, start, postgresOperators);
  }
}

/** The strings that begin with a letter, and how each of their parts ends. */
const prefixed: Readonly<Record<string, (sql: string, from: number) => number>> = Object.freeze({
  e: escapedEnd,
  b: plainEnd,
  x: plainEnd,
  n: doubledEnd,
});

function scanPostgresWord(sql: string, start: number): Scanned {
  const next = sql.charCodeAt(start + 1);
  const letter = sql[start]!.toLowerCase();
  const partEnd = next === quote ? prefixed[letter] : undefined;
  if (partEnd) return { type: "string", end: postgresStringEnd(sql, start + 2, partEnd) };
  if (letter === "u" && sql[start + 1] === "&") {
    const mark = sql.charCodeAt(start + 2);
    if (mark === quote) return { type: "string", end: postgresStringEnd(sql, start + 3) };
    if (mark === doubleQuote) return { type: "identifier", end: quotedEnd(sql, start + 3, '"') };
  }
  return { type: "word", end: wordEnd(sql, start) };
}

function scanDollar(sql: string, start: number): Scanned {
  let end = start + 1;
  while (isDigit(sql.charCodeAt(end))) end++;
  if (end > start + 1) return { type: "placeholder", end };
  if (isWordStart(sql.charCodeAt(end)))
    while (end < sql.length && isWordPart(sql.charCodeAt(end)) && sql.charCodeAt(end) !== dollar) end++;
  if (sql.charCodeAt(end) !== dollar) return { type: "symbol", end: start + 1 };
  const tag = sql.slice(start, end + 1);
  const close = sql.indexOf(tag, end + 1);
  return { type: "string", end: close === -1 ? sql.length : close + tag.length };
}

function scanQuestionMark(sql: string, start: number): Scanned {
  const next = sql[start + 1];
  if (next === "?") return { type: "symbol", end: start + 2 };
  if ((next === "|" || next === "&") && sql[start + 2] !== next) return { type: "symbol", end: start + 2 };
  let end = start + 1;
  while (isDigit(sql.charCodeAt(end))) end++;
  return { type: "placeholder", end };
}
