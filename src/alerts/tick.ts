import type { Labels, MetricSample } from "../metrics/index.ts";
import type { Outcome } from "./alert-state.ts";

/** One look at all metrics. */
export class Tick {
  /** From 1. */
  readonly number: number;
  /** Monotonic. */
  readonly nowMs: number;
  /** Time since the look before; `Infinity` at the first. */
  readonly sinceLastMs: number;
  readonly intervalMs: number;
  readonly #byName: ReadonlyMap<string, readonly MetricSample[]>;

  constructor(
    number: number,
    nowMs: number,
    sinceLastMs: number,
    intervalMs: number,
    samples: readonly MetricSample[],
  ) {
    this.number = number;
    this.nowMs = nowMs;
    this.sinceLastMs = sinceLastMs;
    this.intervalMs = intervalMs;
    this.#byName = Map.groupBy(samples, ({ name }) => name);
  }

  /** Looks were missed, for a blocked event loop or a suspended process: what held before is not known to have held since. */
  get isAfterGap(): boolean {
    return this.sinceLastMs > maxGapOf(this.intervalMs);
  }

  named(name: string): readonly MetricSample[] {
    return this.#byName.get(name) ?? [];
  }
}

/** Looks further apart than this have missed some. */
export const maxGapOf = (intervalMs: number): number => 3 * intervalMs;

/** What a rule's condition saw of one series, or of all that it sums. */
export interface Observation {
  readonly labels: Labels;
  /** NaN when unknown. */
  readonly value: number;
  readonly outcome: Outcome;
  /** For people; asked only of what is told. */
  reason(): string;
}

/** A rule's own mathematics: pure, apart from what it keeps of earlier looks. */
export interface Condition {
  /** In each tick, once. What is not told of is unknown. */
  look(tick: Tick): Iterable<Observation>;
  /** Series for which there was no room, so far. */
  readonly refused: number;
}
