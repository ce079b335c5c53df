/**
 * What does a hit of the query cache cost, beside the same point query through `pg` on this machine, a memory hit of
 * bentocache, and a bare Map that knows no bound, no expiry and no invalidation?
 * Bars: ≥ 100 × faster than `pg` with a prepared statement, which is its fastest; ≥ 2 × faster than bentocache at its
 * fastest (values not serialized, plain `get`).
 * The arms that end in a promise are awaited one by one, as a caller would.
 */
import { readFileSync } from "node:fs";
import { installNotifyTriggers } from "../../src/database/index.ts";
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
import { fillPostgres } from "./arms/cached-hit.ts";

const bento = `bentocache ${version("../node_modules/bentocache/package.json")}`;
const module = new URL("./arms/cached-hit.ts", import.meta.url);
const pgVersion = version("../../node_modules/pg/package.json");
const never = Number.POSITIVE_INFINITY;

await using postgres = await startPostgres();
const { url } = postgres;
const coherence = "exclusive";
await fillPostgres(url);
await installNotifyTriggers(url, { tables: ["users"] });
const specs: (ArmSpec & { readonly bar?: number })[] = [
  { name: "executeQuery, a hit", module, export: "optimizer", args: { url, coherence, ttlMs: 300_000 } },
  {
    name: "the same with coherence notify",
    module,
    export: "optimizer",
    args: { url, coherence: "notify", ttlMs: 300_000 },
  },
  { name: "the same without expiry", module, export: "optimizer", args: { url, coherence, ttlMs: never } },
  { name: "QueryCache.lookup", module, export: "queryCache", args: { ttlMs: 300_000 } },
  { name: "the same without expiry ", module, export: "queryCache", args: { ttlMs: never } },
  { name: "a bare Map", module, export: "bareMap" },
  { name: `${bento}: get`, module, export: "bentocache", args: { serialize: false, call: "get" }, bar: 2 },
  { name: `${bento}: getOrSet`, module, export: "bentocache", args: { serialize: false, call: "getOrSet" } },
  { name: `${bento}: get, serialized`, module, export: "bentocache", args: { serialize: true, call: "get" } },
  {
    name: `pg ${pgVersion}: the query itself, prepared`,
    module,
    export: "pgClient",
    args: { url, prepared: true },
    bar: 100,
    count: 1_000,
  },
  {
    name: `pg ${pgVersion}: the query itself, not prepared`,
    module,
    export: "pgClient",
    args: { url, prepared: false },
    count: 1_000,
  },
];
const { arms, warnings } = await measureInterleaved({
  arms: specs.map(({ bar: _bar, ...arm }) => arm),
  processes: 5,
  rounds: 10,
  roundMs: 20,
  // Code takes some 20,000 queries to get warm, and `pg` does 1,000 a round.
  warmupRounds: 20,
});
const [ours] = arms as [ArmResult];
for (const arm of arms)
  if (JSON.stringify(arm.answer) !== JSON.stringify(ours.answer))
    throw new Error(
      `${arm.name}: expected ${JSON.stringify(ours.answer)}, got ${JSON.stringify(arm.answer)}`,
    );

const rows = arms.map((arm, i) => {
  const { bar } = specs[i]!;
  const comparison = compareArms(arm, ours);
  return [
    arm.name.trim(),
    formatDuration(median(arm.wallNs.flat())),
    arm === ours ? "" : formatRatio(comparison),
    bar === undefined ? "" : `≥ ${bar}× ${comparison.wall.ratio >= bar ? "met" : "missed"}`,
  ];
});
console.log(markdownTable(["arm", "median", "takes × ours, 95 %", "bar"], rows));
for (const warning of warnings) console.log(`\nWarning: ${warning}`);

function version(path: string): string {
  return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
}
