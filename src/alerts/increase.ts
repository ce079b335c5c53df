import type { MetricSample } from "../metrics/index.ts";
import type { CountSelector } from "./rule.ts";
import { hasLabels, labelsKey } from "./series-key.ts";
import { SeriesTable } from "./series-table.ts";
import type { Tick } from "./tick.ts";

/**
 * The running count of a sample: a counter's value, how many a histogram has recorded, above a bound if asked.
 * @returns `undefined` for what is no count: a gauge, or NaN
 */
export function countOf(sample: MetricSample, recordedAbove: number | undefined): number | undefined {
  if (sample.type === "histogram") {
    const { histogram } = sample;
    if (recordedAbove === undefined) return histogram.count;
    return histogram.count - histogram.countAtOrBelow(recordedAbove);
  }
  return sample.type === "counter" && Number.isFinite(sample.value) ? sample.value : undefined;
}

/** How much one running count has grown since the last look. A count that fell has begun anew, at 0. */
export class Increase {
  #last: number | undefined;

  /** @returns ≥ 0; `undefined` at the first look */
  next(count: number): number | undefined {
    const last = this.#last;
    this.#last = count;
    if (last === undefined) return undefined;
    return count >= last ? count - last : count;
  }
}

/** The increase of all series that are selected, together. */
export class TotalIncrease {
  readonly #selector: CountSelector;
  readonly #series: SeriesTable<Increase>;
  /** Whether there was ever a series of that name. */
  #hadSeries = false;
  #wasSeen = false;

  constructor(selector: CountSelector, maxSeries: number) {
    this.#selector = selector;
    this.#series = new SeriesTable(maxSeries);
  }

  get refused(): number {
    return this.#series.refused;
  }

  /** Whether there was ever a series that is selected. */
  get wasSeen(): boolean {
    return this.#wasSeen;
  }

  /**
   * In each tick, once.
   * A series that appears beside others of its name was born since the last look, so all of it is new.
   * @returns since the last look, ≥ 0; `undefined` when there is nothing yet to compare
   */
  next(tick: Tick): number | undefined {
    const { metric, labels, recordedAbove } = this.#selector;
    const hadSeries = this.#hadSeries;
    let total: number | undefined;
    for (const sample of tick.named(metric)) {
      if (sample.type !== "gauge") this.#hadSeries = true;
      if (!hasLabels(sample, labels)) continue;
      const count = countOf(sample, recordedAbove);
      if (count === undefined) continue;
      this.#wasSeen = true;
      const increase = this.#series.seen(labelsKey(sample.labels), tick.number, () => new Increase());
      if (!increase) continue;
      const grown = increase.next(count) ?? (hadSeries ? count : undefined);
      if (grown !== undefined) total = (total ?? 0) + grown;
    }
    this.#series.sweepEvery(60, tick.number);
    // Named series that are there, though none is selected: nothing of the kind has happened.
    return total ?? (hadSeries && this.#series.size === 0 ? 0 : undefined);
  }
}

/** The sum of all gauges that are selected; `undefined` when there is none that is known. */
export function totalOfGauges({ metric, labels }: CountSelector, tick: Tick): number | undefined {
  let total: number | undefined;
  for (const sample of tick.named(metric))
    if (sample.type === "gauge" && hasLabels(sample, labels) && Number.isFinite(sample.value))
      total = (total ?? 0) + sample.value;
  return total;
}
