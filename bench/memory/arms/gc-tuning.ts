import { setImmediate as nextTurn } from "node:timers/promises";
import { type Arm, seededRandom } from "../../../src/measure/index.ts";
import { adviseGc } from "../../../src/memory/gc/advise-gc.ts";
import { enableGcTuning } from "../../../src/memory/gc/enable-gc-tuning.ts";
import type { GcAdvice } from "../../../src/memory/gc/gc-advice.ts";
import { gcRates } from "../../../src/memory/gc/gc-observation.ts";
import { GcWatch } from "../../../src/memory/gc/gc-watch.ts";

export type Work = "sessions" | "json" | "service";

export interface GcArmArgs {
  readonly work: Work;
  readonly aggressive?: boolean;
}

/** Operations between two turns of the event loop. */
const batch = 200;
/** Longer than an arm waits for the others between rounds, on a quiet machine. */
const idleMs = 1000;

const document = JSON.stringify(
  Array.from({ length: 30 }, (_, i) => ({ id: i, name: `name ${i}`, tags: ["a", "b"], price: i * 1.5 })),
);

/** Does one operation of the workload at each call. */
function workOf(work: Work): () => void {
  const random = seededRandom(1);
  const sessions = new Array<object | undefined>(work === "service" ? 30_000 : 50_000);
  let number = 0;
  let used = 0;
  const keepSession = () => {
    number++;
    sessions[Math.floor(random() * sessions.length)] = {
      id: number,
      user: `user ${number}`,
      roles: [number, number + 1],
      last: { x: number, y: number },
    };
  };
  const parse = () => {
    const rows = JSON.parse(document) as { id: number }[];
    rows[0]!.id = used;
    used += JSON.stringify(rows).length;
    return rows;
  };
  if (work === "sessions") return keepSession;
  if (work === "json") return parse;
  return () => {
    parse();
    used += Buffer.from(document).length;
    keepSession();
  };
}

export function setup(args: unknown): Arm {
  const { work, aggressive = false } = args as GcArmArgs;
  const tuning = aggressive ? enableGcTuning({ aggressive, idleMs }) : undefined;
  const step = workOf(work);
  // The sessions are there before the first round, and V8 has let new space grow.
  const before = work === "json" ? 2_000 : work === "service" ? 10_000 : 600_000;
  for (let i = 0; i < before; i++) step();
  let rssSum = 0;
  let rounds = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) {
        step();
        if (i % batch === 0) await nextTurn();
      }
      rssSum += process.memoryUsage.rss();
      rounds++;
    },
    async counters() {
      const rssBytes = rssSum / rounds;
      // Idle for long enough that the idle collection comes, in all arms.
      await new Promise((resolve) => setTimeout(resolve, 3 * idleMs));
      return { rssBytes, idleRssBytes: process.memoryUsage.rss() };
    },
    close: () => tuning?.undo(),
  };
}

export interface GcFinding {
  readonly advice: GcAdvice;
  readonly survivalRate: number;
  readonly gcTimeShare: number;
  readonly scavengesPerSecond: number;
  readonly semiSpaceBytes: number;
}

/** Not timed: does the work while the tuner watches, for `--eval`. */
export async function observe(
  work: Work,
  observeMs: number,
  options: { readonly aggressive?: boolean; readonly memoryLimitBytes?: number },
): Promise<GcFinding> {
  const step = workOf(work);
  using watch = new GcWatch();
  let advice: GcAdvice;
  const start = performance.now();
  do {
    for (const until = performance.now() + 500; performance.now() < until; await nextTurn())
      for (let i = 0; i < batch; i++) step();
    advice = adviseGc(watch.snapshot(), options);
  } while (advice.change === "not-yet" && performance.now() - start < observeMs);
  const observation = watch.snapshot();

  const { survival, gcTimeShare = 0, scavengesPerSecond = 0 } = gcRates(observation);
  return {
    advice,
    survivalRate: survival?.survivalRate ?? 0,
    gcTimeShare,
    scavengesPerSecond,
    semiSpaceBytes: observation.sample.semiSpaceBytes,
  };
}
