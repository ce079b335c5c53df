import { lex, type Token } from "../sql/sql-lexer.ts";
import { insertTarget } from "./statement-analysis.ts";

/** An INSERT or REPLACE of one row of placeholders, cut so that the row can be repeated. */
export interface InsertShape {
  /** The table as it is written, without quotes. */
  readonly table: { readonly schema: string | undefined; readonly name: string };
  /** Up to the row, white space included. */
  readonly head: string;
  /** `(?, ?)` */
  readonly tuple: string;
  /** What follows the row. */
  readonly tail: string;
  /** Placeholders in a row. */
  readonly width: number;
}

/** @returns `undefined` for whatever isn't surely one row of plain placeholders, in order, and none elsewhere */
export function insertShape(sql: string): InsertShape | undefined {
  const tokens = lex(sql, "mysql");
  if (!/^(insert|replace)$/i.test(tokens[0]?.text ?? "")) return undefined;
  // DELAYED inserts come later, and fail unseen.
  if (tokens.some(({ text }) => /^(delayed|select|with|returning)$|^\/\*/i.test(text))) return undefined;
  const target = insertTarget({ tokens });
  const values = tokens.findIndex(({ type, text }) => type === "word" && /^values?$/i.test(text));
  if (target === undefined || values < target.index) return undefined;
  const width = tupleWidth(tokens, values + 1);
  if (width === undefined) return undefined;
  const open = tokens[values + 1]!;
  const close = tokens[values + 1 + 2 * width]!;
  const rest = tokens.slice(values + 2 + 2 * width);
  if (rest[0]?.text === ",") return undefined;
  const placeholders = tokens.filter(({ type }) => type === "placeholder");
  if (placeholders.length !== width || placeholders.some(({ text }) => text !== "?")) return undefined;
  const name = tokens[target.index]!;
  const schema = target.name.schema === undefined ? undefined : tokens[target.index - 2];
  return {
    table: { schema: schema && plain(schema), name: plain(name) },
    head: sql.slice(0, open.start),
    tuple: sql.slice(open.start, close.end),
    tail: rest.length === 0 || rest[0]?.text === ";" ? "" : sql.slice(close.end),
    width,
  };
}

function plain({ text }: Token): string {
  return text[0] === "`" ? text.slice(1, -1).replaceAll("``", "`") : text;
}

/** @returns placeholders between the brackets; `undefined` unless there is nothing but placeholders and commas */
function tupleWidth(tokens: readonly Token[], open: number): number | undefined {
  if (tokens[open]?.text !== "(") return undefined;
  for (let width = 1; ; width++) {
    if (tokens[open + 2 * width - 1]?.type !== "placeholder") return undefined;
    const mark = tokens[open + 2 * width]?.text;
    if (mark === ")") return width;
    if (mark !== ",") return undefined;
  }
}
