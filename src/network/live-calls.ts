import type { Clock } from "../clock.ts";
import { CallDeadlines } from "./call-deadlines.ts";
import type { ExchangeHost, TimedCall } from "./exchange.ts";
import { RequestCounts } from "./network-stats.ts";
import type { BodyDecoder } from "./response-body.ts";

/** The calls of an optimizer that are under way, by whichever face they came: counted, and held to their deadlines. @internal */
export class LiveCalls implements ExchangeHost {
  readonly counts = new RequestCounts();
  readonly decoder: BodyDecoder;
  readonly #clock: Clock;
  readonly #deadlines: CallDeadlines;
  readonly #live = new Set<TimedCall>();
  #idle: (() => void) | undefined = undefined;

  constructor(clock: Clock, decoder: BodyDecoder) {
    this.#clock = clock;
    this.decoder = decoder;
    this.#deadlines = new CallDeadlines(clock);
  }

  /** @returns whether there is time for it; if there is none, it has been told so */
  began(call: TimedCall): boolean {
    this.#live.add(call);
    this.counts.begun++;
    if (call.bounds.deadline <= call.bounds.startMs) {
      call.expire();
      return false;
    }
    this.#deadlines.add(call);
    return true;
  }

  ended(call: TimedCall, failed: boolean): void {
    this.#deadlines.left(call);
    const { counts } = this;
    if (failed) counts.failed++;
    else counts.completed++;
    if (call.fromCache) counts.storedHits++;
    counts.record(this.#clock.now() - call.bounds.startMs);
    this.#live.delete(call);
    if (this.#live.size === 0) this.#idle?.();
  }

  /** Resolves when none is under way. */
  async none(): Promise<void> {
    if (this.#live.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  fail(error: Error): void {
    for (const call of this.#live) call.fail(error);
  }
}
