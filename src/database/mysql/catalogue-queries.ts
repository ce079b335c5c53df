/** Schemas of the server's own; what stands in them changes unnoticed. */
export const systemSchemas: ReadonlySet<string> = new Set([
  "information_schema",
  "mysql",
  "performance_schema",
  "sys",
]);

const notSystem = (column: string): string =>
  `LOWER(${column}) NOT IN (${[...systemSchemas].map((name) => `'${name}'`).join(", ")})`;

/** What the catalogue is read with, on a session in its initial state. */
export const catalogueQueries = Object.freeze({
  session: `
    SELECT @@lower_case_table_names AS caseMode, @@event_scheduler AS scheduler,
      CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(REPLACE(CURRENT_USER(), '@', ''))),
        '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''') AS grantee`,
  /** Of this session, and of those that are opened from now on. */
  isolation: "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')",
  newIsolation: "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')",
  tables: `
    SELECT TABLE_SCHEMA AS \`schema\`, TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine
    FROM information_schema.TABLES WHERE ${notSystem("TABLE_SCHEMA")}`,
  views: `
    SELECT TABLE_SCHEMA AS \`schema\`, TABLE_NAME AS name, VIEW_DEFINITION AS definition
    FROM information_schema.VIEWS WHERE ${notSystem("TABLE_SCHEMA")}`,
  columns: `
    SELECT TABLE_SCHEMA AS \`schema\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS name, DATA_TYPE AS type,
      GENERATION_EXPRESSION AS expression
    FROM information_schema.COLUMNS
    WHERE ${notSystem("TABLE_SCHEMA")}
      AND (DATA_TYPE = 'time' OR COALESCE(GENERATION_EXPRESSION, '') <> '')`,
  triggers: `
    SELECT EVENT_OBJECT_SCHEMA AS \`schema\`, EVENT_OBJECT_TABLE AS \`table\`, ACTION_STATEMENT AS body
    FROM information_schema.TRIGGERS WHERE ${notSystem("EVENT_OBJECT_SCHEMA")}`,
  routines: `
    SELECT ROUTINE_SCHEMA AS \`schema\`, ROUTINE_NAME AS name, ROUTINE_DEFINITION AS body, ROUTINE_BODY AS language
    FROM information_schema.ROUTINES WHERE ${notSystem("ROUTINE_SCHEMA")}`,
  foreignKeys: `
    SELECT CONSTRAINT_SCHEMA AS \`schema\`, TABLE_NAME AS child, UNIQUE_CONSTRAINT_SCHEMA AS parentSchema,
      REFERENCED_TABLE_NAME AS parent, UPDATE_RULE AS onUpdate, DELETE_RULE AS onDelete
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${notSystem("CONSTRAINT_SCHEMA")}`,
  events: `
    SELECT EVENT_SCHEMA AS \`schema\`, EVENT_DEFINITION AS body
    FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'`,
  /** Who lacks the privilege TRIGGER sees no triggers. */
  privileges: `
    SELECT GRANTEE AS grantee, NULL AS \`schema\` FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER'
    UNION ALL
    SELECT GRANTEE, TABLE_SCHEMA FROM information_schema.SCHEMA_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER'`,
});
