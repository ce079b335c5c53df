import { composeGlobalDispatchers } from "../dispatcher-policy.ts";
import { lazyModule } from "../lazy-module.ts";
import type { OptimizationStep } from "../step.ts";
import { switchedPolicy } from "../switched-policy.ts";

/**
 * A shared cache of responses by RFC 9111 before the global `fetch`. Opt-in: a response that its headers call fresh is
 * not asked for again, and whether they tell the truth is known to the program's owner alone.
 */
export const responseCache: OptimizationStep = {
  id: "response-cache",
  title: "Cache of fetched responses",
  risk: "opt-in",
  apply(context) {
    const { ResponseCache } = lazyModule<typeof import("../../network/cache/response-cache.ts")>(
      "network/cache/response-cache",
    );
    const cache = new ResponseCache({ truth: context.truth });
    const release = composeGlobalDispatchers(switchedPolicy("response-cache", cache.policy, context));
    context.addSource(cache);
    return {
      describe: () => ({
        state: "applied",
        reason: "fresh responses are answered from memory",
        changes: ["the global dispatchers of undici"],
      }),
      undo() {
        release();
        context.removeSource(cache);
        cache.close();
      },
    };
  },
};
