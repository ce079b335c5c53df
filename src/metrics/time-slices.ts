/** Cuts long work into slices between which the event loop has its turn. */
export class TimeSlices {
  readonly #lengthMs: number;
  #end: number;

  /** @param lengthMs how long the event loop is held at a time; a collection of garbage may come on top */
  constructor(lengthMs = 4) {
    this.#lengthMs = lengthMs;
    this.#end = performance.now() + lengthMs;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Lets all others have their turn, and begins the next slice. */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#end = performance.now() + this.#lengthMs;
  }
}
