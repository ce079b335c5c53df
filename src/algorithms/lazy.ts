import { DependencyCycleError } from "../errors.ts";
import { callable, knownKeys, reject } from "../options.ts";

/** What was saved by being lazy: "lazy evaluation saved `saved` of `created` computations". Give one to many. */
export class LazyCounters {
  /** Values that would have been computed without being lazy: each one made, and again each one reset after use. */
  created = 0;
  /** Of those, the ones whose computation was begun; however often it failed before. */
  computed = 0;
  /** `get`s answered without beginning a computation. */
  served = 0;
  /** Computations that threw or rejected. */
  failures = 0;

  /** Values never asked for. */
  get saved(): number {
    return this.created - this.computed;
  }
}

export interface LazyOptions {
  /** For error messages. @default "lazy value" */
  readonly name?: string | undefined;
  /** Counts for an owner of many; it keeps none of them alive. @default counters of its own */
  readonly counters?: LazyCounters | undefined;
}

/** @returns the options, checked and complete */
export function lazyOptions(
  where: string,
  compute: unknown,
  options: LazyOptions,
): { name: string; counters: LazyCounters } {
  callable(where, compute);
  knownKeys(where, options, ["name", "counters"]);
  const { name = "lazy value", counters = new LazyCounters() } = options;
  if (typeof name !== "string") reject("name", "a string", name);
  if (!(counters instanceof LazyCounters)) reject("counters", "LazyCounters", counters);
  return { name, counters };
}

/** Those being computed now, the outermost first. */
const running: Lazy<unknown>[] = [];

/** A value computed when it is first asked for. What `compute` throws reaches the caller and isn't kept. */
export class Lazy<T> {
  readonly name: string;
  readonly counters: LazyCounters;
  readonly #compute: () => T;
  #value: T | undefined;
  #isComputed = false;
  /** Has its computation been begun, be it in vain? */
  #isBegun = false;
  #resets = 0;

  constructor(compute: () => T, options: LazyOptions = {}) {
    const { name, counters } = lazyOptions("Lazy", compute, options);
    this.name = name;
    this.counters = counters;
    this.#compute = compute;
    counters.created++;
  }

  get isComputed(): boolean {
    return this.#isComputed;
  }

  /**
   * @returns the value, computed now if it wasn't before
   * @throws what `compute` throws, {DependencyCycleError} when it asks for this value
   */
  get(): T {
    if (!this.#isComputed) return this.#run();
    this.counters.served++;
    return this.#value as T;
  }

  /** Forgets the value; one that is being computed is handed to its caller and not kept. */
  reset(): void {
    if (this.#isBegun) this.counters.created++;
    this.#isBegun = this.#isComputed = false;
    this.#value = undefined;
    this.#resets++;
  }

  #run(): T {
    const outermost = running.indexOf(this);
    if (outermost >= 0)
      throw new DependencyCycleError([...running.slice(outermost), this].map(({ name }) => name));
    if (!this.#isBegun) this.counters.computed++;
    this.#isBegun = true;
    const resets = this.#resets;
    running.push(this);
    let value: T;
    try {
      value = this.#compute();
    } catch (error) {
      this.counters.failures++;
      throw error;
    } finally {
      running.pop();
    }
    if (resets === this.#resets) {
      this.#value = value;
      this.#isComputed = true;
    }
    return value;
  }
}

/** A value computed when it is first asked for; see `Lazy`. */
export const lazy = <T>(compute: () => T, options?: LazyOptions): Lazy<T> => new Lazy(compute, options);
