/** A doubly linked list of keys below `keys`, newest first, each at most once. */
export class KeyList {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #end: number;
  size = 0;

  constructor(keys: number) {
    this.#end = keys;
    this.#next = new Int32Array(keys + 1).fill(-1);
    this.#previous = new Int32Array(keys + 1).fill(-1);
    this.#next[keys] = this.#previous[keys] = keys;
  }

  has(key: number): boolean {
    return this.#next[key] !== -1;
  }

  /** The last one, or −1. */
  get oldest(): number {
    return this.size === 0 ? -1 : this.#previous[this.#end]!;
  }

  /** The one added just after `key`, or −1. */
  newer(key: number): number {
    const newer = this.#previous[key]!;
    return newer === this.#end ? -1 : newer;
  }

  add(key: number): void {
    const first = this.#next[this.#end]!;
    this.#next[key] = first;
    this.#previous[key] = this.#end;
    this.#next[this.#end] = this.#previous[first] = key;
    this.size++;
  }

  remove(key: number): void {
    const next = this.#next[key]!;
    const previous = this.#previous[key]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[key] = this.#previous[key] = -1;
    this.size--;
  }

  touch(key: number): void {
    this.remove(key);
    this.add(key);
  }

  /** Removes and returns the oldest. */
  shift(): number {
    const key = this.oldest;
    this.remove(key);
    return key;
  }
}
