import { WaitLane } from "./wait-lane.ts";
import type { Waiter } from "./waiter.ts";

/**
 * Who waits in one partition, and whose turn it is.
 *
 * First come, first served, by priority and age. Once somebody runs out of time, here or because the turn came late, the
 * queue is overloaded until it is empty: the oldest of those in a hurry can hardly be served in time, whereas the newest can, so that the newest go first.
 * Those without a time limit then get every second turn, still in their order.
 */
export class WaitQueue {
  readonly #patient: WaitLane;
  readonly #hurried: WaitLane;
  #isOverloaded = false;
  #wasPatient = false;

  /** @param agingMs what one step of priority is worth, ≥ 0 */
  constructor(agingMs: number) {
    this.#patient = new WaitLane(agingMs);
    this.#hurried = new WaitLane(agingMs);
  }

  get size(): number {
    return this.#patient.size + this.#hurried.size;
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  push(waiter: Waiter): void {
    this.#laneOf(waiter).push(waiter);
  }

  /** @returns whose turn it is; the same until something changes */
  next(): Waiter | undefined {
    const patient = this.#patient.first();
    if (this.#isOverloaded) {
      const hurried = this.#hurried.newest();
      return this.#wasPatient ? (hurried ?? patient) : (patient ?? hurried);
    }
    const hurried = this.#hurried.first();
    if (patient === undefined || hurried === undefined) return patient ?? hurried;
    const lead = this.#patient.rank(hurried) - this.#patient.rank(patient);
    if (lead !== 0) return lead < 0 ? hurried : patient;
    if (hurried.priority !== patient.priority) return hurried.priority > patient.priority ? hurried : patient;
    return hurried.order < patient.order ? hurried : patient;
  }

  /** Takes out one that got its turn. */
  serve(waiter: Waiter): void {
    this.#wasPatient = waiter.untilMs === Number.POSITIVE_INFINITY;
    this.remove(waiter);
  }

  /** Takes out one whose time is over. */
  expire(waiter: Waiter): void {
    this.#isOverloaded = true;
    this.remove(waiter);
  }

  /** Somebody's turn came too late: so will that of those behind. */
  overload(): void {
    if (this.size > 0) this.#isOverloaded = true;
  }

  /** Takes out one that leaves, from anywhere. */
  remove(waiter: Waiter): void {
    this.#laneOf(waiter).remove(waiter);
    if (this.size === 0) {
      this.#isOverloaded = false;
      this.#wasPatient = false;
    }
  }

  /** @returns who must make room for a newcomer when the queue is full; `undefined` when the newcomer must go */
  yielding(newcomer: Waiter): Waiter | undefined {
    if (!this.#isOverloaded || newcomer.untilMs === Number.POSITIVE_INFINITY) return undefined;
    return this.#hurried.stalerThan(newcomer);
  }

  #laneOf(waiter: Waiter): WaitLane {
    return waiter.untilMs === Number.POSITIVE_INFINITY ? this.#patient : this.#hurried;
  }
}
