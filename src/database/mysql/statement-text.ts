import { lex, type Token } from "../sql/sql-lexer.ts";
import {
  bracketWords,
  deterministicFunctions,
  sessionFunctions,
  volatileFunctions,
  volatileWords,
} from "./functions.ts";

/** A name, folded to lower case; without `schema` where the text gives none. */
export interface QualifiedName {
  readonly schema?: string;
  readonly name: string;
}

/**
 * All that a text of SQL could mean, without its grammar: every name in it may be a table's. More may stand here than
 * the statement uses, never less.
 */
export interface StatementText {
  readonly tokens: readonly Token[];
  /** Unquoted words, in lower case. */
  readonly words: ReadonlySet<string>;
  /** Whatever may name a table. */
  readonly names: readonly QualifiedName[];
  /** Of these, what stands where only a table can: after FROM, JOIN, INTO, UPDATE, TABLE. */
  readonly tables: readonly QualifiedName[];
  /** Calls of what is no native function. */
  readonly calls: readonly QualifiedName[];
  /** Why its result can't be kept, as far as the text alone tells. */
  readonly volatile: string | undefined;
  /** It calls a function that leaves something behind in the session, or assigns a variable. */
  readonly leavesState: boolean;
  /** Why the text can't be read with certainty. */
  readonly opaque: string | undefined;
}

const isName = (token: Token | undefined): token is Token =>
  token !== undefined &&
  (token.type === "identifier" ||
    (token.type === "word" && token.text[0] !== "@") ||
    (token.type === "string" && token.text[0] === '"'));

/** @returns the name as it is compared: without quotes, in lower case */
export function foldName({ text }: Pick<Token, "text">): string {
  const mark = text[0];
  const plain = mark === "`" || mark === '"' ? text.slice(1, -1).replaceAll(mark + mark, mark) : text;
  return plain.toLowerCase();
}

/** An odd number of backslashes before a quote ends the string or not, as NO_BACKSLASH_ESCAPES is set or not. */
const ambiguousQuote = /(?<!\\)(?:\\\\)*\\['"]/;

const beforeTable = new Set(["from", "join", "straight_join", "into", "update", "table"]);
/** What may stand after these words, and is no table. */
const noTable = new Set(
  "select values table lateral low_priority delayed high_priority ignore json_table xmltable dual if outfile dumpfile where set".split(
    " ",
  ),
);
/** Words on which a read's result depends on more than rows, or which lock rows. */
const clauses = ["for", "lock", "into", "procedure", "sql_calc_found_rows", "sql_no_cache", "handler"];

export interface ReadingOptions {
  /** Says whether a stored function bears the name, so that the native one may not be meant. */
  readonly isRoutine?: (name: string) => boolean;
  /** Index of a token that names a table or a procedure, though a bracket stands behind it. */
  readonly target?: number;
  /** The text is the body of a routine or a trigger, of many statements. */
  readonly body?: boolean;
}

/** Takes a text apart; nothing is refused. */
export function readText(sql: string, options: ReadingOptions = {}): StatementText {
  const { isRoutine = () => false, target = -1, body = false } = options;
  const tokens = lex(sql, "mysql");
  const words = new Set<string>();
  const names: QualifiedName[] = [];
  const tables: QualifiedName[] = [];
  const calls: QualifiedName[] = [];
  const commonTables = commonTableNames(tokens);
  let volatile: string | undefined;
  let opaque: string | undefined;
  let leavesState = false;
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    const next = tokens[i + 1];
    const { type, text } = token;
    if (type === "symbol") {
      if (text.startsWith("/*")) opaque ??= "it has an executable comment";
      if (text === ":=") leavesState = true;
      if (text === ";" && next !== undefined && !body) opaque ??= "there is more than one statement";
    }
    if (type === "string" && ambiguousQuote.test(text)) opaque ??= "a backslash stands before a quote";
    if (type === "number" && touchesName(token, before, next)) opaque ??= "a number runs into a name";
    const isVariable = text[0] === "@" && type !== "symbol";
    if (isVariable) volatile ??= `it uses ${type === "string" ? "a variable" : text}`;
    if (!isName(token) || isVariable) return;
    const word = type === "word" ? text.toLowerCase() : "";
    if (word) words.add(word);
    const qualified = before?.text === "." && isName(tokens[i - 2]);
    const name = foldName(token);
    if (!qualified || isLeadingDot(tokens, i - 1)) names.push({ name });
    if (next?.text === "." && isName(tokens[i + 2]))
      names.push({ schema: name, name: foldName(tokens[i + 2]!) });
    if (isTablePosition(tokens, i) && !noTable.has(word) && !(next?.text !== "." && commonTables.has(name)))
      tables.push(
        next?.text === "." && isName(tokens[i + 2])
          ? { schema: name, name: foldName(tokens[i + 2]!) }
          : { name },
      );
    // In a body CALL needs no brackets.
    if (body && isCalled(tokens, i)) calls.push(next?.text === "." ? names.at(-1)! : { name });
    if (next?.text === "(" && i !== target) {
      if (qualified) calls.push({ schema: foldName(tokens[i - 2]!), name });
      else if (i === commonTables.get(name)) return;
      else if (!word || isRoutine(name)) calls.push({ name });
      else if (volatileFunctions.has(word)) volatile ??= `it calls ${word}()`;
      else if (sessionFunctions.has(word)) leavesState = true;
      else if (!deterministicFunctions.has(word) && !bracketWords.has(word)) calls.push({ name });
    }
    if (volatileWords.has(word) && !qualified) volatile ??= `it uses ${word}`;
    if (word === "value" && /^(next|previous)$/i.test(before?.text ?? "")) volatile ??= "it uses a sequence";
    if (isTime(word, before, next)) volatile ??= "a TIME may take the current date";
  });
  const clause = clauses.find((each) => words.has(each));
  if (clause !== undefined) volatile ??= `it has the word ${clause.toUpperCase()}`;
  return { tokens, words, names, tables, calls, volatile, leavesState, opaque };
}

