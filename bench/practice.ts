/** Pairs of a bad and a good way to do the same thing, and one table for those of a room. */
import {
  type ArmResult,
  bootstrapRatio,
  formatDuration,
  formatFigure,
  formatRatio,
  markdownTable,
  measureInterleaved,
  type Samples,
  verdict,
} from "../src/measure/index.ts";
import { nsOf } from "./figures.ts";

/** Which of the two ways an arm goes. */
export type Way = "bad" | "good";

/** Counters to compare: memory, how many got nothing, the longest pause of the event loop. */
type Counted = "bytes" | "lost" | "pauseMs";

export interface Practice {
  /** Export of the room's module of arms; called with `{ way }` and `args`. */
  readonly id: string;
  /** What is done, for the table. */
  readonly work: string;
  /** The two ways, for the table. */
  readonly bad: string;
  readonly good: string;
  /** What is compared: time of an operation, or a counter of the arms: one figure of each process. @default "time" */
  readonly unit?: "time" | Counted;
  /** Handed to both arms. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Operations a round, where it must be fixed. */
  readonly count?: number;
  /** Flags of each way's Node. */
  readonly nodeArgs?: Readonly<Record<Way, readonly string[]>>;
}

const judged = { better: "holds", worse: "**doesn't hold**", "no difference shown": "no difference shown" };

/** Measures each practice in a fresh process for each way and prints the table; throws when the two ways gave different answers. */
export async function measurePractices(module: URL, practices: readonly Practice[]): Promise<void> {
  const rows: (readonly string[])[] = [];
  for (const practice of practices) {
    const { id, args, unit = "time", count, nodeArgs } = practice;
    const { arms } = await measureInterleaved({
      arms: (["bad", "good"] as const).map((way) => ({
        name: `${id}, ${way}`,
        module,
        export: id,
        args: { way, ...args },
        nodeArgs: nodeArgs?.[way] ?? [],
        ...(count === undefined ? {} : { count }),
      })),
      processes: unit === "time" ? 3 : 5,
      rounds: unit === "time" ? 4 : 1,
      warmupRounds: unit === "time" ? 2 : 0,
      roundMs: 30,
    });
    const [bad, good] = arms as [ArmResult, ArmResult];
    if (JSON.stringify(bad.answer) !== JSON.stringify(good.answer))
      throw new Error(`${id}: expected the same answers, got ${JSON.stringify([bad.answer, good.answer])}`);
    const samples = unit === "time" ? [bad.wallNs, good.wallNs] : [counted(bad, unit), counted(good, unit)];
    const ratio = bootstrapRatio(samples[0]!, samples[1]!);
    const figure = (arm: ArmResult): string =>
      unit === "time" ? formatDuration(nsOf(arm)) : counter(unit, arm.counters[unit]!);
    rows.push([
      practice.work,
      `${practice.bad}: ${figure(bad)}`,
      `${practice.good}: ${figure(good)}`,
      formatRatio(ratio),
      judged[verdict(ratio)],
    ]);
  }
  console.log(markdownTable(["what", "bad", "good", "bad ÷ good, 95 %", "the advice"], rows));
  if (practices.some(({ unit }) => unit === "lost"))
    console.log(
      "\nRatios of what was lost count one more on both sides, so that there is one where nothing was lost.",
    );
}

/** One more than was lost, so that a way that loses nothing has a ratio. */
function counted(arm: ArmResult, unit: Counted): Samples {
  return arm.countersByProcess.map((counters) => [counters[unit]! + (unit === "lost" ? 1 : 0)]);
}

function counter(unit: Counted, value: number): string {
  if (unit === "bytes") return `${formatFigure(value / 1024 ** 2)} MiB`;
  return unit === "lost" ? `${formatFigure(value)} lost` : `${formatFigure(value)} ms`;
}
