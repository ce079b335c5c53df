/** What do source maps cost a program that throws? An error ten calls deep in a bundle of 5,000 lines. No bar: it is `victor doctor`'s evidence. */
import { compareArms, formatDuration, formatRatio, measureInterleaved } from "../../src/measure/index.ts";
import { nsOf, print } from "../figures.ts";

const module = new URL("./arms/source-maps.ts", import.meta.url);
const on = ["--enable-source-maps"];
const { arms, warnings } = await measureInterleaved({
  arms: [
    { name: "thrown, stack not read", args: { reads: false }, nodeArgs: [] },
    { name: "… with --enable-source-maps", args: { reads: false }, nodeArgs: on },
    { name: "thrown, stack read", args: { reads: true }, nodeArgs: [] },
    { name: "… with --enable-source-maps, read", args: { reads: true }, nodeArgs: on },
  ].map((arm) => ({ ...arm, module })),
  processes: 3,
  rounds: 6,
  roundMs: 50,
});
print(
  "An error, with and without source maps",
  ["arm", "an error", "translated", "takes × without, 95 %"],
  arms.map((arm, i) => [
    arm.name,
    formatDuration(nsOf(arm)),
    arm.counters.translated === 1 ? "yes" : "no",
    i % 2 === 0 ? "" : formatRatio(compareArms(arm, arms[i - 1]!).wall),
  ]),
  [],
  warnings,
);
