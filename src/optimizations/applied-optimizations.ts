import type { AlgorithmOptimizer } from "../algorithms/optimizer.ts";
import type { ConcurrencyOptimizer } from "../concurrency/optimizer.ts";
import type { DatabaseOptimizer } from "../database/optimizer.ts";
import type { MemoryOptimizer } from "../memory/optimizer.ts";
import type { MetricRegistry } from "../metrics/registry.ts";
import type { NetworkOptimizer } from "../network/optimizer.ts";
import type { PerformanceProfiler } from "../profiler/performance-profiler.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { thrownText } from "../thrown-text.ts";
import { lazyModule } from "./lazy-module.ts";
import { LazyRegistry } from "./lazy-registry.ts";
import { LoadedModules } from "./loaded-modules.ts";
import { MetricsPort } from "./metrics-port.ts";
import { Optimizers } from "./optimizers.ts";
import type { ResolvedOptimizations } from "./options.ts";
import { StatementTimes } from "./statement-times.ts";
import type { OptimizationsStatus, StepStatus } from "./status.ts";
import { StatusFile } from "./status-file.ts";
import { type AppliedStep, type OptimizationStep, type StepContext, unchanged } from "./step.ts";
import type { StepRollout } from "./step-rollout.ts";

interface Entry {
  readonly step: OptimizationStep;
  readonly applied: AppliedStep;
}

const off = (reason: string): AppliedStep => ({
  describe: () => ({ state: "off", reason, changes: [] }),
  undo: () => {},
});

/** All that is in force in this thread, the optimizers, and the way back. */
export class AppliedOptimizations implements AsyncDisposable {
  readonly #registry = new LazyRegistry();
  readonly #modules = new LoadedModules();
  readonly #optimizers = new Optimizers((source) => this.#registry.add(source));
  readonly #statements = new Map<string, StatementTimes>();
  readonly #entries: readonly Entry[];
  readonly #metricsPort: MetricsPort | undefined;
  readonly #statusFile: StatusFile | undefined;
  readonly #ignored = new Set<string>();
  readonly #rollout: StepRollout | undefined;
  readonly #onClose: () => void;
  #closing: Promise<void> | undefined;

  /**
   * @param isBeforeProgram whether nothing of the program is loaded yet
   * @param onClose called once, when closing begins
   * @internal
   */
  constructor(
    settings: ResolvedOptimizations,
    steps: readonly OptimizationStep[],
    isBeforeProgram: boolean,
    onClose: () => void,
  ) {
    this.#onClose = onClose;
    const changed = (): void => this.#statusFile?.changed();
    if (settings.rollout !== undefined) {
      const { StepRollout: Rollouts } = lazyModule<typeof import("./step-rollout.ts")>(
        "optimizations/step-rollout",
      );
      this.#rollout = new Rollouts(settings.rollout, settings.truth, settings.wanted, changed);
      for (const source of this.#rollout.sources) this.#registry.add(source);
    }
    const context: StepContext = {
      settings,
      modules: this.#modules,
      isBeforeProgram,
      isOn: settings.isOn,
      callsOf: (stepId) => this.#rollout?.callsOf(stepId),
      truth: this.#rollout?.truth ?? settings.truth,
      hasReader: settings.metricsPort !== undefined,
      changed,
      addSource: (source) => this.#registry.add(source),
      removeSource: (source) => this.#registry.remove(source),
      statements: (system) => this.#statementsOf(system, settings.slowQueryMs),
    };
    this.#entries = steps.map((step) => ({
      step,
      applied: settings.wanted.has(step.id)
        ? applied(step, context)
        : off(settings.disabled.has(step.id) ? "disabled" : `not asked for (${step.risk})`),
    }));
    if (settings.metricsPort !== undefined)
      this.#metricsPort = new MetricsPort(settings.metricsPort, () => this.registry, changed);
    if (settings.statusFile !== undefined)
      this.#statusFile = new StatusFile(settings.statusFile, () => this.status());
  }

  /** Without options of its own: SQLite in memory, unless `DATABASE_URL` says where. Made at its first use, as the others are. */
  get database(): DatabaseOptimizer {
    return this.#optimizers.database;
  }
  get memory(): MemoryOptimizer {
    return this.#optimizers.memory;
  }
  get concurrency(): ConcurrencyOptimizer {
    return this.#optimizers.concurrency;
  }
  get network(): NetworkOptimizer {
    return this.#optimizers.network;
  }
  get algorithms(): AlgorithmOptimizer {
    return this.#optimizers.algorithms;
  }

  /** What rolls out the steps: the one that was given, or one made by the options; `undefined` without. */
  get rollout(): Rollout | undefined {
    return this.#rollout?.rollout;
  }

  /** Where the metrics of all steps, and of the optimizers in use, are read. */
  get registry(): MetricRegistry {
    return this.#registry.registry;
  }

  /** That of `getProfiler`, which belongs to the thread: it stays when this is closed. */
  get profiler(): PerformanceProfiler {
    return lazyModule<typeof import("../profiler/process-profiler.ts")>(
      "profiler/process-profiler",
    ).getProfiler();
  }

  /** Step by step, what was applied, what was left alone, and why. */
  status(): OptimizationsStatus {
    const isActive = this.#closing === undefined;
    return {
      pid: process.pid,
      isActive,
      steps: this.#entries.map(({ step: { id, title, risk }, applied: { describe } }): StepStatus => {
        if (!isActive) return { id, title, risk, ...off("closed").describe(), rollout: undefined };
        const report = describe();
        const rollout = this.#rollout?.status(id);
        return { id, title, risk, ...(this.#rollout?.reportOf(id, report) ?? report), rollout };
      }),
      metricsUrl: this.#metricsPort?.url,
      metricsError: this.#metricsPort?.error,
      slowQueries: [...this.#statements.values()]
        .flatMap((times) => times.slowest())
        .sort((a, b) => b.durationMs - a.durationMs),
      ignoredOptions: [...this.#ignored],
    };
  }

  /** Notes that another call gave options, which come too late. @internal */
  ignore(options: readonly string[]): void {
    for (const name of options) this.#ignored.add(name);
  }

  /**
   * Puts everything back as it was, at once, for all who applied it; then closes the optimizers that were used. May be
   * called again. A patch that another's lies on top of can't be taken out: it stays and does nothing.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#onClose();
    this.#statusFile?.close();
    const failures: unknown[] = [];
    for (const { applied: step } of [...this.#entries].reverse()) {
      try {
        step.undo();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#rollout?.close();
    this.#modules.close();
    for (const closed of await Promise.allSettled([this.#metricsPort?.close(), this.#optimizers.close()]))
      if (closed.status === "rejected") failures.push(closed.reason);
    this.#registry.clear();
    if (failures.length > 0) throw failures[0];
  }

  #statementsOf(system: string, slowQueryMs: number): StatementTimes {
    let times = this.#statements.get(system);
    if (times === undefined) {
      times = new StatementTimes(system, slowQueryMs);
      this.#statements.set(system, times);
      this.#registry.add(times);
    }
    return times;
  }
}

/** A step that fails must take nothing else with it, least of all the program. */
function applied(step: OptimizationStep, context: StepContext): AppliedStep {
  try {
    return step.apply(context);
  } catch (error) {
    const reason = thrownText(error);
    return { ...unchanged("left-alone", reason), describe: () => ({ state: "failed", reason, changes: [] }) };
  }
}
