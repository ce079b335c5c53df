import { parseDatabaseUrl } from "../database-url.ts";
import { loadPg, type PgClient, type PgError, type PgResult } from "./pg-client.ts";

/** The channel that our triggers notify and the driver listens on. */
export const notifyChannel = "victor_coherence";
/** Payload that stands for a change of the schema instead of a table; no table's id is without a dot. */
export const schemaChanged = "schema";
/** Name of our trigger on each table, and of the schema that holds its function. */
export const triggerName = "victor_coherence";
/** Name of our event trigger, which tells of DDL. */
export const ddlTriggerName = "victor_coherence_ddl";

export interface NotifyTriggerOptions {
  /**
   * Names of tables, as SQL writes them: `orders`, `shop.orders`, `"Order"`. Partitions and inheriting tables come
   * along with their parents.
   * @default all tables of the database that the user owns, outside of the system's schemas
   */
  readonly tables?: readonly string[];
}

/** What has been installed. */
export interface InstalledTriggers {
  /** Ids (`schema.table`) of the tables that carry the trigger now because of this call. */
  readonly tables: readonly string[];
  /**
   * Are changes of the schema notified, too? Needs a superuser. Without it, another process's DDL is noticed only by
   * the driver's check every `pingIntervalMs`.
   */
  readonly schemaChanges: boolean;
}

/*
 * A statement trigger fires on the table that the statement names, and on none of its partitions or parents, whose
 * rows change all the same: so it notifies for the whole line, up and down. Equal payloads within one transaction
 * are sent once. The names are qualified, since the trigger runs under the writer's search_path.
 */
const functionsSql = `
CREATE SCHEMA IF NOT EXISTS victor_coherence;
CREATE OR REPLACE FUNCTION victor_coherence.notify_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.pg_notify('${notifyChannel}', pg_catalog.concat(TG_TABLE_SCHEMA, '.', TG_TABLE_NAME));
  IF EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) TG_RELID
             OR i.inhparent OPERATOR(pg_catalog.=) TG_RELID) THEN
    PERFORM pg_catalog.pg_notify('${notifyChannel}', pg_catalog.concat(n.nspname, '.', c.relname))
    FROM (
      WITH RECURSIVE
        up AS (SELECT TG_RELID AS oid UNION SELECT i.inhparent FROM pg_catalog.pg_inherits i, up
               WHERE i.inhrelid OPERATOR(pg_catalog.=) up.oid),
        down AS (SELECT TG_RELID AS oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i, down
                 WHERE i.inhparent OPERATOR(pg_catalog.=) down.oid)
      SELECT oid FROM up UNION SELECT oid FROM down
    ) AS line
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) line.oid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace;
  END IF;
  RETURN NULL;
END $$`;

/* Temporary tables are nobody else's business; of a DROP, the list of commands is empty. */
const ddlSql = `
CREATE OR REPLACE FUNCTION victor_coherence.notify_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 0 OR pg_catalog.bool_or(c.schema_name IS DISTINCT FROM 'pg_temp')
      FROM pg_catalog.pg_event_trigger_ddl_commands() AS c) THEN
    PERFORM pg_catalog.pg_notify('${notifyChannel}', '${schemaChanged}');
  END IF;
END $$;
DROP EVENT TRIGGER IF EXISTS ${ddlTriggerName};
CREATE EVENT TRIGGER ${ddlTriggerName} ON ddl_command_end EXECUTE FUNCTION victor_coherence.notify_ddl();
ALTER EVENT TRIGGER ${ddlTriggerName} ENABLE ALWAYS`;

/** Tables of $1 with all that inherits from them, or all of the user's own; ids and quoted names. */
const tablesSql = `
WITH RECURSIVE chosen AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE CASE WHEN $1::text[] IS NULL
    THEN n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND pg_catalog.pg_has_role(c.relowner, 'MEMBER')
    ELSE c.oid IN (SELECT name::regclass FROM pg_catalog.unnest($1::text[]) AS name) END
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN chosen ON i.inhparent = chosen.oid
)
SELECT pg_catalog.concat(n.nspname, '.', c.relname) AS id,
  pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
  EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname LIKE '${triggerName}%') AS marked
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid IN (SELECT oid FROM chosen) AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
ORDER BY 1`;

/**
 * Ids of the tables whose every write is notified: they and all their parents and children carry an enabled trigger.
 */
