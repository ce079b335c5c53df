import { finite, knownKeys } from "../../options.ts";

/** How much may be sent beyond the calls themselves. */
export interface RetryBudgetOptions {
  /** Tokens that a call that succeeds earns, 0 to 10. @default 0.4 */
  readonly creditPerSuccess?: number;
  /** Tokens that every call earns, whatever becomes of it, 0 to 10: the floor, so that an outage isn't forever without retries. @default 0.1 */
  readonly creditPerCall?: number;
  /** Most tokens that are kept, ≥ 1: what an outage may cost beyond the floor. @default 100 */
  readonly capacity?: number;
  /** Tokens at the start, 0 to `capacity`. @default 20, at most capacity */
  readonly initialTokens?: number;
}

/** Defaults of `RetryBudget`. */
export const retryBudgetDefaults = Object.freeze({
  creditPerSuccess: 0.4,
  creditPerCall: 0.1,
  capacity: 100,
  initialTokens: 20,
});

/** A budget at one moment. Counts run from its construction. */
export interface RetryBudgetStats {
  readonly tokens: number;
  readonly capacity: number;
  readonly calls: number;
  readonly successes: number;
  /** Tokens taken: retries and hedges. */
  readonly withdrawn: number;
  /** Retries and hedges that weren't sent for want of a token. */
  readonly denied: number;
}

/**
 * Tokens for retries and hedges, which cost one each. It is arithmetic on counts and has no clock, so at any rate of calls
 * ```
 * withdrawn ≤ initialTokens + creditPerCall × calls + creditPerSuccess × successes
 * ```
 * In an outage nothing succeeds, and with the defaults 1,000 calls send at most 1,000 + 100 (the floor) + 100 (a full
 * bucket from better days) requests. While the service works, 0.4 + 0.1 a call is enough to retry up to three times with more
 * than a third of the attempts failing. Share it between policies to bound what they send together.
 */
export class RetryBudget {
  readonly #creditPerSuccess: number;
  readonly #creditPerCall: number;
  readonly #capacity: number;
  #tokens: number;
  #calls = 0;
  #successes = 0;
  #withdrawn = 0;
  #denied = 0;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: RetryBudgetOptions = {}) {
    knownKeys("RetryBudget", options, Object.keys(retryBudgetDefaults));
    const of = (name: keyof typeof retryBudgetDefaults): number => options[name] ?? retryBudgetDefaults[name];
    this.#creditPerSuccess = finite("creditPerSuccess", of("creditPerSuccess"), 0, 10);
    this.#creditPerCall = finite("creditPerCall", of("creditPerCall"), 0, 10);
    this.#capacity = finite("capacity", of("capacity"), 1);
    const initial = options.initialTokens ?? Math.min(retryBudgetDefaults.initialTokens, this.#capacity);
    this.#tokens = finite("initialTokens", initial, 0, this.#capacity);
  }

  /** Tokens left. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Notes a call; its further attempts are none. */
  call(): void {
    this.#calls++;
    this.#earn(this.#creditPerCall);
  }

  /** Notes that a call succeeded. */
  succeed(): void {
    this.#successes++;
    this.#earn(this.#creditPerSuccess);
  }

  /** @returns whether there was a token for a retry or a hedge; it is taken then */
  tryWithdraw(): boolean {
    // Sums of tenths come out a hair below the whole number that is meant.
    if (this.#tokens < 1 - 1e-9) {
      this.#denied++;
      return false;
    }
    this.#tokens = Math.max(0, this.#tokens - 1);
    this.#withdrawn++;
    return true;
  }

  stats(): RetryBudgetStats {
    return {
      tokens: this.#tokens,
      capacity: this.#capacity,
      calls: this.#calls,
      successes: this.#successes,
      withdrawn: this.#withdrawn,
      denied: this.#denied,
    };
  }

  #earn(credit: number): void {
    const tokens = this.#tokens + credit;
    this.#tokens = tokens < this.#capacity ? tokens : this.#capacity;
  }
}
