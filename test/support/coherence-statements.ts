import type { Row } from "../../src/database/driver.ts";

/** Versions by cell: a cell is a value in the database that only grows, such as column `v` of row 1 of `t`. */
export type Versions = Record<string, number>;
/** What a read says of its cells; `undefined` where a row isn't there. */
export type Seen = Record<string, number | undefined>;

export const rowIds = [1, 2, 3] as const;
/**
 * Versions of rows grow by 1 under the row's lock, so that they grow in the order of commits. `epochs` numbers the
 * states of rows that come and go: at odd numbers they are there.
 */
export const schemaSql = `
  CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, x int NOT NULL, w int NOT NULL);
  CREATE TABLE u (id int PRIMARY KEY, v int NOT NULL);
  CREATE TABLE audit (id int PRIMARY KEY, v int NOT NULL);
  CREATE TABLE epochs (id int PRIMARY KEY, v int NOT NULL);
  CREATE TABLE parent (id int PRIMARY KEY, v int NOT NULL);
  CREATE TABLE child (id int PRIMARY KEY REFERENCES parent ON DELETE CASCADE, v int NOT NULL);
  CREATE TABLE refilled (v int NOT NULL);
  CREATE TABLE front (v int NOT NULL);
  CREATE TABLE back (v int NOT NULL);
  INSERT INTO t SELECT id, 1, 1, 0 FROM generate_series(1, 3) id;
  INSERT INTO u SELECT id, 1 FROM generate_series(1, 3) id;
  INSERT INTO audit SELECT id, 1 FROM generate_series(1, 3) id;
  INSERT INTO epochs SELECT id, 2 FROM generate_series(1, 4) id;
  INSERT INTO refilled VALUES (2);
  INSERT INTO front VALUES (1);
  INSERT INTO back VALUES (0);
  CREATE VIEW shown AS SELECT 1 AS definition, id, v FROM u;
  CREATE VIEW shown_again AS SELECT * FROM shown;
  CREATE FUNCTION audit_t() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE audit SET v = NEW.v WHERE id = NEW.id; RETURN NULL; END $$;
  CREATE TRIGGER audited AFTER UPDATE OF v ON t FOR EACH ROW EXECUTE FUNCTION audit_t();`;

export interface ReadStatement {
  readonly sql: string;
  /** Takes a row's id as parameter? */
  readonly point: boolean;
  readonly seen: (rows: readonly Row[], id: number) => Seen;
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** @returns column `column` of every row as the cell `<table><id>.<name>` */
function columns(
  rows: readonly Row[],
  ids: readonly number[],
  column: string,
  cell: (id: number) => string,
): Seen {
  return Object.fromEntries(ids.map((id) => [cell(id), number(rows.find((row) => row.id === id)?.[column])]));
}

const t = (column: string) => (id: number) => `t${id}.${column}`;
const u = (id: number) => `u${id}.v`;
const epoch = (id: number) => `epoch${id}`;

/** The view's definition says what its values are of; odd ones show `u`. */
function view(rows: readonly Row[]): Seen {
  const definition = number(rows[0]?.definition);
  return { definition, ...columns(rows, rowIds, "v", definition && definition % 2 === 0 ? t("v") : u) };
}

export const reads: readonly ReadStatement[] = [
  {
    sql: "SELECT id, v, w FROM t WHERE id = $1",
    point: true,
    seen: (rows, id) => columns(rows, [id], "v", t("v")),
  },
  {
    sql: "SELECT id, x FROM t WHERE id = $1",
    point: true,
    seen: (rows, id) => columns(rows, [id], "x", t("x")),
  },
  {
    sql: "SELECT id, v, w FROM t ORDER BY id",
    point: false,
    seen: (rows) => columns(rows, rowIds, "v", t("v")),
  },
  {
    sql: "SELECT id, x FROM t ORDER BY id",
    point: false,
    seen: (rows) => columns(rows, rowIds, "x", t("x")),
  },
  {
    sql: "SELECT * FROM t ORDER BY id",
    point: false,
    seen: (rows) => ({
      ...columns(rows, rowIds, "v", t("v")),
      ...columns(rows, rowIds, "x", t("x")),
      added: Object.keys(rows[0] ?? {}).length,
    }),
  },
  {
    sql: "SELECT t.id, t.v, u.v AS uv FROM t JOIN u ON u.id = t.id WHERE t.id = $1",
    point: true,
    seen: (rows, id) => ({ ...columns(rows, [id], "v", t("v")), ...columns(rows, [id], "uv", u) }),
  },
  { sql: "SELECT id, v FROM u WHERE id = $1", point: true, seen: (rows, id) => columns(rows, [id], "v", u) },
  // Written by a trigger on t.
  {
    sql: "SELECT id, v FROM audit WHERE id = $1",
    point: true,
    seen: (rows, id) => columns(rows, [id], "v", t("v")),
  },
  { sql: "SELECT definition, id, v FROM shown ORDER BY id", point: false, seen: view },
  { sql: "SELECT definition, id, v FROM shown_again ORDER BY id", point: false, seen: view },
  {
    sql: "SELECT id, v FROM parent WHERE id = $1",
    point: true,
    seen: (rows, id) => columns(rows, [id], "v", epoch),
  },
  // Emptied by the cascade.
  {
    sql: "SELECT id, v FROM child ORDER BY id",
    point: false,
    seen: (rows) => columns(rows, rowIds, "v", epoch),
  },
  { sql: "SELECT v FROM refilled", point: false, seen: ([row]) => ({ epoch4: number(row?.v) }) },
  { sql: "SELECT v FROM front", point: false, seen: ([row]) => ({ front: number(row?.v) }) },
];

/** All cells as they are now. */
export const truthSql = `
  SELECT 't' || id || '.v' AS cell, v FROM t UNION ALL SELECT 't' || id || '.x', x FROM t
  UNION ALL SELECT 'u' || id || '.v', v FROM u UNION ALL SELECT 'epoch' || id, v FROM epochs
  UNION ALL SELECT 'front', v FROM front UNION ALL SELECT 'definition', min(definition) FROM shown
  UNION ALL SELECT 'added', count(*)::int FROM pg_attribute
    WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped`;
