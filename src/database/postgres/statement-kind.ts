import type { StatementFacts } from "../statement-facts.ts";
import type { Node } from "./parser.ts";
import type { StatementTree } from "./statement-names.ts";
import { as, isNode, list, unwrap } from "./tree-node.ts";

type Kind = StatementFacts["kind"];

const types = (names: string): readonly string[] => names.split(/\s+/);

/**
 * What a statement is by its syntax alone. Those that aren't listed change the schema (CREATE, ALTER, DROP, GRANT, …)
 * or are newer than this list: both count as `ddl`, after which nothing that was known holds.
 */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ...types("SelectStmt ExplainStmt VariableShowStmt LockStmt").map((type) => [type, "read"] as const),
  ...types(
    `InsertStmt UpdateStmt DeleteStmt MergeStmt TruncateStmt CopyStmt RefreshMatViewStmt NotifyStmt VacuumStmt
    ClusterStmt ReindexStmt CheckPointStmt ExecuteStmt DoStmt CallStmt`,
  ).map((type) => [type, "write"] as const),
  ["TransactionStmt", "transaction"],
  ...types(
    `VariableSetStmt DiscardStmt ListenStmt UnlistenStmt PrepareStmt DeallocateStmt DeclareCursorStmt FetchStmt
    ClosePortalStmt LoadStmt ConstraintsSetStmt`,
  ).map((type) => [type, "session"] as const),
]);

/** Strongest first: of several statements the strongest decides. */
const strength: readonly Kind[] = ["ddl", "transaction", "session", "write", "read"];

export const stronger = (a: Kind, b: Kind): Kind => (strength.indexOf(a) <= strength.indexOf(b) ? a : b);

/** @returns the kind of one statement, before functions, views and triggers have their say */
export function kindOf(statement: Node, tree: StatementTree): Kind {
  const [type, node] = unwrap(statement) ?? ["", {}];
  const kind = kinds.get(type) ?? "ddl";
  if (type === "CopyStmt") return node.is_from === true || tree.writes.length > 0 ? "write" : "read";
  // Done in another session before, it takes effect here.
  if (type === "TransactionStmt" && node.kind === "TRANS_STMT_COMMIT_PREPARED") return "write";
  if (type === "ExplainStmt" && runs(node)) return kindOf(isNode(node.query) ? node.query : {}, tree);
  if (tree.temporary || makesTemporary(node)) return "session";
  if (type === "SelectStmt" && selectsInto(node)) return "ddl";
  return kind === "read" && tree.writes.length > 0 ? "write" : kind;
}

/** @returns why such a statement may change anything, if it may */
export function unknownEffect(statement: Node): string | undefined {
  const [type, node] = unwrap(statement) ?? ["", {}];
  if (type === "ExecuteStmt") return "EXECUTE runs a statement prepared elsewhere";
  if (type === "TransactionStmt" && node.kind === "TRANS_STMT_COMMIT_PREPARED")
    return "COMMIT PREPARED commits what another session did";
  if (type === "ExplainStmt" && runs(node)) return unknownEffect(isNode(node.query) ? node.query : {});
  return undefined;
}

function runs(explain: Node): boolean {
  return list(explain.options).some((option) => as("DefElem", option)?.defname === "analyze");
}

function selectsInto(select: Node): boolean {
  if (isNode(select.intoClause)) return true;
  return isNode(select.larg) && selectsInto(select.larg);
}

/** CREATE TEMPORARY TABLE, VIEW, SEQUENCE, and CREATE TABLE pg_temp.x … */
function makesTemporary(node: Node): boolean {
  const into = isNode(node.into) && isNode(node.into.rel) ? node.into.rel : undefined;
  return [node.relation, node.view, node.sequence, into].some(
    (relation) => isNode(relation) && (relation.relpersistence === "t" || relation.schemaname === "pg_temp"),
  );
}
