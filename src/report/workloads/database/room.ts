import type { OpenRoom, Room, RoomContext } from "../../workload.ts";
import { batchWorkload } from "./batch-workload.ts";
import { connectionWorkload } from "./connection-workload.ts";
import { queryTimeWorkloads } from "./query-time-workloads.ts";
import type { ShopPlace } from "./shop-place.ts";
import { seedPostgres, seedSqlite } from "./shop-seed.ts";

/** The database area: query time with and without skew, connection overhead, hit rate, batches. */
export const databaseRoom: Room = {
  id: "database",
  title: "Database optimization",
  about:
    "DatabaseOptimizer: connection pool, query cache that invalidates itself, batches. " +
    "Every variant works on its own copy of the same seeded database.",
  limits: [
    "One caller at a time: each query is awaited before the next, so the figures are latencies, not the throughput of a busy server.",
    "On PostgreSQL, CPU time is that of the Node process; the server's own is not in it.",
    "On SQLite every variant runs with journal_mode = WAL and synchronous = NORMAL, so that all commit equally safely; the optimizer's own default is FULL, which waits for the disk at each commit.",
  ],
  async open(context) {
    if (context.engine === "postgres") return await openPostgres(context);
    context.announce("seeding SQLite (50,000 rows)");
    const { DatabaseSync } = await import("node:sqlite");
    const memory = new DatabaseSync(":memory:");
    const version = memory.prepare("SELECT sqlite_version() AS version").get()?.version;
    memory.close();
    return {
      workloads: workloads(seedSqlite(context.workDir, context.seed), context),
      versions: { SQLite: `${version} (node:sqlite)` },
      close: async () => undefined,
    };
  },
};

async function openPostgres(context: RoomContext): Promise<OpenRoom> {
  if (context.url === undefined) throw new TypeError("url: expected a postgres:// URL, got none");
  context.announce("seeding PostgreSQL (50,000 rows)");
  const seeded = await seedPostgres(context.url, context.seed);
  return {
    workloads: workloads(seeded.place, context),
    versions: { PostgreSQL: seeded.version, pg: seeded.driverVersion },
    close: () => seeded.clear(),
  };
}

function workloads(place: ShopPlace, context: RoomContext) {
  return [...queryTimeWorkloads(place, context), connectionWorkload(place, context), batchWorkload(place)];
}
