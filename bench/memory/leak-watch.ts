/**
 * What does an always-on leak watch cost a service, and does it name what leaks by the time a megabyte has leaked? The trivial rival
 * is no watch.
 *
 * Bars: at most 1 % of processor time, upper end of its 95 % interval at most 2.5 %; the site is named, and without a leak none is.
 */
import { type ArmResult, bootstrapRatio, measureInterleaved } from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";

const module = new URL("./arms/leak-watch.ts", import.meta.url);
const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

{
  const one = { processes: 8, rounds: 1, warmupRounds: 0 };
  const sampling = await measureInterleaved({
    arms: [{ name: "pairs", module, export: "pairs", args: { seconds: 9 }, count: 1 }],
    ...one,
  });
  const watching = await measureInterleaved({
    arms: [{ name: "callbacks", module, export: "callbacks", args: { seconds: 8 }, count: 1 }],
    ...one,
    processes: 3,
  });
  const pairs = sampling.arms[0]!.countersByProcess.map((ratios) => Object.values(ratios));
  const { ratio, low, high } = bootstrapRatio(pairs, [[1]]);
  const { part = 0, readings = 0 } = watching.arms[0]!.counters;
  const cost = ratio - 1 + part;
  const upper = high - 1 + part;
  print(
    "What an always-on leak watch costs a service that is never idle",
    ["beside no watch", "processor time", "measured by"],
    [
      [
        "sampling",
        `${percent(ratio - 1)} [${percent(low - 1)}, ${percent(high - 1)}]`,
        `${pairs.flat().length} pairs of rounds in ${pairs.length} processes`,
      ],
      ["readings and looks", percent(part), `its own, ${readings.toFixed(0)} readings a process`],
      ["together", percent(cost), ""],
    ],
    [
      met(
        "at most 1 %, upper end at most 2.5 %",
        cost <= 0.01 && upper <= 0.025,
        `${percent(cost)}, upper end ${percent(upper)}`,
      ),
    ],
    [],
  );
}

{
  const leaks = [0, 524_288, 1_048_576, 2_097_152];
  const { arms } = await measureInterleaved({
    arms: leaks.map((leakedBytes) => ({
      name: leakedBytes === 0 ? "no leak" : `${leakedBytes / 1_048_576} MiB leaked`,
      module,
      export: "named",
      args: { leakedBytes },
      count: 1,
    })),
    processes: 4,
    rounds: 1,
    warmupRounds: 0,
  });
  const of = (arm: ArmResult, counter: string): number =>
    arm.countersByProcess.filter((counters) => counters[counter] === 1).length;
  const [none, , one] = arms as [ArmResult, ArmResult, ArmResult];
  print(
    "What it says of a leak",
    ["in five minutes", "processes", "called a leak", "site named"],
    arms.map((arm) => [
      arm.name,
      `${arm.countersByProcess.length}`,
      `${of(arm, "leaking")}`,
      `${of(arm, "named")}`,
    ]),
    [
      met(
        "named by 1 MiB in all processes",
        of(one, "named") === one.countersByProcess.length,
        `${of(one, "named")} of ${one.countersByProcess.length}`,
      ),
      met(
        "no false alarm",
        of(none, "leaking") === 0,
        `${of(none, "leaking")} of ${none.countersByProcess.length}`,
      ),
    ],
    [],
  );
}
