import { hash } from "node:crypto";
import { fold } from "./fold.ts";
import { lex, type SqlDialect, type Token } from "./sql-lexer.ts";

/** UTF-16 units of a fingerprint. */
const maxLength = 2048;

/**
 * The shape of a statement: statements that differ only in literals, white space, comments, the case of unquoted words,
 * or the number of items in an `IN` list, an array or a multi-row `VALUES` have one fingerprint.
 * Literals (NULL and booleans among them, where they stand as a value) and placeholders become `?`. It is meant for
 * people and for grouping, and is not itself SQL that runs. No literal survives in it.
 * @returns at most 2,048 UTF-16 units; a longer one ends in `…#` and 16 hexadecimal digits of the whole's hash
 */
export function fingerprint(sql: string, dialect: SqlDialect): string {
  return bounded(join(collapse(lex(sql, dialect))), maxLength);
}

/** @returns `text`, or its beginning and a hash of the whole, in at most `max` (≥ 20) UTF-16 units */
export function bounded(text: string, max: number): string {
  if (text.length <= max) return text;
  const suffix = `…#${hash("sha256", text, "hex").slice(0, 16)}`;
  const splitsPair = (text.charCodeAt(max - suffix.length - 1) & 0xfc00) === 0xd800;
  return text.slice(0, max - suffix.length - (splitsPair ? 1 : 0)) + suffix;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

/** After these comes an operand, so that a sign there belongs to a literal. */
const beforeOperand = words(
  "select where and or not between in like ilike limit offset then else when case values by distinct all returning " +
    "having on set default from as using any some is isnull fetch first next interval escape glob regexp match",
);
/** Before `(`, these are no function's name. */
const beforeBracket = words(
  "in values and or not on as over from join where select by using when then else case union all any some exists " +
    "filter within group with set intersect except distinct key check between like ilike is materialized lateral limit " +
    "offset returning having references unique begin end",
);
/** After these, NULL, TRUE and FALSE are part of the clause and not a value. */
const beforeKeywordNull = words("is not set on returns");

const isConstantWord = (text: string): boolean => text === "null" || text === "true" || text === "false";

/** An open `(` or `[` whose items may be folded into one. */
interface OpenList {
  /** Index in the output where the current item begins. */
  itemStart: number;
  /** Where the last item kept began and ended; -1 before there is one. */
  keptStart: number;
  keptEnd: number;
}

/** The statement's words and marks, normalised, with repeated list items left out. */
function collapse(tokens: readonly Token[]): readonly string[] {
  const out: string[] = [];
  const lists: (OpenList | undefined)[] = [];
  // VALUES has no bracket around its rows: a list of its own, that ends with the first mark that is no comma.
  let rows: OpenList | undefined;
  const rowsOutside: (OpenList | undefined)[] = [];

  for (const token of tokens) {
    const text = normalise(token, out.at(-1));
    if (text === "?") dropSigns(out);
    const list = rows ?? lists.at(-1);
    if (text === "," && list) closeItem(out, list);
    if (rows && text !== "," && text !== "(") {
      closeItem(out, rows);
      rows = undefined;
    }
    const previous = out.at(-1);
    if (text === "(" || text === "[") {
      const isFoldable = previous === (text === "(" ? "in" : "array");
      lists.push(isFoldable ? newList(out.length + 1) : undefined);
      rowsOutside.push(rows);
      rows = undefined;
    } else if (text === ")" || text === "]") {
      const closed = lists.pop();
      if (closed) closeItem(out, closed);
      rows = rowsOutside.pop();
    }
    out.push(text);
    if (text === "values" && token.type === "word") rows = newList(out.length);
  }
  if (rows) closeItem(out, rows);
  while (out.at(-1) === ";") out.pop();
  return out;
}

const newList = (itemStart: number): OpenList => ({ itemStart, keptStart: -1, keptEnd: -1 });

/** Ends the item before a comma or a closing bracket: gone, with its comma, if it repeats the one before. */
function closeItem(out: string[], list: OpenList): void {
  const end = out.length;
  const length = end - list.itemStart;
  if (list.keptStart >= 0 && length === list.keptEnd - list.keptStart) {
    let same = true;
    for (let i = 0; same && i < length; i++) same = out[list.keptStart + i] === out[list.itemStart + i];
    if (same) {
      out.length = list.keptEnd;
      list.itemStart = list.keptEnd + 1;
      return;
    }
  }
  list.keptStart = list.itemStart;
  list.keptEnd = end;
  list.itemStart = end + 1;
}

function normalise({ type, text }: Token, previous: string | undefined): string {
  if (type === "string" || type === "number" || type === "placeholder") return "?";
  if (type !== "word") return text;
  const folded = fold(text);
  const isValue = isConstantWord(folded) && previous !== "." && !beforeKeywordNull.has(previous ?? "");
  return isValue ? "?" : folded;
}

/** Takes `-` and `+` off the end where they are the sign of the literal that follows. */
function dropSigns(out: string[]): void {
  for (let sign = out.at(-1); sign === "-" || sign === "+"; sign = out.at(-1)) {
    const before = out.at(-2);
    const expectsOperand =
      before === undefined || beforeOperand.has(before) || /^[^\w"`[\]).?\u0080-\uffff]/.test(before);
    if (!expectsOperand) return;
    out.pop();
  }
}

const noSpaceBefore = new Set([",", ")", ".", ";", "]", "::", "["]);
const noSpaceAfter = new Set(["(", ".", "[", "::"]);

function join(parts: readonly string[]): string {
  let shape = "";
  let previous = "";
  for (const part of parts) {
    const isCall = part === "(" && /[\w"\u0080-\uffff]$/.test(previous) && !beforeBracket.has(previous);
    const tight = shape === "" || noSpaceBefore.has(part) || noSpaceAfter.has(previous) || isCall;
    shape += tight ? part : ` ${part}`;
    previous = part;
  }
  return shape;
}
