import { sessionFunctions, unknownFunctions } from "./builtin-functions.ts";
import type { Relation, Trigger, UserFunction } from "./catalogue.ts";
import { type FunctionBody, functionBody } from "./function-body.ts";
import { harmlessExtension } from "./harmless-extensions.ts";
import type { Node } from "./parser.ts";
import { type Schema, withDescendants } from "./schema.ts";
import { kindOf, unknownEffect } from "./statement-kind.ts";
import type { FunctionUse, Name, RowEvent, StatementTree, WriteTarget } from "./statement-names.ts";
import { readTree } from "./statement-tree.ts";
import { as, isNode, text, unwrap } from "./tree-node.ts";

type Path = readonly string[];

/** Bits of `pg_trigger.tgtype`. */
const triggerBits = {
  row: 1,
  before: 2,
  insert: 4,
  delete: 8,
  update: 16,
  truncate: 32,
  instead: 64,
} as const;

/**
 * All that a statement may change: itself, and by views, triggers, foreign keys and functions, to any depth.
 * Everything is visited once, so that triggers that call each other come to an end.
 */
export class Effects {
  readonly tables = new Set<string>();
  /** Tables changed by a trigger, a cascade or a function rather than by the statement's own words. */
  readonly indirect = new Set<string>();
  /** Why anything else may change, too. */
  unknown: string | undefined;
  /** May the schema change? */
  schema = false;
  /** May the session's state change? */
  session = false;
  readonly #schema: Schema;
  readonly #visited = new Set<string>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Adds what a statement does. `direct` is false for one that runs inside a function or view. */
  add(tree: StatementTree, path: Path, direct: boolean): void {
    if (tree.unknown !== undefined) this.#anything(tree.unknown);
    for (const target of tree.writes) {
      const relation = this.#schema.catalogue.relation(target, path);
      if (relation === undefined) this.#anything(`relation ${shown(target)} is not known`);
      else if (relation === "system") this.#anything(`${shown(target)} belongs to the server`, true);
      else this.#write(relation, target, direct);
    }
    for (const name of tree.reads) {
      const relation = this.#schema.catalogue.relation(name, path);
      if (relation !== undefined && relation !== "system") this.#read(relation);
    }
    for (const use of tree.functions) this.#call(use, path, direct);
    for (const name of tree.attributes)
      for (const routine of this.#schema.catalogue.rowFunctions(name, path)) this.#run(routine, path);
    for (const name of [...implicitOperators, ...tree.operators])
      this.#runAll(this.#schema.catalogue.operatorFunctions(name, path));
    // A cast may hide anywhere where types differ.
    this.#runAll(this.#schema.catalogue.casts.map((cast) => cast.function));
  }

  /** Adds what the body of a function or DO block does. */
  addBody(body: FunctionBody, path: Path, volatile: boolean): void {
    // PostgreSQL lets no function change rows that isn't VOLATILE, except through another that is.
    if (body.unknown !== undefined && volatile) this.#anything(body.unknown, body.schema);
    const names = body.bound === true ? this.#schema.catalogue.path : path;
    for (const statement of body.statements) this.#statement(statement, names);
  }

  #anything(reason: string, schema = false): void {
    this.unknown ??= reason;
    this.schema ||= schema;
  }

