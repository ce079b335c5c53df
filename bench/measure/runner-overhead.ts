/**
 * Does the runner see a difference where there is none, and what does a round cost by itself?
 * Two identical arms (A/A): the ratio should be 1 within its interval. The empty arm's round is the runner's overhead.
 */
import {
  compareArms,
  formatDuration,
  formatRatio,
  markdownTable,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";

const module = new URL("./arms/square-roots.ts", import.meta.url);
const identical = await measureInterleaved({
  arms: [
    { name: "A", module },
    { name: "A again", module },
  ],
});
const [a, again] = identical.arms;
const empty = await measureInterleaved({
  arms: [{ name: "empty round", module: new URL("./arms/nothing.ts", import.meta.url), count: 1 }],
});
const comparison = compareArms(a!, again!);

console.log(
  markdownTable(
    ["question", "figure"],
    [
      ["A, per operation", formatDuration(median(a!.wallNs.flat()))],
      ["A / A again, wall", formatRatio(comparison)],
      ["A / A again, CPU", formatRatio(comparison.cpu)],
      ["claimed", comparison.verdict],
      ["an empty round", formatDuration(median(empty.arms[0]!.wallNs.flat()))],
    ],
  ),
);
for (const warning of identical.warnings) console.log(`\nWarning: ${warning}`);
