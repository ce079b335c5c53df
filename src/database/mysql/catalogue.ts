import type { QueryResult } from "../driver.ts";
import { catalogueQueries, systemSchemas } from "./catalogue-queries.ts";
import type { QualifiedName } from "./statement-text.ts";

/** Runs one statement on a session in its initial state. */
export type Query = (sql: string) => Promise<QueryResult>;

/** A table or view. */
export interface Relation {
  /** `schema.name`, in lower case. */
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  /** `other` is what changes by itself or by other tables, and what can't be told from another: sequences, tables of
   * foreign or merging engines, names that differ in case alone. */
  readonly kind: "table" | "view" | "other";
  /** False of a table whose writes take effect before the commit, and stay after a rollback. */
  readonly transactional: boolean;
  /** Of a view, when the user may see it: canonical, every table with its schema. */
  readonly definition: string | undefined;
  readonly triggers: readonly string[];
  /** Tables whose rows are changed or deleted with rows of this one. */
  readonly cascades: ReadonlySet<string>;
  readonly timeColumns: ReadonlySet<string>;
  /** Expressions of generated columns. */
  readonly expressions: readonly string[];
}

/** A stored function or procedure. */
export interface Routine {
  readonly id: string;
  readonly schema: string;
  /** `undefined` when the user may not see it, or it isn't SQL. */
  readonly body: string | undefined;
}

const transactionalEngines = new Set(["innodb", "rocksdb"]);
/** Other engines whose tables change by statements alone, and are still there after a restart. */
const plainEngines = new Set(["aria", "myisam", "archive"]);

interface Parts {
  readonly triggers: string[];
  readonly cascades: Set<string>;
  readonly timeColumns: Set<string>;
  readonly expressions: string[];
}

/** The definitions of one server, as the user sees them at one moment. */
export class Catalogue {
  /** Schema of unqualified names; `undefined` when the session has none. */
  readonly schema: string | undefined;
  /** Names that differ in case alone are two tables. */
  readonly caseSensitive: boolean;
  /** Reads see what isn't committed yet. */
  readonly dirtyReads: boolean;
  /** Bodies of events that run by themselves. */
  readonly events: readonly { readonly schema: string; readonly body: string }[];
  readonly #relations: ReadonlyMap<string, Relation>;
  readonly #routines: ReadonlyMap<string, readonly Routine[]>;
  readonly #routineNames: ReadonlySet<string>;
  /** Schemas whose triggers the user sees; `true`: all. */
  readonly #triggersSeen: true | ReadonlySet<string>;

  constructor(parts: {
    readonly schema: string | undefined;
    readonly caseSensitive: boolean;
    readonly dirtyReads: boolean;
    readonly events: readonly { readonly schema: string; readonly body: string }[];
    readonly relations: readonly Relation[];
    readonly routines: readonly Routine[];
    readonly triggersSeen: true | ReadonlySet<string>;
  }) {
    this.schema = parts.schema;
    this.caseSensitive = parts.caseSensitive;
    this.dirtyReads = parts.dirtyReads;
    this.events = parts.events;
    this.#relations = new Map(parts.relations.map((relation) => [relation.id, relation]));
    this.#routines = Map.groupBy(parts.routines, ({ id }) => id);
    this.#routineNames = new Set(parts.routines.map(({ id, schema }) => id.slice(schema.length + 1)));
    this.#triggersSeen = parts.triggersSeen;
  }

  /** @param schema of unqualified names */
  relation({ schema, name }: QualifiedName, defaultSchema = this.schema): Relation | undefined {
    const owner = schema ?? defaultSchema;
    return owner === undefined ? undefined : this.#relations.get(`${owner}.${name}`);
  }

  byId(id: string): Relation | undefined {
    return this.#relations.get(id);
  }

  /** @returns the function and the procedure of that name; empty when none is known */
  routines({ schema, name }: QualifiedName, defaultSchema = this.schema): readonly Routine[] {
    return this.#routines.get(`${schema ?? defaultSchema}.${name}`) ?? [];
  }

  /** Is any stored function or procedure called so, in whatever schema? */
  isRoutine(name: string): boolean {
    return this.#routineNames.has(name);
  }

  seesTriggersOf(schema: string): boolean {
    return this.#triggersSeen === true || this.#triggersSeen.has(schema);
  }
}

