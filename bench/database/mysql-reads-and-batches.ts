/**
 * What do a cached read, a read that misses and a batch cost on MariaDB, beside mysql2 alone?
 * Bars: a hit ≥ 20 × as fast as mysql2's pool; a miss ≤ 1.1 × the pool's prepared statement; 1,000 rows in a batch
 * ≥ 5 × as fast as one after the other in a transaction. Loopback, one caller.
 */
import mysql from "mysql2/promise";
import {
  type ArmSpec,
  compareArms,
  formatDuration,
  markdownTable,
  measureInterleaved,
  median,
  type RatioEstimate,
} from "../../src/measure/index.ts";
import { startMariadb } from "../../test/services/mariadb.ts";
import { users } from "./arms/mysql.ts";

const module = new URL("./arms/mysql.ts", import.meta.url);
await using server = await startMariadb();
const { url } = server;
const client = await mysql.createConnection(url);
await client.query("CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL)");
const rows = Array.from({ length: users }, (_, id) => [id, `user ${id}`]);
await client.query("INSERT INTO users VALUES ?", [rows]);
await client.end();

const arm = (name: string, exported: string, args: object = {}) => ({
  name,
  module,
  export: exported,
  args: { url, ...args },
});

await compare("A read that is cached", 400, [
  { ...arm("mysql2 pool, execute", "poolExecute", { span: 100 }) },
  { ...arm("optimizer, always a hit", "optimizer", { span: 100 }), bar: (ratio) => [1 / ratio, "≥", 20] },
  { ...arm("a Map in front of the pool", "mapInFront", { span: 100 }) },
]);
await compare("A read that misses", 400, [
  { ...arm("mysql2 pool, execute", "poolExecute", { span: users }) },
  {
    ...arm("optimizer, always a miss", "optimizer", { span: users, options: { cacheSize: 100 } }),
    bar: (ratio) => [ratio, "≤", 1.1],
  },
  { ...arm("mysql2 pool, query (text)", "poolQuery", { span: users }) },
]);
await compare("1,000 rows of five columns", 1, [
  { ...arm("mysql2, row after row in a transaction", "rowAfterRow") },
  { ...arm("executeBatch", "executeBatch"), bar: (ratio) => [1 / ratio, "≥", 5] },
  { ...arm("mysql2, VALUES ? as text", "bulkText") },
]);

type Bar = (ratio: number) => readonly [figure: number, relation: "≥" | "≤", bar: number];

/** @param count operations a round @param specs the first is what the others are compared with */
async function compare(
  title: string,
  count: number,
  specs: readonly (ArmSpec & { readonly bar?: Bar })[],
): Promise<void> {
  const { arms, warnings } = await measureInterleaved({
    arms: specs.map(({ bar: _bar, ...spec }) => ({ ...spec, count })),
    processes: 3,
    rounds: 10,
    warmupRounds: 5,
  });
  const plain = arms[0]!;
  for (const each of arms)
    if (JSON.stringify(each.answer) !== JSON.stringify(plain.answer))
      throw new Error(
        `${each.name}: expected ${JSON.stringify(plain.answer)}, got ${JSON.stringify(each.answer)}`,
      );
  const table = arms.map((each, i) => {
    const { wall, cpu } = compareArms(each, plain);
    const [figure, relation, bar] = specs[i]!.bar?.(wall.ratio) ?? [];
    const met = relation === "≥" ? figure! >= bar! : figure! <= bar!;
    return [
      each.name,
      formatDuration(median(each.wallNs.flat())),
      each === plain ? "" : timesPlain(wall),
      formatDuration(median(each.cpuNs.flat())),
      each === plain ? "" : timesPlain(cpu),
      bar === undefined ? "" : `${relation} ${bar}×: ${figure!.toFixed(2)}× ${met ? "met" : "missed"}`,
    ];
  });
  console.log(`### ${title}\n`);
  console.log(
    markdownTable(["arm", "wall", "× plain, 95 %", "CPU of this process", "× plain, 95 %", "bar"], table),
  );
  for (const warning of warnings) console.log(`\nWarning: ${warning}`);
  console.log();
}

function timesPlain({ ratio, low, high }: RatioEstimate): string {
  const digits = ratio < 0.1 ? 4 : 2;
  return `${ratio.toFixed(digits)}× [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
