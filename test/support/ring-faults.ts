import { ringWords } from "../../src/concurrency/ring-layout.ts";
import type { AsyncWait, RingMemory, WaitOutcome } from "../../src/concurrency/ring-memory.ts";

/** Passes all on; faults change something. */
class PassingMemory implements RingMemory {
  readonly inner: RingMemory;
  constructor(inner: RingMemory) {
    this.inner = inner;
  }
  load(word: number): number {
    return this.inner.load(word);
  }
  store(word: number, value: number): void {
    this.inner.store(word, value);
  }
  compareExchange(word: number, expected: number, value: number): number {
    return this.inner.compareExchange(word, expected, value);
  }
  or(word: number, bits: number): number {
    return this.inner.or(word, bits);
  }
  add(word: number, value: number): number {
    return this.inner.add(word, value);
  }
  read(word: number): number {
    return this.inner.read(word);
  }
  write(word: number, value: number): void {
    this.inner.write(word, value);
  }
  wait(word: number, expected: number, timeoutMs: number): WaitOutcome {
    return this.inner.wait(word, expected, timeoutMs);
  }
  waitAsync(word: number, expected: number): AsyncWait {
    return this.inner.waitAsync(word, expected);
  }
  notify(word: number): void {
    this.inner.notify(word);
  }
}

/** A record is written only after it was published. */
export class LateWrites extends PassingMemory {
  readonly #late: (readonly [word: number, value: number])[] = [];
  override write(word: number, value: number): void {
    this.#late.push([word, value]);
  }
  override store(word: number, value: number): void {
    super.store(word, value);
    this.#flush();
  }
  override compareExchange(word: number, expected: number, value: number): number {
    const before = super.compareExchange(word, expected, value);
    this.#flush();
    return before;
  }
  #flush(): void {
    for (const [word, value] of this.#late.splice(0)) super.write(word, value);
  }
}

/** What was stored becomes visible after the next load, as on a processor without a barrier: who waits isn't seen. */
export class LateStores extends PassingMemory {
  readonly #late: (readonly [word: number, value: number])[] = [];
  override store(word: number, value: number): void {
    this.#late.push([word, value]);
  }
  override load(word: number): number {
    const value = super.load(word);
    for (const [word, late] of this.#late.splice(0)) super.store(word, late);
    return value;
  }
}

/** Who will wait doesn't say so. */
export class SilentWaiters extends PassingMemory {
  override or(word: number, bits: number): number {
    return word === ringWords.tail ? super.or(word, bits) : super.load(word);
  }
  override wait(word: number, expected: number, timeoutMs: number): WaitOutcome {
    return super.wait(word, expected & ~1, timeoutMs);
  }
}

/** A compare-and-exchange that another can come between. */
export class SplitExchange extends PassingMemory {
  override compareExchange(word: number, expected: number, value: number): number {
    const before = super.load(word);
    if (before === expected) super.store(word, value);
    return before;
  }
}
