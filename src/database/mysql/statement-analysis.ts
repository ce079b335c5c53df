import type { StatementFacts } from "../statement-facts.ts";
import type { Dependencies, Effects } from "./dependencies.ts";
import { foldName, type QualifiedName, type StatementText } from "./statement-text.ts";

const set = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const queries = set("select with values table");
/** They read, but what they tell is of the server. */
const inquiries = set("show describe desc explain help do");
const controls = set("begin commit rollback savepoint release xa");
const sessions = set("set use prepare deallocate kill");
const locks = set("lock unlock handler");
const definitions = set(
  "create alter drop rename grant revoke comment analyze optimize repair check checksum",
);
const writeWords = ["insert", "update", "delete", "replace"];

const nothing = Object.freeze({ reads: [], writes: [], cacheable: false });
/** Whatever isn't understood may do anything. */
const anything = Object.freeze({
  kind: "ddl",
  reads: [],
  writes: "all",
  cacheable: false,
  commits: true,
  changesSession: true,
}) satisfies StatementFacts;

/** What a statement reads and writes, by the names in it and what the catalogue knows of them. */
export function statementFacts(sql: string, dependencies: Dependencies): StatementFacts {
  const text = dependencies.read(sql);
  const at = text.tokens.findIndex(({ text: each }) => each !== "(");
  const first = text.tokens[at]?.text.toLowerCase() ?? "";
  const second = text.tokens[at + 1]?.text.toLowerCase() ?? "";
  if (text.opaque !== undefined) return { ...anything, reason: text.opaque };
  if (queries.has(first)) return queryFacts(first, text, dependencies);
  if (inquiries.has(first)) return inquiryFacts(first, second, text, dependencies);
  if (first === "insert" || first === "replace") return insertFacts(sql, dependencies);
  if (first === "update" || first === "delete") return writeFacts(text.names, text, dependencies);
  if (first === "truncate") return { ...writeFacts(text.names, text, dependencies), commits: true };
  if (first === "load") return { kind: "write", ...nothing, writes: "all", changesSession: true };
  if (first === "call") return callFacts(sql, text, dependencies);
  if (controls.has(first) || (first === "start" && second === "transaction"))
    return { kind: "transaction", ...nothing };
  // SET STATEMENT … FOR runs another statement; and with other settings, other facts are true of new sessions.
  if (first === "set" && (second === "statement" || setsServer(text))) return anything;
  if (sessions.has(first)) return sessionFacts(text, dependencies, text.words.has("autocommit"));
  if (locks.has(first)) return { kind: "session", ...nothing, writes: "all", commits: true };
  if ((first === "create" || first === "drop") && second === "temporary")
    return sessionFacts(readDefinition(sql, dependencies), dependencies, false);
  if (definitions.has(first))
    return {
      ...anything,
      changesSession: text.words.has("select") || text.words.has("temporary"),
      reason: "it changes the schema",
    };
  return { ...anything, reason: `${first.toUpperCase()} isn't known` };
}

function queryFacts(first: string, text: StatementText, dependencies: Dependencies): StatementFacts {
  // WITH … UPDATE and the like; INSERT and REPLACE with a bracket behind them are functions.
  const writes = text.tokens.some(
    ({ type, text: each }, i) =>
      type === "word" &&
      writeWords.includes(each.toLowerCase()) &&
      (text.tokens[i + 1]?.text !== "(" || /^(update|delete)$/i.test(each)) &&
      text.tokens[i - 1]?.text.toLowerCase() !== "for",
  );
  if (first === "with" && writes) return writeFacts(text.names, text, dependencies);
  const { tables, reason } = dependencies.reads(text);
  const called = dependencies.calls(text);
  const facts = { reads: [...tables], cacheable: reason === undefined, ...(reason && { reason }) };
  const effects = { ...facts, writes: writesOf(called), cacheable: false, ...session(called) };
  if (called.writes === "all" || called.writes.size > 0) return { kind: "write", ...effects };
  if (text.leavesState || text.words.has("into") || called.changesSession)
    return { kind: "session", ...effects };
  return { kind: "read", ...facts, writes: [] };
}

