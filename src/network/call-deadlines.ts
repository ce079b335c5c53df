import type { Clock } from "../clock.ts";
import { WaitDeadlines } from "../concurrency/wait-deadlines.ts";
import { type Exchange, ExchangeDeadline } from "./exchange.ts";

/** One timer for the deadlines of all calls; a call that ends in time costs none. @internal */
export class CallDeadlines {
  readonly #queue: WaitDeadlines<ExchangeDeadline>;

  constructor(clock: Clock) {
    const expire = (due: ExchangeDeadline): void => {
      const { exchange } = due;
      // The queue counts it as gone by itself.
      due.exchange = undefined;
      if (exchange === undefined) return;
      exchange.deadline = undefined;
      exchange.expire();
    };
    this.#queue = new WaitDeadlines(clock, expire, () => undefined);
  }

  add(exchange: Exchange): void {
    const { deadline, startMs } = exchange.bounds;
    if (deadline === Number.POSITIVE_INFINITY) return;
    exchange.deadline = new ExchangeDeadline(deadline, exchange);
    this.#queue.add(exchange.deadline, startMs);
  }

  left(exchange: Exchange): void {
    if (exchange.deadline === undefined) return;
    exchange.deadline.exchange = undefined;
    exchange.deadline = undefined;
    this.#queue.left();
  }
}
