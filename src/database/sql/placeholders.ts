import { lex, type SqlDialect, type Token } from "./sql-lexer.ts";

/** A statement in the placeholders of its driver. */
export interface TranslatedSql {
  readonly sql: string;
  /** Parameters that it expects: how many `?` it has, or its highest number. */
  readonly count: number;
}

/** The engines' own limits on the number of a parameter. */
const maxParameter = Object.freeze({ sqlite: 32_766, postgresql: 65_535, mysql: 65_535 });

/**
 * Rewrites a statement so that `?`, `?2` and `$2` all work, whatever the driver writes.
 * - Towards `"?"`: `?` and `?2` stay, `$2` becomes `?2`, so a number may be used twice or out of order.
 * - Towards `"$"`: the first `?` becomes `$1` and so on, `?2` becomes `$2`, `$2` stays.
 *
 * On PostgreSQL a text with `$1` keeps every `?` as the operator that it is there. In any other text a lone `?` is a
 * placeholder, `?|`, `?&` and `@?` are operators, and the operator `?` is written `??`.
 * @throws {TypeError} on named placeholders, or when `?`, `?2` and `$2` are mixed
 * @throws {RangeError} when a number is 0 or above the engine's limit (SQLite 32,766, others 65,535)
 */
export function translatePlaceholders(sql: string, from: SqlDialect, to: "?" | "$"): TranslatedSql {
  if (!/[?$:@]/.test(sql)) return { sql, count: 0 };
  const tokens = lex(sql, from);
  if (from === "postgresql") refuseNamedOnPostgres(tokens);
  const style = styleOf(tokens, from);
  if (style === undefined)
    return { sql: from === "postgresql" ? unescapeOperators(sql, tokens) : sql, count: 0 };
  return rewrite(sql, tokens, style, from, to);
}

type Style = "?" | "?1" | "$1";

function styleOfToken({ text }: Token): Style {
  if (text[0] === "?") return text === "?" ? "?" : "?1";
  if (/^\$\d+$/.test(text)) return "$1";
  throw new TypeError(named(text));
}

const named = (text: string): string =>
  `placeholder ${text}: only positional placeholders are supported, write ? or $1`;

function styleOf(tokens: readonly Token[], from: SqlDialect): Style | undefined {
  const styles = new Set<Style>();
  for (const token of tokens) if (token.type === "placeholder") styles.add(styleOfToken(token));
  if (from === "postgresql" && styles.has("$1")) return "$1";
  if (styles.size > 1)
    throw new TypeError(
      `mixed placeholders: expected one of ?, ?1 or $1 throughout, got ${[...styles].join(" and ")}`,
    );
  return styles.values().next().value;
}

/** PostgreSQL itself knows no `:name`; in `a[1:n]` it is a slice. */
function refuseNamedOnPostgres(tokens: readonly Token[]): void {
  let brackets = 0;
  tokens.forEach((token, index) => {
    if (token.text === "[") brackets++;
    else if (token.text === "]") brackets--;
    const next = tokens[index + 1];
    if (brackets <= 0 && token.text === ":" && next?.type === "word" && next.start === token.end)
      throw new TypeError(named(`:${next.text}`));
  });
}

function rewrite(
  sql: string,
  tokens: readonly Token[],
  style: Style,
  from: SqlDialect,
  to: "?" | "$",
): TranslatedSql {
  let out = "";
  let copied = 0;
  let count = 0;
  const replace = (token: Token, text: string): void => {
    out += sql.slice(copied, token.start) + text;
    copied = token.end;
  };
  for (const token of tokens) {
    const { text } = token;
    if (style !== "$1" && from === "postgresql" && text === "??") replace(token, "?");
    if (token.type !== "placeholder" || styleOfToken(token) !== style) continue;
    if (style === "?") {
      count++;
      if (to === "$") replace(token, spaced(sql, token, `$${count}`));
    } else {
      const number = checkedNumber(text, from);
      count = Math.max(count, number);
      if (text[0] !== to) replace(token, `${to}${number}`);
    }
  }
  return { sql: out + sql.slice(copied), count };
}

/** `$1` must not grow by a digit, or run into a word, that stood behind or before the `?`. */
function spaced(sql: string, token: Token, text: string): string {
  const before = /[\w$\u0080-\uffff]/.test(sql[token.start - 1] ?? " ") ? " " : "";
  const after = /[\w$\u0080-\uffff]/.test(sql[token.end] ?? " ") ? " " : "";
  return before + text + after;
}

function checkedNumber(text: string, from: SqlDialect): number {
  const number = Number(text.slice(1));
  const max = maxParameter[from];
  if (number >= 1 && number <= max) return number;
  throw new RangeError(`placeholder ${text.slice(0, 20)}: expected a number from 1 to ${max}`);
}

function unescapeOperators(sql: string, tokens: readonly Token[]): string {
  let out = "";
  let copied = 0;
  for (const { type, text, start, end } of tokens)
    if (type === "symbol" && text === "??") {
      out += `${sql.slice(copied, start)}?`;
      copied = end;
    }
  return out + sql.slice(copied);
}