function inquiryFacts(
  first: string,
  second: string,
  text: StatementText,
  dependencies: Dependencies,
): StatementFacts {
  // EXPLAIN ANALYZE runs what it explains.
  if (second === "analyze" && writeWords.some((word) => text.words.has(word)))
    return { ...anything, reason: "it runs what it explains" };
  const called = first === "show" || first === "help" ? undefined : dependencies.calls(text);
  if (called && (called.writes === "all" || called.writes.size > 0 || called.changesSession))
    return { kind: "write", ...nothing, writes: writesOf(called), ...session(called) };
  return {
    kind: text.leavesState ? "session" : "read",
    ...nothing,
    reason: `${first.toUpperCase()} isn't cached`,
  };
}

/** INSERT and REPLACE change only the one table that they name first. */
function insertFacts(sql: string, dependencies: Dependencies): StatementFacts {
  const plain = dependencies.read(sql);
  const target = insertTarget(plain);
  const text = target === undefined ? plain : dependencies.read(sql, { target: target.index });
  return writeFacts(
    target === undefined ? text.names : [target.name],
    text,
    dependencies,
    target === undefined,
  );
}

/** @returns the table of an INSERT or REPLACE, and the index of the token that ends its name */
export function insertTarget({
  tokens,
}: Pick<StatementText, "tokens">): { readonly name: QualifiedName; readonly index: number } | undefined {
  let i = 1;
  while (/^(low_priority|delayed|high_priority|ignore)$/i.test(tokens[i]?.text ?? "")) i++;
  if (tokens[i]?.text.toLowerCase() === "into") i++;
  return nameAt(tokens, i);
}

function nameAt(
  tokens: StatementText["tokens"],
  i: number,
): { readonly name: QualifiedName; readonly index: number } | undefined {
  const named = (at: number): boolean => tokens[at]?.type === "word" || tokens[at]?.type === "identifier";
  if (!named(i)) return undefined;
  if (tokens[i + 1]?.text !== ".") return { name: { name: foldName(tokens[i]!) }, index: i };
  if (!named(i + 2)) return undefined;
  return { name: { schema: foldName(tokens[i]!), name: foldName(tokens[i + 2]!) }, index: i + 2 };
}

function writeFacts(
  names: readonly QualifiedName[],
  text: StatementText,
  dependencies: Dependencies,
  unclear = false,
): StatementFacts {
  const effects = dependencies.writesOf(names, text);
  const writes = writesOf(effects);
  return {
    kind: "write",
    ...nothing,
    // A write that names no table known is none that is understood.
    writes: unclear || writes.length === 0 ? "all" : writes,
    ...session(effects),
    ...(text.leavesState && { changesSession: true }),
  };
}

function callFacts(sql: string, plain: StatementText, dependencies: Dependencies): StatementFacts {
  const procedure = nameAt(plain.tokens, 1);
  if (procedure === undefined) return anything;
  const text = dependencies.read(sql, { target: procedure.index });
  const body = dependencies.routine(procedure.name);
  const called = dependencies.calls(text);
  const changesSession = body.changesSession || called.changesSession || text.volatile !== undefined;
  if (body.commits) return { ...anything, reason: "the procedure may commit or change the schema" };
  const writes = [writesOf(body), writesOf(called)];
  return {
    kind: "write",
    ...nothing,
    writes: writes.includes("all") ? "all" : (writes as string[][]).flat(),
    changesSession,
  };
}

/** Does a SET name a setting of the whole server? */
function setsServer({ words, tokens }: StatementText): boolean {
  if (["global", "persist", "persist_only"].some((word) => words.has(word))) return true;
  return tokens.some(({ text }) => /^@@(global|persist|persist_only)$/i.test(text));
}

function sessionFacts(text: StatementText, dependencies: Dependencies, commits: boolean): StatementFacts {
  return {
    kind: "session",
    ...nothing,
    writes: writesOf(dependencies.calls(text)),
    ...(commits && { commits }),
  };
}

/** The bracket behind a new table's name holds its columns. */
function readDefinition(sql: string, dependencies: Dependencies): StatementText {
  const { tokens } = dependencies.read(sql);
  const bracket = tokens.findIndex(({ text }) => text === "(");
  return dependencies.read(sql, { target: bracket - 1 });
}

function writesOf({ writes }: Effects): readonly string[] | "all" {
  return writes === "all" ? "all" : [...writes];
}

/** A function can't commit, whatever its body says: only CALL can. */
function session({ changesSession }: Effects): Pick<StatementFacts, "changesSession"> {
  return changesSession ? { changesSession } : {};
}
