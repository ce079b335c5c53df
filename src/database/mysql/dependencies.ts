import { type Catalogue, isSystemSchema, type Relation, type Routine } from "./catalogue.ts";
import { type QualifiedName, type ReadingOptions, readText, type StatementText } from "./statement-text.ts";

/** What a text reads, its views resolved. */
export interface Reads {
  /** Ids of base tables. */
  readonly tables: ReadonlySet<string>;
  /** Why the result depends on more than their rows, if it does. */
  readonly reason: string | undefined;
}

/** What running a text may change besides the rows it returns. */
export interface Effects {
  readonly writes: ReadonlySet<string> | "all";
  /** It may commit the transaction under way. */
  readonly commits: boolean;
  readonly changesSession: boolean;
}

const nothing: Effects = Object.freeze({ writes: new Set<string>(), commits: false, changesSession: false });
/** Any row may change, by triggers or tables that can't be seen. */
const anyTable: Effects = Object.freeze({ writes: "all", commits: false, changesSession: false });
const anything: Effects = Object.freeze({ writes: "all", commits: true, changesSession: true });

const writeWords = ["insert", "update", "delete", "replace", "load", "truncate", "handler"];
/** In the body of a procedure these end a transaction, or may. */
const commitWords = words(
  "commit rollback start xa begin create alter drop rename truncate grant revoke lock unlock execute prepare analyze optimize repair flush install uninstall autocommit check reset purge change",
);

function words(text: string): readonly string[] {
  return text.split(" ");
}

