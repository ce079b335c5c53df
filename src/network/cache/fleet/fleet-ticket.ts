import type { Lease } from "../../../cache/shared-tier.ts";
import { LeaseKeeper } from "../../../cache/tiered/lease-keeper.ts";
import type { TierLink } from "../../../cache/tiered/tier-link.ts";
import type { Clock } from "../../../clock.ts";

/** For how long a load may prolong its leases: whoever streams for longer holds up others. */
const longestHoldMs = 60_000;

/** The leases under which one request asks the origin. What it brings may be kept by them; to be released otherwise. */
export class FleetTicket {
  readonly sharedKey: string;
  /** Of the URL. */
  readonly tag: string;
  /** Of the key that all may read. */
  shared: Lease | undefined;
  /** Of a key of this request alone: what is for one user is kept here, and forgotten with the rest of its URL. */
  own: Lease | undefined;
  /** Where the server couldn't be asked: the outage, by the recoveries before; else -1. */
  readonly outage: number;
  /** Settles when `own` is there, or can't be had, in place of `shared`. */
  exchange: Promise<void> | undefined;
  /** Whether somebody else ends the leases than the request. */
  isTaken = false;
  readonly #link: TierLink;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #keepers = new Map<Lease, LeaseKeeper>();
  readonly #stop: () => void;
  #isReleased = false;

  constructor(
    link: TierLink,
    clock: Clock,
    leaseMs: number,
    { sharedKey, tag }: { readonly sharedKey: string; readonly tag: string },
    { shared, own, outage = -1 }: { shared?: Lease | undefined; own?: Lease | undefined; outage?: number },
  ) {
    this.#link = link;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.sharedKey = sharedKey;
    this.tag = tag;
    this.shared = shared;
    this.own = own;
    this.outage = outage;
    for (const lease of [shared, own]) if (lease !== undefined) this.#hold(lease);
    const timer = outage >= 0 ? undefined : clock.setTimeout(() => this.release(), longestHoldMs);
    this.#stop = () => clock.clearTimeout(timer);
  }

  /** Whether something that it depends on is known to have been forgotten. */
  get isOutdated(): boolean {
    const lease = this.shared ?? this.own;
    return lease !== undefined && this.#link.isCurrent(lease.stamp) === false;
  }

  /** @returns the lease, which is the caller's to end from then on */
  take(which: "shared" | "own"): Lease | undefined {
    const lease = this[which];
    this[which] = undefined;
    if (lease !== undefined) this.#keepers.get(lease)?.stop();
    return lease;
  }

  /** Takes over a lease of a key of its own. */
  adopt(lease: Lease): void {
    this.own = lease;
    if (this.#isReleased) this.#end("own");
    else this.#hold(lease);
  }

  /** Gives back what wasn't taken. */
  release(): void {
    if (this.isTaken) return;
    this.#isReleased = true;
    this.#stop();
    this.#end("shared");
    this.#end("own");
  }

  #hold(lease: Lease): void {
    this.#keepers.set(lease, new LeaseKeeper(this.#link, lease, this.#leaseMs, this.#clock));
  }

  #end(which: "shared" | "own"): void {
    const lease = this.take(which);
    if (lease !== undefined) void this.#link.ask((tier) => tier.release(lease));
  }
}