export const notifiedTablesSql = `
WITH RECURSIVE marked AS (
  SELECT t.tgrelid AS oid FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = 'victor_coherence' AND p.proname = 'notify_write' AND t.tgenabled = 'A'
    AND t.tgtype & 127 = 60 AND t.tgqual IS NULL
),
line AS (
  SELECT oid, oid AS relative, 0 AS direction FROM marked
  UNION SELECT line.oid, CASE WHEN up THEN i.inhparent ELSE i.inhrelid END, CASE WHEN up THEN -1 ELSE 1 END
  FROM line CROSS JOIN (VALUES (true), (false)) AS way (up)
  JOIN pg_catalog.pg_inherits i ON CASE WHEN up THEN i.inhrelid ELSE i.inhparent END = line.relative
  WHERE CASE WHEN up THEN line.direction <= 0 ELSE line.direction >= 0 END
)
SELECT pg_catalog.concat(n.nspname, '.', c.relname) AS id
FROM marked JOIN pg_catalog.pg_class c ON c.oid = marked.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM line WHERE line.oid = marked.oid AND line.relative NOT IN (SELECT oid FROM marked))`;

/**
 * Puts a statement trigger (AFTER INSERT, UPDATE, DELETE, TRUNCATE) on tables, which tells every process that uses
 * `coherence: "notify"` of each write at its commit. To be run by the tables' owner; all in one transaction; may be
 * run again, and must be after a table has been added. Writes to one database that notify commit one after the
 * other, and can't be prepared for two-phase commit.
 * @param url of the database, past any pooler
 */
export async function installNotifyTriggers(
  url: string,
  options: NotifyTriggerOptions = {},
): Promise<InstalledTriggers> {
  return await inTransaction(url, async (client) => {
    await client.query({ text: functionsSql });
    const tables = await chosenTables(client, options.tables);
    for (const { name } of tables) {
      await client.query({
        text: `CREATE OR REPLACE TRIGGER ${triggerName} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${name}
          FOR EACH STATEMENT EXECUTE FUNCTION victor_coherence.notify_write()`,
      });
      // Also where a session has session_replication_role = replica.
      await client.query({ text: `ALTER TABLE ONLY ${name} ENABLE ALWAYS TRIGGER ${triggerName}` });
    }
    const schemaChanges = await unlessForbidden(client, ddlSql);
    // Whoever listens already learns that these tables are covered now.
    await client.query({ text: `SELECT pg_catalog.pg_notify('${notifyChannel}', '${schemaChanged}')` });
    return { tables: tables.map(({ id }) => id), schemaChanges };
  });
}

/**
 * Takes the triggers off again. Without `tables` nothing is left behind: triggers, functions, their schema and the
 * event trigger all go.
 * @returns ids of the tables that no longer carry the trigger
 */
export async function removeNotifyTriggers(
  url: string,
  options: NotifyTriggerOptions = {},
): Promise<readonly string[]> {
  return await inTransaction(url, async (client) => {
    const marked = (await chosenTables(client, options.tables)).filter((table) => table.marked);
    for (const { name } of marked)
      await client.query({ text: `DROP TRIGGER IF EXISTS ${triggerName} ON ${name}` });
    if (!options.tables) {
      const [found] = await rowsOf(
        client,
        `SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = '${ddlTriggerName}') AS yes`,
      );
      if (found?.yes) await client.query({ text: `DROP EVENT TRIGGER ${ddlTriggerName}` });
      await client.query({ text: "DROP SCHEMA IF EXISTS victor_coherence CASCADE" });
    }
    await client.query({ text: `SELECT pg_catalog.pg_notify('${notifyChannel}', '${schemaChanged}')` });
    return marked.map(({ id }) => id);
  });
}

interface ChosenTable {
  readonly id: string;
  readonly name: string;
  readonly marked: boolean;
}

async function chosenTables(client: PgClient, tables: readonly string[] | undefined): Promise<ChosenTable[]> {
  return (await rowsOf(client, tablesSql, [tables ?? null])) as unknown as ChosenTable[];
}

/** @returns false when the server says that the user may not (42501) */
async function unlessForbidden(client: PgClient, text: string): Promise<boolean> {
  await client.query({ text: "SAVEPOINT attempt" });
  try {
    await client.query({ text });
    return true;
  } catch (error) {
    if ((error as PgError).code !== "42501") throw error;
    await client.query({ text: "ROLLBACK TO SAVEPOINT attempt" });
    return false;
  }
}

async function rowsOf(
  client: PgClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const result = await client.query({ text, values });
  return (result as PgResult).rows;
}

async function inTransaction<T>(url: string, work: (client: PgClient) => Promise<T>): Promise<T> {
  if (parseDatabaseUrl(url).system !== "postgresql")
    throw new TypeError("url: expected postgres://user:password@host:port/database");
  const { Client } = await loadPg();
  const client = new Client({ connectionString: url, application_name: "victor-optimizations" });
  // The query under way tells the same error; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query({ text: "BEGIN" });
    const result = await work(client);
    await client.query({ text: "COMMIT" });
    return result;
  } finally {
    // An open transaction is rolled back by the end of its session.
    await client.end();
  }
}
