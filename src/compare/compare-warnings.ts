import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { median } from "../measure/index.ts";
import type { ComparedRun } from "./compare-document.ts";
import type { LoadFigures } from "./load/load-protocol.ts";
import type { MetricId } from "./metric.ts";

/** What warnings are drawn from, of one program. */
export interface WatchedProgram {
  readonly name: string;
  readonly runs: readonly ComparedRun[];
  readonly loads: readonly LoadFigures[];
  readonly ignoredSigterm: boolean;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** With fewer pairs of processes no difference of the usual size can be shown. */
const fewestRounds = 5;
/** The pace of fresh processes of one program may differ by so much, middle half. */
const noiseLimit = 0.15;
const lateLimit = 0.01;
const drainLimit = 0.5;

/** Says what makes a comparison less trustworthy, and what to do about it. */
export function comparisonWarnings(programs: readonly WatchedProgram[], rate: number | undefined): string[] {
  return [
    ...programs.flatMap((program) => [...overload(program, rate), ...failures(program), ...signals(program)]),
    ...generator(programs),
    ...oneSided(programs),
    ...noise(programs[0]),
    ...fewRounds(programs[0]),
  ];
}

function overload({ name, loads }: WatchedProgram, rate = 0): string[] {
  if (loads.length === 0) return [];
  const drain = median(loads.map(({ drainShare }) => drainShare));
  const dropped = loads.some(({ statuses }) => "over the bound in flight" in statuses);
  if (drain <= drainLimit && !dropped) return [];
  return [
    `${name}: ${Number(rate.toPrecision(3))} requests/s are more than it can do: the queue grows, and latencies say how long, not how fast; lower --rate`,
  ];
}

function failures({ name, runs }: WatchedProgram): string[] {
  const refusals = refusalText(runs);
  return refusals === undefined ? [] : [`${name}: ${refusals}`];
}

/** What to say where a program refuses most requests; `undefined` where it doesn't. */
export function refusalText(runs: WatchedProgram["runs"]): string | undefined {
  const statuses = sumStatuses(runs);
  const all = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const client = [...statuses].filter(([status]) => /^4\d\d$/.test(status));
  const refused = client.reduce((sum, [, count]) => sum + count, 0);
  if (all === 0 || refused < all / 2) return undefined;
  return `most answers are ${client.map(([status]) => status).join(", ")}; check that --url is what the program serves`;
}

function signals({ name, ignoredSigterm }: WatchedProgram): string[] {
  if (!ignoredSigterm) return [];
  return [
    `${name}: did not end on SIGTERM, or left processes, and was killed; what it does at its end is not measured`,
  ];
}

function generator(programs: readonly WatchedProgram[]): string[] {
  const late = Math.max(0, ...programs.flatMap(({ loads }) => loads.map(({ lateShare }) => lateShare)));
  if (late <= lateLimit) return [];
  return [
    `the load generator itself was late with up to ${percent(late)} of the requests of a process, and latencies include that; lower --rate, or give it a processor of its own`,
  ];
}

/** Kinds of failure that one program had often, and another never. */
function oneSided(programs: readonly WatchedProgram[]): string[] {
  const [base, ...others] = programs.map(({ name, runs }) => ({ name, statuses: sumStatuses(runs) }));
  if (base === undefined) return [];
  return others.flatMap((other) =>
    [
      [base, other],
      [other, base],
    ].flatMap(([one, two]) => {
      const only = [...one!.statuses].filter(([status]) => !two!.statuses.has(status));
      if (only.length === 0) return [];
      const list = only.map(([status, count]) => `${status} (${count} times)`).join(", ");
      return [
        `only ${one!.name} gave ${list}, ${two!.name} never; look into that before trusting the figures`,
      ];
    }),
  );
}

function sumStatuses(runs: readonly ComparedRun[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { statuses } of runs)
    for (const [status, count] of Object.entries(statuses)) sums.set(status, (sums.get(status) ?? 0) + count);
  return sums;
}

function noise(base: WatchedProgram | undefined): string[] {
  const isLoaded = base !== undefined && base.loads.length > 0;
  const id: MetricId = isLoaded ? "latencyP50" : "wallTime";
  const values = (base?.runs ?? []).flatMap(({ figures }) => figures[id] ?? []).sort((x, y) => x - y);
  if (values.length < 4) return [];
  const [low, high] = [
    values[Math.floor(values.length / 4)]!,
    values[Math.ceil((3 * values.length) / 4) - 1]!,
  ];
  const spread = (high - low) / median(values);
  if (spread <= noiseLimit) return [];
  return [
    `the same program differs from ${isLoaded ? "process to process" : "run to run"} by ${percent(spread)} (middle half); quieten the machine, or raise ${isLoaded ? "--duration or " : ""}--rounds`,
  ];
}

function fewRounds(base: WatchedProgram | undefined): string[] {
  const rounds = base?.runs.length ?? 0;
  if (rounds === 0 || rounds >= fewestRounds) return [];
  return [
    `${rounds === 1 ? "1 round is" : `${rounds} rounds are`} too few to show more than the largest differences; raise --rounds`,
  ];
}

/** What is seen of the machine before anything runs. */
export function machineWarnings(read: (path: string) => string | undefined = readIfThere): string[] {
  const governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")?.trim();
  const processors = availableParallelism();
  const load = loadavg()[0]!;
  return [
    ...(governor === undefined || governor === "performance"
      ? []
      : [`CPU frequency follows the load (governor "${governor}"); set it to "performance" while measuring`]),
    ...(load > processors
      ? [`the machine is busy (load ${load.toFixed(1)} on ${processors} processors); stop what else runs`]
      : []),
    ...(processors < 2
      ? ["one processor: the load generator takes time from the program; use a machine with two or more"]
      : []),
  ];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No such file: the machine doesn't say, as in most containers.
    return undefined;
  }
}
