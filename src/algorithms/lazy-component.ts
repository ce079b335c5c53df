import type { Clock } from "../clock.ts";
import {
  ComponentLoadError,
  ComponentUnloadError,
  DependencyCycleError,
  UnknownComponentError,
} from "../errors.ts";
import { callable, knownKeys, oneOf, rejectType } from "../options.ts";
import { AsyncLazy } from "./async-lazy.ts";
import type { UseHistory } from "./component-use.ts";

/**
 * When a component is loaded: at `start()`, when it is first asked for, or at `start()` if it was used in enough of the
 * runs before (see `LazyComponentLoader`).
 */
export type LoadStrategy = "eager" | "lazy" | "adaptive";

export interface ComponentDefinition<T> {
  /**
   * Makes the component. It gets those that it depends on, by name.
   * It may ask the loader for others too; of these the loader doesn't know when it unloads something.
   */
  readonly load: (dependencies: Readonly<Record<string, unknown>>) => T | PromiseLike<T>;
  /** Names of the components that are loaded before, and unloaded after this one; registered now or later. @default none */
  readonly dependencies?: readonly string[] | undefined;
  /** @default "lazy" */
  readonly strategy?: LoadStrategy | undefined;
  /** Frees what the component holds. @default nothing to do */
  readonly unload?: ((component: T) => void | PromiseLike<void>) | undefined;
}

export interface ComponentStats {
  readonly name: string;
  readonly strategy: LoadStrategy;
  readonly isLoaded: boolean;
  /** Loads that succeeded. */
  readonly loads: number;
  readonly loadFailures: number;
  readonly unloads: number;
  /** Milliseconds of all `load`s that ended, well or not, without those of the dependencies. */
  readonly loadMs: number;
  /** `get`s. */
  readonly uses: number;
  /** Of them, those that found it loaded. */
  readonly hits: number;
  /** When `get` last asked for it, in milliseconds of the loader's clock. */
  readonly lastUseMs: number | undefined;
  /** How likely it was, before this run, that it would be used in it: above 0 and below 1. */
  readonly likelihood: number;
}

/** Of a component and all that depend on it; gives the failures. */
export type Unloading = AsyncLazy<readonly unknown[]>;

/** One component of a loader, and what is known of it. */
export class LazyComponent {
  static #ended = 0;
  readonly name: string;
  readonly strategy: LoadStrategy;
  readonly dependencies: readonly string[];
  readonly lazy: AsyncLazy<unknown>;
  readonly #definition: ComponentDefinition<unknown>;
  readonly #clock: Clock;
  history: UseHistory;
  /** The unloadings that it is part of; nobody gets the component meanwhile. */
  readonly leaving = new Set<Unloading>();
  value: unknown;
  isLoaded = false;
  /** Ascending in the order in which loads ended. */
  loadOrder = 0;
  #loads = 0;
  #loadFailures = 0;
  #loadMs = 0;
  #unloads = 0;
  #uses = 0;
  #hits = 0;
  #lastUseMs: number | undefined;
  #unloading: AsyncLazy<void> | undefined;

  /** @param loadDependencies resolves with the components named, in that order */
  constructor(
    name: string,
    definition: ComponentDefinition<unknown>,
    clock: Clock,
    history: UseHistory,
    loadDependencies: (component: LazyComponent) => Promise<readonly unknown[]>,
  ) {
    knownKeys(`component ${name}`, definition, ["load", "dependencies", "strategy", "unload"]);
    const { load, unload, dependencies = [], strategy = "lazy" } = definition;
    callable(`component ${name}: load`, load);
    if (unload !== undefined) callable(`component ${name}: unload`, unload);
    if (!Array.isArray(dependencies))
      rejectType(`component ${name}: dependencies`, "an array of names", dependencies);
    for (const [i, dependency] of dependencies.entries())
      if (typeof dependency !== "string")
        rejectType(`component ${name}: dependencies[${i}]`, "a name", dependency);
    this.name = name;
    this.strategy = oneOf(`component ${name}: strategy`, strategy, ["eager", "lazy", "adaptive"]);
    this.dependencies = [...new Set(dependencies)];
    this.#definition = definition;
    this.#clock = clock;
    this.history = history;
    this.lazy = new AsyncLazy(async () => this.#load(await loadDependencies(this)), { name });
  }

  /** Notes that somebody asked for it. */
  use(): void {
    this.#uses++;
    if (this.isLoaded) this.#hits++;
    this.#lastUseMs = this.#clock.now();
    this.history.isUsed = true;
  }

  /** Undoes a load, if there was one; several share it. @throws {ComponentUnloadError} when it is undone all the same */
  async unload(): Promise<void> {
    await this.lazy.settled();
    if (this.isLoaded)
      this.#unloading = new AsyncLazy(() => this.#unload(), { name: `unload of ${this.name}` });
    await this.#unloading?.get();
  }

  stats(): ComponentStats {
    return {
      name: this.name,
      strategy: this.strategy,
      isLoaded: this.isLoaded,
      loads: this.#loads,
      loadFailures: this.#loadFailures,
      unloads: this.#unloads,
      loadMs: this.#loadMs,
      uses: this.#uses,
      hits: this.#hits,
      lastUseMs: this.#lastUseMs,
      likelihood: this.history.likelihood,
    };
  }

  async #unload(): Promise<void> {
    const { value } = this;
    this.isLoaded = false;
    this.value = undefined;
    this.#unloads++;
    try {
      await this.#definition.unload?.(value);
    } catch (cause) {
      throw new ComponentUnloadError(this.name, { cause });
    } finally {
      this.#unloading = undefined;
      this.lazy.reset();
    }
  }

  async #load(dependencies: readonly unknown[]): Promise<unknown> {
    const byName = Object.fromEntries(this.dependencies.map((name, i) => [name, dependencies[i]]));
    const begun = this.#clock.now();
    try {
      this.value = await this.#definition.load(byName);
    } catch (cause) {
      this.#loadFailures++;
      throw namesComponents(cause) ? cause : new ComponentLoadError(this.name, { cause });
    } finally {
      this.#loadMs += this.#clock.now() - begun;
    }
    this.#loads++;
    this.isLoaded = true;
    this.loadOrder = ++LazyComponent.#ended;
    return this.value;
  }
}

/** Does an error tell already which component is to blame? */
const namesComponents = (error: unknown): boolean =>
  error instanceof ComponentLoadError ||
  error instanceof DependencyCycleError ||
  error instanceof UnknownComponentError;
