/** A window is cut into so many parts: the oldest leaves it as a whole. */
const parts = 60;

/** Bad events of all, within the last `windowMs`, to 1/60 of the window. Constant memory, some 1 kB. */
export class SlidingShare {
  readonly #partMs: number;
  readonly #bad = new Float64Array(parts + 1);
  readonly #total = new Float64Array(parts + 1);
  #part = Number.NEGATIVE_INFINITY;

  /** @param windowMs > 0 */
  constructor(windowMs: number) {
    this.#partMs = windowMs / parts;
  }

  /** @param nowMs never less than before */
  add(nowMs: number, bad: number, total: number): void {
    const part = Math.floor(nowMs / this.#partMs);
    const passed = Math.min(parts + 1, part - this.#part);
    for (let i = 0; i < passed; i++) {
      const slot = modulo(part - i);
      this.#bad[slot] = 0;
      this.#total[slot] = 0;
    }
    this.#part = part;
    const slot = modulo(part);
    this.#bad[slot]! += bad;
    this.#total[slot]! += total;
  }

  get total(): number {
    return sum(this.#total);
  }
  /** 0 to 1; 0 while there is nothing. */
  get share(): number {
    const { total } = this;
    return total === 0 ? 0 : sum(this.#bad) / total;
  }
}

const modulo = (part: number): number => ((part % (parts + 1)) + parts + 1) % (parts + 1);

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
