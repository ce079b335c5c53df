import type { NetworkPolicy } from "../network/policy.ts";
import { lazyModule } from "./lazy-module.ts";
import type { StepContext } from "./step.ts";

/** @returns the policy as it is where nobody switches the step, else one that is asked for, call by call */
export function switchedPolicy(
  stepId: string,
  policy: NetworkPolicy,
  { callsOf, isOn }: Pick<StepContext, "callsOf" | "isOn">,
): NetworkPolicy {
  const begin = callsOf(stepId);
  if (begin !== undefined) {
    const { watchedPolicy } = lazyModule<typeof import("./watched-policy.ts")>(
      "optimizations/watched-policy",
    );
    return watchedPolicy(policy, begin);
  }
  if (isOn === undefined) return policy;
  return (dispatch) => {
    const switched = policy(dispatch);
    return (request, handler) =>
      (isOn(stepId, String(request.origin)) ? switched : dispatch)(request, handler);
  };
}
