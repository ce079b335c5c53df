import { type Clock, systemClock } from "../clock.ts";
import { ClosedError, ComponentUnloadError, DependencyCycleError, UnknownComponentError } from "../errors.ts";
import { finite, knownKeys, rejectType } from "../options.ts";
import { AsyncLazy } from "./async-lazy.ts";
import { type ComponentUse, checkedUse, UseHistory } from "./component-use.ts";
import {
  type ComponentDefinition,
  type ComponentStats,
  LazyComponent,
  type Unloading,
} from "./lazy-component.ts";

export interface LazyComponentLoaderOptions {
  /**
   * `start` loads an adaptive component whose likelihood of use is above this, from 0 to 1. One half is right where a
   * needless load costs as much as a wait that was spared; lower it where waits cost more.
   * @default 0.5
   */
  readonly preloadAbove?: number | undefined;
  /** @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

/**
 * Named components that are loaded when they are needed, each after those that it depends on (side by side where these
 * don't depend on each other), and at most once at a time. A failed load reaches all who wait for it and isn't kept.
 *
 * An adaptive component is loaded ahead by `start` if it will probably be used: (u + 1) / (n + 2) > `preloadAbove`,
 * where n are the runs before this one that it was registered in, up to 16, and u those in which somebody called `get`
 * for it. Without history it is lazy. A run is the life of a loader; `exportUse` at its end gives what `importUse` takes
 * before the next `start`.
 */
export class LazyComponentLoader<Components extends object = Record<string, unknown>> {
  readonly #components = new Map<string, LazyComponent>();
  readonly #clock: Clock;
  readonly #preloadAbove: number;
  readonly #closing = new AsyncLazy(() => this.#unloadAll(), { name: "closing" });
  /** Of components that are not registered yet. */
  #imported: ReadonlyMap<string, string> = new Map();
  #isClosed = false;

  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(options: LazyComponentLoaderOptions = {}) {
    knownKeys("LazyComponentLoader", options, ["preloadAbove", "clock"]);
    const { preloadAbove = 0.5, clock = systemClock } = options;
    this.#preloadAbove = finite("preloadAbove", preloadAbove, 0, 1);
    this.#clock = clock;
  }

