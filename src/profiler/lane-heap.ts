/** Gives back what has the least key first: a binary heap. */
export class LaneHeap<Lane> {
  readonly #lanes: Lane[] = [];
  readonly #keys: number[] = [];

  /** `undefined` when it is empty. */
  get leastKey(): number | undefined {
    return this.#keys[0];
  }

  push(lane: Lane, key: number): void {
    let at = this.#lanes.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#keys[above]! <= key) break;
      this.#put(at, this.#lanes[above]!, this.#keys[above]!);
      at = above;
    }
    this.#put(at, lane, key);
  }

  /** `undefined` when it is empty. */
  pop(): Lane | undefined {
    const least = this.#lanes[0];
    const lane = this.#lanes.pop();
    const key = this.#keys.pop();
    const size = this.#lanes.length;
    if (size === 0) return least;
    let at = 0;
    for (let below = 1; below < size; below = 2 * at + 1) {
      if (below + 1 < size && this.#keys[below + 1]! < this.#keys[below]!) below++;
      if (this.#keys[below]! >= key!) break;
      this.#put(at, this.#lanes[below]!, this.#keys[below]!);
      at = below;
    }
    this.#put(at, lane!, key!);
    return least;
  }

  #put(at: number, lane: Lane, key: number): void {
    this.#lanes[at] = lane;
    this.#keys[at] = key;
  }
}