/** @param schema of the session, as its URL names it */
export async function loadCatalogue(query: Query, schema: string | undefined): Promise<Catalogue> {
  const rows: Record<string, QueryResult["rows"]> = {};
  for (const [name, sql] of Object.entries(catalogueQueries)) rows[name] = (await query(sql)).rows;
  const of = (name: keyof typeof catalogueQueries) => rows[name] as readonly Record<string, unknown>[];
  const fold = (value: unknown): string => String(value).toLowerCase();
  const parts = new Map<string, Parts>();
  const partsOf = (owner: unknown, table: unknown): Parts => {
    const id = `${fold(owner)}.${fold(table)}`;
    const found = parts.get(id) ?? {
      triggers: [],
      cascades: new Set(),
      timeColumns: new Set(),
      expressions: [],
    };
    parts.set(id, found);
    return found;
  };
  for (const { schema: owner, table, body } of of("triggers"))
    partsOf(owner, table).triggers.push(String(body));
  for (const { schema: owner, child, parentSchema, parent, onUpdate, onDelete } of of("foreignKeys"))
    if (![onUpdate, onDelete].every((rule) => rule === "RESTRICT" || rule === "NO ACTION"))
      partsOf(parentSchema, parent).cascades.add(`${fold(owner)}.${fold(child)}`);
  for (const { schema: owner, table, name, type, expression } of of("columns")) {
    const found = partsOf(owner, table);
    if (fold(type) === "time") found.timeColumns.add(fold(name));
    if (expression) found.expressions.push(String(expression));
  }
  const definitions = new Map(
    of("views").map(({ schema: owner, name, definition }) => [`${fold(owner)}.${fold(name)}`, definition]),
  );
  const ids = Map.groupBy(of("tables"), ({ schema: owner, name }) => `${fold(owner)}.${fold(name)}`);
  const relations = of("tables").map(({ schema: owner, name, type, engine }): Relation => {
    const id = `${fold(owner)}.${fold(name)}`;
    const definition = definitions.get(id);
    return {
      id,
      schema: fold(owner),
      name: fold(name),
      // Of names that differ in case alone nobody can say here which one is meant.
      kind: ids.get(id)!.length > 1 ? "other" : kindOf(String(type), fold(engine)),
      transactional: transactionalEngines.has(fold(engine)),
      definition: definition ? String(definition) : undefined,
      ...partsOf(owner, name),
    };
  });
  const routines = of("routines").map(({ schema: owner, name, body, language }) => ({
    id: `${fold(owner)}.${fold(name)}`,
    schema: fold(owner),
    body: language === "SQL" && body ? String(body) : undefined,
  }));
  const [session] = of("session");
  return new Catalogue({
    schema: schema === undefined ? undefined : fold(schema),
    caseSensitive: Number(session?.caseMode) === 0,
    dirtyReads: [...of("isolation"), ...of("newIsolation")].some((row) => row.Value === "READ-UNCOMMITTED"),
    events:
      session?.scheduler === "OFF" || session?.scheduler === "DISABLED"
        ? []
        : of("events").map(({ schema: owner, body }) => ({ schema: fold(owner), body: String(body) })),
    relations,
    routines,
    triggersSeen: triggersSeen(of("privileges"), String(session?.grantee)),
  });
}

function kindOf(type: string, engine: string): Relation["kind"] {
  if (type === "VIEW") return "view";
  const isTable = type === "BASE TABLE" || type === "SYSTEM VERSIONED";
  return isTable && (transactionalEngines.has(engine) || plainEngines.has(engine)) ? "table" : "other";
}

function triggersSeen(
  privileges: readonly Record<string, unknown>[],
  grantee: string,
): true | ReadonlySet<string> {
  const own = privileges.filter((row) => row.grantee === grantee);
  if (own.some((row) => row.schema === null)) return true;
  // A grant may name a pattern; one with wildcards in it doesn't count, unless they are escaped.
  const names = own.map((row) => String(row.schema)).filter((name) => !/(?<!\\)[%_]/.test(name));
  return new Set(names.map((name) => name.replaceAll("\\", "").toLowerCase()));
}

export const isSystemSchema = (name: string | undefined): boolean =>
  name !== undefined && systemSchemas.has(name);