  /**
   * @throws {DependencyCycleError} when it would close a circle of dependencies, {TypeError} when the name is taken or
   * the definition is wrong, {ClosedError}; it isn't registered then
   */
  register<Name extends keyof Components & string>(
    name: Name,
    definition: ComponentDefinition<Components[Name]>,
  ): this {
    this.#assertOpen();
    if (typeof name !== "string" || name === "") rejectType("name", "a non-empty string", name);
    if (this.#components.has(name)) throw new TypeError(`component ${name} is already registered`);
    const component = new LazyComponent(
      name,
      definition as ComponentDefinition<unknown>,
      this.#clock,
      new UseHistory(this.#imported.get(name)),
      (dependent) => this.#loadDependencies(dependent),
    );
    const path = this.#path(component, name, new Set());
    if (path !== undefined) throw new DependencyCycleError(path);
    this.#components.set(name, component);
    return this;
  }

  /**
   * The component, loaded now if it wasn't before. Counts as use. While it is being unloaded, waits and loads it anew.
   * Rejects with an `UnknownComponentError`, a `ComponentLoadError` that names the component to blame, a `ClosedError`,
   * or a `DependencyCycleError` when a `load` waits for what waits for it.
   */
  async get<Name extends keyof Components & string>(name: Name): Promise<Components[Name]> {
    this.#assertOpen();
    const component = this.#known(name);
    component.use();
    return (await this.#load(component)) as Components[Name];
  }

  /** As `get`, ahead of use: it doesn't count as one. */
  async load(name: keyof Components & string): Promise<void> {
    await this.#load(this.#known(name));
  }

  /** @returns the component if it is loaded and stays so for now. Not a use. */
  peek<Name extends keyof Components & string>(name: Name): Components[Name] | undefined {
    const component = this.#known(name);
    return component.leaving.size === 0 ? (component.value as Components[Name] | undefined) : undefined;
  }

  /**
   * Loads the eager components, and rejects if one fails; then begins to load the adaptive ones that will probably be
   * used, and doesn't wait for them: if one fails, it is counted, and the next `get` tries again. May be called again
   * after more were registered.
   */
  async start(): Promise<void> {
    this.#assertOpen();
    const components = [...this.#components.values()];
    const eager = components.filter(({ strategy }) => strategy === "eager");
    await Promise.all(eager.map((component) => this.#load(component)));
    for (const component of components)
      if (component.strategy === "adaptive" && component.history.likelihood > this.#preloadAbove)
        this.#load(component).catch(() => undefined);
  }

  /**
   * Unloads a component, and before it all that depend on it, one after the other. Waits for loads of these that are
   * under way. Without effect when it isn't loaded.
   * Rejects with a `ComponentUnloadError`, or an `AggregateError` of several, after all were unloaded nevertheless.
   */
  async unload(name: keyof Components & string): Promise<void> {
    const component = this.#known(name);
    if (this.#isClosed) return this.close();
    const components = [...this.#withDependents(component, new Set())];
    const unloading: Unloading = new AsyncLazy(() => this.#unloadInTurn(components, unloading), {
      name: `unloading ${name}`,
    });
    for (const each of components) each.leaving.add(unloading);
    throwAll(await unloading.get());
  }

  /** In order of registration. */
  stats(): readonly ComponentStats[] {
    return Array.from(this.#components.values(), (component) => component.stats());
  }

  /** @returns what was used in the last 16 runs, this one included, as plain data */
  exportUse(): ComponentUse {
    const components = Object.fromEntries(
      Array.from(this.#components.values(), ({ name, history }) => [name, history.toString()]),
    );
    return { version: 1, components };
  }

  /**
   * Takes over what an earlier run exported, in place of what is known of the runs before this one. Names that are never
   * registered are dropped.
   * @throws {TypeError | RangeError} when it is not what `exportUse` gave; nothing changes then
   */
  importUse(use: ComponentUse): void {
    this.#imported = checkedUse(use);
    for (const component of this.#components.values()) {
      const { isUsed } = component.history;
      component.history = new UseHistory(this.#imported.get(component.name));
      component.history.isUsed = isUsed;
    }
  }

  /**
   * Refuses new loads, waits for those under way, and unloads everything, the last loaded first. `stats` and `exportUse`
   * go on working. Rejects as `unload` does.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    throwAll(await this.#closing.get());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #load(component: LazyComponent): Promise<unknown> {
    // Others may have begun to unload it again by the time that it is gone.
    for (const unloading of component.leaving) await unloading.settled();
    this.#assertOpen();
    return component.lazy.get();
  }

  async #loadDependencies(dependent: LazyComponent): Promise<readonly unknown[]> {
    const components = dependent.dependencies.map((name) => this.#known(name, dependent.name));
    // What is to unload the dependent as well waits for this load, and goes on after it.
    for (const { leaving } of components)
      for (const unloading of leaving) if (!dependent.leaving.has(unloading)) await unloading.settled();
    this.#assertOpen();
    return Promise.all(components.map(({ lazy }) => lazy.get()));
  }

  async #unloadInTurn(components: readonly LazyComponent[], unloading: Unloading): Promise<unknown[]> {
    try {
      const failures: unknown[] = [];
      for (const component of components) await collect(failures, component.unload());
      return failures;
    } finally {
      for (const { leaving } of components) leaving.delete(unloading);
    }
  }

  async #unloadAll(): Promise<unknown[]> {
    const components = [...this.#components.values()];
    for (const { leaving, lazy } of components) {
      for (const unloading of leaving) await unloading.settled();
      await lazy.settled();
    }
    const failures: unknown[] = [];
    for (const component of components.sort((a, b) => b.loadOrder - a.loadOrder))
      await collect(failures, component.unload());
    return failures;
  }

  /** All that depend on it, each after those that depend on that one; itself last. */
  #withDependents(component: LazyComponent, found: Set<LazyComponent>): Set<LazyComponent> {
    for (const other of this.#components.values())
      if (!found.has(other) && other.dependencies.includes(component.name))
        this.#withDependents(other, found);
    return found.add(component);
  }

  /** Names from `component` to the one called `goal`, by dependencies. */
  #path(component: LazyComponent, goal: string, seen: Set<string>): string[] | undefined {
    for (const name of component.dependencies) {
      if (name === goal) return [component.name, goal];
      const next = this.#components.get(name);
      if (next === undefined || seen.has(name)) continue;
      seen.add(name);
      const rest = this.#path(next, goal, seen);
      if (rest !== undefined) return [component.name, ...rest];
    }
    return undefined;
  }

  #known(name: string, neededBy?: string): LazyComponent {
    const component = this.#components.get(name);
    if (component === undefined) throw new UnknownComponentError(name, neededBy);
    return component;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError("LazyComponentLoader");
  }
}

/** Anything but a failed `unload` ends the unloading: what was to go is still waited for. */
async function collect(failures: unknown[], unloaded: Promise<void>): Promise<void> {
  try {
    await unloaded;
  } catch (error) {
    if (!(error instanceof ComponentUnloadError)) throw error;
    failures.push(error);
  }
}

function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, "several components failed to unload");
}
