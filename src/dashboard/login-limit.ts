/** Wrong tokens that one address may send before it has to wait. */
const burst = 5;
/** After that, one in so many milliseconds. */
const refillMs = 10_000;
/** The same for all addresses together, for whoever has many. */
const burstOfAll = 60;
const refillOfAllMs = 1_000;
/** Addresses remembered; the least recent ones are forgotten first, and `burstOfAll` still holds. */
const maxAddresses = 1_000;

/** How often somebody may guess a token. Right ones count for nothing. */
export class LoginLimit {
  /** When a bucket was, or will be, full again, in ms of the clock. */
  readonly #fullAt = new Map<string, number>();
  #allFullAt = Number.NEGATIVE_INFINITY;

  /** @returns milliseconds until `address` may try again; 0 when it may now */
  waitMs(address: string, nowMs: number): number {
    const own = (this.#fullAt.get(address) ?? nowMs) - nowMs - (burst - 1) * refillMs;
    const all = this.#allFullAt - nowMs - (burstOfAll - 1) * refillOfAllMs;
    return Math.max(0, own, all);
  }

  /** Counts a wrong token. */
  failed(address: string, nowMs: number): void {
    const fullAt = Math.max(nowMs, this.#fullAt.get(address) ?? nowMs) + refillMs;
    this.#fullAt.delete(address);
    this.#fullAt.set(address, fullAt);
    this.#allFullAt = Math.max(nowMs, this.#allFullAt) + refillOfAllMs;
    if (this.#fullAt.size > maxAddresses) this.#fullAt.delete(this.#fullAt.keys().next().value!);
  }
}
