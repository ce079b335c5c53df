import type { PointAccess } from "../statement-facts.ts";
import { canonicalKey } from "./canonical-key.ts";
import type { Relation } from "./catalogue.ts";
import { type Effects, rewritesInsertedRows, rewritesUpdatedRows } from "./effects.ts";
import type { Node } from "./parser.ts";
import type { Schema } from "./schema.ts";
import { nameOf, type StatementTree } from "./statement-names.ts";
import { as, isNode, list, strings, text, unwrap } from "./tree-node.ts";

/** @returns the single row that a statement touches, when its words and the catalogue leave no doubt */
export function pointAccess(
  statement: Node,
  tree: StatementTree,
  schema: Schema,
  effects: Effects,
): PointAccess | undefined {
  const [type, node] = unwrap(statement) ?? ["", {}];
  if (tree.derived) return undefined;
  switch (type) {
    case "SelectStmt":
      return selected(node, tree, schema);
    case "UpdateStmt":
    case "DeleteStmt":
      return changed(node, tree, schema, effects, type === "UpdateStmt");
    case "InsertStmt":
      return inserted(node, tree, schema, effects);
    default:
      return undefined;
  }
}

/** A table of the user's that holds its rows itself, with nothing that would redirect a statement. */
function plainTable(range: unknown, schema: Schema): Relation | undefined {
  if (!isNode(range) || typeof range.relname !== "string") return undefined;
  const relation = schema.catalogue.relation(nameOf(range), schema.catalogue.path);
  if (relation === undefined || relation === "system") return undefined;
  const plain =
    relation.kind === "r" &&
    relation.children.length === 0 &&
    relation.persistence !== "t" &&
    !relation.rules;
  return plain && relation.primaryKey !== undefined ? relation : undefined;
}

function selected(node: Node, tree: StatementTree, schema: Schema): PointAccess | undefined {
  const from = list(node.fromClause);
  const range = as("RangeVar", from[0]);
  if (from.length !== 1 || range === undefined || tree.reads.length !== 1) return undefined;
  const relation = plainTable(range, schema);
  return relation && keyedBy(relation, range, node.whereClause, tree);
}

function changed(
  node: Node,
  tree: StatementTree,
  schema: Schema,
  effects: Effects,
  update: boolean,
): PointAccess | undefined {
  const relation = plainTable(node.relation, schema);
  if (relation === undefined || node.fromClause !== undefined || node.usingClause !== undefined)
    return undefined;
  if (effects.indirect.has(relation.id)) return undefined;
  if (update) {
    const key = relation.primaryKey?.column;
    if (
      rewritesUpdatedRows(relation) ||
      tree.writes.some(({ assigned }) => assigned?.includes(key ?? "") !== false)
    )
      return undefined;
  }
  return keyedBy(relation, node.relation as Node, node.whereClause, tree);
}

function inserted(
  node: Node,
  tree: StatementTree,
  schema: Schema,
  effects: Effects,
): PointAccess | undefined {
  const relation = plainTable(node.relation, schema);
  const key = relation?.primaryKey;
  if (relation === undefined || key === undefined || effects.indirect.has(relation.id)) return undefined;
  if (rewritesInsertedRows(relation) || node.override !== "OVERRIDING_NOT_SET") return undefined;
  if (isNode(node.onConflictClause) && !touchesKeyOnly(node.onConflictClause, relation)) return undefined;
  const values = list(as("SelectStmt", node.selectStmt)?.valuesLists);
  if (values.length !== 1) return undefined;
  const named = list(node.cols).map((column) => text(as("ResTarget", column)?.name));
  const columns = named.length > 0 ? named : relation.columns.map(([name]) => name);
  const value = list(as("List", values[0])?.items)[columns.indexOf(key.column)];
  return point(relation, value, tree);
}

/** Does ON CONFLICT change no row but the one that has the key that is inserted? */
function touchesKeyOnly(conflict: Node, relation: Relation): boolean {
  if (conflict.action === "ONCONFLICT_NOTHING") return true;
  const key = relation.primaryKey?.column as string;
  const arbiters = isNode(conflict.infer) ? list(conflict.infer.indexElems) : [];
  const assigned = list(conflict.targetList).map((target) => text(as("ResTarget", target)?.name));
  return (
    arbiters.length === 1 &&
    as("IndexElem", arbiters[0])?.name === key &&
    !assigned.includes(key) &&
    !rewritesUpdatedRows(relation)
  );
}

/** @returns the point, when one of the conditions that all must hold is `key = $n` */
function keyedBy(
  relation: Relation,
  range: Node,
  where: unknown,
  tree: StatementTree,
): PointAccess | undefined {
  const and = as("BoolExpr", where);
  const conditions = and?.boolop === "AND_EXPR" ? list(and.args) : [where];
  for (const condition of conditions) {
    const comparison = as("A_Expr", condition);
    if (comparison?.kind !== "AEXPR_OP" || strings(comparison.name).join(".") !== "=") continue;
    const sides = [comparison.lexpr, comparison.rexpr];
    for (const [index, side] of sides.entries()) {
      if (!isKeyColumn(side, relation, range)) continue;
      const found = point(relation, sides[1 - index], tree);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isKeyColumn(value: unknown, relation: Relation, range: Node): boolean {
  const column = as("ColumnRef", value);
  if (column === undefined || list(column.fields).length !== strings(column.fields).length) return false;
  const fields = strings(column.fields);
  const alias = isNode(range.alias) ? text(range.alias.aliasname) : undefined;
  const qualifiers = fields.slice(0, -1);
  const visible = alias === undefined ? [relation.name, relation.schema] : [alias];
  const matches = qualifiers.reverse().every((qualifier, depth) => visible[depth] === qualifier);
  return matches && fields.at(-1) === relation.primaryKey?.column;
}

function point(relation: Relation, value: unknown, tree: StatementTree): PointAccess | undefined {
  const key = relation.primaryKey && canonicalKey(relation.primaryKey);
  if (key === undefined) return undefined;
  const cast = as("TypeCast", value);
  if (cast !== undefined) {
    const type = isNode(cast.typeName) ? cast.typeName : {};
    const name = strings(type.names);
    const same = key.casts.includes(name.at(-1) ?? "") && (name.length === 1 || name[0] === "pg_catalog");
    if (!same || list(type.typmods).length > 0 || list(type.arrayBounds).length > 0) return undefined;
  }
  const number = as("ParamRef", cast === undefined ? value : cast.arg)?.number;
  // A placeholder that occurs elsewhere, too, may have another type than the key's.
  if (typeof number !== "number" || tree.params.get(number) !== 1) return undefined;
  return Object.freeze({ table: relation.id, param: number - 1, canonicalKey: key.canonical });
}
