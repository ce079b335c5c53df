import { setImmediate as nextTurn } from "node:timers/promises";
import type { Arm } from "../../../measure/arm.ts";
import { adviseGc } from "../../../memory/gc/advise-gc.ts";
import type { GcAdvice } from "../../../memory/gc/gc-advice.ts";
import { GcWatch } from "../../../memory/gc/gc-watch.ts";
import { type TuningWork, tuningStep } from "./tuning-work.ts";

/** What all arms of the tuning's rows are told. */
export interface TuningArgs {
  readonly work: TuningWork;
  readonly seed: number;
}

/** Operations between two turns of the event loop. */
const turn = 200;
/** In which the watch looks for once. */
const lookMs = 500;

export function tuned({ work, seed }: TuningArgs): Arm {
  const step = tuningStep(work, seed);
  let sum = 0;
  let rssBytes = 0;
  let readings = 0;
  return {
    run: async (count) => {
      for (let i = 0; i < count; i++) {
        sum = (sum + step()) % Number.MAX_SAFE_INTEGER;
        if (i % turn !== 0) continue;
        if (i % (10 * turn) === 0) {
          rssBytes += process.memoryUsage.rss();
          readings++;
        }
        await nextTurn();
      }
    },
    answer: () => sum,
    counters: () => ({ rssBytes: rssBytes / readings }),
  };
}

/** Does the work, watched, until there is an advice. @param mostMs gives up after that long, with "not yet" */
export async function watched(
  { work, seed }: TuningArgs,
  memoryLimitBytes: number,
  mostMs: number,
): Promise<GcAdvice> {
  const step = tuningStep(work, seed);
  using watch = new GcWatch();
  for (const endMs = performance.now() + mostMs; ; ) {
    for (const lookAtMs = performance.now() + lookMs; performance.now() < lookAtMs; await nextTurn())
      for (let i = 0; i < turn; i++) step();
    const advice = adviseGc(watch.snapshot(), { memoryLimitBytes });
    if (advice.change !== "not-yet" || performance.now() >= endMs) return advice;
  }
}
