import { fold } from "../sql/fold.ts";
import type { Token } from "../sql/sql-lexer.ts";
import type { PointAccess } from "../statement-facts.ts";
import type { PrimaryKey } from "./schema-catalog.ts";

/** What is known of the tables; both take the lower-cased name. */
export interface KeyCatalog {
  primaryKey(table: string): PrimaryKey | undefined;
  changesOtherRows(table: string): boolean;
}

/**
 * Recognises, by its tokens alone, a statement on exactly one row named by its primary key:
 * - `SELECT … FROM t [[AS] alias] WHERE pk = ? [AND column op value]… [LIMIT 1]`
 * - `UPDATE t SET … WHERE pk = ? [AND …] [RETURNING …]`, where the key is not mentioned in SET
 * - `DELETE FROM t WHERE pk = ? [AND …] [RETURNING …]`
 * - `INSERT INTO t (…, pk, …) VALUES (…, ?, …) [RETURNING …]`
 *
 * Anything else (OR, joins, subqueries, upserts, more rows) is none. That nothing but `t` is touched, by triggers and
 * cascades too, the caller knows from the authorizer.
 * @param table the only table touched, lower-cased, without its schema
 */
export function pointAccess(
  tokens: readonly Token[],
  table: string,
  catalog: KeyCatalog,
): PointAccess | undefined {
  const key = catalog.primaryKey(table);
  if (key === undefined) return undefined;
  const cursor = new Cursor(tokens);
  if (cursor.countWords("select") > (cursor.is("select") ? 1 : 0) || cursor.looksIntoTables())
    return undefined;
  const writes = !cursor.is("select");
  if (writes && catalog.changesOtherRows(table)) return undefined;
  const param = shapes[cursor.word()]?.(cursor, table, key);
  if (param === undefined) return undefined;
  return { table: `main.${table}`, param, canonicalKey: key.type === "integer" ? integerKey : textKey };
}

/** Each reads a statement whose first word it is, and gives the index of the parameter that holds the key. */
const shapes: Readonly<
  Record<string, (cursor: Cursor, table: string, key: PrimaryKey) => number | undefined>
> = Object.freeze({
  select(cursor, table, key) {
    if (!cursor.skipTo("from")) return undefined;
    cursor.next();
    if (!cursor.takeTable(table)) return undefined;
    if (cursor.is("as")) cursor.next();
    if (!cursor.is("where") && cursor.takeName() === undefined) return undefined;
    const param = takeWhere(cursor, key);
    if (cursor.is("limit")) {
      cursor.next();
      if (cursor.word() !== "1") return undefined;
      cursor.next();
    }
    return cursor.atEnd() ? param : undefined;
  },
  update(cursor, table, key) {
    cursor.next();
    if (!cursor.takeTable(table) || !cursor.take("set")) return undefined;
    const names = cursor.namesBefore("where");
    if (names === undefined || names.includes("from")) return undefined;
    if (names.some((name) => namesKey(name, key))) return undefined;
    return takeReturning(cursor, takeWhere(cursor, key));
  },
  delete(cursor, table, key) {
    cursor.next();
    if (!cursor.take("from") || !cursor.takeTable(table)) return undefined;
    return takeReturning(cursor, takeWhere(cursor, key));
  },
  insert(cursor, table, key) {
    cursor.next();
    if (!cursor.take("into") || !cursor.takeTable(table)) return undefined;
    const columns = cursor.takeList();
    if (columns === undefined || !cursor.take("values")) return undefined;
    const values = cursor.takeList();
    if (values === undefined || values.length !== columns.length) return undefined;
    const names = columns.map(([name]) => name && anyNameOf(name));
    // Of several names of the key, the last one's value is taken.
    if (names.filter((name) => name === undefined || namesKey(name, key)).length !== 1) return undefined;
    const value = values[names.indexOf(key.column)];
    if (value === undefined || value.length !== 1) return undefined;
    return takeReturning(cursor, cursor.parameterOf(value[0]!));
  },
});

const comparisons = new Set(["=", "==", "<>", "!=", "<", "<=", ">", ">=", "is"]);

/** `WHERE column op value [AND …]`, one of them `pk = ?`. */
function takeWhere(cursor: Cursor, key: PrimaryKey): number | undefined {
  if (!cursor.take("where")) return undefined;
  let param: number | undefined;
  do {
    const column = cursor.takeName();
    const comparison = cursor.word();
    if (column === undefined || !comparisons.has(comparison)) return undefined;
    const value = cursor.next();
    if (value === undefined || !["placeholder", "number", "string"].includes(value.type)) return undefined;
    if (column === key.column && comparison === "=") param ??= cursor.parameterOf(value);
    cursor.next();
  } while (cursor.take("and"));
  return param;
}

