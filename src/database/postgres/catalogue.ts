import type { QueryResult } from "../driver.ts";
import { builtinQuery, catalogueQuery } from "./catalogue-queries.ts";
import { harmlessExtension, pureExtension } from "./harmless-extensions.ts";
import type { Name } from "./statement-names.ts";

type Oid = number;

/** A table, view, sequence, … of the user's, and all that its catalogue entries hang on it. */
export interface Relation {
  readonly oid: Oid;
  /** `schema.name`, exactly as the catalogue spells them. */
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`: `r` table, `p` partitioned table, `v` view, `m` materialized view, `f` foreign, `S` sequence. */
  readonly kind: "r" | "p" | "v" | "m" | "f" | "S";
  /** `pg_class.relpersistence`: `p` permanent, `u` unlogged, `t` temporary. */
  readonly persistence: "p" | "u" | "t";
  readonly rowSecurity: boolean;
  /** Are any of its columns computed from others? */
  readonly generated: boolean;
  /** Has it a BEFORE UPDATE trigger, be its function the user's or one of the server's own? */
  readonly beforeUpdate: boolean;
  /** Has it rules of the user's, beside the one that makes a view? */
  readonly rules: boolean;
  /** In their order in the table. */
  readonly columns: readonly (readonly [name: string, type: Oid])[];
  readonly primaryKey: PrimaryKey | undefined;
  /** The query of a view or materialized view. */
  readonly definition: string | undefined;
  readonly children: Relation[];
  readonly parents: Relation[];
  readonly triggers: Trigger[];
  /** Foreign keys that point here. */
  readonly referencedBy: ForeignKey[];
  /** User functions in defaults and checks, and in the checks of its columns' domains. */
  readonly writeFunctions: Oid[];
  /** User functions in row security policies. */
  readonly policyFunctions: Oid[];
}

/** A primary key of one column. */
export interface PrimaryKey {
  readonly column: string;
  readonly type: Oid;
  /** `pg_attribute.atttypmod`; −1 without a length. */
  readonly typeModifier: number;
  readonly deterministic: boolean;
}

export interface Trigger {
  /** Bits of `pg_trigger.tgtype`. */
  readonly type: number;
  readonly function: Oid;
  /** All user functions that it calls: its own and those of its WHEN. */
  readonly functions: readonly Oid[];
}

export interface ForeignKey {
  readonly referencing: Relation;
  /** `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default. */
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Referenced columns. */
  readonly columns: readonly string[];
  /** Is one of them computed from other columns? */
  readonly generated: boolean;
  /** Referencing columns, which SET NULL and its like change. */
  readonly changes: readonly string[];
}

type Volatility = "i" | "s" | "v";

/** An overload of a function that comes with the server. */
type BuiltinOverload = readonly [volatility: Volatility, minArgs: number, maxArgs: number];

/** A function of the user's or of an extension. */
export interface UserFunction {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly kind: "f" | "p" | "a" | "w";
  readonly volatility: Volatility;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** May its first argument be a whole row, so that `row.name` calls it? */
  readonly takesRow: boolean;
  readonly language: string;
  /** `SET` clauses, as `name=value`. */
  readonly settings: readonly string[] | null;
  readonly definer: boolean;
  readonly extension: string | null;
  /** An aggregate's own functions. */
  readonly calls: readonly Oid[] | null;
  /** `CREATE FUNCTION …`, for SQL and PL/pgSQL. */
  readonly definition: string | null;
}

interface UserOperator {
  readonly schema: string;
  readonly name: string;
  readonly function: Oid;
  readonly extension: string | null;
}

interface UserType {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** `pg_type.typtype`: `b` base, `c` composite, `d` domain, `e` enum, `r` range, `m` multirange. */
  readonly kind: string;
  /** For an array, the type of its elements, else 0. */
  readonly element: Oid;
  readonly extension: string | null;
  /** User functions in a domain's checks. */
  readonly functions: readonly Oid[] | null;
}

/** What comes with the server, and never changes while it runs. */
export interface Builtins {
  readonly functions: ReadonlyMap<string, readonly BuiltinOverload[]>;
  readonly types: ReadonlySet<string>;
  /** Functions of a whole row that aren't IMMUTABLE: `t.row_to_json` calls one where `t` has no such column. */
  readonly rowFunctions: ReadonlySet<string>;
}

export type Query = (sql: string, params: readonly unknown[]) => Promise<QueryResult>;

/** Drivers that don't decode JSON give it as text. */
const json = (value: unknown): unknown => (typeof value === "string" ? JSON.parse(value) : value);
const rows = <T>(value: unknown): readonly T[] => (json(value) ?? []) as readonly T[];

