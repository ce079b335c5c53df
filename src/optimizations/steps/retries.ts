import { composeGlobalDispatchers } from "../dispatcher-policy.ts";
import { lazyModule } from "../lazy-module.ts";
import type { OptimizationStep } from "../step.ts";
import { switchedPolicy } from "../switched-policy.ts";

/**
 * Further attempts of the global `fetch`, under a budget, where a request may be sent twice. Opt-in: a server sees
 * requests that the program didn't make. What still fails is given as it came: a last 503 is a response, no error, and
 * an error is that of the last attempt.
 */
export const retries: OptimizationStep = {
  id: "retries",
  title: "Retries of fetch",
  risk: "opt-in",
  apply(context) {
    const { RetryPolicy } = lazyModule<typeof import("../../network/resilience/retry-policy.ts")>(
      "network/resilience/retry-policy",
    );
    const { withLastError } = lazyModule<typeof import("../last-error.ts")>("optimizations/last-error");
    const retry = new RetryPolicy();
    const release = composeGlobalDispatchers(switchedPolicy("retries", withLastError(retry.policy), context));
    context.addSource(retry);
    return {
      describe: () => ({
        state: "applied",
        reason: "requests that may be sent twice are, when they fail, under a budget",
        changes: ["the global dispatchers of undici"],
      }),
      undo() {
        release();
        context.removeSource(retry);
      },
    };
  },
};
