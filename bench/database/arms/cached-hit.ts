import { systemClock } from "../../../src/clock.ts";
import { cacheKey } from "../../../src/database/cache/cache-key.ts";
import { Generations } from "../../../src/database/cache/generations.ts";
import { QueryCache } from "../../../src/database/cache/query-cache.ts";
import { DatabaseOptimizer } from "../../../src/database/optimizer.ts";
import type { Arm } from "../../../src/measure/index.ts";

/** Every arm gives the name of a user by id, of so many users, in turn. */
const users = 1000;
const sql = "SELECT id, name FROM users WHERE id = ?";
const user = (id: number) => ({ id, name: `user ${id}` });
type Row = { readonly name: string };

/** @param rowOf of what `read` gives; no promise of the arm's own comes between */
function answering<T>(
  read: (id: number) => Promise<T>,
  rowOf: (answer: T) => Row,
  close: () => Promise<void>,
): Arm {
  let length = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) length += rowOf(await read(i % users)).name.length;
    },
    answer: async () => [rowOf(await read(0)), rowOf(await read(users - 1))],
    counters: () => ({ length }),
    close,
  };
}

function answeringAtOnce(read: (id: number) => Row): Arm {
  let length = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) length += read(i % users).name.length;
    },
    answer: () => [read(0), read(users - 1)],
    counters: () => ({ length }),
  };
}

/** The least that could be done: no bound, no expiry, no invalidation. */
export function bareMap(): Arm {
  const map = new Map<string, Row>();
  for (let id = 0; id < users; id++) map.set(`user:${id}`, user(id));
  return answeringAtOnce((id) => map.get(`user:${id}`)!);
}

export async function queryCache(args: unknown): Promise<Arm> {
  const { ttlMs } = args as { readonly ttlMs: number };
  const cache = new QueryCache({
    maxEntries: users,
    ttlMs,
    clock: systemClock,
    generations: new Generations(),
  });
  const statement = { id: 1 };
  const facts = {
    kind: "read",
    reads: ["users"],
    writes: [],
    cacheable: true,
    point: { table: "users", param: 0, canonicalKey: String },
  } as const;
  for (let id = 0; id < users; id++)
    await cache.load(statement, cacheKey([id]), facts, [id], () => ({ rows: [user(id)], rowCount: 1 }));
  return answeringAtOnce((id) => cache.lookup(statement, cacheKey([id])!)!.rows[0] as Row);
}

/**
 * All that a caller pays: facts by SQL text, coherence with other processes, key, lookup, metrics, promise. Over
 * PostgreSQL, since SQLite answers so fast in place that such a read isn't cached there.
 * @param args `url` of a server with a table of users
 */
export async function optimizer(args: unknown): Promise<Arm> {
  const { url, coherence, ttlMs } = args as {
    readonly url: string;
    readonly coherence: "exclusive" | "notify";
    readonly ttlMs: number;
  };
  const database = new DatabaseOptimizer({ url, coherence, cacheSize: users, cacheTtlMs: ttlMs });
  const read = (id: number) => database.executeQuery<Row>(sql, [id]);
  for (let id = 0; id < users; id++) await read(id);
  const { misses } = database.getCacheStats();
  const firstRow = ({ rows }: { readonly rows: readonly Row[] }) => rows[0]!;
  return answering(read, firstRow, async () => {
    const stats = database.getCacheStats();
    await database.close();
    if (stats.misses !== misses || stats.hits === 0) throw new Error("expected hits only");
  });
}

/** Not typed from the package: it may not be installed when the benchmarks are type-checked. */
interface Bentocache {
  readonly BentoCache: new (
    options: object,
  ) => {
    set(entry: { key: string; value: unknown }): Promise<unknown>;
    get(entry: { key: string }): Promise<Row>;
    getOrSet(entry: { key: string; factory: () => unknown }): Promise<Row>;
    disconnectAll(): Promise<void>;
  };
  bentostore(): { useL1Layer(layer: unknown): unknown };
}
interface BentocacheMemory {
  memoryDriver(options: object): unknown;
}

export async function bentocache(args: unknown): Promise<Arm> {
  const { serialize, call } = args as { readonly serialize: boolean; readonly call: "get" | "getOrSet" };
  const load = async <T>(specifier: string): Promise<T> => (await import(specifier)) as T;
  const { BentoCache, bentostore } = await load<Bentocache>("bentocache");
  const { memoryDriver } = await load<BentocacheMemory>("bentocache/drivers/memory");
  const cache = new BentoCache({
    default: "memory",
    ttl: "5m",
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: users, serialize })) },
  });
  for (let id = 0; id < users; id++) await cache.set({ key: `user:${id}`, value: user(id) });
  const missed = () => {
    throw new Error("expected hits only");
  };
  const read = (id: number): Promise<Row> =>
    call === "get"
      ? cache.get({ key: `user:${id}` })
      : cache.getOrSet({ key: `user:${id}`, factory: missed });
  return answering(
    read,
    (row) => row,
    () => cache.disconnectAll(),
  );
}

/** What `optimizer` and `pgClient` read. */
export async function fillPostgres(url: string): Promise<void> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL)");
  await client.query("INSERT INTO users SELECT id, 'user ' || id FROM generate_series(0, $1::int - 1) id", [
    users,
  ]);
  await client.query("VACUUM ANALYZE users");
  await client.end();
}

/**
 * The same point query, to a server on this machine.
 * @param args `prepared`: kept parsed by the server, which few programs do; `url` of a server with a table of users
 */
export async function pgClient(args: unknown): Promise<Arm> {
  const { url, prepared } = args as { readonly url: string; readonly prepared: boolean };
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const text = "SELECT id, name FROM users WHERE id = $1";
  const read = (id: number) => client.query({ text, values: [id], ...(prepared && { name: "user" }) });
  return answering(
    read,
    ({ rows }) => rows[0] as Row,
    () => client.end(),
  );
}
