import type { Clock, TimerHandle } from "../../clock.ts";
import type { Lease } from "../shared-tier.ts";
import type { TierLink } from "./tier-link.ts";

/**
 * Holds a lease while its load runs: renews it each time that a third of it is over. Not once nobody waits for the load any
 * more: one that is deaf to that, and never ends, would hold up the fleet for good.
 */
export class LeaseKeeper {
  readonly #link: TierLink;
  readonly #lease: Lease;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #timer: TimerHandle | undefined;
  #isStopped = false;
  isLost = false;

  /** @param signal aborts when nobody waits any more */
  constructor(link: TierLink, lease: Lease, leaseMs: number, clock: Clock, signal?: AbortSignal) {
    this.#link = link;
    this.#lease = lease;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#signal = signal;
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => void this.#renew(), this.#leaseMs / 3);
  }

  async #renew(): Promise<void> {
    if (this.#signal?.aborted) return;
    const isHeld = await this.#link.ask((tier) => tier.renew(this.#lease, this.#leaseMs));
    if (isHeld === false) this.isLost = true;
    else if (!this.#isStopped) this.#arm();
  }
}
