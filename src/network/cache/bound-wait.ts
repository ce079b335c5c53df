import type { Dispatcher } from "undici";
import type { Clock } from "../../clock.ts";
import { DeadlineError } from "../../errors.ts";
import { contextOf } from "../policy.ts";
import type { Caller } from "./caller.ts";

/** Who waits for another's request has its own signal and deadline still. */
export function boundWait(options: Dispatcher.DispatchOptions, caller: Caller, clock: Clock): void {
  const { signal, deadline = Number.POSITIVE_INFINITY, timeoutMs, bounded } = contextOf(options);
  if (bounded) return;
  if (signal !== undefined) {
    const leave = () => caller.abort(signal.reason as Error);
    if (signal.aborted) leave();
    else {
      signal.addEventListener("abort", leave, { once: true });
      caller.onDone(() => signal.removeEventListener("abort", leave));
    }
  }
  if (deadline === Number.POSITIVE_INFINITY) return;
  const leftMs = deadline - clock.now();
  const timer = clock.setTimeout(
    () => caller.abort(new DeadlineError("response in flight", timeoutMs ?? leftMs)),
    Math.max(0, leftMs),
  );
  caller.onDone(() => clock.clearTimeout(timer));
}
