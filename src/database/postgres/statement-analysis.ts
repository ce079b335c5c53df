import type { StatementFacts } from "../statement-facts.ts";
import { updatedColumns } from "./columns.ts";
import { dependencies } from "./dependencies.ts";
import { Effects } from "./effects.ts";
import { functionBody } from "./function-body.ts";
import { timeFreeParameters } from "./parameter-times.ts";
import type { Node } from "./parser.ts";
import { pointAccess } from "./point-access.ts";
import type { Schema } from "./schema.ts";
import { kindOf, stronger, unknownEffect } from "./statement-kind.ts";
import { readTree } from "./statement-tree.ts";
import { as } from "./tree-node.ts";

type Kind = StatementFacts["kind"];

/** @returns the facts of a text that may hold any number of statements; never throws */
export function statementFacts(sql: string, schema: Schema): StatementFacts {
  if (!schema.catalogue.standardStrings && sql.includes("\\"))
    return unknownFacts("backslashes escape in this database's strings", sql);
  try {
    const statements = schema.parser.statements(sql);
    if (statements.length === 0) return frozen("read", [], [], "it has no statement");
    if (statements.length === 1) return singleFacts(sql, statements[0] as Node, schema);
    const kind = statements
      .map((statement) => singleFacts(sql, statement, schema).kind)
      .reduce(stronger, "write");
    return frozen(kind, [], "all", "several statements in one text");
  } catch (error) {
    // A newer server may know what this parser doesn't.
    return unknownFacts(`it can't be parsed: ${error instanceof Error ? error.message : error}`, sql);
  }
}

const schemaWords = /\b(?:create|alter|drop|grant|revoke|comment|import|rename|security|reassign)\b/i;

/** @returns the facts of a statement of which nothing is known but its text */
function unknownFacts(reason: string, sql: string): StatementFacts {
  return frozen(schemaWords.test(sql) ? "ddl" : "write", [], "all", reason);
}

function singleFacts(sql: string, statement: Node, schema: Schema): StatementFacts {
  const tree = readTree(statement);
  const syntax = kindOf(statement, tree);
  if (syntax === "ddl") return frozen("ddl", [], "all", "it changes the schema");
  if (syntax === "transaction") return frozen("transaction", [], [], "it begins or ends a transaction");
  const { path } = schema.catalogue;
  const effects = new Effects(schema);
  if (as("DoStmt", statement) !== undefined) effects.addBody(functionBody(schema.parser, sql), path, true);
  else effects.add(tree, path, true);
  const unknown = unknownEffect(statement) ?? effects.unknown;
  const changes = unknown !== undefined || effects.tables.size > 0;
  const kind = strongest(syntax, effects, changes);
  const writes = kind === "ddl" || unknown !== undefined ? "all" : [...effects.tables];
  const { tables, columns, reason } = dependencies(tree, schema);
  const reads = [...tables];
  const cacheable = kind === "read" && reason === undefined;
  const known = cacheable || (kind === "write" && writes !== "all");
  const point = known ? pointAccess(statement, tree, schema, effects) : undefined;
  const cacheableFor = cacheable ? timeFreeParameters(tree, point) : undefined;
  // A point is told apart by its row, and no column matters then.
  const byColumn = cacheable && point === undefined && columns.size > 0;
  const updates = known && !cacheable ? updatedColumns(statement, tree, schema, effects) : undefined;
  const why = kind === "read" ? reason : (unknown ?? `it is a ${kind} statement`);
  const facts = frozen(kind, reads, writes, why);
  return Object.freeze({
    ...facts,
    ...(point && { point }),
    ...(cacheableFor && { cacheableFor }),
    ...(byColumn && { columns }),
    ...(updates && { updates }),
  });
}

function strongest(syntax: Kind, effects: Effects, changes: boolean): Kind {
  let kind = syntax;
  if (changes) kind = stronger("write", kind);
  if (effects.session) kind = stronger("session", kind);
  if (effects.schema) kind = "ddl";
  return kind;
}

function frozen(
  kind: Kind,
  reads: readonly string[],
  writes: readonly string[] | "all",
  reason: string | undefined,
): StatementFacts {
  if (writes !== "all") Object.freeze(writes);
  const facts = { kind, reads: Object.freeze(reads), writes, cacheable: reason === undefined };
  return Object.freeze(reason === undefined ? facts : { ...facts, reason });
}
