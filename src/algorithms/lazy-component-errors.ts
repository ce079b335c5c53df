import { VictorError } from "../errors.ts";

/** `VICTOR_DEPENDENCY_CYCLE`: a lazy value or a component needs itself, directly or through others. */
export class DependencyCycleError extends VictorError {
  override readonly name = "DependencyCycleError";
  /** Names in the order of need; the first is the last. */
  readonly cycle: readonly string[];
  constructor(cycle: readonly string[]) {
    super("VICTOR_DEPENDENCY_CYCLE", `${cycle[0]} needs itself: ${cycle.join(" → ")}`);
    this.cycle = cycle;
  }
}

/** `VICTOR_UNKNOWN_COMPONENT`: a component was asked for that isn't registered. */
export class UnknownComponentError extends VictorError {
  override readonly name = "UnknownComponentError";
  readonly component: string;
  /** The component that depends on it; `undefined` when a caller asked. */
  readonly neededBy: string | undefined;
  constructor(component: string, neededBy?: string) {
    const by = neededBy === undefined ? "" : `, needed by ${neededBy},`;
    super("VICTOR_UNKNOWN_COMPONENT", `component ${component}${by} is not registered`);
    this.component = component;
    this.neededBy = neededBy;
  }
}

/** `VICTOR_COMPONENT_LOAD`: a component's `load` failed with `cause`. Nothing is kept; the next call tries again. */
export class ComponentLoadError extends VictorError {
  override readonly name = "ComponentLoadError";
  readonly component: string;
  constructor(component: string, options: ErrorOptions) {
    super("VICTOR_COMPONENT_LOAD", `component ${component} failed to load: ${messageOf(options)}`, options);
    this.component = component;
  }
}

/** `VICTOR_COMPONENT_UNLOAD`: a component's `unload` failed with `cause`. It counts as unloaded. */
export class ComponentUnloadError extends VictorError {
  override readonly name = "ComponentUnloadError";
  readonly component: string;
  constructor(component: string, options: ErrorOptions) {
    super(
      "VICTOR_COMPONENT_UNLOAD",
      `component ${component} failed to unload: ${messageOf(options)}`,
      options,
    );
    this.component = component;
  }
}

const messageOf = ({ cause }: ErrorOptions): string =>
  cause instanceof Error ? cause.message : String(cause);
