import { AdaptiveSemaphore } from "../../../concurrency/adaptive-semaphore.ts";
import type { Arm } from "../../../measure/arm.ts";
import { loadPLimit } from "./p-limit-package.ts";
import type { Service } from "./service.ts";
import { ServiceClient } from "./service-client.ts";

/** What all arms of the row are told. */
export interface BurstWork {
  readonly service: Service;
  /** Lists of tasks, one after the other. */
  readonly bursts: number;
  readonly tasksPerBurst: number;
}

/** Has a task done. */
type Perform = (task: () => Promise<boolean>) => Promise<boolean>;

/** `Promise.all` over all tasks of a list. */
export function allAtOnce(work: BurstWork): Promise<Arm> {
  return burstArm(work, (task) => task());
}

/** `p-limit` with the right number. */
export async function pLimitPackage(
  work: BurstWork & { readonly peerUrl: string; readonly concurrency: number },
): Promise<Arm> {
  const pLimit = await loadPLimit(work.peerUrl);
  return burstArm(work, pLimit(work.concurrency));
}

/** `AdaptiveSemaphore` without an option. */
export function adaptiveSemaphore(work: BurstWork): Promise<Arm> {
  const semaphore = new AdaptiveSemaphore("service");
  return burstArm(work, (task) => semaphore.run(task));
}

async function burstArm({ service, bursts, tasksPerBurst }: BurstWork, perform: Perform): Promise<Arm> {
  const client = await ServiceClient.start(service);
  let latencyMs = 0;
  let burstMs = 0;
  let answered = 0;
  return {
    run: async () => {
      for (let burst = 0; burst < bursts; burst++) {
        const startedMs = performance.now();
        const one = async (_: unknown, i: number): Promise<void> => {
          if (await perform(() => client.ask(burst * tasksPerBurst + i))) answered++;
          latencyMs += performance.now() - startedMs;
        };
        await Promise.all(Array.from({ length: tasksPerBurst }, one));
        burstMs += performance.now() - startedMs;
      }
    },
    answer: () => `${answered} of ${bursts * tasksPerBurst} tasks answered, ${client.wrong} answers wrong`,
    counters: () => ({
      latencyNs: (1e6 * latencyMs) / (bursts * tasksPerBurst),
      burstNs: (1e6 * burstMs) / bursts,
    }),
    close: () => client.close(),
  };
}
