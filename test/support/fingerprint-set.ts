/** A set of 64-bit fingerprints of integer arrays; two arrays are taken for one another in 1 of 2⁶⁴ cases. */
export class FingerprintSet {
  #low = new Uint32Array(1 << 16);
  #high = new Uint32Array(1 << 16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns false when it was there */
  add(values: Int32Array): boolean {
    let low = 0x9e3779b1;
    let high = 0x85ebca6b;
    for (const value of values) {
      low = Math.imul(low ^ value, 0x01000193);
      low ^= low >>> 15;
      high = Math.imul(high ^ value, 0xc2b2ae35);
      high ^= high >>> 13;
    }
    if (this.#size * 2 >= this.#low.length) this.#grow();
    // Both 0 would look like an empty place.
    return this.#insert(low >>> 0, (high | 1) >>> 0);
  }

  #insert(low: number, high: number): boolean {
    const mask = this.#low.length - 1;
    let at = (low ^ (high >>> 7)) & mask;
    while (this.#high[at] !== 0) {
      if (this.#high[at] === high && this.#low[at] === low) return false;
      at = (at + 1) & mask;
    }
    this.#low[at] = low;
    this.#high[at] = high;
    this.#size++;
    return true;
  }

  #grow(): void {
    const [lows, highs] = [this.#low, this.#high];
    this.#low = new Uint32Array(lows.length * 2);
    this.#high = new Uint32Array(lows.length * 2);
    this.#size = 0;
    for (let i = 0; i < lows.length; i++) if (highs[i] !== 0) this.#insert(lows[i]!, highs[i]!);
  }
}
