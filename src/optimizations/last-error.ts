import type { Dispatcher } from "undici";
import { AttemptsFailedError } from "../errors.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import { ForwardingHandler } from "../network/resilience/forwarding-handler.ts";

/**
 * Gives of a request whose attempts all failed the last one's error in place of that of the policy: a program looks at
 * the code of the cause of a `fetch` that failed, and knows nothing of attempts.
 */
export function withLastError(policy: NetworkPolicy): NetworkPolicy {
  return (dispatch) => {
    const retried = policy(dispatch);
    return (request, handler) => retried(request, new LastErrorHandler(handler));
  };
}

class LastErrorHandler extends ForwardingHandler {
  override onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    const last = error instanceof AttemptsFailedError ? error.cause : undefined;
    super.onResponseError(controller, last instanceof Error ? last : error);
  }
}
