import { boundText, outcomeOf } from "../bound.ts";
import { Reading } from "../reading.ts";
import type { ThresholdRule } from "../rule.ts";
import { hasLabels, labelsKey } from "../series-key.ts";
import { SeriesTable } from "../series-table.ts";
import type { Condition, Observation, Tick } from "../tick.ts";

/** A `ThresholdRule`: each series for itself. */
export class ThresholdCondition implements Condition {
  readonly #rule: ThresholdRule;
  readonly #series: SeriesTable<Reading>;

  constructor(rule: ThresholdRule, maxSeries: number) {
    this.#rule = rule;
    this.#series = new SeriesTable(maxSeries);
  }

  get refused(): number {
    return this.#series.refused;
  }

  *look(tick: Tick): Iterable<Observation> {
    const rule = this.#rule;
    const { metric, labels, quantile, recordedAbove, overMs = 0 } = rule;
    for (const sample of tick.named(metric)) {
      if (!hasLabels(sample, labels)) continue;
      const reading = this.#series.seen(
        labelsKey(sample.labels),
        tick.number,
        // A quantile of nothing is unknown; a rate of nothing is 0.
        () => new Reading({ quantile, recordedAbove, overMs, minEvents: 0 }),
      );
      if (!reading) continue;
      reading.look(sample, tick);
      const value = reading.value ?? Number.NaN;
      const outcome = outcomeOf(value, rule);
      const what =
        quantile === undefined || sample.type !== "histogram" ? metric : `quantile ${quantile} of ${metric}`;
      yield {
        labels: sample.labels,
        value,
        outcome,
        reason: () => `${what}: ${boundText(value, rule, outcome)}`,
      };
    }
    this.#series.sweepEvery(60, tick.number);
  }
}
