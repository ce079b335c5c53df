import type { Clock } from "../../clock.ts";

/** Addresses that failed a short while ago. Bounded: the oldest gives way. */
export class AsideAddresses {
  readonly #until = new Map<string, number>();
  readonly #forMs: number;
  readonly #max: number;
  readonly #clock: Clock;

  /** @param forMs how long an address stays aside, milliseconds ≥ 0 */
  constructor(forMs: number, max: number, clock: Clock) {
    this.#forMs = forMs;
    this.#max = max;
    this.#clock = clock;
  }

  get size(): number {
    return this.#until.size;
  }

  readonly has = (address: string): boolean => {
    if (this.#until.size === 0) return false;
    const until = this.#until.get(address);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(address);
    return false;
  };

  add(address: string): void {
    // Deleted first, so that the order of insertion is the order of expiry.
    this.#until.delete(address);
    if (this.#until.size >= this.#max) this.#until.delete(this.#until.keys().next().value!);
    this.#until.set(address, this.#clock.now() + this.#forMs);
  }

  delete(address: string): void {
    this.#until.delete(address);
  }

  clear(): void {
    this.#until.clear();
  }
}
