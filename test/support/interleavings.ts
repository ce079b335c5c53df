import { FingerprintSet } from "./fingerprint-set.ts";
import { type Access, type MakeProgram, notEqual, ReplayedMemory } from "./replayed-memory.ts";

export interface Model {
  /** What the threads share, and what it holds at first; other words may not be touched. */
  readonly words: ReadonlyMap<number, number>;
  readonly threads: readonly MakeProgram[];
  /** @returns what is wrong with the outcomes of the threads, if anything is */
  readonly judge: (outcomes: readonly unknown[]) => string | undefined;
  /** Lets `notify` wake only the first, as a fault. */
  readonly wakesOne?: boolean;
}

export interface Exploration {
  /** Different states that were reached. */
  readonly states: number;
  /** Different ways to end, by the outcomes. */
  readonly endings: number;
  /** The first fault found: what is wrong, and the accesses that led there. */
  readonly fault: { readonly why: string; readonly trace: readonly string[] } | undefined;
}

/** A thread after a certain sequence of results, or another that comes to the same: it determines all that it will do. */
interface Stage {
  readonly id: number;
  readonly access: Access;
  readonly results: readonly number[];
  readonly following: Map<number, Stage>;
}

const asyncSlots = 6;
/** Of each thread: its stage, the word that it sleeps on or -1, and its asynchronous waits. */
const threadCells = 2 + asyncSlots;
/** An asynchronous wait that isn't there, that waits (for a cell of memory, from 2 on), and that was rung. */
const unused = 0;
const rung = 1;
const firstCell = 2;

/**
 * Tries every order in which the threads' accesses to shared memory can happen, one at a time, as in a sequentially
 * consistent machine. Threads run their real code (see `ReplayedMemory`). A state is the memory, who sleeps on what, and
 * where each thread stands; one that was reached before is not gone on from again. A state where nobody can go on and
 * not all are done is a fault: a deadlock, or a lost wake-up.
 * @throws {Error} after `maxStates`
 */
export function explore(model: Model, maxStates: number): Exploration {
  return new Explorer(model, maxStates).run();
}

class Explorer {
  readonly #model: Model;
  readonly #maxStates: number;
  readonly #cells: ReadonlyMap<number, number>;
  readonly #stages: Stage[] = [];
  readonly #stageAt = new Map<string, Stage>();
  readonly #seen = new FingerprintSet();
  readonly #endings = new Set<string>();
  readonly #path: [thread: number, access: Access, result: number | undefined][] = [];
  #fault: Exploration["fault"];

  constructor(model: Model, maxStates: number) {
    this.#model = model;
    this.#maxStates = maxStates;
    this.#cells = new Map([...model.words.keys()].map((word, i) => [word, i]));
  }