export async function loadBuiltins(query: Query): Promise<Builtins> {
  const row = (await query(builtinQuery, [])).rows[0] ?? {};
  return {
    functions: new Map(rows<readonly [string, BuiltinOverload[]]>(row.functions)),
    types: new Set(rows<string>(row.types)),
    rowFunctions: new Set(rows<string>(row.rowFunctions)),
  };
}

export async function loadCatalogue(query: Query, builtins: Builtins): Promise<Catalogue> {
  return new Catalogue((await query(catalogueQuery, [])).rows[0] ?? {}, builtins);
}

/** One moment of the database's schema, with lookups by name as the server does them. */
export class Catalogue {
  /** Schemas in which unqualified names are looked up, in order. */
  readonly path: readonly string[];
  readonly role: string;
  /** Is a backslash in a plain string constant just that? */
  readonly standardStrings: boolean;
  readonly #builtins: Builtins;
  readonly #temporary: string | undefined;
  readonly #relations = new Map<string, Map<string, Relation>>();
  readonly #system = new Set<string>();
  readonly #functionsByOid = new Map<Oid, UserFunction>();
  readonly #functions = new Map<string, UserFunction[]>();
  readonly #operators = new Map<string, UserOperator[]>();
  readonly #types = new Map<string, UserType[]>();
  readonly #typesByOid = new Map<Oid, UserType>();
  /** Casts of the user's that call a function; without `implicit`, a query has to ask for them. */
  readonly casts: readonly { readonly function: Oid; readonly implicit: boolean }[];

