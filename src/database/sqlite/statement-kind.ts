import { fold } from "../sql/fold.ts";
import type { Token } from "../sql/sql-lexer.ts";

/**
 * What the first words say of a statement.
 * - `query`: SELECT, VALUES, WITH, INSERT, UPDATE, DELETE, REPLACE: the authorizer knows the rest.
 * - `inspection`: EXPLAIN, and PRAGMAs that only look.
 * - `session`: PRAGMAs that set something, ATTACH, temporary objects.
 */
export type StatementClass = "query" | "inspection" | "ddl" | "session" | "transaction" | "savepoint";

const inspections = new Set(
  (
    "table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check " +
    "integrity_check quick_check database_list function_list collation_list module_list pragma_list compile_options"
  ).split(" "),
);

const byFirstWord: Readonly<Record<string, StatementClass>> = Object.freeze({
  alter: "ddl",
  analyze: "ddl",
  attach: "session",
  begin: "transaction",
  commit: "transaction",
  detach: "session",
  drop: "ddl",
  end: "transaction",
  reindex: "ddl",
  release: "savepoint",
  savepoint: "savepoint",
  vacuum: "ddl",
});

/** @param tokens of one statement, at least one token */
export function classify(tokens: readonly Token[]): StatementClass {
  const word = (index: number): string => fold(tokens[index]?.text ?? "");
  switch (word(0)) {
    case "pragma": {
      const name = tokens[2]?.text === "." ? word(3) : word(1);
      return inspections.has(name) ? "inspection" : "session";
    }
    case "explain":
      // The compiler obeys some PRAGMAs already while it explains them.
      return tokens.some(({ text }) => fold(text) === "pragma") ? "session" : "inspection";
    case "rollback":
      return tokens.some(({ text }) => fold(text) === "to") ? "savepoint" : "transaction";
    case "create":
      return tokens.slice(1, 9).some(({ text }) => /^["'`[]?temp(orary)?["'`\]]?$/i.test(text))
        ? "session"
        : "ddl";
    default:
      return byFirstWord[word(0)] ?? "query";
  }
}

/** @throws {TypeError} when there is no statement, or more than one: the driver would silently run the first alone */
export function requireOneStatement(tokens: readonly Token[]): void {
  const end = isTrigger(tokens) ? triggerEnd(tokens) : tokens.findIndex(({ text }) => text === ";");
  const statement = end === -1 ? tokens : tokens.slice(0, end);
  if (statement.length === 0) throw new TypeError("sql: expected a statement, got none");
  if (end !== -1 && tokens.slice(end).some(({ text }) => text !== ";"))
    throw new TypeError(
      "sql: expected one statement at a time, got several; use transaction() to keep them together",
    );
}

function isTrigger(tokens: readonly Token[]): boolean {
  return (
    fold(tokens[0]?.text ?? "") === "create" &&
    tokens.slice(1, 3).some(({ text }) => fold(text) === "trigger")
  );
}

/** Index behind the END that closes the trigger's BEGIN; -1 when there is none. */
function triggerEnd(tokens: readonly Token[]): number {
  let depth = 0;
  for (const [index, { type, text }] of tokens.entries()) {
    if (type !== "word") continue;
    const word = fold(text);
    if (word === "begin" || word === "case") depth++;
    else if (word === "end" && --depth <= 0) return index + 1;
  }
  return -1;
}
