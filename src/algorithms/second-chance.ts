/** Slots made room for at first; doubled as needed. */
const firstSlots = 8;

/**
 * Numbered slots of which the least recently used is found roughly: a hand goes round, and passes a slot that was used
 * since the last time (CLOCK). A use is one flag set, where exact LRU relinks a list; whether a slot was used twice, or
 * last, isn't remembered. Finding a victim costs O(1) on average and O(slots) at worst.
 * @see Corbató, A Paging Experiment with the Multics System, 1968
 */
export class SecondChance {
  readonly #maxSize: number;
  readonly #spare: (slot: number) => boolean;
  readonly #free: number[] = [];
  #last = 0;
  #room = firstSlots;
  #hand = 0;

  /**
   * @param maxSize slots at most, ≥ 1; they are numbered from 1
   * @param spare says whether the slot was used since it was asked last, or added
   */
  constructor(maxSize: number, spare: (slot: number) => boolean) {
    this.#maxSize = maxSize;
    this.#spare = spare;
  }

  get size(): number {
    return this.#last - this.#free.length;
  }
  get isFull(): boolean {
    return this.size === this.#maxSize;
  }
  /** The highest slot that there can be before the next growth. */
  get lastSlot(): number {
    return Math.min(this.#room, this.#maxSize);
  }

  /** @returns a slot that is not in use; ask only when it isn't full */
  add(): number {
    const freed = this.#free.pop();
    if (freed !== undefined) return freed;
    if (this.#last === this.#room) this.#room *= 2;
    return ++this.#last;
  }

  remove(slot: number): void {
    this.#free.push(slot);
  }

  /** @returns the slot that should go, which stays until it is removed; ask only when it is full */
  victim(): number {
    do this.#hand = (this.#hand % this.#last) + 1;
    while (this.#spare(this.#hand));
    return this.#hand;
  }
}
