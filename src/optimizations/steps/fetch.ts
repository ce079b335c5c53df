import type { OptimizationStep } from "../step.ts";
import { measureUndici } from "../undici-requests.ts";

/**
 * Durations of the global `fetch`. Its dispatcher is left alone: it keeps connections alive and bounds no number of them,
 * and another would show in an error's `cause`, or make the first request wait for undici to load.
 */
export const globalFetch: OptimizationStep = {
  id: "fetch",
  title: "Global fetch",
  risk: "safe",
  apply(context) {
    const release = measureUndici(context);
    return {
      describe: () => ({
        state: "applied",
        reason: "measured; its dispatcher pools connections and keeps them alive, and is left as it is",
        changes: ["listens to undici:request:* channels"],
      }),
      undo: release,
    };
  },
};
