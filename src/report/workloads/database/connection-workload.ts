import type { RoomContext, Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { ShopPlace } from "./shop-place.ts";

/** What a query costs when it has to connect first, and when it doesn't. */
export function connectionWorkload(place: ShopPlace, { seed }: RoomContext): Workload {
  const module = armModule("connection-arms");
  const args = { place, seed };
  const sqlite = place.engine === "sqlite";
  return {
    id: "database.connection",
    title: "Connection overhead",
    question: sqlite
      ? "How long does a point read take when the file is opened for each query, and when it stays open?"
      : "How long does a point read take when each query connects, and when connections are pooled?",
    input: "One product of 10,000 by its primary key, uniform keys, no cache in any variant.",
    unit: { operation: "query", item: "query", itemsPerOperation: 1, shown: "time" },
    operationsPerRound: sqlite ? 1000 : 25,
    baseline: sqlite
      ? {
          name: "open per query",
          about: "node:sqlite: open, prepare, read, close",
          module,
          export: "sqliteEach",
          args,
        }
      : {
          name: "connect per query",
          about: "pg.Client: connect, read, end",
          module,
          export: "postgresEach",
          args,
        },
    peer: sqlite
      ? {
          name: "node:sqlite kept open",
          about: "one handle, one prepared statement",
          module,
          export: "sqliteKept",
          args,
        }
      : { name: "pg-pool", about: "pg.Pool with a named statement", module, export: "postgresPool", args },
    optimized: {
      name: "DatabaseOptimizer",
      about: "executeQuery with useCache: false",
      module,
      export: "optimized",
      args,
    },
    reference: { before: "0.8 ms", after: "0.15 ms", improvement: "−81 %" },
    notes: [
      "The time is that of the whole query, its connection included. The reference gives the connection's part alone.",
    ],
  };
}
