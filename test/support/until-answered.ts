import { setTimeout as sleep } from "node:timers/promises";
import { SharedTierError } from "../../src/errors.ts";

/**
 * Asks a tier again as long as it gives no answer in time, as on a machine that stands still for longer than the tier's own
 * time limit. @returns the answer @throws what else it rejects with
 */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SharedTierError) || !["timeout", "unavailable", "busy"].includes(error.reason))
        throw error;
      await sleep(5);
    }
}
