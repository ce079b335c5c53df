import type { AbsenceRule } from "../rule.ts";
import { hasLabels } from "../series-key.ts";
import type { Condition, Observation, Tick } from "../tick.ts";

/** An `AbsenceRule`. */
export class AbsenceCondition implements Condition {
  readonly #rule: AbsenceRule;
  readonly refused = 0;

  constructor(rule: AbsenceRule) {
    this.#rule = rule;
  }

  *look(tick: Tick): Iterable<Observation> {
    const { metric, labels } = this.#rule;
    let present = 0;
    for (const sample of tick.named(metric))
      if (hasLabels(sample, labels) && !(sample.type !== "histogram" && Number.isNaN(sample.value)))
        present++;
    const reason = () => (present === 0 ? `no series of ${metric}` : `${present} series of ${metric}`);
    yield { labels: { ...labels }, value: present, outcome: present === 0 ? "bad" : "good", reason };
  }
}
