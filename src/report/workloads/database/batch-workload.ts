import type { Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { ShopPlace } from "./shop-place.ts";

const rowsPerBatch = 1000;

/** 1,000 rows inserted one by one, as one statement or transaction, and by `executeBatch`. */
export function batchWorkload(place: ShopPlace): Workload {
  const module = armModule("batch-arms");
  const args = { place, rowsPerBatch };
  const sqlite = place.engine === "sqlite";
  return {
    id: "database.batch",
    title: "Batch throughput",
    question: "How many rows a second go into a table when 1,000 of them come at once?",
    input:
      "1,000 new rows of five columns (three integers, two short texts) into a table with a primary key.",
    unit: {
      operation: "batch of 1,000 rows",
      item: "row",
      itemsPerOperation: rowsPerBatch,
      shown: "rate",
    },
    operationsPerRound: sqlite ? 8 : 1,
    baseline: sqlite
      ? {
          name: "node:sqlite, row by row",
          about: "one prepared INSERT, each row its own commit",
          module,
          export: "sqliteEach",
          args,
        }
      : {
          name: "pg.Pool, row by row",
          about: "one named INSERT awaited after the other, each its own commit",
          module,
          export: "postgresEach",
          args,
        },
    peer: sqlite
      ? {
          name: "node:sqlite, one transaction",
          about: "one prepared INSERT between BEGIN and COMMIT",
          module,
          export: "sqliteTransaction",
          args,
        }
      : {
          name: "pg.Pool, multi-row VALUES",
          about: "one INSERT with 1,000 rows of placeholders",
          module,
          export: "postgresMultiRow",
          args,
        },
    optimized: { name: "DatabaseOptimizer", about: "executeBatch", module, export: "optimized", args },
    reference: { before: "100 req/s", after: "140 req/s", improvement: "+40 %" },
    notes: ["All or nothing holds for the peer and the optimizer; the baseline can stop halfway."],
  };
}
