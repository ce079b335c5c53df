import { WorkerPool } from "../../../concurrency/worker-pool.ts";
import { availableCpus } from "../../../concurrency/worker-sizing.ts";
import type { Arm } from "../../../measure/arm.ts";
import { seededRandom } from "../../../measure/random.ts";
import { armModule } from "./module-url.ts";
import { PortPool } from "./port-pool.ts";

/** What all arms of the rows are told. */
export interface ThreadWork {
  /** Characters of each string. */
  readonly length: number;
  /** Tasks that are submitted and not answered. */
  readonly inFlight: number;
  readonly seed: number;
}

type Pair = readonly [string, string];

interface Threads {
  run(pair: Pair): PromiseLike<number>;
  close(): Promise<void>;
}

/** Threads, one task with each, and a message each way. */
export function portPool(work: ThreadWork): Promise<Arm> {
  return threadArm(work, new PortPool(availableCpus()));
}

interface PiscinaModule {
  readonly Piscina: new (options: {
    readonly filename: string;
    readonly name: string;
    readonly minThreads: number;
    readonly maxThreads: number;
  }) => { run(task: unknown): Promise<number>; destroy(): Promise<void> };
}

/** `piscina`, in whichever module format it was found. */
export async function piscinaPackage(work: ThreadWork & { readonly peerUrl: string }): Promise<Arm> {
  const loaded = (await import(work.peerUrl)) as PiscinaModule & { readonly default?: PiscinaModule };
  const Piscina = loaded.Piscina ?? loaded.default?.Piscina;
  const pool = new Piscina({
    filename: armModule("edit-distance"),
    name: "ofPair",
    minThreads: availableCpus(),
    maxThreads: availableCpus(),
  });
  return threadArm(work, { run: (pair) => pool.run(pair), close: () => pool.destroy() });
}

/** `WorkerPool`. */
export function workerPool(work: ThreadWork): Promise<Arm> {
  const pool = new WorkerPool({ minWorkers: availableCpus() });
  const task = new URL(armModule("edit-distance"));
  return threadArm(work, { run: (pair) => pool.run<number>(task, pair), close: () => pool.close() });
}

/** Tasks with which threads and code get warm. */
const warmupTasks = 1000;
const differentPairs = 512;

async function threadArm({ length, inFlight, seed }: ThreadWork, threads: Threads): Promise<Arm> {
  const random = seededRandom(seed);
  const letters = () => String.fromCharCode(97 + Math.floor(random() * 4));
  const word = () => Array.from({ length }, letters).join("");
  const pairs = Array.from({ length: differentPairs }, (): Pair => [word(), word()]);
  let sum = 0;
  const perform = async (count: number): Promise<void> => {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count) {
        const distance = await threads.run(pairs[next++ % differentPairs] as Pair);
        sum += distance;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
  };
  await perform(warmupTasks);
  sum = 0;
  let counters = {};
  return {
    run: async (count) => {
      const before = process.resourceUsage();
      await perform(count);
      const after = process.resourceUsage();
      const used = (key: keyof NodeJS.ResourceUsage) => after[key] - before[key];
      counters = {
        cpuNs: (1000 * (used("userCPUTime") + used("systemCPUTime"))) / count,
        switches: (1000 * (used("voluntaryContextSwitches") + used("involuntaryContextSwitches"))) / count,
      };
    },
    answer: () => `sum of the distances ${sum}`,
    counters: () => counters,
    close: () => threads.close(),
  };
}
