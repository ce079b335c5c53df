import type { Node } from "./parser.ts";
import {
  emptyTree,
  type Name,
  nameOf,
  qualified,
  type RowEvent,
  type StatementTree,
  type WriteTarget,
} from "./statement-names.ts";
import { as, isNode, list, strings, text, unwrap } from "./tree-node.ts";

/**
 * Collects all names of a parse tree. It walks every field of every node, whatever the node is, so that no table can
 * hide in a corner of the grammar; only what needs more than its name has a rule of its own.
 */
export function readTree(root: unknown): StatementTree {
  const walker = new TreeWalker();
  walker.visit(root, noNames);
  return walker.tree;
}

/** Names of WITH queries in sight, innermost scopes included. */
type Scope = ReadonlySet<string>;
const noNames: Scope = new Set();

/** Words that date and time input takes for the current time. */
export const timeWords = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/i;

const systemColumns: ReadonlySet<string> = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

/** Date and time types and their ranges: their input knows "now" and "today". */
const timeTypes = /^_?(?:date|time|timetz|timestamp|timestamptz|abstime|(?:date|ts|tstz)(?:multi)?range)$/;

/** Nodes of which a deterministic query may consist; any other makes it uncacheable. */
const plainNodes: ReadonlySet<string> = new Set(
  `SelectStmt ResTarget ColumnRef String A_Star A_Const Integer Float Boolean BitString A_Expr BoolExpr NullTest
  BooleanTest FuncCall SubLink CaseExpr CaseWhen CoalesceExpr MinMaxExpr A_ArrayExpr A_Indirection A_Indices RowExpr
  TypeCast TypeName CollateClause ParamRef SortBy WindowDef GroupingFunc GroupingSet RangeVar RangeSubselect
  RangeFunction JoinExpr Alias CommonTableExpr WithClause List NamedArgExpr LockingClause JsonIsPredicate`.split(
    /\s+/,
  ),
);

class TreeWalker {
  readonly tree = emptyTree();

  visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, scope);
      return;
    }
    if (!isNode(value)) return;
    const wrapped = unwrap(value);
    if (wrapped === undefined) this.#node(shapeOf(value), value, scope);
    else {
      if (wrapped[0] === "SQLValueFunction")
        this.#uncacheable(`${valueFunction(wrapped[1])} is not IMMUTABLE`);
      else if (!plainNodes.has(wrapped[0])) this.#uncacheable(`${wrapped[0]} is not part of a plain query`);
      this.#node(wrapped[0], wrapped[1], scope);
    }
  }

  #fields(node: Node, scope: Scope, ...except: readonly string[]): void {
    for (const key in node) if (!except.includes(key)) this.visit(node[key], scope);
  }

  #uncacheable(reason: string): void {
    this.tree.uncacheable ??= reason;
  }

  #node(type: string, node: Node, scope: Scope): void {
    switch (type) {
      case "SelectStmt":
        this.#select(node, scope);
        break;
      case "InsertStmt":
        this.#insert(node, scope);
        break;
      case "UpdateStmt":
        this.#update(node, scope);
        break;
      case "DeleteStmt":
        this.#modify(node, scope, "delete");
        break;
      case "MergeStmt":
        this.#merge(node, scope);
        break;
      case "TruncateStmt":
        for (const relation of list(node.relations))
          this.#target(as("RangeVar", relation), "truncate", {
            cascade: node.behavior === "DROP_CASCADE",
          });
        break;
      case "CopyStmt":
        this.#copy(node, scope);
        break;
      case "RefreshMatViewStmt":
        this.#target(node.relation, "refresh");
        break;
      case "ExplainStmt":
      case "PrepareStmt":
      case "DeclareCursorStmt":
        this.#wrapping(type, node, scope);
        break;
      case "RangeVar":
        this.#relation(node, scope);
        break;
      case "LockingClause":
        // Its names are aliases of relations that stand in FROM.
        this.#uncacheable("it locks rows");
        break;
      case "FuncCall":
        this.#call(node, scope);
        break;
      case "ColumnRef":
        this.#column(node);
        break;
      case "ResTarget":
        this.#give(node.name);
        this.#fields(node, scope);
        break;
      case "JoinExpr":
        this.#join(node, scope);
        break;
      case "A_Indirection":
        for (const name of strings(node.indirection)) this.tree.attributes.add(name);
        this.#fields(node, scope);
        break;
      case "A_Const":
        this.#constant(node);
        break;
      case "ParamRef": {
        const number = typeof node.number === "number" ? node.number : 0;
        this.tree.params.set(number, (this.tree.params.get(number) ?? 0) + 1);
        break;
      }
      case "A_Expr":
        this.#operator(node.name);
        this.#fields(node, scope, "name");
        break;
      case "SubLink":
        this.#operator(node.operName);
        this.tree.derived = true;
        this.#fields(node, scope, "operName");
        break;
      case "SortBy":
        this.#operator(node.useOp);
        this.#fields(node, scope, "useOp");
        break;
      case "TypeCast":
        this.#cast(node);
        this.#fields(node, scope);
        break;
      case "TypeName":
        this.#type(node, scope);
        break;
      case "RangeTableSample":
        this.#uncacheable("TABLESAMPLE");
        this.#fields(node, scope);
        break;
      case "RangeSubselect":
      case "RangeFunction":
      case "JsonTable":
      case "RangeTableFunc":
        this.tree.derived = true;
        this.#fields(node, scope);
        break;
      case "WithClause":
        this.#with(node, scope);
        break;
      case "Alias":
        if (list(node.colnames).length > 0) this.tree.derived = true;
        this.#give(node.aliasname, ...strings(node.colnames));
        break;
      default:
        this.#fields(node, scope);
        break;
    }
  }

  /** Visits the queries of a WITH clause. @returns the scope of the statement that it stands before */
  #with(clause: unknown, scope: Scope): Scope {
    if (!isNode(clause)) return scope;
    this.tree.derived = true;
    const queries = list(clause.ctes).map((query) => as("CommonTableExpr", query) ?? {});
    const inner = new Set(scope);
    const names = queries.map((query) => text(query.ctename) ?? "");
    // Without RECURSIVE a query sees those before it only: in `WITH t AS (SELECT … FROM t)` the inner t is a table.
    if (clause.recursive === true) for (const name of names) inner.add(name);
    for (const [index, query] of queries.entries()) {
      this.#give(query.ctename, ...strings(query.aliascolnames));
      this.#fields(query, new Set(inner));
      inner.add(names[index] as string);
    }
    return inner;
  }

  #select(node: Node, scope: Scope): void {
    const inner = this.#with(node.withClause, scope);
    if (isNode(node.intoClause)) this.#into(node.intoClause);
    if (node.larg !== undefined) this.tree.derived = true;
    for (const side of [node.larg, node.rarg]) if (isNode(side)) this.#select(side, inner);
    this.#fields(node, inner, "withClause", "intoClause", "larg", "rarg");
  }

  #into(clause: Node): void {
    const relation = isNode(clause.rel) ? clause.rel : {};
    if (relation.relpersistence === "t" || relation.schemaname === "pg_temp") this.tree.temporary = true;
    this.#uncacheable("SELECT INTO makes a table");
  }

  /** A relation that is changed is a table or a view, never a WITH query. */
  #target(relation: unknown, event: RowEvent, more: Partial<WriteTarget> = {}): void {
    if (!isNode(relation)) return;
    this.tree.writes.push({ ...nameOf(relation), event, ...more });
  }

  #insert(node: Node, scope: Scope): void {
    const inner = this.#with(node.withClause, scope);
    this.#target(node.relation, "insert");
    const conflict = isNode(node.onConflictClause) ? node.onConflictClause : undefined;
    if (conflict?.action === "ONCONFLICT_UPDATE")
      this.#target(node.relation, "update", { assigned: assignedColumns(conflict.targetList) });
    this.#fields(node, inner, "withClause", "relation");
  }

  #update(node: Node, scope: Scope): void {
    this.#modify(node, scope, "update", assignedColumns(node.targetList));
  }

  #modify(node: Node, scope: Scope, event: RowEvent, assigned?: readonly string[]): void {
    const inner = this.#with(node.withClause, scope);
    this.#target(node.relation, event, { assigned });
    this.#fields(node, inner, "withClause", "relation");
  }

  #merge(node: Node, scope: Scope): void {
    const inner = this.#with(node.withClause, scope);
    for (const item of list(node.mergeWhenClauses)) {
      const clause = as("MergeWhenClause", item) ?? {};
      if (clause.commandType === "CMD_INSERT") this.#target(node.relation, "insert");
      else if (clause.commandType === "CMD_DELETE") this.#target(node.relation, "delete");
      else if (clause.commandType !== "CMD_NOTHING")
        this.#target(node.relation, "update", { assigned: assignedColumns(clause.targetList) });
    }
    if (isNode(node.relation)) this.#read(nameOf(node.relation), node.relation.alias);
    this.#fields(node, inner, "withClause", "relation");
  }

  #copy(node: Node, scope: Scope): void {
    this.#uncacheable("COPY");
    if (node.is_program === true) this.tree.unknown ??= "COPY runs a program";
    if (node.is_from === true) this.#target(node.relation, "insert");
    else if (isNode(node.relation)) this.#read(nameOf(node.relation));
    this.#fields(node, scope, "relation");
  }

  /** A statement inside another: EXPLAIN and PREPARE don't run it, EXPLAIN ANALYZE and a cursor do. */
  #wrapping(type: string, node: Node, scope: Scope): void {
    const before = this.tree.writes.length;
    const calls = this.tree.functions.length;
    this.#fields(node, scope);
    this.#uncacheable(type.replace("Stmt", "").toUpperCase());
    const runs =
      type === "DeclareCursorStmt" ||
      (type === "ExplainStmt" &&
        list(node.options).some((option) => as("DefElem", option)?.defname === "analyze"));
    if (runs) return;
    for (const { schema, name } of this.tree.writes.splice(before)) this.#read({ schema, name });
    this.tree.functions.length = calls;
    this.tree.unknown = undefined;
  }

  #relation(node: Node, scope: Scope): void {
    const name = nameOf(node);
    this.visit(node.alias, scope);
    if (name.schema === undefined && scope.has(name.name)) return;
    this.#read(name, node.alias);
    if (isNode(node.alias) && list(node.alias.colnames).length > 0) this.tree.anyColumn = true;
  }

  #read(name: Name, alias?: unknown): void {
    const visible = isNode(alias) ? text(alias.aliasname) : undefined;
    this.tree.reads.push({ ...name, visible: visible ?? name.name });
  }

  #join(node: Node, scope: Scope): void {
    for (const name of strings(node.usingClause)) this.tree.columns.push([name]);
    if (node.isNatural === true) this.tree.anyColumn = true;
    // A row of the join has the columns of both sides.
    if (node.alias !== undefined || node.join_using_alias !== undefined) this.tree.anyColumn = true;
    this.#fields(node, scope, "usingClause");
  }

  #give(...names: readonly unknown[]): void {
    for (const name of names) if (typeof name === "string") this.tree.given.add(name);
  }

  #call(node: Node, scope: Scope): void {
    const args = list(node.args);
    // Ordered-set aggregates and VARIADIC calls count their arguments differently.
    const countable = node.agg_within_group !== true && node.func_variadic !== true;
    const name = qualified(strings(node.funcname));
    this.tree.functions.push({ ...name, args: countable ? args.length : undefined, nodes: args });
    this.#fields(node, scope, "funcname");
  }

  #column(node: Node): void {
    const fields = strings(node.fields);
    const last = fields.at(-1);
    if (fields.length < list(node.fields).length) this.tree.anyColumn = true;
    if (last === undefined) return;
    this.tree.columns.push(fields);
    if (systemColumns.has(last)) this.#uncacheable(`${last} is a system column`);
    if (fields.length > 1) this.tree.attributes.add(last);
  }

  #constant(node: Node): void {
    const sval = isNode(node.sval) ? text(node.sval.sval) : undefined;
    if (sval !== undefined && timeWords.test(sval))
      this.#uncacheable("a text constant may stand for the current time");
  }

  #operator(names: unknown): void {
    const parts = strings(names);
    if (parts.length > 0) this.tree.operators.push(qualified(parts));
  }

  #cast(node: Node): void {
    const type = isNode(node.typeName) ? strings(node.typeName.names).at(-1) : undefined;
    if (type === undefined || !timeTypes.test(type)) return;
    const arg = unwrap(node.arg);
    if (arg === undefined || arg[0] === "A_Const" || arg[0] === "ParamRef") return;
    if (arg[0] === "TypeCast") {
      const inner = isNode(arg[1].typeName) ? strings(arg[1].typeName.names).at(-1) : undefined;
      if (inner !== undefined && timeTypes.test(inner)) return;
    }
    const column = arg[0] === "ColumnRef" ? strings(arg[1].fields).at(-1) : undefined;
    if (column === undefined) this.#uncacheable(`text cast to ${type} may stand for the current time`);
    else this.tree.timeCasts.add(column);
  }

  #type(node: Node, scope: Scope): void {
    const names = strings(node.names);
    // In `column%TYPE` the names are a table's and a column's.
    if (node.pct_type === true) this.#uncacheable("%TYPE");
    else if (names.length > 0) this.tree.types.push(qualified(names));
    this.visit(node.typmods, scope);
  }
}

/** Nodes that stand in a field of their own type are not wrapped; these are told by their fields. */
function shapeOf(node: Node): string {
  if (typeof node.relname === "string") return "RangeVar";
  if (Array.isArray(node.funcname) && node.parameters === undefined) return "FuncCall";
  if (Array.isArray(node.names) && "typemod" in node) return "TypeName";
  if (Array.isArray(node.ctes)) return "WithClause";
  if (typeof node.aliasname === "string") return "Alias";
  return "";
}

/** CURRENT_DATE, CURRENT_USER and their like. */
const valueFunction = (node: Node): string => String(node.op).replace("SVFOP_", "").toLowerCase();

function assignedColumns(targets: unknown): string[] {
  return list(targets).map((target) => text(as("ResTarget", target)?.name) ?? "");
}
