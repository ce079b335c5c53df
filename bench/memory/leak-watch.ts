/**
 * What does an always-on leak watch cost a service, and does it name what leaks by the time a megabyte has leaked? The trivial rival
 * is no watch.
 *
 * Bars: at most 1 % of processor time, upper end of its 95 % interval at most 2.5 %; the site is named, and without a leak none is.
 */
import { type ArmResult, bootstrapRatio, measureInterleaved } from "../../src/measure/index.ts";
import { met, print } from "../figures.ts";
import { timesAsOften } from "./arms/leak-watch.ts";

const module = new URL("./arms/leak-watch.ts", import.meta.url);
const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

{
  const readings = 2;
  const one = { processes: 8, rounds: 1, warmupRounds: 0 };
  const sampling = await measureInterleaved({
    arms: [{ name: "sampling", module, export: "sampling", args: { seconds: 8 }, count: 1 }],
    ...one,
  });
  const watching = await measureInterleaved({
    arms: [{ name: "callbacks", module, export: "callbacks", args: { readings }, count: 1 }],
    ...one,
    processes: 2,
  });
  const estimate = (which: string, times: number): { cost: number; high: number; text: string } => {
    const ratios = sampling.arms[0]!.countersByProcess.map((counters) =>
      Object.entries(counters).flatMap(([name, ratio]) => (name.startsWith(which) ? [ratio] : [])),
    );
    const { ratio, low, high } = bootstrapRatio(ratios, [[1]]);
    const [cost, from, to] = [ratio, low, high].map((end) => (end - 1) / times) as [number, number, number];
    return { cost, high: to, text: `${percent(cost)} [${percent(from)}, ${percent(to)}]` };
  };
  const often = estimate("often", timesAsOften);
  const part = watching.arms[0]!.counters.part!;
  const [cost, high] = [often.cost + part, often.high + part];
  print(
    "What an always-on leak watch costs a service that is never idle",
    ["beside no watch, in turns in one process", "processor time"],
    [
      ["sampling", estimate("once", 1).text],
      [`sampling ${timesAsOften} times as often, by ${timesAsOften}`, often.text],
      [`readings and looks, by themselves (${readings} readings a process)`, percent(part)],
      ["the last two together", percent(cost)],
    ],
    [
      met(
        "at most 1 %, upper end at most 2.5 %",
        cost <= 0.01 && high <= 0.025,
        `${percent(cost)}, upper end ${percent(high)}`,
      ),
    ],
    [],
  );
}

{
  const leaks = [0, 524_288, 1_048_576];
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
    ["in five minutes", "processes", "called a leak", "it or its caller named", "first of all"],
    arms.map((arm) => [
      arm.name,
      `${arm.countersByProcess.length}`,
      `${of(arm, "leaking")}`,
      `${of(arm, "named")}`,
      `${of(arm, "first")}`,
    ]),
    [
      met(
        "named by 1 MiB in all processes",
        of(one, "named") === one.countersByProcess.length,
        `${of(one, "named")} of ${one.countersByProcess.length}, first of all in ${of(one, "first")}`,
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
