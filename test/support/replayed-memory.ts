import type { AsyncWait, RingMemory, WaitOutcome } from "../../src/concurrency/ring-memory.ts";

/** One access to shared memory; `idle` waits for an asynchronous wait to be rung, `done` is the end of a thread. */
export type Access =
  | { readonly kind: "load" | "read" | "notify"; readonly word: number }
  | { readonly kind: "store" | "write" | "or" | "add"; readonly word: number; readonly value: number }
  | {
      readonly kind: "compareExchange";
      readonly word: number;
      readonly expected: number;
      readonly value: number;
    }
  | { readonly kind: "wait" | "waitAsync"; readonly word: number; readonly expected: number }
  | { readonly kind: "idle" }
  | { readonly kind: "done"; readonly outcome: unknown };

/** What a thread of the model does. It may depend on nothing but what its memory answers. */
export interface Program {
  /** Its synchronous part. */
  start(): void;
  /** Is there nothing left that it waits for asynchronously? */
  finished(): boolean;
  outcome(): unknown;
}

/** Where a thread stands. */
export interface Standing {
  /** What it does next. */
  readonly access: Access;
  /** Two standings of one thread with the same place are the same, whatever led there. */
  readonly place: string;
}

const stop = Symbol("stop");

/** The result of `wait` and `waitAsync` when the word had changed. */
export const notEqual = -1;

/** Makes a thread's program, on a memory that is asked anew for each run. */
export type MakeProgram = (memory: ReplayedMemory) => Program;

/**
 * Runs a thread's real code up to its next access to shared memory. Code can't be stopped in the middle and gone on with
 * later, so it is run anew each time, is told what its accesses so far resulted in, and is thrown out at the next one.
 */
export class ReplayedMemory implements RingMemory {
  readonly #results: readonly number[];
  #at = 0;
  #next: Access | undefined;
  #place = "";
  /** The results that matter beside the place. */
  readonly #kept: number[] = [];
  readonly #asyncWaits: (() => void)[] = [];

  private constructor(results: readonly number[]) {
    this.#results = results;
  }

  /** @returns where the thread stands after these results */
  static standing(make: MakeProgram, results: readonly number[]): Standing {
    const memory = new ReplayedMemory(results);
    const access = memory.#run(make);
    return { access, place: `${memory.#place}:${memory.#kept.join()}` };
  }

  /** Of the results so far nothing matters but what `place` says. */
  forget(place: string): void {
    if (this.#next !== undefined) return;
    this.#place = place;
    this.#kept.length = 0;
  }

  /** How many results matter beside the place. */
  get kept(): number {
    return this.#kept.length;
  }

  /** Of the results that matter, only the first `kept` do. */
  rewind(kept: number): void {
    if (this.#next === undefined) this.#kept.length = kept;
  }

  #run(make: MakeProgram): Access {
    try {
      const program = make(this);
      program.start();
      while (!program.finished()) this.#asyncWaits[this.#access({ kind: "idle" })]!();
      // Code that catches errors may have gone on after it was stopped.
      return this.#next ?? { kind: "done", outcome: program.outcome() };
    } catch (error) {
      if (error !== stop) throw error;
      return this.#next!;
    }
  }

  load(word: number): number {
    return this.#access({ kind: "load", word });
  }
  store(word: number, value: number): void {
    this.#access({ kind: "store", word, value });
  }
  compareExchange(word: number, expected: number, value: number): number {
    return this.#access({ kind: "compareExchange", word, expected, value });
  }
  or(word: number, value: number): number {
    return this.#access({ kind: "or", word, value });
  }
  add(word: number, value: number): number {
    return this.#access({ kind: "add", word, value });
  }
  read(word: number): number {
    return this.#access({ kind: "read", word });
  }
  write(word: number, value: number): void {
    this.#access({ kind: "write", word, value });
  }
  wait(word: number, expected: number): WaitOutcome {
    return this.#access({ kind: "wait", word, expected }) === notEqual ? "not-equal" : "ok";
  }
  waitAsync(word: number, expected: number): AsyncWait {
    const ticket = this.#access({ kind: "waitAsync", word, expected });
    if (ticket === notEqual) return { async: false };
    const value = {
      // biome-ignore lint/suspicious/noThenProperty: it stands in for the promise of Atomics.waitAsync
      then: (ring: () => void) => {
        this.#asyncWaits[ticket] = ring;
      },
    };
    return { async: true, value: value as unknown as PromiseLike<unknown> };
  }
  notify(word: number): void {
    this.#access({ kind: "notify", word });
  }

  #access(access: Access): number {
    if (this.#next === undefined && this.#at < this.#results.length) {
      const result = this.#results[this.#at++]!;
      this.#kept.push(result);
      return result;
    }
    this.#next ??= access;
    throw stop;
  }
}
