import type { SharedTier } from "../../cache/shared-tier.ts";
import type { Clock } from "../../clock.ts";
import { CircuitBreaker } from "../../concurrency/circuit-breaker.ts";
import { CircuitOpenError, SharedTierError } from "../../errors.ts";

/** In place of an answer: the server wasn't asked, or didn't give one. */
export const unreachable: unique symbol = Symbol("unreachable");

/** Calls to the tier that a statement can do without: none is made while the server isn't likely to answer. */
export class TierCalls {
  readonly tier: SharedTier;
  readonly #breaker: CircuitBreaker;
  failures = 0;

  constructor(tier: SharedTier, clock: Clock) {
    this.tier = tier;
    this.#breaker = new CircuitBreaker("database tier", {
      consecutiveFailures: 3,
      minimumCalls: 10,
      windowMs: 2_000,
      openMs: 25,
      maxOpenMs: 2_000,
      probes: 1,
      isFailure: (error) =>
        !(error instanceof SharedTierError && (error.reason === "full" || error.reason === "read-only")),
      clock,
    });
  }

  /** @returns the answer; never rejects for the server's sake */
  async ask<T>(call: (tier: SharedTier) => Promise<T>): Promise<T | typeof unreachable> {
    if (!this.tier.isConnected) return unreachable;
    try {
      return await this.#breaker.run(() => call(this.tier));
    } catch (error) {
      if (!(error instanceof SharedTierError || error instanceof CircuitOpenError)) throw error;
      this.failures++;
      return unreachable;
    }
  }
}