function takeReturning(cursor: Cursor, param: number | undefined): number | undefined {
  return cursor.atEnd() || cursor.is("returning") ? param : undefined;
}

/** An integer key goes by the names of the rowid as well. */
function namesKey(name: string, key: PrimaryKey): boolean {
  return name === key.column || name === "rowid" || name === "oid" || name === "_rowid_";
}

function nameOf(token: Token): string | undefined {
  return token.type === "string" ? undefined : anyNameOf(token);
}

/** Where only a name can stand, SQLite takes 'name' for one as well. */
function anyNameOf({ type, text }: Token): string | undefined {
  if (type === "word") return fold(text);
  if (type !== "identifier" && type !== "string") return undefined;
  const mark = text[0] === "[" ? "]" : text[0]!;
  return fold(text.slice(1, -1).replaceAll(mark + mark, mark));
}

/** A place in a statement's tokens. */
class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token's text, lower-cased; empty at the end. */
  word(): string {
    return fold(this.#tokens[this.#at]?.text ?? "");
  }
  is(word: string): boolean {
    return this.word() === word;
  }
  next(): Token | undefined {
    return this.#tokens[++this.#at];
  }
  take(word: string): boolean {
    const found = this.is(word);
    if (found) this.#at++;
    return found;
  }
  atEnd(): boolean {
    return this.#tokens.slice(this.#at).every(({ text }) => text === ";");
  }
  countWords(word: string): number {
    return this.#tokens.filter(({ text }) => fold(text) === word).length;
  }

  /** Is there an `IN table`, which needs no SELECT? */
  looksIntoTables(): boolean {
    return this.#tokens.some(({ text }, at) => fold(text) === "in" && this.#tokens[at + 1]?.text !== "(");
  }

  /** A name with or without qualifiers: `id`, `t.id`, `main.t.id`. @returns its last part, lower-cased */
  takeName(): string | undefined {
    for (;;) {
      const token = this.#tokens[this.#at];
      const name = token && nameOf(token);
      if (name === undefined) return undefined;
      this.#at++;
      if (!this.take(".")) return name;
    }
  }

  takeTable(table: string): boolean {
    return this.takeName() === table;
  }

  /** Goes to the next `word` outside of parentheses. */
  skipTo(word: string): boolean {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const text = this.word();
      if (depth === 0 && text === word) return true;
      if (text === "(") depth++;
      else if (text === ")") depth--;
    }
    return false;
  }

  /** All names, and strings that may be names, up to the next `word` outside of parentheses. */
  namesBefore(word: string): readonly string[] | undefined {
    const from = this.#at;
    if (!this.skipTo(word)) return undefined;
    return this.#tokens.slice(from, this.#at).flatMap((token) => anyNameOf(token) ?? []);
  }

  /** `( a, b + c, … )`. @returns the tokens of each item */
  takeList(): readonly (readonly Token[])[] | undefined {
    if (!this.take("(")) return undefined;
    const items: Token[][] = [[]];
    let depth = 1;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if (token.text === "(") depth++;
      else if (token.text === ")" && --depth === 0) {
        this.#at++;
        return items;
      }
      if (token.text === "," && depth === 1) items.push([]);
      else items.at(-1)!.push(token);
    }
    return undefined;
  }

  /** @returns the index, from 0, of the parameter that the placeholder stands for */
  parameterOf(token: Token): number | undefined {
    let highest = 0;
    for (const { type, text, start } of this.#tokens) {
      if (type !== "placeholder") continue;
      const number = text === "?" ? highest + 1 : Number(text.slice(1));
      if (start === token.start) return number - 1;
      highest = Math.max(highest, number);
    }
    return undefined;
  }
}

const [minInt64, maxInt64] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Numbers and bigints alone: SQLite takes "5" and 5 for the same key, and "5a" for none. */
function integerKey(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  return typeof value === "bigint" && value >= minInt64 && value <= maxInt64 ? String(value) : undefined;
}

/** A lone surrogate becomes U+FFFD on its way to SQLite, as do all others. */
function textKey(value: unknown): string | undefined {
  return typeof value === "string" && value.isWellFormed() ? value : undefined;
}
