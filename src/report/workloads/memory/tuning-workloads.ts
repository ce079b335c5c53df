import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { GcAdvice } from "../../../memory/gc/gc-advice.ts";
import { amount } from "../../quantity.ts";
import type { Counters, RoomContext, Variant, Workload } from "../../workload.ts";
import { armModule } from "./module-url.ts";
import type { TuningArgs } from "./tuning-arms.ts";
import type { WatchTask } from "./tuning-watch.ts";
import { liveSessions, type TuningWork } from "./tuning-work.ts";

const mebibyte = 2 ** 20;
/** What Node 24 takes by itself in a container of so much memory, which most machines that measure this aren't. */
const memoryLimitBytes = 512 * mebibyte;
const containerFlags = ["--max-old-space-size=256", "--max-semi-space-size=1"];
const watchMs = 20_000;

const count = (value: number): string => value.toLocaleString("en-US");
const inputs: Readonly<Record<TuningWork, string>> = {
  sessions: `${count(liveSessions)} sessions are alive, each an object with two others; an operation puts a new one in the place of one at random.`,
  json: "An operation parses 2 kB of JSON, changes a field and makes text of it again. Nothing stays.",
};

/**
 * What the tuner's advice brings. It watches each piece of work first, in a process of its own; what it says is then measured.
 */
export async function tuningWorkloads(context: RoomContext): Promise<Workload[]> {
  const { announce, signal } = context;
  announce("watching the collector");
  const sessions = await advice({ work: "sessions", seed: context.seed }, signal);
  const json = await advice({ work: "json", seed: context.seed }, signal);
  return [
    {
      ...timed(context, "sessions", sessions),
      id: "memory.throughput-mode",
      title: "GC tuning, throughput",
      question: "How many sessions a second does the advice make room for, in a container of 512 MiB?",
      figures: (tuned, baseline) => [residentFigure("memory.throughput-mode-resident", tuned, baseline)],
    },
    {
      ...timed(context, "json", json),
      id: "memory.nothing-to-win",
      title: "GC tuning, nothing to win",
      question: "Does the tuner leave alone what it can't help?",
      figures: (tuned, baseline) => [residentFigure("memory.nothing-to-win-resident", tuned, baseline)],
      notes: [
        "An advice of no change makes both variants the same program: no difference is what should be shown.",
      ],
    },
  ];
}

function timed({ quick, seed }: RoomContext, work: TuningWork, advised: GcAdvice) {
  const variant = (name: string, about: string, flags: readonly string[]): Variant => ({
    name,
    about,
    module: armModule("tuning-arms"),
    export: "tuned",
    args: { work, seed } satisfies TuningArgs,
    nodeArgs: [...containerFlags, ...flags],
  });
  const operations = { sessions: 400_000, json: 20_000 }[work];
  return {
    input: `${inputs[work]} As in a container of 512 MiB, for which Node takes ${containerFlags.join(" ")}.`,
    operationsPerRound: quick ? operations : 5 * operations,
    unit: { operation: "operation", item: "operation", itemsPerOperation: 1, shown: "rate" },
    baseline: variant("Node's own limits", "what it takes by itself", []),
    optimized: variant("as advised", `${advised.nodeOptions || "no flag"}: ${advised.reason}`, advised.flags),
  } satisfies Partial<Workload>;
}

function residentFigure(id: string, { rssBytes = 0 }: Counters, baseline: Counters) {
  return {
    id,
    title: "Resident memory with it",
    question: "How much memory is resident then?",
    value: rssBytes,
    kind: "bytes",
    detail: `${amount("bytes", baseline.rssBytes ?? 0)} without`,
  } as const;
}

async function advice(args: TuningArgs, signal: AbortSignal): Promise<GcAdvice> {
  const child = fork(fileURLToPath(armModule("tuning-watch")), {
    execArgv: containerFlags,
    signal,
    killSignal: "SIGKILL",
  });
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`the watched process ended with code ${String(code)} before there was an advice`);
  });
  child.send({ args, memoryLimitBytes, mostMs: watchMs } satisfies WatchTask);
  const [advised] = (await Promise.race([once(child, "message"), failed])) as [GcAdvice];
  return advised;
}