/** Reads texts of SQL by what the catalogue knows of the names in them. */
export class Dependencies {
  readonly #catalogue: Catalogue;
  /** Tables that events change, whenever they like; `"all"` when that can't be known. */
  readonly #changedByEvents: ReadonlySet<string> | "all";

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    const changed = new Set<string>();
    let all = false;
    for (const { schema, body } of catalogue.events) {
      const { writes, commits } = this.#bodyEffects(body, schema, new Set());
      // What may commit may also be ALTER TABLE … DROP PARTITION, or a text that is made when it runs.
      if (writes === "all" || commits) all = true;
      else for (const id of writes) changed.add(id);
    }
    this.#changedByEvents = all ? "all" : changed;
  }

  read(sql: string, options: Pick<ReadingOptions, "target" | "body"> = {}): StatementText {
    return readText(sql, { ...options, isRoutine: (name) => this.#catalogue.isRoutine(name) });
  }

  reads(text: StatementText): Reads {
    const tables = new Set<string>();
    return { tables, reason: this.#readInto(tables, text, this.#catalogue.schema, new Set()) };
  }

  /** @returns why the result of `text` depends on more than `tables`, to which its own are added */
  #readInto(
    tables: Set<string>,
    text: StatementText,
    schema: string | undefined,
    views: Set<string>,
  ): string | undefined {
    let reason = text.opaque ?? text.volatile;
    if (text.leavesState) reason ??= "it leaves something behind in the session";
    if (text.calls.length > 0) reason ??= `it calls ${text.calls[0]!.name}()`;
    reason ??= this.#unknownName(text, schema);
    const relations = this.#relations(text.names, schema);
    for (const relation of relations) {
      const { id, kind, definition } = relation;
      if (kind === "other") reason ??= `${id} is no plain table`;
      else if (kind === "table") {
        tables.add(id);
        reason ??= this.#whyUnsteady(relation, text);
      } else if (definition === undefined) reason ??= `the definition of view ${id} can't be seen`;
      else if (!views.has(id)) {
        views.add(id);
        // What it reads counts even when the result isn't kept: a write to the view asks for it, too.
        const inner = this.#readInto(tables, this.read(definition), relation.schema, views);
        if (inner !== undefined) reason ??= `view ${id}: ${inner}`;
      }
    }
    return reason;
  }

  /** What a statement that writes to the tables it names may change. */
  writesOf(names: readonly QualifiedName[], text: StatementText): Effects {
    const unknown = text.opaque ?? this.#unknownName(text, this.#catalogue.schema);
    const effects = this.#targets(this.#relations(names, this.#catalogue.schema), new Set());
    const called = this.calls(text);
    return merge(unknown === undefined ? effects : { ...effects, writes: "all" }, called);
  }

  /** What the stored functions and procedures change that `text` calls. */
  calls(text: StatementText, schema = this.#catalogue.schema, seen: Set<string> = new Set()): Effects {
    let effects = nothing;
    for (const name of text.calls) {
      const routines = this.#catalogue.routines(name, schema);
      if (routines.length === 0) return anything;
      for (const routine of routines) effects = merge(effects, this.#routine(routine, seen));
    }
    return effects;
  }

  routine(name: QualifiedName): Effects {
    const routines = this.#catalogue.routines(name);
    return routines.length === 0
      ? anything
      : routines.map((each) => this.#routine(each, new Set())).reduce(merge);
  }

  #routine({ id, schema, body }: Routine, seen: Set<string>): Effects {
    const key = `routine ${id}`;
    if (seen.has(key)) return nothing;
    seen.add(key);
    return body === undefined ? anything : this.#bodyEffects(body, schema, seen);
  }

  /** @param mayCommit false of a trigger's body, whose names may well be such words */
  #bodyEffects(body: string, schema: string, seen: Set<string>, mayCommit = true): Effects {
    const text = this.read(body, { body: true });
    if (text.opaque !== undefined) return mayCommit ? anything : anyTable;
    const commits =
      mayCommit &&
      commitWords.some((word) => text.words.has(word) && !(word === "begin" && opensBlocksOnly(text)));
    const called = this.calls(text, schema, seen);
    const effects: Effects = { writes: new Set(), commits, changesSession: commits || setsSession(text) };
    if (!writeWords.some((word) => text.words.has(word))) return merge(effects, called);
    if (this.#unknownName(text, schema) !== undefined) return merge({ ...effects, writes: "all" }, called);
    return merge(merge(effects, called), this.#targets(this.#relations(text.names, schema), seen));
  }

  /** All that changes when rows of these relations do. */
  #targets(relations: readonly Relation[], seen: Set<string>): Effects {
    const tables = new Set<string>();
    let effects = nothing;
    for (const relation of relations) {
      const { id, kind, definition } = relation;
      if (seen.has(id)) {
        tables.add(id);
        continue;
      }
      seen.add(id);
      if (kind === "other") return anyTable;
      if (kind === "view") {
        if (definition === undefined) return anyTable;
        const text = this.read(definition);
        if (text.opaque ?? this.#unknownName(text, relation.schema)) return anyTable;
        effects = merge(effects, this.#targets(this.#relations(text.names, relation.schema), seen));
        continue;
      }
      tables.add(id);
      if (!this.#catalogue.seesTriggersOf(relation.schema)) return anyTable;
      for (const body of relation.triggers)
        effects = merge(effects, this.#bodyEffects(body, relation.schema, seen, false));
      const children = [...relation.cascades].map((child) => this.#catalogue.byId(child));
      if (children.includes(undefined)) return anyTable;
      effects = merge(effects, this.#targets(children as Relation[], seen));
    }
    return merge(effects, { ...nothing, writes: tables });
  }

  #relations(names: readonly QualifiedName[], schema: string | undefined): readonly Relation[] {
    const found = names.map((name) => this.#catalogue.relation(name, schema));
    return [...new Set(found.filter((relation) => relation !== undefined))];
  }

  /** A name where a table must stand, and the catalogue knows none; or one of the server's own schemas. */
  #unknownName({ tables, names }: StatementText, schema: string | undefined): string | undefined {
    const system = names.find((name) => isSystemSchema(name.schema));
    if (system !== undefined) return `${system.schema}.${system.name} belongs to the server`;
    const unknown = tables.find((name) => this.#catalogue.relation(name, schema) === undefined);
    if (unknown !== undefined) return `table ${unknown.name} is not known`;
    if (this.#catalogue.caseSensitive) return undefined;
    // The server folds names by rules of its own.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
    const foreign = names.find(({ name }) => /[^\u0000-\u007f]/.test(name));
    return foreign === undefined ? undefined : `the case of ${foreign.name} can't be folded`;
  }

  #whyUnsteady(relation: Relation, text: StatementText): string | undefined {
    const { id, timeColumns, expressions, transactional } = relation;
    if (!transactional) return `${id} isn't transactional`;
    if (this.#catalogue.dirtyReads) return "reads see what isn't committed yet";
    if (this.#changedByEvents === "all" || this.#changedByEvents.has(id)) return `an event changes ${id}`;
    if (timeColumns.size > 0) {
      const named = text.tokens.find(({ text: each }) =>
        timeColumns.has(each.replaceAll("`", "").toLowerCase()),
      );
      // A UNION makes a DATETIME of it without naming it, and so may a query around one with `*`.
      const queries = text.tokens.filter(({ text: each }) => /^(select|table)$/i.test(each));
      if (named !== undefined || queries.length > 1 || text.words.has("natural"))
        return "a column of type TIME may take the current date";
    }
    for (const expression of expressions) {
      const { volatile, calls } = this.read(expression);
      if (volatile !== undefined || calls.length > 0)
        return `a generated column of ${id} isn't deterministic`;
    }
    return undefined;
  }
}

function merge(one: Effects, other: Effects): Effects {
  return {
    writes:
      one.writes === "all" || other.writes === "all" ? "all" : new Set([...one.writes, ...other.writes]),
    commits: one.commits || other.commits,
    changesSession: one.changesSession || other.changesSession,
  };
}

/** BEGIN opens a block of statements here, and no transaction: that is what it does inside of a body. */
function opensBlocksOnly({ tokens }: StatementText): boolean {
  return tokens.every(({ text }, i) => !/^begin$/i.test(text) || tokens[i + 1]?.text !== ";");
}

/** Could the body set a variable of the session? SET of a declared variable, of NEW's columns or in an UPDATE doesn't. */
function setsSession({ tokens }: StatementText): boolean {
  const declared = new Set<string>();
  let inUpdate = false;
  for (const [i, { type, text }] of tokens.entries()) {
    const word = text.toLowerCase();
    const next = tokens[i + 1]?.text.toLowerCase() ?? "";
    if (text[0] === "@" && type !== "symbol") return true;
    if (word === ";") inUpdate = false;
    else if (word === "update") inUpdate = true;
    else if (word === "declare") declared.add(next);
    else if (word === "set" && !inUpdate) {
      const isOwn = declared.has(next) || (next === "new" && tokens[i + 2]?.text === ".");
      const end = tokens.findIndex((each, at) => at > i && each.text === ";");
      const isSingle = !tokens.slice(i, end === -1 ? undefined : end).some((each) => each.text === ",");
      if (!isOwn || !isSingle) return true;
    }
  }
  return false;
}
