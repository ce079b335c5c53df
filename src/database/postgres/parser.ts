/** A node of PostgreSQL's parse tree as `libpg-query` gives it: fields by name, nodes wrapped as `{ Type: fields }`. */
export type Node = Readonly<Record<string, unknown>>;

/** PostgreSQL's own parser, synchronous once loaded. */
export interface SqlParser {
  /** @returns the statements of `sql`, in order; @throws where PostgreSQL would find a syntax error */
  statements(sql: string): readonly Node[];
  /** @param definition a whole `CREATE FUNCTION` or `DO` statement in PL/pgSQL; @throws on a syntax error */
  plpgsql(definition: string): unknown;
}

let loading: Promise<SqlParser> | undefined;

/** Loads the parser (WebAssembly, some 2 MB) on first use, once for the process. */
export function loadParser(): Promise<SqlParser> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<SqlParser> {
  const query = await import("libpg-query");
  await query.loadModule();
  return {
    statements: (sql) => (query.parseSync(sql).stmts ?? []).map((raw) => (raw.stmt ?? {}) as unknown as Node),
    plpgsql: (definition) => query.parsePlPgSQLSync(definition),
  };
}
