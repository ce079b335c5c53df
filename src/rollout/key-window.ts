const slots = 4096;

/**
 * Lets each key count once within a time. A user who fails fifty times in a loop is one observation, not fifty: his arm is
 * the same each time. 4096 slots of 12 bytes; of two keys in one slot, the later one is remembered.
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
    const slot = key & (slots - 1);
    if (this.#keys[slot] === key && nowMs - this.#since[slot]! < this.#windowMs) return false;
    this.#keys[slot] = key;
    this.#since[slot] = nowMs;
    return true;
  }
}