  constructor(row: Readonly<Record<string, unknown>>, builtins: Builtins) {
    this.#builtins = builtins;
    this.path = rows<string>(row.path);
    this.role = String(row.role ?? "");
    this.standardStrings = row.standardStrings === true;
    this.#temporary = (row.temporary as string | null) ?? undefined;
    this.casts = rows(row.casts);
    for (const type of rows<UserType>(row.types)) {
      push(this.#types, type.name, type);
      this.#typesByOid.set(type.oid, type);
    }
    for (const operator of rows<UserOperator>(row.operators)) push(this.#operators, operator.name, operator);
    for (const routine of rows<UserFunction>(row.functions)) {
      push(this.#functions, routine.name, routine);
      this.#functionsByOid.set(routine.oid, routine);
    }
    for (const [schema, name] of rows<readonly [string, string]>(row.system))
      this.#system.add(`${schema}.${name}`);
    this.#addRelations(row);
  }

  #addRelations(row: Readonly<Record<string, unknown>>): void {
    const byOid = new Map<Oid, Relation>();
    type Raw = Omit<Relation, "primaryKey"> & { primaryKey: readonly [string, Oid, number, boolean] | null };
    for (const raw of rows<Raw>(row.relations)) {
      const key = raw.primaryKey;
      const columns = raw.columns ?? [];
      const relation: Relation = {
        ...raw,
        id: `${raw.schema}.${raw.name}`,
        columns,
        primaryKey: key
          ? { column: key[0], type: key[1], typeModifier: key[2], deterministic: key[3] }
          : undefined,
        definition: raw.definition ?? undefined,
        children: [],
        parents: [],
        triggers: [],
        referencedBy: [],
        writeFunctions: columns.flatMap(([, type]) => this.#typesByOid.get(type)?.functions ?? []),
        policyFunctions: [],
      };
      byOid.set(relation.oid, relation);
      const siblings = this.#relations.get(relation.schema) ?? new Map<string, Relation>();
      this.#relations.set(relation.schema, siblings.set(relation.name, relation));
    }
    for (const [parent, child] of rows<readonly [Oid, Oid]>(row.inherits)) {
      const [above, below] = [byOid.get(parent), byOid.get(child)];
      if (above === undefined || below === undefined) continue;
      above.children.push(below);
      below.parents.push(above);
    }
    type RawTrigger = Omit<Trigger, "functions"> & { relation: Oid; functions: Oid[] | null };
    for (const raw of rows<RawTrigger>(row.triggers))
      byOid.get(raw.relation)?.triggers.push({
        type: raw.type,
        function: raw.function,
        functions: [...new Set([raw.function, ...(raw.functions ?? [])])],
      });
    type RawKey = Omit<ForeignKey, "referencing"> & { referenced: Oid; referencing: Oid };
    for (const raw of rows<RawKey>(row.foreignKeys)) {
      const referencing = byOid.get(raw.referencing);
      if (referencing !== undefined) byOid.get(raw.referenced)?.referencedBy.push({ ...raw, referencing });
    }
    type Owned = readonly [Oid, Oid[] | null];
    for (const [relation, functions] of [...rows<Owned>(row.defaults), ...rows<Owned>(row.checks)])
      byOid.get(relation)?.writeFunctions.push(...(functions ?? []));
    for (const [relation, functions] of rows<Owned>(row.policies))
      byOid.get(relation)?.policyFunctions.push(...(functions ?? []));
  }

  /** @returns the relation, `"system"` for one of the server's own, `undefined` when there is none of that name */
  relation(name: Name, path: readonly string[]): Relation | "system" | undefined {
    for (const schema of this.#schemas(name, path)) {
      const found = this.#relations.get(schema)?.get(name.name);
      if (found !== undefined) return found;
      if (this.#system.has(`${schema}.${name.name}`)) return "system";
    }
    return undefined;
  }

  function(oid: Oid): UserFunction | undefined {
    return this.#functionsByOid.get(oid);
  }

  /**
   * All functions that a call may mean. The number of arguments narrows them down; their types are not known here.
   * @param args `undefined` for any number
   */
  functions(
    name: Name,
    args: number | undefined,
    path: readonly string[],
  ): { readonly builtin: readonly BuiltinOverload[]; readonly user: readonly UserFunction[] } {
    const schemas = this.#schemas(name, path);
    const builtin = schemas.includes("pg_catalog") || name.schema === "information_schema";
    const takes = (min: number, max: number): boolean => args === undefined || (min <= args && args <= max);
    return {
      builtin: (builtin ? (this.#builtins.functions.get(name.name) ?? []) : []).filter(([, min, max]) =>
        takes(min, max),
      ),
      user: (this.#functions.get(name.name) ?? []).filter(
        (routine) => schemas.includes(routine.schema) && takes(routine.minArgs, routine.maxArgs),
      ),
    };
  }

  /** @returns the user's functions that `row.name` may call */
  rowFunctions(name: string, path: readonly string[]): readonly UserFunction[] {
    return this.functions({ schema: undefined, name }, 1, path).user.filter((routine) => routine.takesRow);
  }

  /** May `row.name` call a function that comes with the server and isn't IMMUTABLE? */
  builtinRowFunction(name: string): boolean {
    return this.#builtins.rowFunctions.has(name);
  }

  /** @returns the functions behind operators of that name that are the user's own */
  operatorFunctions(name: Name, path: readonly string[]): Oid[] {
    const schemas = this.#schemas(name, path);
    return (this.#operators.get(name.name) ?? [])
      .filter((operator) => schemas.includes(operator.schema) && !harmlessExtension(operator.extension))
      .map((operator) => operator.function);
  }

  /** Are values of this type read and written by the server's own code alone? */
  plainType(name: Name, path: readonly string[]): boolean {
    for (const schema of this.#schemas(name, path)) {
      const type = (this.#types.get(name.name) ?? []).find((candidate) => candidate.schema === schema);
      if (type !== undefined) return this.#plain(type);
      if (schema === "pg_catalog" && this.#builtins.types.has(name.name)) return true;
    }
    return false;
  }

  #plain(type: UserType): boolean {
    const element = type.element === 0 ? undefined : this.#typesByOid.get(type.element);
    if (element !== undefined && type.kind === "b") return this.#plain(element);
    return type.kind === "e" || (type.kind === "b" && harmlessExtension(type.extension));
  }

  /** Where a name is looked up: its own schema, or the path. */
  #schemas(name: Name, path: readonly string[]): readonly string[] {
    if (name.schema === undefined) return path;
    if (name.schema === "pg_temp") return this.#temporary === undefined ? [] : [this.#temporary];
    return [name.schema];
  }

  /** @returns the path that holds inside a function, or `undefined` when that can't be known */
  pathOf(routine: UserFunction, outer: readonly string[]): readonly string[] | undefined {
    const setting = routine.settings?.find((entry) => /^search_path=/i.test(entry));
    if (setting === undefined) return outer;
    const listed = setting.slice("search_path=".length).match(/"(?:[^"]|"")*"|[^,\s]+/g) ?? [];
    const schemas = listed.map((part) =>
      part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
    );
    if (schemas.includes("$user") && routine.definer) return undefined;
    const named = schemas
      .filter((schema) => schema !== "")
      .map((schema) => (schema === "$user" ? this.role : schema));
    const implicit = ["pg_temp", "pg_catalog"].filter((schema) => !named.includes(schema));
    return [...implicit, ...named].flatMap((schema) =>
      schema === "pg_temp" ? (this.#temporary ?? []) : schema,
    );
  }
}

/** Is this function one whose result depends on its arguments alone? */
export function pureFunction(routine: UserFunction): boolean {
  return routine.volatility === "i" && pureExtension(routine.extension);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