/** `TIME'…'`, `{t '…'}`, `CAST(… AS TIME)`, `CONVERT(…, TIME)`, `RETURNING TIME`, `a TIME PATH '…'`. */
function isTime(word: string, before: Token | undefined, next: Token | undefined): boolean {
  if (word === "t") return before?.text === "{";
  if (word !== "time") return false;
  if (next?.type === "string" || /^(as|returning)$/i.test(before?.text ?? "")) return true;
  return (before?.text === "," && next?.text === ")") || /^path$/i.test(next?.text ?? "");
}

function touchesName(token: Token, before: Token | undefined, next: Token | undefined): boolean {
  const touches = (other: Token | undefined): boolean =>
    other?.type === "word" || other?.type === "identifier";
  return (next?.start === token.end && touches(next)) || (before?.end === token.start && touches(before));
}

const isCalled = (tokens: readonly Token[], i: number): boolean =>
  tokens[i - 1]?.type === "word" && tokens[i - 1]?.text.toLowerCase() === "call";

/** `FROM .t` is the table t of the default schema; a dot that follows a gap may be such a one. */
function isLeadingDot(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.text === "." && tokens[at - 1]?.end !== tokens[at].start;
}

/** Does the token stand right after FROM, JOIN, INTO, UPDATE or TABLE, modifiers and brackets aside? */
function isTablePosition(tokens: readonly Token[], at: number): boolean {
  let i = at - 1;
  while (tokens[i]?.text === "(" || isModifier(tokens[i]) || isLeadingDot(tokens, i)) i--;
  const token = tokens[i];
  if (token?.type !== "word" || !beforeTable.has(token.text.toLowerCase())) return false;
  const word = token.text.toLowerCase();
  // ON DUPLICATE KEY UPDATE, ON UPDATE and FOR UPDATE name no table.
  if (word === "update") return !/^(key|on|for)$/i.test(tokens[i - 1]?.text ?? "");
  return word !== "from" || !isArgumentFrom(tokens, i);
}

const isModifier = (token: Token | undefined): boolean =>
  token?.type === "word" && /^(low_priority|ignore|delayed|high_priority)$/i.test(token.text);

/** Is it the FROM of `EXTRACT(YEAR FROM x)` and its like? */
function isArgumentFrom(tokens: readonly Token[], from: number): boolean {
  let depth = 0;
  for (let i = from - 1; i > 0; i--) {
    const { text } = tokens[i]!;
    if (text === ")") depth++;
    else if (text === "(" && depth-- === 0)
      return /^(extract|trim|substr|substring|mid)$/i.test(tokens[i - 1]!.text);
    else if (depth === 0 && /^select$/i.test(text)) return false;
  }
  return false;
}

/** Names that a WITH at the beginning gives, and where: after WITH [RECURSIVE], and before AS ( after a comma. */
function commonTableNames(tokens: readonly Token[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (tokens[0]?.text.toLowerCase() !== "with") return found;
  const first = tokens[1]?.text.toLowerCase() === "recursive" ? 2 : 1;
  tokens.forEach((token, i) => {
    if (!isName(token)) return;
    const follows = tokens[i + 1]?.text.toLowerCase() === "as" && tokens[i + 2]?.text === "(";
    if (i === first || (follows && tokens[i - 1]?.text === "," && tokens[i - 2]?.text === ")"))
      found.set(foldName(token), i);
  });
  return found;
}
