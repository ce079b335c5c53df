import { isThenable } from "../algorithms/thenable.ts";
import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { MetricSample } from "../metrics/metric.ts";
import { type DurationStats, durationStats } from "./duration-stats.ts";
import type { Calls } from "./parallel-collect.ts";

/** Two looks at the clock cost as much as a trivial task, so that only one task in so many is timed. */
const timedOneIn = 16;

/** How far a run has come. */
interface RunProgress {
  readonly active: number;
  readonly done: number;
  readonly failed: number;
}

/** Tasks of an optimizer, at one moment; counts run from its construction. */
export interface TaskStats {
  readonly active: number;
  readonly completed: number;
  /** Those that gave up because another one's failure or the caller's signal told them to aren't among them. */
  readonly failed: number;
  /** From the call that brought the tasks to a task's start; of one task in 16. */
  readonly waitMs: DurationStats;
  /** From start to result or failure; of one task in 16. */
  readonly runMs: DurationStats;
}

/** Counts tasks by looking at the runs that they belong to, so that a task costs nothing for it. */
export class TaskCounts {
  readonly #waitTime = new LatencyHistogram();
  readonly #runTime = new LatencyHistogram();
  readonly #runs = new Set<RunProgress>();
  #completed = 0;
  #failed = 0;

  /** @returns the same work, counted */
  counted<I, T>(work: Calls<I, T>): Calls<I, T> {
    const calledMs = performance.now();
    return {
      ...work,
      call: (item, index, signal) =>
        index % timedOneIn === 0
          ? this.#timed(calledMs, () => work.call(item, index, signal))
          : work.call(item, index, signal),
      observe: (run) => {
        this.#runs.add(run);
        return () => {
          this.#runs.delete(run);
          this.#completed += run.done;
          this.#failed += run.failed;
        };
      },
    };
  }

  stats(): TaskStats {
    const runs = [...this.#runs];
    const sum = (of: (run: RunProgress) => number): number => runs.reduce((total, run) => total + of(run), 0);
    return {
      active: sum(({ active }) => active),
      completed: this.#completed + sum(({ done }) => done),
      failed: this.#failed + sum(({ failed }) => failed),
      waitMs: durationStats(this.#waitTime),
      runMs: durationStats(this.#runTime),
    };
  }

  *collect(): Iterable<MetricSample> {
    const { active, completed, failed } = this.stats();
    const number = (type: "counter" | "gauge", name: string, help: string, value: number): MetricSample => ({
      type,
      name: `victor.tasks.${name}`,
      help,
      unit: "{task}",
      labels: {},
      value,
    });
    yield number("gauge", "active", "Tasks that run.", active);
    yield number("counter", "completed", "Tasks that succeeded.", completed);
    yield number("counter", "failed", "Tasks that failed.", failed);
    const histogram = (name: string, help: string, values: LatencyHistogram): MetricSample => ({
      type: "histogram",
      name: `victor.tasks.${name}`,
      help,
      unit: "s",
      labels: {},
      histogram: values.snapshot(),
    });
    yield histogram("wait_time", "From call to start, of one task in 16.", this.#waitTime);
    yield histogram("run_time", "From start to end, of one task in 16.", this.#runTime);
  }

  #timed<T>(calledMs: number, call: () => T | PromiseLike<T>): T | PromiseLike<T> {
    const startMs = performance.now();
    this.#waitTime.record((startMs - calledMs) / 1000);
    const record = (): void => this.#runTime.record((performance.now() - startMs) / 1000);
    let outcome: T | PromiseLike<T>;
    try {
      outcome = call();
    } catch (error) {
      record();
      throw error;
    }
    if (outcome instanceof Promise) outcome.then(record, record);
    // What is awaitable otherwise may run only when it is awaited, and each time: once has to do.
    else if (isThenable(outcome)) return Promise.resolve(outcome).finally(record);
    else record();
    return outcome;
  }
}
