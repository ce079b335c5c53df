/**
 * How much faster are 1,000 rows in a batch than one after the other on PostgreSQL?
 * Bars: ≥ 10 × awaiting one row after the other, ≥ 1.5 × one INSERT with 1,000 lists of VALUES.
 * Five columns, loopback. Ours is all or nothing (its own BEGIN and COMMIT) and finds out which row failed; the
 * rivals with one statement need no transaction. With `fsync = on`, each commit waits for the disk; with `off`, which
 * flatters those that commit often, none does.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { startPostgres } from "../../test/services/postgres.ts";

const module = new URL("./arms/postgres-batch.ts", import.meta.url);
const rivals = [
  { name: "executeBatch", export: "executeBatch" },
  { name: "pg, row after row, autocommit", export: "sequential", bar: 10 },
  { name: "pg, row after row in one transaction", export: "sequentialTransaction" },
  { name: "pg, multi-row VALUES", export: "multiRowValues", bar: 1.5 },
  { name: "postgres.js, its helper for rows", export: "postgresJs" },
  { name: "pg, unnest by hand", export: "unnestByHand" },
];

for (const fsync of ["on", "off"]) {
  await using server = await startPostgres({
    settings: {
      fsync,
      synchronous_commit: fsync,
      full_page_writes: fsync,
      max_wal_size: "4GB",
      shared_buffers: "256MB",
    },
  });
  const { arms, warnings } = await measureInterleaved({
    arms: rivals.map(({ name, export: arm }) => ({
      name,
      module,
      export: arm,
      args: { url: server.url, table: arm.toLowerCase() },
    })),
    processes: 3,
    rounds: fsync === "on" ? 6 : 10,
    roundMs: 100,
  });
  const [ours] = arms;
  const rows = arms.map((arm, i) => {
    const { bar } = rivals[i]!;
    const comparison = compareArms(arm, ours!);
    return [
      arm.name,
      formatDuration(median(arm.wallNs.flat())),
      arm === ours ? "" : formatRatio(comparison),
      bar === undefined ? "" : `≥ ${bar}× ${comparison.wall.ratio >= bar ? "met" : "missed"}`,
    ];
  });
  const answers = new Set(arms.map((arm) => JSON.stringify(arm.answer)));
  console.log(`### 1,000 rows, fsync = ${fsync}\n`);
  console.log(markdownTable(["arm", "median", "takes × ours, 95 %", "bar"], rows));
  console.log(
    answers.size === 1 ? "\nAll left the same rows." : `\nNOT the same rows: ${[...answers].join(" ")}`,
  );
  for (const warning of warnings) console.log(`\nWarning: ${warning}`);
  console.log();
}
