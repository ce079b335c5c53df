import { setTimeout as sleep } from "node:timers/promises";
import type { SharedTier } from "../../src/cache/shared-tier.ts";

/** Waits until all of them have reached their servers, as shown by an answer. */
export async function untilConnected(tiers: readonly SharedTier[]): Promise<void> {
  for (const tier of tiers)
    for (let answered = false; !answered; ) {
      answered = await tier.get("is there somebody?").then(
        () => tier.isConnected,
        () => false,
      );
      if (!answered) await sleep(5);
    }
}
