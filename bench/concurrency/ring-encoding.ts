/**
 * How does an object get into shared memory and out again soonest? An object of 85 characters as JSON, written and read by
 * one thread: both stringify, the copying and parse are in each figure.
 */
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";
import type { Encoding } from "./arms/ring-encodings.ts";

const names: readonly (readonly [encoding: Encoding, name: string])[] = [
  ["ring", "as the rings do: Latin-1 when ASCII"],
  ["ringMany", "as the rings do, read 100 at a time"],
  ["utf8", "JSON, always UTF-8"],
  ["encodeInto", "JSON, TextEncoder.encodeInto and TextDecoder"],
  ["charCodes", "JSON, a loop over char codes"],
  ["v8", "v8.serialize and deserialize"],
];

const { arms, warnings } = await measureInterleaved({
  arms: names.map(([encoding, name]) => ({
    name,
    module: new URL("./arms/ring-encodings.ts", import.meta.url),
    args: { encoding },
  })),
  rounds: 6,
  roundMs: 50,
  warmupRounds: 3,
});
for (const { name, answer } of arms)
  if (answer !== 4950) throw new Error(`${name}: the numbers add up to ${answer}`);
const [first] = arms;
const rows = arms.map((arm) => [
  arm.name,
  formatDuration(nsOf(arm)),
  arm === first ? "" : formatRatio(compareArms(arm, first!)),
]);
print("An object into shared memory and back", ["way", "median", "takes × ours, 95 %"], rows, [], warnings);
