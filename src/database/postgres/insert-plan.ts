import type { QueryResult } from "../driver.ts";
import type { SingleRowInsert } from "./insert-statement.ts";
import { triggerName } from "./notify-triggers.ts";

/**
 * Tells of a table whether one INSERT of many rows is the same as many of one row, and the types of its columns.
 * It isn't the same where something could look at rows inserted just before, or counts statements: triggers, rules,
 * row security, a foreign key from the table to itself (checked when the statement ends), functions of the user's
 * in defaults and checks; nor is it where the rows don't lie in a plain table.
 */
const planSql = `
WITH RECURSIVE target AS (SELECT pg_catalog.to_regclass($1)::oid AS oid),
tree AS (
  SELECT oid FROM target WHERE oid IS NOT NULL
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid
),
line AS (
  SELECT oid FROM tree
  UNION SELECT a.relid::oid FROM target, pg_catalog.pg_partition_ancestors(target.oid::regclass) AS a (relid)
),
expression (classid, objid) AS (
  SELECT 'pg_catalog.pg_attrdef'::regclass, d.oid FROM pg_catalog.pg_attrdef d WHERE d.adrelid = ANY (ARRAY (SELECT oid FROM tree))
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::regclass, c.oid FROM pg_catalog.pg_constraint c
  WHERE c.contype = 'c' AND c.conrelid = ANY (ARRAY (SELECT oid FROM tree))
)
SELECT
  NOT EXISTS (SELECT FROM tree)
  OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = ANY (ARRAY (SELECT oid FROM tree))
    AND (c.relkind NOT IN ('r', 'p') OR c.relhasrules OR c.relrowsecurity))
  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = ANY (ARRAY (SELECT oid FROM tree))
    AND NOT t.tgisinternal AND t.tgname <> $2)
  OR EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.contype = 'f'
    AND c.conrelid = ANY (ARRAY (SELECT oid FROM tree)) AND c.confrelid = ANY (ARRAY (SELECT oid FROM line)))
  OR EXISTS (SELECT FROM expression e JOIN pg_catalog.pg_depend d ON d.classid = e.classid AND d.objid = e.objid
    JOIN pg_catalog.pg_proc p ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.refobjid
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE l.lanname NOT IN ('c', 'internal'))
  AS "onlyByRow",
  (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname,
      'type', pg_catalog.format_type(a.atttypid, -1),
      'bytes', a.atttypid = 'pg_catalog.bytea'::regtype,
      'listable', t.typtype IN ('b', 'e', 'r', 'm') AND t.typcategory <> 'A' AND t.typarray <> 0 AND t.typdelim = ','
    ) ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = (SELECT oid FROM target) AND a.attnum > 0 AND NOT a.attisdropped) AS columns`;

interface CatalogueColumn {
  readonly name: string;
  readonly type: string;
  readonly bytes: boolean;
  /** Values can be sent as one array and unnested again. */
  readonly listable: boolean;
}

/** How to insert many rows in one statement: each parameter travels as one array. */
export interface InsertPlan {
  /** Its parameters are the arrays, in the order of the original's parameters. */
  readonly sql: string;
  /** For each parameter: is it for a column of type bytea? A buffer sent to another type means something else. */
  readonly bytes: readonly boolean[];
}

type Query = (sql: string, params: readonly unknown[], signal?: AbortSignal) => Promise<QueryResult>;

/**
 * Asks the catalogue anew for each batch, since the table, and which one its name means, may have changed.
 * @returns `undefined` when rows must go one by one
 */
export async function insertPlan(
  query: Query,
  insert: SingleRowInsert,
  signal?: AbortSignal,
): Promise<InsertPlan | undefined> {
  const { rows } = await query(planSql, [insert.table, triggerName], signal);
  const [found] = rows as unknown as [{ onlyByRow: boolean; columns: CatalogueColumn[] | null }];
  if (found.onlyByRow || !found.columns) return undefined;
  const all = new Map(found.columns.map((column) => [column.name, column]));
  const names = insert.columns ?? found.columns.slice(0, insert.params.length).map(({ name }) => name);
  const columns = names.map((name) => all.get(name)).filter((column) => column?.listable === true);
  if (columns.length !== insert.params.length) return undefined;

  const bytes: boolean[] = [];
  const lists = columns.map((column, i) => {
    const param = insert.params[i] as number;
    bytes[param] = column?.bytes === true;
    return `pg_catalog.unnest($${param + 1}::${column?.type}[])`;
  });
  return {
    // Side by side in the list, arrays of one length advance together, and nothing is stored in between as in FROM.
    sql: `${insert.head}SELECT ${lists.join(", ")}${insert.tail}`,
    bytes,
  };
}
