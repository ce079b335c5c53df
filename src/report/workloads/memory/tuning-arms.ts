import { setImmediate as nextTurn } from "node:timers/promises";
import type { Arm } from "../../../measure/arm.ts";
import { adviseGc } from "../../../memory/gc/advise-gc.ts";
import { enableGcTuning } from "../../../memory/gc/enable-gc-tuning.ts";
import type { GcAdvice } from "../../../memory/gc/gc-advice.ts";
import { GcWatch } from "../../../memory/gc/gc-watch.ts";
import { type TuningWork, tuningStep } from "./tuning-work.ts";

/** What all arms of the tuning's rows are told. */
export interface TuningArgs {
  readonly work: TuningWork;
  readonly seed: number;
  /** Whether the program saves memory, as `enableGcTuning({ aggressive: true })` does. */
  readonly aggressive: boolean;
}

/** Operations between two turns of the event loop. */
const turn = 200;
/** In which the watch looks for once. */
const lookMs = 500;

export function tuned({ work, seed, aggressive }: TuningArgs): Arm {
  const tuning = aggressive ? enableGcTuning({ aggressive }) : undefined;
  const step = tuningStep(work, seed);
  let sum = 0;
  let rssBytes = 0;
  let readings = 0;
  let cpuMicros = 0;
  let done = 0;
  return {
    run: async (count) => {
      const before = process.cpuUsage();
      for (let i = 0; i < count; i++) {
        sum = (sum + step()) % Number.MAX_SAFE_INTEGER;
        if (i % turn !== 0) continue;
        if (i % (10 * turn) === 0) {
          rssBytes += process.memoryUsage.rss();
          readings++;
        }
        await nextTurn();
      }
      const { user, system } = process.cpuUsage(before);
      cpuMicros += user + system;
      done += count;
    },
    answer: () => sum,
    counters: () => ({ rssBytes: rssBytes / readings, cpuNs: (1000 * cpuMicros) / done }),
    close: () => tuning?.undo(),
  };
}

/** Does the work, watched, until there is an advice. @param mostMs gives up after that long, with "not yet" */
export async function watched(
  { work, seed, aggressive }: TuningArgs,
  memoryLimitBytes: number,
  mostMs: number,
): Promise<GcAdvice> {
  const step = tuningStep(work, seed);
  using watch = new GcWatch();
  for (const endMs = performance.now() + mostMs; ; ) {
    for (const lookAtMs = performance.now() + lookMs; performance.now() < lookAtMs; await nextTurn())
      for (let i = 0; i < turn; i++) step();
    const advice = adviseGc(watch.snapshot(), { aggressive, memoryLimitBytes });
    if (advice.change !== "not-yet" || performance.now() >= endMs) return advice;
  }
}
