const slots = 4096;
/** Slots that a key may have. */
const ways = 4;

/**
 * Lets each key count once within a time. A user who fails fifty times in a loop is one observation, not fifty: his arm is
 * the same each time. 1024 sets of 4 slots, 12 bytes each; of more keys in one set, those that counted last are remembered.
 */
export class KeyWindow {
  readonly #keys = new Int32Array(slots);
  readonly #since = new Float64Array(slots).fill(Number.NEGATIVE_INFINITY);
  readonly #windowMs: number;

  /** @param windowMs ms, ≥ 0; 0 lets every call count */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** @param key a hash of 32 bits @returns whether it counts */
  admit(key: number, nowMs: number): boolean {
    const first = key & (slots - ways);
    let oldest = first;
    for (let slot = first; slot < first + ways; slot++) {
      const sinceMs = this.#since[slot]!;
      if (this.#keys[slot] === key) {
        if (nowMs - sinceMs < this.#windowMs) return false;
        oldest = slot;
        break;
      }
      if (sinceMs < this.#since[oldest]!) oldest = slot;
    }
    this.#keys[oldest] = key;
    this.#since[oldest] = nowMs;
    return true;
  }
}
