import type { Clock } from "../clock.ts";
import { WaitDeadlines } from "../concurrency/wait-deadlines.ts";
import { ExchangeDeadline, type TimedCall } from "./exchange.ts";

/** One timer for the deadlines of all calls; a call that ends in time costs none. @internal */
export class CallDeadlines {
  readonly #queue: WaitDeadlines<ExchangeDeadline>;

  constructor(clock: Clock) {
    const expire = (due: ExchangeDeadline): void => {
      const { call } = due;
      // The queue counts it as gone by itself.
      due.call = undefined;
      if (call === undefined) return;
      call.deadline = undefined;
      call.expire();
    };
    this.#queue = new WaitDeadlines(clock, expire, () => undefined);
  }

  add(call: TimedCall): void {
    const { deadline, startMs } = call.bounds;
    if (deadline === Number.POSITIVE_INFINITY) return;
    call.deadline = new ExchangeDeadline(deadline, call);
    this.#queue.add(call.deadline, startMs);
  }

  left(call: TimedCall): void {
    if (call.deadline === undefined) return;
    call.deadline.call = undefined;
    call.deadline = undefined;
    this.#queue.left();
  }
}
