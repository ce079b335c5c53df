import { AsyncLocalStorage } from "node:async_hooks";
import { DependencyCycleError } from "../errors.ts";

const running = new AsyncLocalStorage<LazyRun>();

/**
 * One computation of an asynchronous lazy value, and the others that it waits for: a wait-for graph, in which a circle
 * would be a standstill. Whatever is asked for within a computation counts as waited for until it ends.
 */
export class LazyRun {
  readonly #name: string;
  readonly #waitsFor = new Set<LazyRun>();
  #isOver = false;

  constructor(name: string) {
    this.#name = name;
  }

  async perform<T>(compute: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await running.run(this, compute);
    } finally {
      this.#isOver = true;
      this.#waitsFor.clear();
    }
  }

  /**
   * Says that the computation which the caller is within, if any, will wait for this one.
   * @throws {DependencyCycleError} when this one waits for that
   */
  join(): void {
    const waiting = running.getStore();
    if (waiting === undefined || waiting.#isOver) return;
    const path = this.#pathTo(waiting);
    if (path !== undefined) throw new DependencyCycleError([waiting.#name, ...path]);
    waiting.#waitsFor.add(this);
  }

  /** Names from this one to `goal`, by what each waits for. */
  #pathTo(goal: LazyRun): string[] | undefined {
    // Grows while it is gone through: a chain of waiting may be longer than the stack is deep.
    const waiters = new Map<LazyRun, LazyRun | undefined>([[this, undefined]]);
    for (const run of waiters.keys()) {
      if (run === goal) {
        const names: string[] = [];
        for (let at: LazyRun | undefined = run; at !== undefined; at = waiters.get(at)) names.push(at.#name);
        return names.reverse();
      }
      for (const next of run.#waitsFor) if (!waiters.has(next)) waiters.set(next, run);
    }
    return undefined;
  }
}
