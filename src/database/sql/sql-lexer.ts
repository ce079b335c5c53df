/** The SQL whose tokens are meant: the engines differ in comments, quotes, placeholders and operators. */
export type SqlDialect = "sqlite" | "postgresql";

/**
 * - `word`: unquoted keyword or name; `identifier`: quoted name, quotes included.
 * - `string`: a quoted literal with its prefix: `'…'`, `E'…'`, `X'…'`, `$tag$…$tag$`.
 * - `placeholder`: `?`, `?12`, `$1`; on SQLite also `$name`, `:name`, `@name`.
 * - `symbol`: one operator or punctuation mark.
 */
export type TokenType = "word" | "identifier" | "string" | "number" | "placeholder" | "symbol";

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
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 * @see https://www.sqlite.org/lang_expr.html
 */
export function lex(sql: string, dialect: SqlDialect): readonly Token[] {
  const tokens: Token[] = [];
  const scan = dialect === "sqlite" ? scanSqlite : scanPostgres;
  const skip = dialect === "sqlite" ? skipSqlite : skipPostgres;
  for (let start = skip(sql, 0); start < sql.length; ) {
    const { type, end } = scan(sql, start);
    tokens.push({ type, text: sql.slice(start, end), start, end });
    start = skip(sql, end);
  }
  return tokens;
}

interface Scanned {
  readonly type: TokenType;
  readonly end: number;
}

const [tab, lineFeed, verticalTab, formFeed, carriageReturn, space] = [9, 10, 11, 12, 13, 32];
const [doubleQuote, dollar, quote, star, dash, dot, slash] = [34, 36, 39, 42, 45, 46, 47];
const [colon, questionMark, at, openBracket, backslash, backtick] = [58, 63, 64, 91, 92, 96];
const byteOrderMark = 0xfeff;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWordStart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
const isWordPart = (code: number): boolean => isWordStart(code) || isDigit(code) || code === dollar;

function wordEnd(sql: string, from: number): number {
  let end = from;
  while (end < sql.length && isWordPart(sql.charCodeAt(end))) end++;
  return end;
}

/** Past the closing `mark`; a doubled mark stands for itself. */
function quotedEnd(sql: string, from: number, mark: string): number {
  for (let end = from; ; end += 2) {
    end = sql.indexOf(mark, end);
    if (end === -1) return sql.length;
    if (sql[end + 1] !== mark) return end + 1;
  }
}

/** Past the next quote: in bit strings and blobs nothing is escaped. */
function plainEnd(sql: string, from: number): number {
  const end = sql.indexOf("'", from);
  return end === -1 ? sql.length : end + 1;
}

const doubledEnd = (sql: string, from: number): number => quotedEnd(sql, from, "'");

function lineEnd(sql: string, from: number): number {
  const end = sql.indexOf("\n", from);
  return end === -1 ? sql.length : end;
}

function digitsEnd(sql: string, from: number, isPart = isDigit): number {
  let end = from;
  for (; end < sql.length; end++) {
    const code = sql.charCodeAt(end);
    if (!isPart(code) && !(code === 95 && isPart(sql.charCodeAt(end + 1)))) break;
  }
  return end;
}

const isHexDigit = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);

function numberEnd(sql: string, start: number): number {
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

const startsNumber = (sql: string, start: number, code: number): boolean =>
  isDigit(code) || (code === dot && isDigit(sql.charCodeAt(start + 1)));

const operatorCharacters = "~!@#^&|?+-*/%<>=:.";

/** The longest operator of `known` (longest first) that stands at `start`, else one whole character. */
function symbol(sql: string, start: number, known: readonly string[]): Scanned {
  // Most symbols are brackets and commas: don't try every operator on them.
  if (operatorCharacters.includes(sql[start + 1] ?? " "))
    for (const operator of known)
      if (sql.startsWith(operator, start)) return { type: "symbol", end: start + operator.length };
  return { type: "symbol", end: start + 1 };
}

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
