import type { QueryResult, Row } from "../../src/database/driver.ts";
import type { StatementFacts } from "../../src/database/statement-facts.ts";

/** What is committed, at one moment. Never changed: a commit makes a new one. */
export interface Snapshot {
  /** Table, then row id, to the value written last. */
  readonly tables: Readonly<Record<string, Readonly<Record<number, number>>>>;
  /** The table that the view `v` shows. */
  readonly view: string;
  /** Does a trigger on `a` write to `c`? */
  readonly trigger: boolean;
}

/** Rows of each table. */
export const rowIds = [1, 2, 3] as const;

const start: Snapshot = {
  tables: { a: { 1: 0, 2: 0 }, b: { 1: 0, 2: 0 }, c: { 1: 0, 2: 0 } },
  view: "a",
  trigger: false,
};

export const reads = [
  "SELECT * FROM a",
  "SELECT * FROM b",
  "SELECT * FROM c",
  "SELECT * FROM v",
  "SELECT * FROM a JOIN c",
  "SELECT id FROM a",
  "SELECT id FROM c",
] as const;
export const pointReads = ["SELECT * FROM a WHERE id = ?", "SELECT * FROM c WHERE id = ?"] as const;
export const writes = ["UPDATE a", "UPDATE b", "UPDATE c", "CALL anything"] as const;
export const pointWrites = [
  "UPDATE a WHERE id = ?",
  "UPDATE c WHERE id = ?",
  "INSERT a WHERE id = ?",
  "DELETE a WHERE id = ?",
] as const;
export const ddl = ["ALTER VIEW v", "ALTER TRIGGER a"] as const;

/** The words of a statement: `SELECT * FROM a WHERE id = ?`. */
const table = (sql: string): string =>
  sql
    .replace(/^SELECT (\*|id) FROM/, "")
    .trim()
    .split(/\s+/)
    .find((word) => /^[abcv]$/.test(word)) ?? "";
/** Every table has the columns `id` and `value`, and only this reads the first alone. */
const readsValue = (sql: string): boolean => !sql.startsWith("SELECT id");
const isPoint = (sql: string): boolean => sql.endsWith("?");

/**
 * A small versioned database: every commit has a number, and every state since the start can be asked again.
 * Who talks to it decides when each step happens.
 */
export class SimulatedDatabase {
  readonly #snapshots: Snapshot[] = [start];
  /** Tables changed by each commit; `undefined` for a change of the schema. */
  readonly #changed: (readonly string[] | undefined)[] = [[]];
  readonly #listeners = new Set<(commit: number) => void>();
  readonly #answers: Map<string, string>[] = [new Map()];
  #value = 0;

  /** The number of the last commit. */
  get last(): number {
    return this.#snapshots.length - 1;
  }
  changed(commit: number): readonly string[] | undefined {
    return this.#changed[commit];
  }
  /** Calls `listener` with the number of each commit, in their order. */
  listen(listener: (commit: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  facts(sql: string): StatementFacts {
    const { view, trigger } = this.#snapshots[this.last]!;
    const name = table(sql);
    const kind = sql.startsWith("SELECT") ? "read" : sql.startsWith("ALTER") ? "ddl" : "write";
    const reads = name === "v" ? [view] : sql.endsWith("JOIN c") ? [name, "c"] : [name];
    if (kind === "ddl" || sql === "CALL anything")
      return { kind, reads: [], writes: "all", cacheable: false };
    return {
      kind,
      reads: kind === "read" ? reads : [],
      writes: kind === "read" ? [] : name === "a" && trigger ? ["a", "c"] : [name],
      cacheable: kind === "read",
      // Through a view the columns aren't known.
      ...(kind === "read" &&
        name !== "v" && { columns: new Map(reads.map((each) => [each, readsValue(sql) ? ["value"] : []])) }),
      ...(sql.startsWith("UPDATE") && { updates: ["value"] }),
      ...(isPoint(sql) && { point: { table: name, param: 0, canonicalKey: (value: unknown) => `${value}` } }),
    };
  }

  /** The rows of a read, as of a commit. */
  read(sql: string, params: readonly unknown[], commit: number): QueryResult {
    const rows = JSON.parse(this.answer(sql, params, commit)) as Row[];
    return { rows, rowCount: rows.length };
  }
  /** As `read`, in text. */
  answer(sql: string, params: readonly unknown[], commit: number): string {
    const known = this.#answers[commit]!;
    const key = `${sql} ${params[0]}`;
    let answer = known.get(key);
    if (answer === undefined) {
      answer = JSON.stringify(select(this.#snapshots[commit]!, sql, params));
      known.set(key, answer);
    }
    return answer;
  }

  /** Commits statements together. @returns the commit's number */
  commit(statements: readonly (readonly [sql: string, params: readonly unknown[]])[]): number {
    let next = this.#snapshots[this.last]!;
    const changed = new Set<string>();
    for (const [sql, params] of statements) {
      const value = ++this.#value;
      if (sql === "ALTER VIEW v") next = { ...next, view: next.view === "a" ? "b" : "a" };
      else if (sql === "ALTER TRIGGER a") next = { ...next, trigger: !next.trigger };
      else if (sql === "CALL anything")
        next = write(write(next, "b", rowIds, value, changed), "c", [1], value, changed);
      else next = update(next, sql, params, value, changed);
    }
    this.#snapshots.push(next);
    this.#answers.push(new Map());
    const isDdl = statements.some(([sql]) => sql.startsWith("ALTER"));
    this.#changed.push(isDdl ? undefined : [...changed]);
    for (const listener of this.#listeners) listener(this.last);
    return this.last;
  }
}

function select(snapshot: Snapshot, sql: string, params: readonly unknown[]): Row[] {
  const name = table(sql) === "v" ? snapshot.view : table(sql);
  const names = sql.endsWith("JOIN c") ? [name, "c"] : [name];
  return names.flatMap((each) =>
    Object.entries(snapshot.tables[each]!)
      .filter(([id]) => !isPoint(sql) || id === String(params[0]))
      .map(([id, value]) => (readsValue(sql) ? { id, value } : { id })),
  );
}

function update(
  snapshot: Snapshot,
  sql: string,
  params: readonly unknown[],
  value: number,
  changed: Set<string>,
): Snapshot {
  const name = table(sql);
  const id = Number(params[0]);
  const present = Object.keys(snapshot.tables[name]!).map(Number);
  const ids = isPoint(sql) ? present.filter((each) => each === id) : present;
  let next = snapshot;
  if (sql.startsWith("DELETE")) {
    const { [id]: _gone, ...rest } = snapshot.tables[name]!;
    next = { ...snapshot, tables: { ...snapshot.tables, [name]: rest } };
    changed.add(name);
  } else next = write(snapshot, name, sql.startsWith("INSERT") ? [id] : ids, value, changed);
  return name === "a" && snapshot.trigger ? write(next, "c", [2], value, changed) : next;
}

function write(
  snapshot: Snapshot,
  name: string,
  ids: readonly number[],
  value: number,
  changed: Set<string>,
): Snapshot {
  const rows = { ...snapshot.tables[name] };
  for (const id of ids) rows[id] = value;
  changed.add(name);
  return { ...snapshot, tables: { ...snapshot.tables, [name]: rows } };
}
