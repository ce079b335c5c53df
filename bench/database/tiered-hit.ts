/**
 * What does a result cost that a fleet shares: from memory, from Redis, and what does a write pay for it? Beside the query itself,
 * by `pg` with a prepared statement, and what is written by hand: `GET` and `JSON.parse`, without invalidation.
 * Bars: from memory ≥ 20 × faster than a query by primary key; from Redis ≤ 1.5 × what it takes by hand, and ≥ 2 × faster than a
 * query that the database works for (a scan of 10,000 rows).
 */
import pg from "pg";
import {
  type ArmResult,
  type ArmSpec,
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { startPostgres } from "../../test/services/postgres.ts";
import { startRedis } from "../../test/services/redis.ts";

await using postgres = await startPostgres();
await using redis = await startRedis();
const client = new pg.Client(postgres.url);
await client.connect();
await client.query(`
  CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);
  INSERT INTO users SELECT id, 'user ' || id || CASE WHEN id % 2 = 0 THEN ' e' ELSE '' END FROM generate_series(1, 10000) id;
  CREATE TABLE written (id int PRIMARY KEY, v int NOT NULL);
  INSERT INTO written VALUES (1, 0);
  ANALYZE`);
await client.end();

const module = new URL("./arms/tiered-hit.ts", import.meta.url);
const places = { url: postgres.url, redis: redis.url };
const small = { cacheSize: 1 };

async function measure(specs: readonly Omit<ArmSpec, "module">[]): Promise<ArmResult[]> {
  const { arms, warnings } = await measureInterleaved({
    arms: specs.map((spec) => ({ ...spec, module })),
    processes: 3,
    rounds: 4,
    roundMs: 20,
    warmupRounds: 2,
  });
  for (const warning of warnings) console.log(`Warning: ${warning}\n`);
  for (const arm of arms)
    if (JSON.stringify(arm.answer) !== JSON.stringify(arms[0]!.answer))
      throw new Error(
        `${arm.name}: expected ${JSON.stringify(arms[0]!.answer)}, got ${JSON.stringify(arm.answer)}`,
      );
  return [...arms];
}

const rowOf = (arm: ArmResult, base: ArmResult, bar = ""): string[] => [
  arm.name,
  formatDuration(median(arm.wallNs.flat())),
  arm === base ? "" : formatRatio(compareArms(base, arm)),
  bar,
];
const atLeast = (slow: ArmResult, fast: ArmResult, bar: number, of: string): string =>
  `≥ ${bar}× faster than ${of}: ${compareArms(slow, fast).wall.ratio >= bar ? "met" : "missed"}`;

const pointArgs = { ...places, statement: "point" };
const [own, memory, point] = (await measure([
  {
    name: "a hit without tier (exclusive)",
    export: "optimizer",
    args: { ...pointArgs, options: { coherence: "exclusive" } },
  },
  { name: "a hit in memory, with tier", export: "optimizer", args: pointArgs },
  { name: "the query itself, by pg", export: "query", args: pointArgs },
])) as [ArmResult, ArmResult, ArmResult];
console.log("A row by its primary key\n");
const columns = ["arm", "median", "faster than the query", "bar"];
console.log(
  markdownTable(columns, [
    rowOf(own, point),
    rowOf(memory, point, atLeast(point, memory, 20, "the query")),
    rowOf(point, point),
  ]),
);

const scanArgs = { ...places, statement: "aggregate" };
const [shared, hand, scan] = (await measure([
  { name: "a hit on Redis", export: "optimizer", args: { ...scanArgs, options: small } },
  { name: "GET and JSON.parse by hand", export: "byHand", args: scanArgs },
  { name: "the query itself, by pg", export: "query", args: scanArgs },
])) as [ArmResult, ArmResult, ArmResult];
const byHand = compareArms(shared, hand).wall.ratio <= 1.5 ? "met" : "missed";
console.log("\nA scan of 10,000 rows\n");
console.log(
  markdownTable(columns, [
    rowOf(shared, scan, `≤ 1.5× by hand: ${byHand}; ${atLeast(scan, shared, 2, "the query")}`),
    rowOf(hand, scan),
    rowOf(scan, scan),
  ]),
);

const [alone, told] = (await measure([
  {
    name: "a write without tier",
    export: "write",
    args: { ...pointArgs, options: { coherence: "exclusive" } },
  },
  { name: "a write that a fleet is told of", export: "write", args: pointArgs },
])) as [ArmResult, ArmResult];
console.log("\nA write of one row\n");
console.log(
  markdownTable(
    ["arm", "median", "takes × the other"],
    [
      [alone.name, formatDuration(median(alone.wallNs.flat())), ""],
      [told.name, formatDuration(median(told.wallNs.flat())), formatRatio(compareArms(told, alone))],
    ],
  ),
);
