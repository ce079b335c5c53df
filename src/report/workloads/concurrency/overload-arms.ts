import { AdaptiveSemaphore } from "../../../concurrency/adaptive-semaphore.ts";
import type { Arm } from "../../../measure/arm.ts";
import { seededRandom } from "../../../measure/random.ts";
import { loadPLimit } from "./p-limit-package.ts";
import { capacity, type Service } from "./service.ts";
import { ServiceClient } from "./service-client.ts";

/** What all arms of the row are told. */
export interface OverloadWork {
  readonly service: Service;
  /** Tasks offered, by what the service can do. */
  readonly overload: number;
  /** A task that is answered later than so many milliseconds after it came has failed. */
  readonly objectiveMs: number;
  readonly runMs: number;
  readonly seed: number;
}

/** Has a task done by a deadline. @returns whether it was; a task may be turned away */
type Perform = (task: (deadline: number) => Promise<boolean>, deadline: number) => Promise<boolean>;

/** Every task is sent as it comes. */
export function allAtOnce(work: OverloadWork): Promise<Arm> {
  return overloadArm(work, (task, deadline) => task(deadline));
}

/** `p-limit` with the right number, and a bound by hand on its queue. */
export async function pLimitPackage(
  work: OverloadWork & { readonly peerUrl: string; readonly concurrency: number },
): Promise<Arm> {
  const pLimit = await loadPLimit(work.peerUrl);
  const limit = pLimit(work.concurrency);
  return overloadArm(work, async (task, deadline) => {
    if (limit.pendingCount >= work.concurrency) return false;
    return await limit(() => performance.now() < deadline && task(deadline));
  });
}

/** `AdaptiveSemaphore` without an option. */
export function adaptiveSemaphore(work: OverloadWork): Promise<Arm> {
  const semaphore = new AdaptiveSemaphore("service");
  return overloadArm(work, async (task, deadline) => {
    const admission = await semaphore.acquireOrReject({ deadline });
    if (!admission.isGranted) return false;
    const isAnswered = await task(deadline);
    admission.permit.release({ dropped: !isAnswered });
    return isAnswered;
  });
}

/** Times at which tasks come, at random, in milliseconds from the start. */
export function arrivals({ service, overload, runMs, seed }: OverloadWork): number[] {
  const random = seededRandom(seed);
  const gapMs = 1000 / (overload * capacity(service));
  const all: number[] = [];
  for (let atMs = 0; atMs < runMs; atMs += gapMs * -Math.log(1 - random())) all.push(atMs);
  return all;
}

async function overloadArm(work: OverloadWork, perform: Perform): Promise<Arm> {
  const { objectiveMs, runMs } = work;
  const offered = arrivals(work);
  const client = await ServiceClient.start(work.service);
  let held = 0;
  let settled = 0;
  return {
    run: async () => {
      const startedMs = performance.now();
      const tasks: Promise<void>[] = [];
      const offer = async (id: number, atMs: number): Promise<void> => {
        const isAnswered = await perform((deadline) => client.ask(id, deadline), atMs + objectiveMs);
        // What the service does afterwards, when no more tasks come, isn't its rate under this load.
        if (isAnswered && performance.now() <= startedMs + runMs) held++;
        settled++;
      };
      while (tasks.length < offered.length) {
        const nowMs = performance.now();
        for (let at = offered[tasks.length]; at !== undefined; at = offered[tasks.length]) {
          if (startedMs + at > nowMs) break;
          tasks.push(offer(tasks.length, startedMs + at));
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await Promise.all(tasks);
    },
    answer: () => `${settled} of ${offered.length} tasks ended, ${client.wrong} answers wrong`,
    counters: () => ({ heldPerSecond: (1000 * held) / runMs, held, offered: offered.length }),
    close: () => client.close(),
  };
}