  run(): Exploration {
    const { words, threads } = this.#model;
    const state = new Int32Array(words.size + threads.length * threadCells);
    state.set([...words.values()]);
    for (let t = 0; t < threads.length; t++) {
      state[this.#at(t)] = this.#stage(t, []).id;
      state[this.#at(t) + 1] = -1;
    }
    this.#visit(state);
    return { states: this.#seen.size, endings: this.#endings.size, fault: this.#fault };
  }

  #at(thread: number): number {
    return this.#cells.size + thread * threadCells;
  }

  #stage(thread: number, results: readonly number[]): Stage {
    const { access, place } = ReplayedMemory.standing(this.#model.threads[thread]!, results);
    const key = `${thread} ${place}`;
    let stage = this.#stageAt.get(key);
    if (stage === undefined) {
      stage = { id: this.#stages.length, access, results, following: new Map() };
      this.#stages.push(stage);
      this.#stageAt.set(key, stage);
    }
    return stage;
  }

  #visit(state: Int32Array): void {
    if (!this.#seen.add(state)) return;
    if (this.#seen.size > this.#maxStates) throw new Error(`more than ${this.#maxStates} states`);
    let moved = false;
    for (let t = 0; t < this.#model.threads.length; t++) {
      const { access } = this.#stages[state[this.#at(t)]!]!;
      if (!this.#canGoOn(state, t, access)) continue;
      moved = true;
      const next = state.slice();
      const result = this.#result(next, t, access);
      if (result !== undefined) this.#advance(next, t, result);
      this.#path.push([t, access, result]);
      this.#visit(next);
      this.#path.pop();
      if (this.#fault) return;
    }
    if (!moved) this.#end(state);
  }

  #canGoOn(state: Int32Array, thread: number, { kind }: Access): boolean {
    const at = this.#at(thread);
    if (kind === "done" || state[at + 1] !== -1) return false;
    return kind !== "idle" || state.subarray(at + 2, at + threadCells).includes(rung);
  }

  #end(state: Int32Array): void {
    const accesses = this.#model.threads.map((_, t) => this.#stages[state[this.#at(t)]!]!.access);
    const waiting = accesses.flatMap(({ kind }, t) => (kind === "done" ? [] : [t]));
    const outcomes = accesses.map((access) => (access.kind === "done" ? access.outcome : undefined));
    const why =
      waiting.length > 0 ? `threads ${waiting.join(", ")} wait for ever` : this.#model.judge(outcomes);
    if (why !== undefined) this.#fault = { why, trace: this.#path.map(describe) };
    this.#endings.add(JSON.stringify(outcomes));
  }

  #advance(state: Int32Array, thread: number, result: number): void {
    const at = this.#at(thread);
    const stage = this.#stages[state[at]!]!;
    let next = stage.following.get(result);
    if (next === undefined) {
      next = this.#stage(thread, [...stage.results, result]);
      stage.following.set(result, next);
    }
    state[at] = next.id;
  }

  /** @returns the result; `undefined` when the thread sleeps */
  #result(state: Int32Array, thread: number, access: Access): number | undefined {
    const at = this.#at(thread);
    if (access.kind === "done") throw new Error("a thread that is done has no next access");
    if (access.kind === "idle") {
      const ticket = state.subarray(at + 2, at + threadCells).indexOf(rung);
      state[at + 2 + ticket] = unused;
      return ticket;
    }
    const cell = this.#cells.get(access.word);
    if (cell === undefined) throw new Error(`word ${access.word} isn't part of the model`);
    const before = state[cell]!;
    switch (access.kind) {
      case "store":
      case "write":
        state[cell] = access.value;
        return 0;
      case "or":
        state[cell] = before | access.value;
        return before;
      case "add":
        state[cell] = before + access.value;
        return before;
      case "compareExchange":
        if (before === access.expected) state[cell] = access.value;
        return before;
      case "wait":
        if (before !== access.expected) return notEqual;
        state[at + 1] = cell;
        return undefined;
      case "waitAsync":
        if (before !== access.expected) return notEqual;
        return this.#addAsyncWait(state, thread, cell);
      case "notify":
        this.#wake(state, cell);
        return 0;
      default:
        return before;
    }
  }

  #addAsyncWait(state: Int32Array, thread: number, cell: number): number {
    const at = this.#at(thread) + 2;
    const ticket = state.subarray(at, at + asyncSlots).indexOf(unused);
    if (ticket < 0) throw new Error("too many asynchronous waits");
    state[at + ticket] = cell + firstCell;
    return ticket;
  }

  #wake(state: Int32Array, cell: number): void {
    for (let t = 0; t < this.#model.threads.length; t++) {
      const at = this.#at(t);
      if (state[at + 1] === cell) {
        state[at + 1] = -1;
        this.#advance(state, t, 0);
        if (this.#model.wakesOne) return;
      }
      for (let slot = at + 2; slot < at + threadCells; slot++)
        if (state[slot] === cell + firstCell) state[slot] = rung;
    }
  }
}

function describe([thread, { kind, ...rest }, result]: [number, Access, number | undefined]): string {
  const what = `${thread}: ${kind} ${Object.values(rest).join(" ")}`;
  return result === undefined ? `${what} sleeps` : `${what} → ${result}`;
}
