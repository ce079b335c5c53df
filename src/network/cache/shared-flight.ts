import { type ContextualOptions, contextOf, type Dispatch, requestContext } from "../policy.ts";
import type { Caller } from "./caller.ts";
import { Flight } from "./flight.ts";
import type { FlightPlan } from "./flight-plan.ts";

/** Sends a request whose response others may come to wait for, so that its caller can leave and it goes on for them. */
export function sendShared(
  plan: FlightPlan,
  caller: Caller,
  dispatch: Dispatch,
  options: ContextualOptions,
): boolean {
  const context = contextOf(options);
  const { signal } = context;
  const withSignal = (own: AbortSignal | undefined) =>
    ({ ...options, [requestContext]: { ...context, signal: own } }) as ContextualOptions;
  if (signal === undefined) return new Flight(plan, caller).send(dispatch, options);
  // Then this caller leaves by its controller.
  if (context.bounded) return new Flight(plan, caller).send(dispatch, withSignal(undefined));
  const aborting = new AbortController();
  const leave = () => caller.abort(signal.reason as Error);
  const flight = new Flight(
    {
      ...plan,
      abandoned: (reason) => aborting.abort(reason),
      over: () => signal.removeEventListener("abort", leave),
    },
    caller,
  );
  if (signal.aborted) {
    leave();
    return true;
  }
  signal.addEventListener("abort", leave, { once: true });
  return flight.send(dispatch, withSignal(aborting.signal));
}