  #statement(statement: Node, path: Path): void {
    const tree = readTree(statement);
    const kind = kindOf(statement, tree);
    const unknown = unknownEffect(statement);
    if (unknown !== undefined) this.#anything(unknown);
    if (kind === "ddl") {
      this.#anything("it changes the schema", true);
      return;
    }
    if (kind === "session") this.#sessionStatement(statement);
    if (as("DoStmt", statement) !== undefined) this.#anything("a DO block inside a function", true);
    this.add(tree, path, false);
  }

  #sessionStatement(statement: Node): void {
    this.session = true;
    const [type, node] = unwrap(statement) ?? ["", {}];
    const harmless = type === "VariableSetStmt" && (text(node.name) ?? "").includes(".");
    // What later names mean may depend on it.
    if (!harmless && type !== "DeclareCursorStmt" && type !== "FetchStmt" && type !== "ClosePortalStmt")
      this.#anything("a function changes the session");
  }

  #read(relation: Relation): void {
    if (this.#seen(`read ${relation.oid}`)) return;
    this.#runAll(relation.policyFunctions);
    if (relation.kind === "v") this.add(this.#schema.view(relation), this.#schema.catalogue.path, false);
  }

  #write(relation: Relation, target: Omit<WriteTarget, keyof Name>, direct: boolean): void {
    if (!direct) for (const one of withDescendants(relation)) this.indirect.add(one.id);
    const { event, assigned, cascade } = target;
    if (this.#seen(`${event} ${relation.oid} ${assigned?.join("\0") ?? "*"} ${cascade === true}`)) return;
    if (relation.rules) this.#anything(`${relation.id} has rules`);
    this.#runAll(relation.policyFunctions);
    if (relation.kind === "v") this.#writeView(relation, event);
    else if (event === "refresh") {
      this.tables.add(relation.id);
      this.add(this.#schema.view(relation), this.#schema.catalogue.path, false);
    } else this.#writeTable(relation, target);
  }

  #writeTable(relation: Relation, target: Omit<WriteTarget, keyof Name>): void {
    const { event } = target;
    const family = withDescendants(relation);
    // A row that moves to another partition is deleted there and inserted here.
    const events: readonly RowEvent[] =
      event === "update" && family.length > 1 ? ["update", "insert", "delete"] : [event];
    for (const one of family) {
      this.tables.add(one.id);
      // It may lead back into this very database.
      if (one.kind === "f") this.#anything(`${one.id} is a foreign table`);
      if (event === "insert" || event === "update") this.#runAll(one.writeFunctions);
      for (const each of events) for (const trigger of triggersOn(one, each)) this.#fire(trigger);
    }
    for (const one of family) this.#cascade(one, target, family.some(rewritesUpdatedRows));
  }

  #writeView(view: Relation, event: RowEvent): void {
    const path = this.#schema.catalogue.path;
    const triggers = triggersOn(view, event);
    for (const trigger of triggers) this.#fire(trigger);
    const tree = this.#schema.view(view);
    this.add(tree, path, false);
    if (triggers.some((trigger) => (trigger.type & triggerBits.instead) !== 0)) return;
    // Only a view of one relation takes changes without a trigger; which of several doesn't matter then.
    for (const name of tree.reads) {
      const base = this.#schema.catalogue.relation(name, path);
      if (base === undefined || base === "system") this.#anything(`${view.id} shows ${shown(name)}`);
      else this.#write(base, { event }, false);
    }
  }

  #cascade(relation: Relation, target: Omit<WriteTarget, keyof Name>, rewrites: boolean): void {
    const { event, assigned, cascade } = target;
    for (const key of relation.referencedBy) {
      const changed =
        key.generated ||
        rewrites ||
        assigned === undefined ||
        key.columns.some((name) => assigned.includes(name));
      const action = event === "delete" ? key.onDelete : event === "update" && changed ? key.onUpdate : "a";
      if (action === "c" && event === "delete") this.#write(key.referencing, { event: "delete" }, false);
      else if ("cnd".includes(action))
        this.#write(key.referencing, { event: "update", assigned: key.changes }, false);
      if (event === "truncate" && cascade === true)
        this.#write(key.referencing, { event: "truncate", cascade }, false);
    }
  }

  #fire(trigger: Trigger): void {
    this.#runAll(trigger.functions);
  }

  #call(use: FunctionUse, path: Path, direct: boolean): void {
    const { catalogue } = this.#schema;
    let found = catalogue.functions(use, use.args, path);
    if (found.builtin.length + found.user.length === 0) found = catalogue.functions(use, undefined, path);
    if (found.builtin.length > 0) this.#builtin(use, direct);
    for (const routine of found.user) this.#run(routine, path);
    if (found.builtin.length + found.user.length === 0 && !catalogue.plainType(use, path))
      this.#anything(`function ${shown(use)} is not known`);
  }

  #builtin(use: FunctionUse, direct: boolean): void {
    if (unknownFunctions.has(use.name)) this.#anything(`${use.name} may change anything`);
    if (!sessionFunctions.has(use.name)) return;
    if (use.name === "set_config") {
      const [setting, , local] = use.nodes.map(literal);
      const custom = typeof setting === "string" && setting.includes(".");
      // A custom setting changes what no name means, and a local one goes with the transaction.
      if (custom && local === true) return;
      // What later names in the function mean may depend on it.
      if (!custom && !direct) this.#anything("a function changes the session");
    }
    this.session = true;
  }

  #runAll(oids: readonly number[]): void {
    for (const oid of oids) {
      const routine = this.#schema.catalogue.function(oid);
      if (routine === undefined) this.#anything(`function ${oid} is not known`);
      else this.#run(routine, this.#schema.catalogue.path);
    }
  }

  #run(routine: UserFunction, outer: Path): void {
    if (this.#seen(`run ${routine.oid} ${outer.join("\0")}`)) return;
    const volatile = routine.volatility === "v";
    const compiled = routine.language === "c" || routine.language === "internal";
    if (harmlessExtension(routine.extension) && (compiled || !volatile)) return;
    if (routine.kind === "a") this.#runAll(routine.calls ?? []);
    else if (routine.definition !== null) this.#runBody(routine, routine.definition, outer);
    else if (volatile && routine.language !== "internal")
      this.#anything(`${functionId(routine)} is written in ${routine.language}`);
  }

  #runBody(routine: UserFunction, definition: string, outer: Path): void {
    const path = this.#schema.catalogue.pathOf(routine, outer);
    if (path === undefined) this.#anything(`the search path of ${functionId(routine)} is not known`);
    else this.addBody(functionBody(this.#schema.parser, definition), path, routine.volatility === "v");
  }

  #seen(key: string): boolean {
    if (this.#visited.has(key)) return true;
    this.#visited.add(key);
    return false;
  }
}

/** IN, BETWEEN, CASE, JOIN USING, DISTINCT and ORDER BY use these without naming them. */
export const implicitOperators: readonly Name[] = ["=", "<", ">", "<=", ">="].map((name) => ({
  schema: undefined,
  name,
}));

const triggersOn = (relation: Relation, event: RowEvent): readonly Trigger[] =>
  event === "refresh" ? [] : relation.triggers.filter((trigger) => (trigger.type & triggerBits[event]) !== 0);

const isBeforeRow = (trigger: Trigger): boolean =>
  (trigger.type & triggerBits.row) !== 0 && (trigger.type & triggerBits.before) !== 0;

/** May a trigger put other values into a row that is updated? */
export const rewritesUpdatedRows = (relation: Relation): boolean =>
  triggersOn(relation, "update").some(isBeforeRow);

/** May a trigger put other values into a row that is inserted? */
export const rewritesInsertedRows = (relation: Relation): boolean =>
  triggersOn(relation, "insert").some(isBeforeRow);

const functionId = (routine: UserFunction): string => `${routine.schema}.${routine.name}`;

const shown = (name: Name): string => (name.schema === undefined ? name.name : `${name.schema}.${name.name}`);

function literal(value: unknown): string | boolean | undefined {
  const constant = as("A_Const", value);
  if (constant !== undefined) {
    if (isNode(constant.sval)) return text(constant.sval.sval);
    return isNode(constant.boolval) ? constant.boolval.boolval === true : undefined;
  }
  return undefined;
}
