/**
 * What do source maps cost a program that throws? An error ten calls deep in bundles whose maps have 0.5 and 5 MB, its stack
 * read: the first time, when Node parses the map, and later. No bar: it is `victor doctor`'s evidence.
 */
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";

const module = new URL("./arms/source-maps.ts", import.meta.url);
const { arms, warnings } = await measureInterleaved({
  arms: [5000, 50_000].flatMap((lines) =>
    [[], ["--enable-source-maps"]].map((nodeArgs) => ({
      name: `${lines} lines${nodeArgs.length > 0 ? ", --enable-source-maps" : ""}`,
      module,
      args: { lines },
      nodeArgs,
    })),
  ),
  processes: 3,
  rounds: 6,
  roundMs: 50,
});
print(
  "Reading the stack of an error, with and without source maps",
  ["bundle", "the first", "memory then", "each later", "translated", "later, takes × without, 95 %"],
  arms.map((arm, i) => [
    arm.name,
    formatDuration(arm.counters.firstMs! * 1e6),
    `${arm.counters.rssMib!.toFixed(0)} MiB`,
    formatDuration(nsOf(arm)),
    arm.counters.translated === 1 ? "yes" : "no",
    i % 2 === 0 ? "" : formatRatio(compareArms(arm, arms[i - 1]!).wall),
  ]),
  [],
  warnings,
);
