import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { NetworkPolicy } from "../network/policy.ts";
import { ForwardingHandler } from "../network/resilience/forwarding-handler.ts";
import { heldBytes } from "../network/resilience/held-response.ts";
import { retriedStatuses } from "../network/resilience/repeatable.ts";
import type { RolloutCall } from "../rollout/rollout-call.ts";

type Controller = Dispatcher.DispatchController;

/** Beside those that may pass, what a server says when it has failed. */
const isFailure = (status: number): boolean => status >= 500 || retriedStatuses.includes(status);

/**
 * Gives each request to the policy or past it, as its call's arm says, and tells the call what became of it.
 *
 * The time is from the request to the head of its response; where the head gives a length of at most 64 KiB, to the last
 * byte of the body. Policies may hold back a response so short, and it comes whether or not it is read, while a longer
 * body's time would be its reader's. Failed are errors until then, and statuses 408, 425, 429 and from 500 on; a redirect
 * is a call of its own, and an upgrade or a tunnel none.
 */
export function watchedPolicy(policy: NetworkPolicy, begin: () => RolloutCall): NetworkPolicy {
  return (dispatch) => {
    const switched = policy(dispatch);
    return (request, handler) => {
      if (request.upgrade || request.method === "CONNECT") return dispatch(request, handler);
      const call = begin();
      try {
        return (call.arm === "on" ? switched : dispatch)(request, new WatchedHandler(handler, call));
      } catch (error) {
        call.fail(error);
        throw error;
      }
    };
  };
}

class WatchedHandler extends ForwardingHandler {
  readonly #call: RolloutCall;
  /** Bytes of the body that are awaited still. */
  #missing = 0;

  constructor(next: Dispatcher.DispatchHandler, call: RolloutCall) {
    super(next);
    this.#call = call;
  }

  override onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    if (isFailure(status)) this.#call.fail();
    else if (status >= 200) {
      const length = Number(headers["content-length"]);
      if (length > 0 && length <= heldBytes) this.#missing = length;
      else this.#call.succeed();
    }
    super.onResponseStart(controller, status, headers, text);
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#missing -= chunk.length;
      if (this.#missing <= 0) this.#call.succeed();
    }
    super.onResponseData(controller, chunk);
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    // Without all that was awaited it was an answer to HEAD, or a 304.
    this.#call.succeed();
    super.onResponseEnd(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#call.fail(error);
    super.onResponseError(controller, error);
  }
}
