import { maxColumns, placeOf, tellEffects, type WriteEffects } from "../cache/generations.ts";
import type { WriteSet } from "../cache/write-set.ts";
import type { StatementFacts } from "../statement-facts.ts";

/** Stands for everything that can be read; each result carries it. */
export const everything = "*";
/** Stands for the schema: what statements are known to read and write. */
export const schema = "schema";

/** Rows of a table that have a tag of their own; those of one place share it. */
const places = 2 ** 14;
/** Row tags of one table in one change; with more, the whole table stands for its rows. */
const maxRowTags = 256;
/** Tags of one change; with more, it counts as one of everything. */
const maxTags = 500;

/**
 * What a read depends on, as tags: the counters of `Generations`, by name, so that every process has the same for them.
 * None has the name of a server in it: two processes may know it by different ones.
 */
export function tagsOfRead(facts: StatementFacts, params: readonly unknown[]): readonly string[] {
  const { point, reads } = facts;
  const key = point && reads.includes(point.table) ? point.canonicalKey(params[point.param]) : undefined;
  const tags = [everything];
  for (const name of reads) {
    const columns = facts.columns?.get(name);
    if (key !== undefined && name === point?.table) tags.push(`bulk:${name}`, rowTag(name, key));
    else if (columns === undefined || columns.length > maxColumns) tags.push(`any:${name}`);
    else tags.push(`members:${name}`, ...columns.map((column) => columnTag(name, column)));
  }
  return tags;
}

/** What a write changes, by tables: `everything` is one of them. */
export type ChangedTags = ReadonlyMap<string, readonly string[]>;

/** @returns nothing where nothing was written */
export function tagsOfWrites(writes: WriteSet): ChangedTags {
  const changed = new ChangedResults();
  writes.apply(changed);
  return changed.tags();
}

/** As `tagsOfWrites`, of one statement that changes whole tables. */
export function tagsOfTables(names: readonly string[]): ChangedTags {
  const changed = new ChangedResults();
  const facts: StatementFacts = { kind: "write", reads: [], writes: names, cacheable: false };
  tellEffects(facts, [], changed);
  return changed.tags();
}

export const everythingChanged: ChangedTags = new Map([[everything, [everything]]]);
export const schemaChanged: ChangedTags = new Map([[everything, [everything, schema]]]);

class ChangedResults implements WriteEffects {
  readonly #tables = new Map<string, { readonly tags: Set<string>; readonly rows: Set<string> }>();
  #all: ChangedTags | undefined;

  table(name: string, key: string | undefined, columns: readonly string[] | undefined): void {
    const { tags, rows } = this.#tables.get(name) ?? { tags: new Set(), rows: new Set() };
    this.#tables.set(name, { tags, rows });
    tags.add(`any:${name}`);
    if (key !== undefined && rows.size < maxRowTags) rows.add(rowTag(name, key));
    else tags.add(`bulk:${name}`);
    if (columns === undefined) tags.add(`members:${name}`);
    else for (const column of columns) tags.add(columnTag(name, column));
  }

  everything(): void {
    this.#all ??= everythingChanged;
  }

  schema(): void {
    this.#all = schemaChanged;
  }

  tags(): ChangedTags {
    if (this.#all !== undefined) return this.#all;
    const changed = [...this.#tables].map(([name, { tags, rows }]) => [name, [...tags, ...rows]] as const);
    const count = changed.reduce((sum, [, tags]) => sum + tags.length, 0);
    return count > maxTags ? everythingChanged : new Map(changed);
  }
}

const rowTag = (table: string, key: string): string => `row:${placeOf(key, places)}:${table}`;
// With its length, so that no two pairs run into the same text.
const columnTag = (table: string, column: string): string => `column:${table.length}:${table}.${column}`;
