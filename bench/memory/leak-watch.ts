/**
 * What does an always-on leak watch cost a service, and does it name what leaks by the time a megabyte has leaked? The trivial rival
 * is no watch.
 *
 * Bars: at most 1 % of processor time, upper end of its 95 % interval at most 2.5 %; the site is named, and without a leak none is.
 */
import {
  type ArmResult,
  compareArms,
  formatDuration,
  measureInterleaved,
  median,
} from "../../src/measure/index.ts";
import { met, print, processes } from "../figures.ts";

const module = new URL("./arms/leak-watch.ts", import.meta.url);
const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

{
  const { arms, warnings } = await measureInterleaved({
    arms: [false, true].map((watch) => ({
      name: watch ? "LeakDetector" : "no watch",
      module,
      export: "service",
      args: { watch },
    })),
    processes,
    rounds: 10,
    roundMs: 200,
  });
  const [without, watched] = arms as [ArmResult, ArmResult];
  const { cpu } = compareArms(watched, without);
  // Readings are rare, so that the median of the rounds knows nothing of them.
  const readings = watched.counters.readingShare!;
  const [cost, high] = [cpu.ratio - 1 + readings, cpu.high - 1 + readings];
  print(
    "An always-on leak watch",
    ["service", "CPU a request", "sampling, 95 %", "readings", "together"],
    [
      [without.name, formatDuration(median(without.cpuNs.flat())), "", "", ""],
      [
        watched.name,
        formatDuration(median(watched.cpuNs.flat())),
        `${percent(cpu.ratio - 1)} [${percent(cpu.low - 1)}, ${percent(cpu.high - 1)}]`,
        `${percent(readings)} (${watched.counters.readings!.toFixed(0)} a process)`,
        percent(cost),
      ],
    ],
    [
      met(
        "at most 1 %, upper end at most 2.5 %",
        cost <= 0.01 && high <= 0.025,
        `${percent(cost)}, upper end ${percent(high)}`,
      ),
    ],
    warnings,
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
