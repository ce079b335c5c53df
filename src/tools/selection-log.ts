/** What is known of a selection by its id: until so many later ones were made. */
interface Remembered<R> {
  readonly record: R;
  /** Whether its outcome was recorded. */
  readonly settled: boolean;
}

/**
 * The latest selections by id, a ring: number n lies at place n mod capacity, so an id costs no table, and an old one is
 * forgotten by being written over. Ids of another selector are unknown here.
 */
export class SelectionLog<R> {
  readonly #prefix = `s${Math.floor(Math.random() * 2 ** 40).toString(36)}-`;
  readonly #records: (R | undefined)[];
  readonly #settled: Uint8Array;
  #next = 0;

  /** @param capacity selections remembered, ≥ 1 */
  constructor(capacity: number) {
    this.#records = new Array<R | undefined>(capacity).fill(undefined);
    this.#settled = new Uint8Array(capacity);
  }

  /** Selections made so far. */
  get count(): number {
    return this.#next;
  }

  /** @returns the id */
  add(record: R): string {
    const number = this.#next++;
    const place = number % this.#records.length;
    this.#records[place] = record;
    this.#settled[place] = 0;
    return this.#prefix + number;
  }

  /** @returns `undefined` when there never was such an id, or too many came after it */
  get(id: string): Remembered<R> | undefined {
    const place = this.#placeOf(id);
    if (place === undefined) return undefined;
    return { record: this.#records[place] as R, settled: this.#settled[place] === 1 };
  }

  /** Notes that the outcome of `id` was recorded. */
  settle(id: string): void {
    const place = this.#placeOf(id);
    if (place !== undefined) this.#settled[place] = 1;
  }

  #placeOf(id: string): number | undefined {
    if (!id.startsWith(this.#prefix)) return undefined;
    const digits = id.slice(this.#prefix.length);
    const number = Number(digits);
    if (!Number.isSafeInteger(number) || String(number) !== digits) return undefined;
    if (number < 0 || number >= this.#next || number < this.#next - this.#records.length) return undefined;
    return number % this.#records.length;
  }
}
