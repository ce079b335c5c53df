import { systemClock } from "../../clock.ts";
import type { RedisLease } from "./stamp.ts";

/** So many are kept before those whose time is up are looked for. */
const mostUnchecked = 1024;

/** The leases that this process holds. One whose generations have changed serves nobody, so whoever waits needn't wait for its time. */
export class OpenLeases {
  readonly #untilMs = new Map<RedisLease, number>();

  add(lease: RedisLease, leaseMs: number): void {
    const now = systemClock.now();
    if (this.#untilMs.size >= mostUnchecked)
      for (const [other, untilMs] of this.#untilMs) if (untilMs <= now) this.#untilMs.delete(other);
    this.#untilMs.set(lease, now + leaseMs);
  }

  delete(lease: RedisLease): void {
    this.#untilMs.delete(lease);
  }

  /** Takes out those that can't be filled any more. */
  takeSpoilt(): RedisLease[] {
    const spoilt: RedisLease[] = [];
    for (const lease of this.#untilMs.keys())
      if (lease.stamp.generations.some(({ isAlive }) => !isAlive)) {
        this.#untilMs.delete(lease);
        spoilt.push(lease);
      }
    return spoilt;
  }
}
