/** An input that counts how far it was pulled, and whether it was told to return. */
export class PulledInput<T> {
  pulled = 0;
  returned = 0;
  readonly #items: readonly T[];
  readonly #error: Error | undefined;

  /** @param error thrown after the last item, instead of an end */
  constructor(items: readonly T[], error?: Error) {
    this.#items = items;
    this.#error = error;
  }

  sync(): Iterable<T> {
    return {
      [Symbol.iterator]: () => ({ next: () => this.#next(), return: () => this.#return() }),
    };
  }

  async(): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => ({ next: async () => this.#next(), return: async () => this.#return() }),
    };
  }

  #next(): IteratorResult<T, void> {
    if (this.pulled < this.#items.length) return { done: false, value: this.#items[this.pulled++]! };
    if (this.#error) throw this.#error;
    return { done: true, value: undefined };
  }

  #return(): IteratorResult<T, void> {
    this.returned++;
    return { done: true, value: undefined };
  }
}
