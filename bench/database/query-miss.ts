/**
 * What does a read cost that the cache can't answer, beside the plain driver?
 * Bar: a miss costs ≤ 10 % more than `pg.Pool` with a prepared statement, PostgreSQL on loopback, one read after the
 * other. On SQLite, whose point read takes a microsecond or two, the figure has no bar.
 */
import pg from "pg";
import {
  type ArmSpec,
  compareArms,
  formatDuration,
  markdownTable,
  measureInterleaved,
  median,
  type RatioEstimate,
} from "../../src/measure/index.ts";
import { startPostgres } from "../../test/services/postgres.ts";
import { users } from "./arms/query-miss.ts";

const module = new URL("./arms/query-miss.ts", import.meta.url);
const bar = 1.1;
/**
 * Fixed, since code takes some 20,000 calls to get warm here: counts found by cold rounds would leave it cold. Rounds
 * are short and many, since what a read waits for is the system's scheduler, whose moods change.
 */
const warmupRounds = 45;
const postgresReads = 500;
const sqliteReads = 5_000;

await using server = await startPostgres();
const { url } = server;
const client = new pg.Client({ connectionString: url });
await client.connect();
await client.query("CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL)");
await client.query("INSERT INTO users SELECT id, 'user ' || id FROM generate_series(0, $1::int - 1) id", [
  users,
]);
await client.query("VACUUM ANALYZE users");
await client.end();

for (const callers of [1, 10]) {
  const exclusive = { coherence: "exclusive" };
  await compare(
    `PostgreSQL, ${callers === 1 ? "one read after the other" : `${callers} at once`}`,
    postgresReads,
    [
      { name: "pg.Pool, prepared", module, export: "pgPool", args: { url, callers } },
      { name: "pg.Client, prepared", module, export: "pgClient", args: { url, callers } },
      {
        name: "optimizer, always a miss",
        module,
        export: "postgresOptimizer",
        args: { url, callers, options: exclusive },
        ...(callers === 1 && { bar }),
      },
      {
        name: "optimizer, useCache: false",
        module,
        export: "postgresOptimizer",
        args: { url, callers, options: exclusive, useCache: false },
      },
    ],
  );
}
await compare("SQLite, one read after the other", sqliteReads, [
  { name: "node:sqlite, prepared", module, export: "nodeSqlite" },
  { name: "optimizer", module, export: "sqliteOptimizer", args: { useCache: true } },
  { name: "optimizer, useCache: false", module, export: "sqliteOptimizer", args: { useCache: false } },
]);

/**
 * @param count reads a round
 * @param specs the first is what the others are compared with
 */
async function compare(
  title: string,
  count: number,
  specs: readonly (ArmSpec & { readonly bar?: number })[],
): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: specs.map(({ bar: _bar, ...arm }) => ({ ...arm, count })),
    processes: 7,
    rounds: 30,
    warmupRounds,
  });
  const plain = arms[0]!;
  for (const arm of arms)
    if (JSON.stringify(arm.answer) !== JSON.stringify(plain.answer))
      throw new Error(
        `${arm.name}: expected ${JSON.stringify(plain.answer)}, got ${JSON.stringify(arm.answer)}`,
      );
  const rows = arms.map((arm, i) => {
    const { wall, cpu } = compareArms(arm, plain);
    const limit = specs[i]!.bar;
    return [
      arm.name,
      formatDuration(median(arm.wallNs.flat())),
      arm === plain ? "" : timesPlain(wall),
      formatDuration(median(arm.cpuNs.flat())),
      arm === plain ? "" : timesPlain(cpu),
      limit === undefined ? "" : `≤ ${limit}× ${wall.ratio <= limit ? "met" : "missed"}`,
    ];
  });
  console.log(`### ${title}\n`);
  console.log(
    markdownTable(["arm", "wall", "× plain, 95 %", "CPU of this process", "× plain, 95 %", "bar"], rows),
  );
  for (const warning of warnings) console.log(`\nWarning: ${warning}`);
  console.log();
}

function timesPlain({ ratio, low, high }: RatioEstimate): string {
  return `${ratio.toFixed(2)}× [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
