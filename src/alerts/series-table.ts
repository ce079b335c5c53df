/** What is kept of each series, for as long as it is seen; bounded. */
export class SeriesTable<T> {
  readonly #most: number;
  readonly #keepTicks: number;
  readonly #entries = new Map<string, { readonly value: T; tick: number }>();
  #refused = 0;

  /**
   * @param most further series are refused
   * @param keepTicks one that was not seen for so many ticks is forgotten
   */
  constructor(most: number, keepTicks = 600) {
    this.#most = most;
    this.#keepTicks = keepTicks;
  }

  get size(): number {
    return this.#entries.size;
  }
  /** How often there was no room. */
  get refused(): number {
    return this.#refused;
  }

  /** @returns `undefined` when there is no room for a new one */
  seen(key: string, tick: number, create: () => T): T | undefined {
    const known = this.#entries.get(key);
    if (known) {
      known.tick = tick;
      return known.value;
    }
    if (this.#entries.size >= this.#most) {
      this.#sweep(tick);
      if (this.#entries.size >= this.#most) {
        this.#refused++;
        return undefined;
      }
    }
    const value = create();
    this.#entries.set(key, { value, tick });
    return value;
  }

  values(): Iterable<T> {
    return this.#entries.values().map(({ value }) => value);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** To be called now and then. */
  sweepEvery(ticks: number, tick: number): void {
    if (tick % ticks === 0) this.#sweep(tick);
  }

  #sweep(tick: number): void {
    for (const [key, entry] of this.#entries)
      if (tick - entry.tick > this.#keepTicks) this.#entries.delete(key);
  }
}
