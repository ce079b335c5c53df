import type { RingCore } from "../../src/concurrency/ring-core.ts";
import { ringWords } from "../../src/concurrency/ring-layout.ts";
import type { AsyncWait, RingMemory, WaitOutcome } from "../../src/concurrency/ring-memory.ts";
import type { ReplayedMemory } from "./replayed-memory.ts";

const positions: readonly number[] = [ringWords.tail, ringWords.head];

/**
 * Tells a replayed memory which results a thread has forgotten, so that the model needn't go on from states apart that come
 * to the same. What matters always: what came out of the thread, how far it moved positions on, and in a `ByteRing` the
 * positions that it saw last. Beside these nothing that came before matters
 * - between two operations;
 * - when an attempt came to nothing, but for the fact;
 * - when a place was won, or a waiter announced itself, but for where;
 * - when a wait has ended;
 * and within an attempt of a `SlotRing`, when it loads a position again, since that begins its loop anew.
 */
export class RingPlaces implements RingMemory {
  readonly #memory: ReplayedMemory;
  readonly #outcome: () => unknown;
  /** Does the ring note positions from one operation to the next? */
  readonly #notes: boolean;
  readonly #seen = new Map<number, number>();
  readonly #moved = new Map<number, number>();
  /** How many results mattered when a position was loaded. */
  readonly #loadedAt = new Map<number, number>();
  #why = "";

  constructor(memory: ReplayedMemory, outcome: () => unknown, notes: boolean) {
    this.#memory = memory;
    this.#outcome = outcome;
    this.#notes = notes;
  }

  /** An operation has ended. */
  between(): void {
    this.#forget("between");
  }

  /** The same core, whose attempts are watched. */
  watch<T, One>(core: RingCore<T, One>): RingCore<T, One> {
    const vain = <R>(result: R, isVain: boolean): R => {
      if (isVain) this.#forget(`${this.#why} ${result}`);
      return result;
    };
    return {
      codec: core.codec,
      maxRecordBytes: core.maxRecordBytes,
      data: core.data,
      space: core.space,
      put: (encoded, head) => {
        const done = core.put(encoded, head);
        return vain(done, !done);
      },
      putMany: (items, heads) => {
        const count = core.putMany(items, heads);
        return vain(count, count === 0);
      },
      take: () => {
        const item = core.take();
        return vain(item, item === undefined);
      },
      takeMany: (max) => {
        const items = core.takeMany(max);
        return vain(items, items.length === 0);
      },
      get closed() {
        return core.closed;
      },
      close: () => core.close(),
      ended: () => vain(core.ended(), true),
      held: (side) => core.held(side),
      used: () => core.used(),
    };
  }

  load(word: number): number {
    const isPosition = positions.includes(word);
    if (isPosition && !this.#notes) {
      const before = this.#loadedAt.get(word);
      if (before !== undefined) this.#memory.rewind(before);
      this.#loadedAt.set(word, this.#memory.kept);
    }
    const value = this.#memory.load(word);
    if (isPosition && this.#notes) this.#seen.set(word, value);
    return value;
  }
  store(word: number, value: number): void {
    this.#memory.store(word, value);
  }
  compareExchange(word: number, expected: number, value: number): number {
    const before = this.#memory.compareExchange(word, expected, value);
    if (before === expected && positions.includes(word)) {
      this.#move(word, value - expected);
      this.#forget(`moved ${word} from ${expected} to ${value}`);
    }
    return before;
  }
  or(word: number, value: number): number {
    const before = this.#memory.or(word, value);
    this.#forget(`set ${word} from ${before}`);
    return before;
  }
  add(word: number, value: number): number {
    const before = this.#memory.add(word, value);
    // A member's number.
    this.#move(word, before);
    return before;
  }
  read(word: number): number {
    return this.#memory.read(word);
  }
  write(word: number, value: number): void {
    this.#memory.write(word, value);
  }
  wait(word: number, expected: number): WaitOutcome {
    const outcome = this.#memory.wait(word, expected);
    this.#forget("woken");
    return outcome;
  }
  waitAsync(word: number, expected: number): AsyncWait {
    const wait = this.#memory.waitAsync(word, expected);
    if (!wait.async) return wait;
    const value = {
      // biome-ignore lint/suspicious/noThenProperty: it stands in for the promise of Atomics.waitAsync
      then: (ring: () => void) =>
        wait.value.then(() => {
          this.#forget("rung");
          ring();
        }),
    };
    return { async: true, value: value as unknown as PromiseLike<unknown> };
  }
  notify(word: number): void {
    this.#memory.notify(word);
  }

  #move(word: number, by: number): void {
    this.#moved.set(word, (this.#moved.get(word) ?? 0) + by);
  }

  #forget(why: string): void {
    this.#why = why;
    this.#loadedAt.clear();
    const positions = [...this.#seen, ...this.#moved].join(";");
    this.#memory.forget(`${why} ${JSON.stringify(this.#outcome())} ${positions}`);
  }
}
