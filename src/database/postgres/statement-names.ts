import type { Node } from "./parser.ts";
import { text } from "./tree-node.ts";

/** A name as the statement writes it; without `schema` the search path decides. */
export interface Name {
  readonly schema: string | undefined;
  readonly name: string;
}

/** A relation that a query reads from, and what the query calls it. */
export interface ReadSource extends Name {
  /** The name by which its columns are named: its alias, or its own. */
  readonly visible: string;
}

export type RowEvent = "insert" | "update" | "delete" | "truncate" | "refresh";

/** A relation that a statement changes, and how. */
export interface WriteTarget extends Name {
  readonly event: RowEvent;
  /** Columns that an UPDATE assigns; `undefined` when that may be any. */
  readonly assigned?: readonly string[] | undefined;
  /** TRUNCATE … CASCADE */
  readonly cascade?: boolean;
}

/** A function call by name. `args` is the number of arguments, `undefined` where overloads can't be told by it. */
export interface FunctionUse extends Name {
  readonly args: number | undefined;
  readonly nodes: readonly unknown[];
}

/** What one statement names, before any of it is looked up in the catalogue. */
export interface StatementTree {
  readonly reads: ReadSource[];
  readonly writes: WriteTarget[];
  readonly functions: FunctionUse[];
  /** Each column that is named, by its parts: `[schema, table, column]`, or fewer; those of USING, too. */
  readonly columns: (readonly string[])[];
  /** Names that the statement itself gives: to output columns, aliases and their columns, WITH queries. */
  readonly given: Set<string>;
  /** May columns count that aren't named, or not by their own names? */
  anyColumn: boolean;
  /** `b` of each `a.b`: where no column has that name, PostgreSQL calls the function `b(a)`. */
  readonly attributes: Set<string>;
  readonly operators: Name[];
  readonly types: Name[];
  /** Columns cast to a date or time type: harmless unless they hold text. */
  readonly timeCasts: Set<string>;
  /** How often each placeholder occurs, by its number from 1. */
  readonly params: Map<number, number>;
  /** Is there anything but plain tables in FROM that gives columns names of its own? */
  derived: boolean;
  /** The first thing that forbids to cache. */
  uncacheable: string | undefined;
  /** The first thing that may change anything at all. */
  unknown: string | undefined;
  temporary: boolean;
}

export function emptyTree(): StatementTree {
  return {
    reads: [],
    writes: [],
    functions: [],
    columns: [],
    given: new Set(),
    anyColumn: false,
    attributes: new Set(),
    operators: [],
    types: [],
    timeCasts: new Set(),
    params: new Map(),
    derived: false,
    uncacheable: undefined,
    unknown: undefined,
    temporary: false,
  };
}

export function nameOf(relation: Node): Name {
  return { schema: text(relation.schemaname), name: text(relation.relname) ?? "" };
}

/** @param parts of a dotted name; the database's name before the schema's is dropped */
export function qualified(parts: readonly string[]): Name {
  return { schema: parts.at(-2), name: parts.at(-1) ?? "" };
}
