/** The last rows of numbers, in one block of memory that is there from the beginning. */
export class NumberRing {
  readonly #numbers: Float64Array;
  readonly #columns: number;
  readonly #capacity: number;
  #pushed = 0;

  /** @param columns ≥ 1 @param capacity rows kept, ≥ 1 */
  constructor(columns: number, capacity: number) {
    this.#columns = columns;
    this.#capacity = capacity;
    this.#numbers = new Float64Array(columns * capacity);
  }

  get length(): number {
    return Math.min(this.#pushed, this.#capacity);
  }

  /** @param row one number for each column; those that are missing are 0 */
  push(row: readonly number[]): void {
    const at = (this.#pushed++ % this.#capacity) * this.#columns;
    for (let i = 0; i < this.#columns; i++) this.#numbers[at + i] = row[i] ?? 0;
  }

  /** @param index 0 for the oldest that is kept, < `length` */
  row(index: number): Float64Array {
    const at = ((this.#pushed - this.length + index) % this.#capacity) * this.#columns;
    return this.#numbers.subarray(at, at + this.#columns);
  }
}
