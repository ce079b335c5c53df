/**
 * What does following the tuner's advice bring? It watches each workload under the limits that Node takes by itself, and its
 * flags, whatever they are, are then measured against these limits and against one size for all.
 * Bars: ≥ 1.5× throughput where survival is high; never > 2 % worse. `aggressive`: resident memory and CPU time, both.
 */
import { execFileSync } from "node:child_process";
import {
  type ArmResult,
  type ArmSpec,
  compareArms,
  formatDuration,
  formatRatio,
  measureInterleaved,
} from "../../src/measure/index.ts";
import { met, nsOf, print } from "../figures.ts";
import type { GcArmArgs, GcFinding, Work } from "./arms/gc-tuning.ts";

interface Place {
  readonly name: string;
  /** What Node 24 chooses there by itself. */
  readonly flags: readonly string[];
  readonly memoryLimitBytes?: number;
}

const mib = 2 ** 20;
/** Enough of each for several scavenges of any size a round. */
const counts: Readonly<Record<Work, number>> = { sessions: 250_000, json: 4_000, service: 4_000 };
const module = new URL("./arms/gc-tuning.ts", import.meta.url);
const small: Place = {
  name: "container of 512 MiB",
  flags: ["--max-old-space-size=256", "--max-semi-space-size=1"],
  memoryLimitBytes: 512 * mib,
};
const middle: Place = {
  name: "container of 1 GiB",
  flags: ["--max-old-space-size=512", "--max-semi-space-size=16"],
  memoryLimitBytes: 1024 * mib,
};
const machine: Place = { name: "this machine", flags: [] };

await throughput("sessions", "50,000 live sessions, replaced at random", small);
await throughput("sessions", "50,000 live sessions, replaced at random", middle);
await throughput("sessions", "50,000 live sessions, replaced at random", machine);
await throughput("json", "Short-lived JSON", small);
await aggressive();

async function throughput(work: Work, title: string, place: Place): Promise<void> {
  const found = observe(work, place, false);
  const isHigh = work === "sessions" && place === small;
  const specs: ArmSpec[] = [
    arm("Node's own limits", place.flags, { work }),
    arm("as advised", [...place.flags, ...found.advice.flags], { work }),
    arm("16 MiB for all", [...place.flags, "--max-semi-space-size=16"], { work }),
    arm("64 MiB for all", [...place.flags, "--max-semi-space-size=64"], { work }),
  ];
  const { arms, warnings } = await measureInterleaved({
    arms: specs,
    processes: 3,
    rounds: 3,
    warmupRounds: 1,
  });
  const [own, advised] = arms as [ArmResult, ArmResult];
  const { wall, cpu, verdict } = compareArms(own, advised);
  print(
    `${title}, ${place.name}`,
    ["limits", "wall", "CPU", "speed × Node's own, 95 %", "CPU × less, 95 %", "RSS"],
    arms.map((result) => [
      result.name,
      formatDuration(nsOf(result)),
      formatDuration(median(result)),
      result === own ? "" : formatRatio(compareArms(own, result)),
      result === own ? "" : formatRatio(compareArms(own, result).cpu),
      mebi(result.counters.rssBytes),
    ]),
    [
      `observed: ${percent(found.survivalRate)} survival at ${mebi(found.semiSpaceBytes)}, ${percent(found.gcTimeShare)} of the time in collections`,
      `advice: ${found.advice.nodeOptions || "no change"}; ${found.advice.reason}`,
      isHigh
        ? met("≥ 1.5× throughput", wall.ratio >= 1.5, `${formatRatio(wall)}, CPU ${formatRatio(cpu)}`)
        : met(
            "not > 2 % worse",
            found.advice.flags.length === 0 || verdict !== "worse" || wall.ratio >= 0.98,
            found.advice.flags.length === 0 ? "nothing is changed" : formatRatio(wall),
          ),
    ],
    warnings,
  );
}

async function aggressive(): Promise<void> {
  const { advice } = observe("service", machine, true);
  const work = "service";
  const { arms, warnings } = await measureInterleaved({
    arms: [
      arm("Node's own limits", [], { work }),
      arm("aggressive, in the running process", [], { work, aggressive: true }),
      arm("the advised semi-space alone", advice.flags, { work }),
      arm("both", advice.flags, { work, aggressive: true }),
      arm("--optimize-for-size alone", ["--optimize-for-size"], { work }),
    ],
    processes: 2,
    rounds: 5,
    warmupRounds: 1,
  });
  const own = arms[0]!;
  const less = (result: ArmResult, counter: string) =>
    `${(((result.counters[counter] ?? 0) / (own.counters[counter] ?? 1) - 1) * 100).toFixed(0)} %`;
  print(
    "aggressive: JSON, buffers and 30,000 live sessions, this machine",
    ["", "RSS at work", "", "RSS idle", "", "CPU", "CPU × less, 95 %"],
    arms.map((result) => [
      result.name,
      mebi(result.counters.rssBytes),
      result === own ? "" : less(result, "rssBytes"),
      mebi(result.counters.idleRssBytes),
      result === own ? "" : less(result, "idleRssBytes"),
      formatDuration(median(result)),
      result === own ? "" : formatRatio(compareArms(own, result).cpu),
    ]),
    [`advice: ${advice.nodeOptions || "no change"}; ${advice.reason}`],
    warnings,
  );
}

function arm(name: string, nodeArgs: readonly string[], args: GcArmArgs): ArmSpec {
  return { name, module, nodeArgs, args, count: counts[args.work] };
}

/** In a process of its own, with the limits of that place. */
function observe(work: Work, { flags, memoryLimitBytes }: Place, isAggressive: boolean): GcFinding {
  const options = { aggressive: isAggressive, ...(memoryLimitBytes !== undefined && { memoryLimitBytes }) };
  const script = `
    import { observe } from ${JSON.stringify(module.href)};
    process.stdout.write(JSON.stringify(await observe(${JSON.stringify(work)}, 40_000, ${JSON.stringify(options)})));
  `;
  const output = execFileSync(
    process.execPath,
    [...flags, "--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8" },
  );
  return JSON.parse(output) as GcFinding;
}

function median({ cpuNs }: ArmResult): number {
  const sorted = cpuNs.flat().toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function mebi(bytes = Number.NaN): string {
  return `${(bytes / mib).toFixed(0)} MiB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
