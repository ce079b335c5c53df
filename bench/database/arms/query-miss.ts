import pg from "pg";
import { DatabaseOptimizer, type DatabaseOptimizerOptions } from "../../../src/database/index.ts";
import type { Arm } from "../../../src/measure/index.ts";
import { openPlain, temporaryFile } from "./sqlite-databases.ts";

/** Every arm reads the name of a user by id, of so many users, in turn. */
export const users = 10_000;
/** The cache forgets a user long before its turn comes again. */
const cacheSize = 100;

type User = { readonly id: number; readonly name: string };
type Read = (id: number) => Promise<User>;
interface Args {
  readonly url: string;
  /** Reads under way at the same time, each awaited by its own caller. */
  readonly callers: number;
  readonly options?: DatabaseOptimizerOptions;
  readonly useCache?: boolean;
}

/** Reads users in turn; `callers` of them share the work. */
function reading(callers: number, read: Read, close: () => Promise<void>): Arm {
  let next = 0;
  let length = 0;
  const caller = async (count: number): Promise<void> => {
    for (; count > 0; count--) length += (await read(next++ % users)).name.length;
  };
  return {
    async run(count) {
      if (callers === 1) return await caller(count);
      const share = Math.floor(count / callers);
      const counts = Array.from({ length: callers }, (_, i) => share + (i < count % callers ? 1 : 0));
      await Promise.all(counts.map(caller));
    },
    answer: async () => [await read(0), await read(users - 1)],
    counters: () => ({ length }),
    close,
  };
}

const postgresSql = "SELECT id, name FROM users WHERE id = $1";

/** What is written without us: the pool of `pg`, and a statement that it keeps prepared. */
export async function pgPool(args: unknown): Promise<Arm> {
  const { url, callers } = args as Args;
  const pool = new pg.Pool({ connectionString: url, max: 10, idleTimeoutMillis: 0 });
  const read: Read = async (id) =>
    (await pool.query<User>({ name: "user", text: postgresSql, values: [id] })).rows[0]!;
  return reading(callers, read, () => pool.end());
}

/** The least: one connection, no pool. */
export async function pgClient(args: unknown): Promise<Arm> {
  const { url, callers } = args as Args;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const read: Read = async (id) =>
    (await client.query<User>({ name: "user", text: postgresSql, values: [id] })).rows[0]!;
  return reading(callers, read, () => client.end());
}

export async function postgresOptimizer(args: unknown): Promise<Arm> {
  const { url, callers, options, useCache = true } = args as Args;
  const database = new DatabaseOptimizer({ url, cacheSize, pool: { maxSize: 10 }, ...options });
  await database.initialize();
  const read: Read = async (id) =>
    (await database.executeQuery<User>(postgresSql, [id], useCache ? undefined : { useCache })).rows[0]!;
  return reading(callers, read, () => closeUnhit(database));
}

async function closeUnhit(database: DatabaseOptimizer): Promise<void> {
  const { hits } = database.getCacheStats();
  await database.close();
  if (hits > 0) throw new Error(`expected misses only, got ${hits} hits`);
}

const sqliteSql = "SELECT id, name FROM users WHERE id = ?";

function filledFile() {
  const file = temporaryFile();
  const database = openPlain(file.path, "NORMAL");
  database.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); BEGIN");
  const insert = database.prepare("INSERT INTO users VALUES (?, ?)");
  for (let id = 0; id < users; id++) insert.run(id, `user ${id}`);
  database.exec("COMMIT");
  database.close();
  return file;
}

/** A prepared statement of `node:sqlite`; awaited like the others, which costs it a turn of the microtask queue. */
export function nodeSqlite(): Arm {
  const file = filledFile();
  const database = openPlain(file.path, "NORMAL");
  const statement = database.prepare(sqliteSql);
  const read: Read = async (id) => ({ ...(statement.get(id) as unknown as User) });
  return reading(1, read, async () => {
    database.close();
    file.remove();
  });
}

/** A statement that proves as short as this one is not cached, whatever `useCache` says. */
export async function sqliteOptimizer(args: unknown): Promise<Arm> {
  const { useCache } = args as { readonly useCache: boolean };
  const file = filledFile();
  const database = new DatabaseOptimizer({
    url: `sqlite:${file.path}`,
    cacheSize,
    // No pause of the machine sends the statement to a thread: this is about reading in place.
    sqlite: { blockBudgetMs: 10_000 },
  });
  await database.initialize();
  const read: Read = async (id) =>
    (await database.executeQuery<User>(sqliteSql, [id], useCache ? undefined : { useCache })).rows[0]!;
  return reading(1, read, async () => {
    await database.close();
    file.remove();
  });
}
