import type { Relation } from "./catalogue.ts";
import type { Effects } from "./effects.ts";
import type { Node } from "./parser.ts";
import type { Schema } from "./schema.ts";
import type { ReadSource, StatementTree } from "./statement-names.ts";
import { as } from "./tree-node.ts";

/** A relation in FROM with its place in the catalogue. */
type Source = readonly [source: ReadSource, relation: Relation];

/**
 * The columns on which the result of a query depends, besides which rows there are. They are known by their names
 * alone: a column counts when the query, or a view that it reads, names it anywhere. In what order rows come that
 * nothing orders is not part of a result.
 */
export class ReadColumns {
  readonly #named = new Map<string, Set<string>>();
  /** Ids of the tables of which all columns may count. */
  readonly #whole = new Set<string>();

  /**
   * @param tree    of the query, or of a view's
   * @param sources all that it reads from
   */
  add(tree: StatementTree, sources: readonly Source[]): void {
    // Of a view, the columns of its own query count, whichever of them are asked for.
    const tables = sources.filter(([, relation]) => relation.kind !== "v");
    const named = namedColumns(tree, tables, sources);
    for (const [, table] of tables) {
      const known = this.#named.get(table.id) ?? new Set();
      this.#named.set(table.id, known);
      if (named === undefined || !columnsStandAlone(table)) this.#whole.add(table.id);
      else for (const column of named.get(table) ?? []) known.add(column);
    }
  }

  /** @returns the columns of each table of which not all may count */
  byTable(): ReadonlyMap<string, readonly string[]> {
    const told = [...this.#named].filter(([id]) => !this.#whole.has(id));
    return new Map(told.map(([id, columns]) => [id, Object.freeze([...columns])]));
  }
}

/** @returns `undefined` when a column may count that isn't named */
function namedColumns(
  tree: StatementTree,
  tables: readonly Source[],
  sources: readonly Source[],
): ReadonlyMap<Relation, ReadonlySet<string>> | undefined {
  if (tree.anyColumn) return undefined;
  const named = new Map(tables.map(([, table]) => [table, new Set<string>()]));
  const visible = new Set(tables.map(([source]) => source.visible));
  const derived = derivedNames(tree, sources);
  for (const parts of tree.columns) {
    const [qualifier, name = ""] = [parts.at(-2), parts.at(-1)];
    // Alone it may stand for the whole row; so does `t` in `t.f` where f is no column but a function.
    if (qualifier === undefined && visible.has(name)) return undefined;
    const meant = tables.filter(([source]) => qualifier === undefined || source.visible === qualifier);
    const having = meant.filter(([, table]) => table.columns.some(([column]) => column === name));
    if (qualifier !== undefined && having.length < meant.length) return undefined;
    // A name that nothing explains is one that the server reads in another way than we do.
    if (having.length === 0 && !derived.has(qualifier ?? name)) return undefined;
    for (const [, table] of having) named.get(table)?.add(name);
  }
  return named;
}

/** Names that don't stand for a table's column: what they mean is made of columns that are named elsewhere. */
function derivedNames(tree: StatementTree, sources: readonly Source[]): ReadonlySet<string> {
  const names = new Set(tree.given);
  // An output column without a name takes that of its function.
  for (const { name } of tree.functions) names.add(name);
  for (const [source, relation] of sources)
    if (relation.kind === "v") for (const name of [source.visible, ...viewColumns(relation)]) names.add(name);
  return names;
}

const viewColumns = (view: Relation): readonly string[] => view.columns.map(([name]) => name);

/** Does a change of one column of a row leave all others as they are, and the row where it is? */
function columnsStandAlone(table: Relation): boolean {
  return table.kind === "r" && !table.generated && table.children.length === 0 && table.parents.length === 0;
}

/** All that an UPDATE may consist of; a clause that is newer than this list may do more. */
const updateFields: ReadonlySet<string> = new Set([
  "relation",
  "targetList",
  "whereClause",
  "fromClause",
  "returningList",
  "returningClause",
  "withClause",
]);

/**
 * @param effects of the whole statement
 * @returns the columns that an UPDATE assigns, when nothing else changes: no other column, row or table. One that
 * assigns the column by which rows are told apart has none: it makes other rows of them
 */
export function updatedColumns(
  statement: Node,
  tree: StatementTree,
  schema: Schema,
  effects: Effects,
): readonly string[] | undefined {
  const update = as("UpdateStmt", statement);
  const [target] = tree.writes;
  if (update === undefined || target?.assigned === undefined || tree.writes.length > 1) return undefined;
  if (Object.keys(update).some((field) => !updateFields.has(field))) return undefined;
  if (effects.indirect.size > 0) return undefined;
  const table = schema.catalogue.relation(target, schema.catalogue.path);
  if (table === undefined || table === "system") return undefined;
  if (!columnsStandAlone(table) || table.beforeUpdate || table.rules) return undefined;
  const real = new Set(table.columns.map(([name]) => name));
  real.delete(table.primaryKey?.column ?? "");
  const assigned = [...new Set(target.assigned)];
  return assigned.every((name) => real.has(name)) ? Object.freeze(assigned) : undefined;
}
