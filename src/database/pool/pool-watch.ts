import type { Clock, TimerHandle } from "../../clock.ts";
import { type Demand, patienceMs, tolerance } from "./pool-sizing.ts";
import type { WaiterQueue } from "./pool-waiters.ts";

/**
 * Holds the estimate of `connectionsNeeded` against what happens, every τ × connectMs while callers wait. It finds
 *
 * - the overdue: waiters whose patience is over, so that the estimate was wrong for them;
 * - every connectMs, the standing queue: the fewest that waited at any moment since. A burst empties the queue in
 *   between; a queue that never empties would have kept that many more connections busy.
 *
 * The second is the idea of CoDel, applied to connections instead of packets.
 * @see https://queue.acm.org/detail.cfm?id=2209336
 */
export class PoolWatch<C> {
  readonly #waiters: WaiterQueue<C>;
  readonly #clock: Clock;
  readonly #demand: () => Demand;
  readonly #onFound: (connections: number, hasOverdue: boolean) => void;
  #timer: TimerHandle;
  #ticks = 0;

  /** @param onFound told at every look how many connections should be on their way, whatever the estimate says */
  constructor(
    waiters: WaiterQueue<C>,
    clock: Clock,
    demand: () => Demand,
    onFound: (connections: number, hasOverdue: boolean) => void,
  ) {
    this.#waiters = waiters;
    this.#clock = clock;
    this.#demand = demand;
    this.#onFound = onFound;
  }

  /** Looks again after τ × connectMs; does nothing while that is set. */
  start(connectMs: number): void {
    this.#timer ??= this.#clock.setTimeout(this.#look, Math.max(1, tolerance * connectMs));
  }

  /** The queue is empty: whatever waits next begins anew. */
  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ticks = 0;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const demand = this.#demand();
    const overdue = this.#waiters.overdue(this.#clock.now(), (rounds) => patienceMs(rounds, demand));
    // The first window begins at the first look: the queue may have been filling until then.
    const isWindowOver = this.#ticks === 1 / tolerance;
    const standing = isWindowOver ? this.#waiters.least : 0;
    if (this.#ticks === 0 || isWindowOver) this.#waiters.startWindow();
    this.#ticks = isWindowOver ? 1 : this.#ticks + 1;
    this.#onFound(Math.max(overdue, standing), overdue > 0);
  };
}
