import type { Node, ScanResult } from "libpg-query";
import { LruCache } from "../../algorithms/lru-cache.ts";

/** An INSERT of one row whose values are nothing but placeholders, taken apart so that it can take many rows. */
export interface SingleRowInsert {
  /** Quoted, and qualified as far as the statement says. */
  readonly table: string;
  /** Names as the catalogue has them; `undefined` when the statement names none: the table's first ones then. */
  readonly columns: readonly string[] | undefined;
  /** For each column, the index of its parameter, from 0. */
  readonly params: readonly number[];
  /** The statement up to its VALUES. */
  readonly head: string;
  /** What follows the values: ON CONFLICT, or nothing. */
  readonly tail: string;
}

type Parser = typeof import("libpg-query");
let parser: Promise<Parser> | undefined;

async function loadParser(): Promise<Parser> {
  const loaded = await import("libpg-query");
  await loaded.loadModule();
  return loaded;
}

/** What was found out of statements, by their text; `null` for those that are no such INSERT. */
const known = new LruCache<string, SingleRowInsert | null>({ maxSize: 200 });

/**
 * @returns the parts of `INSERT INTO t (a, b) VALUES ($1, $2) [ON CONFLICT …]`, each placeholder used once and only
 *   there; `undefined` for every other statement, and for one whose rest could look at rows inserted just before
 *   (subqueries, functions, RETURNING, WITH)
 */
export async function singleRowInsert(sql: string): Promise<SingleRowInsert | undefined> {
  let found = known.get(sql);
  if (found === undefined) {
    parser ??= loadParser();
    found = takeApart(sql, await parser) ?? null;
    known.set(sql, found);
  }
  return found ?? undefined;
}

function takeApart(sql: string, { parseSync, scanSync }: Parser): SingleRowInsert | undefined {
  if (!/^[\s(]*(--|\/\*|insert\b)/i.test(sql)) return undefined;
  let statements: ReturnType<Parser["parseSync"]>["stmts"];
  try {
    ({ stmts: statements } = parseSync(sql));
  } catch {
    // The server says it better when it gets the statement as it is.
    return undefined;
  }
  const statement = statements?.length === 1 ? statements[0]?.stmt : undefined;
  if (!statement || !("InsertStmt" in statement)) return undefined;
  const insert = statement.InsertStmt;
  const { relation, selectStmt, withClause, returningClause, onConflictClause } = insert;
  if (!relation?.relname || relation.catalogname || withClause || returningClause) return undefined;
  if (!selectStmt || !("SelectStmt" in selectStmt)) return undefined;
  const {
    valuesLists = [],
    sortClause,
    limitCount,
    limitOffset,
    withClause: innerWith,
  } = selectStmt.SelectStmt;
  if (valuesLists.length !== 1 || sortClause || limitCount || limitOffset || innerWith) return undefined;
  if (
    onConflictClause &&
    /"(SubLink|FuncCall|SQLValueFunction|ParamRef)":/.test(JSON.stringify(onConflictClause))
  )
    return undefined;

  const params = parameterNumbers(valuesLists[0]);
  // All of $1 to $n, each once.
  if (!params || new Set(params).size !== params.length || Math.max(...params) !== params.length)
    return undefined;
  const columns = insert.cols && plainColumns(insert.cols);
  if (insert.cols && columns?.length !== params.length) return undefined;
  const parts = split(sql, scanSync(sql), params.length);
  if (!parts) return undefined;
  const table = [relation.schemaname, relation.relname]
    .filter((name) => name !== undefined)
    .map(quote)
    .join(".");
  return { table, columns, params: params.map((number) => number - 1), ...parts };
}

/** @returns the placeholders' numbers, from 1; `undefined` when there is anything else in the list */
function parameterNumbers(list: Node | undefined): number[] | undefined {
  if (!list || !("List" in list)) return undefined;
  const numbers: number[] = [];
  for (const item of list.List.items ?? []) {
    if (!("ParamRef" in item) || !item.ParamRef.number) return undefined;
    numbers.push(item.ParamRef.number);
  }
  return numbers.length > 0 ? numbers : undefined;
}

/** @returns the columns' names; `undefined` when one is given in part (`a[1]`, `a.b`) */
function plainColumns(cols: readonly Node[]): string[] | undefined {
  const names: string[] = [];
  for (const col of cols) {
    if (!("ResTarget" in col) || !col.ResTarget.name || col.ResTarget.indirection) return undefined;
    names.push(col.ResTarget.name);
  }
  return names;
}

/** Cuts the text around `VALUES ( $…, $… )`, by tokens, so that comments and quotes don't mislead. */
function split(sql: string, scan: ScanResult, count: number): { head: string; tail: string } | undefined {
  const tokens = scan.tokens.filter(({ tokenName }) => !/COMMENT/.test(tokenName));
  const first = tokens.findIndex(({ tokenName }) => tokenName === "PARAM");
  const values = tokens[first - 2];
  const open = tokens[first - 1];
  // Placeholders and the commas between them, then the closing parenthesis.
  const close = tokens[first + 2 * count - 1];
  if (values?.text.toUpperCase() !== "VALUES" || open?.text !== "(" || close?.text !== ")") return undefined;
  const bytes = Buffer.from(sql);
  const tail = tokens.filter(({ start, text }) => start >= close.end && text !== ";");
  const from = tail[0]?.start;
  const to = tail.at(-1)?.end;
  return {
    head: bytes.toString("utf8", 0, values.start),
    tail: from === undefined ? "" : ` ${bytes.toString("utf8", from, to)}`,
  };
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
