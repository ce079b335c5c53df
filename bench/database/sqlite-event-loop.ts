/**
 * How long is the event loop held while SQLite works on a long query and on a large result?
 * Bar: the engine's median block within its budget of 2 ms, after each statement's first run.
 * A block is the longest time between two turns of the event loop during both queries; figures are means over the
 * processes. On a busy machine it holds the wait for a processor as well: the last arm shows how much that is.
 */
import { formatDuration, markdownTable, measureInterleaved, median } from "../../src/measure/index.ts";

const module = new URL("./arms/sqlite-event-loop.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "engine", module, export: "engine", count: 4 },
    { name: "node:sqlite, prepared", module, export: "plain", count: 4 },
    { name: "no query, 40 ms", module, export: "idle", count: 4 },
  ],
  processes: 5,
  rounds: 5,
});
const rows = arms.map(({ name, wallNs, counters }, i) => {
  const { medianBlockMs = Number.NaN, longestBlockMs = Number.NaN } = counters;
  return [
    name,
    formatDuration(median(wallNs.flat())),
    formatDuration(medianBlockMs * 1e6),
    formatDuration(longestBlockMs * 1e6),
    i === 0 ? `≤ 2 ms ${medianBlockMs <= 2 ? "met" : "missed"}` : "",
  ];
});
console.log(
  markdownTable(["arm", "both queries", "block, median", "block, longest of a process", "bar"], rows),
);
for (const warning of warnings) console.log(`\nWarning: ${warning}`);
