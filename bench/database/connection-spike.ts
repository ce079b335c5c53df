/**
 * When 50 requests of 2 ms come at once and 5 connections are idle, how long do they take, and how many connections are
 * opened for them that would not have been needed? Connecting takes 150 ms; the server is a timer.
 * Bars: finish ≤ 1.25 × the ideal, ≤ 2 surplus connections.
 * The ideal is the best that could be done if one knew the future: 5 connections, 10 requests each. It runs as an arm
 * of its own, on the same timers.
 */
import { formatFigure, markdownTable, measureInterleaved } from "../../src/measure/index.ts";
import { finishMs } from "./arms/connection-spike.ts";
import { connectMs } from "./arms/slow-server.ts";

const module = new URL("./arms/connection-spike.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "ideal", module, export: "ideal", count: 1 },
    { name: "ConnectionPool", module, export: "victor", args: { isUsed: true }, count: 1 },
    {
      name: "ConnectionPool, never used before",
      module,
      export: "victor",
      args: { isUsed: false },
      count: 1,
    },
    { name: "pg-pool", module, export: "pgPool", count: 1 },
  ],
  processes: 3,
  rounds: 5,
  warmupRounds: 1,
});
const [ideal] = arms as [(typeof arms)[0]];
const rows = arms.map(({ name, counters }) => {
  const ratio = counters.finishMs! / ideal.counters.finishMs!;
  const isMet = ratio <= 1.25 && counters.maxSurplus! <= 2;
  return [
    name,
    `${formatFigure(counters.finishMs!)} ms`,
    `${formatFigure(ratio)}×`,
    `${formatFigure(counters.surplus!)} (at most ${formatFigure(counters.maxSurplus!)})`,
    name.startsWith("ConnectionPool") ? (isMet ? "met" : "missed") : "",
  ];
});
console.log(markdownTable(["arm", "finish, median", "finish / ideal", "surplus connections", "bar"], rows));
const best = Math.min(...Array.from({ length: 46 }, (_, opened) => finishMs(opened, connectMs)));
console.log(`\nBy arithmetic, with perfect timers, the ideal is ${best} ms.`);
for (const warning of warnings) console.log(`\nWarning: ${warning}`);
