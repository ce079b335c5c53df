import type { Partition } from "./partition.ts";
import type { Permit } from "./permit.ts";
import type { Admission } from "./semaphore-options.ts";

/** A caller that waits for a permit. @internal */
export class Waiter {
  readonly partition: Partition;
  readonly weight: number;
  readonly priority: number;
  /** When it came, in milliseconds of the clock. */
  readonly sinceMs: number;
  /** When it leaves without a permit; `Infinity` for never. */
  readonly untilMs: number;
  /** Of two that came in the same moment, the lower came first. */
  readonly order: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (outcome: Permit | Admission) => void;
  /** Absent for one that wants its rejection as a value. */
  readonly reject: ((reason: unknown) => void) | undefined;
  isWaiting = true;
  /** Those beside it on its level of the queue. */
  previous: Waiter | undefined = undefined;
  next: Waiter | undefined = undefined;

  constructor(
    { partition, weight, priority, signal }: Claim,
    sinceMs: number,
    untilMs: number,
    order: number,
    resolve: (outcome: Permit | Admission) => void,
    reject: ((reason: unknown) => void) | undefined,
  ) {
    this.partition = partition;
    this.weight = weight;
    this.priority = priority;
    this.sinceMs = sinceMs;
    this.untilMs = untilMs;
    this.order = order;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** What a caller asks for, checked. @internal */
export interface Claim {
  readonly partition: Partition;
  readonly weight: number;
  readonly priority: number;
  /** Its own deadline. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}
