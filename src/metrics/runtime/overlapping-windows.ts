import type { Clock } from "../../clock.ts";

/** A measurement that began at some moment. */
export interface Window {
  close(): void;
}

interface Opened<W> {
  readonly value: W;
  readonly at: number;
}

/**
 * Measurements over the recent past for any number of readers, none of whom takes anything from another: nothing is
 * reset by reading. Two windows overlap; the older one is read, and makes place for the younger when it is two lengths
 * old. So what is read covers the last one to two lengths, or, where readers come less often, all since the reader before.
 * There is no timer.
 */
export class OverlappingWindows<W extends Window> {
  readonly #lengthMs: number;
  readonly #clock: Clock;
  readonly #open: () => W;
  #older: Opened<W>;
  #younger: Opened<W> | undefined;

  /** @param lengthMs milliseconds > 0 */
  constructor(lengthMs: number, clock: Clock, open: () => W) {
    this.#lengthMs = lengthMs;
    this.#clock = clock;
    this.#open = open;
    this.#older = this.#opened();
  }

  /** What `look` makes of the older window. */
  read<T>(look: (window: W) => T): T {
    const seen = look(this.#older.value);
    const now = this.#clock.now();
    if (now - this.#older.at < this.#lengthMs) return seen;
    if (this.#younger === undefined) this.#younger = this.#opened();
    else if (now - this.#older.at >= 2 * this.#lengthMs) {
      this.#older.value.close();
      this.#older = this.#younger;
      this.#younger = this.#opened();
    }
    return seen;
  }

  close(): void {
    this.#older.value.close();
    this.#younger?.value.close();
  }

  #opened(): Opened<W> {
    return { value: this.#open(), at: this.#clock.now() };
  }
}
