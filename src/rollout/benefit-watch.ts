import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import { QuantileComparison } from "./quantile-comparison.ts";
import type { Reading } from "./quantile-watch.ts";
import { certaintyText, type Finding, percent, quantileName, shareText } from "./rollback-figures.ts";

/** What a goal asks, all of it given. */
export interface ResolvedGoal {
  readonly read: Reading;
  readonly of: string;
  readonly quantile: number;
  readonly minGain: number;
  readonly minSamples: number;
}

/**
 * Does the optimization do what it is for? Two tests at once: against "the quantile is lower by `minGain`", which rules a
 * gain out, and against "the quantile isn't lower", which shows one. Whatever the truth, one of them ends, and where a gain is
 * there but below `minGain`, whichever is first.
 */
export class BenefitWatch {
  readonly #goal: ResolvedGoal;
  readonly #limit: number;
  readonly #tooLittle: QuantileComparison;
  readonly #some: QuantileComparison;
  readonly #counted: Record<RolloutArm, number> = { on: 0, off: 0 };

  /** @param alpha probability of either error, > 0 and < 1 */
  constructor(goal: ResolvedGoal, alpha: number) {
    this.#goal = goal;
    this.#limit = 1 / alpha;
    this.#tooLittle = new QuantileComparison(goal.quantile, 1 - goal.minGain);
    this.#some = new QuantileComparison(goal.quantile, 1, "off");
  }

  get gain(): "shown" | "none" | "undecided" {
    if (Math.min(this.#counted.on, this.#counted.off) < this.#goal.minSamples) return "undecided";
    if (this.#tooLittle.comparison.evidence.most >= this.#limit) return "none";
    return this.#some.comparison.evidence.most >= this.#limit ? "shown" : "undecided";
  }

  /** @returns whether the evidence may have changed */
  observe(arm: RolloutArm, sample: RolloutSample): boolean {
    const value = this.#goal.read(sample);
    if (value === undefined) return false;
    this.#counted[arm]++;
    const isTooLittleNews = this.#tooLittle.add(arm, value);
    return this.#some.add(arm, value) || isTooLittleNews;
  }

  closeBlock(): void {
    this.#tooLittle.comparison.close();
    this.#some.comparison.close();
  }

  finding(): Finding {
    const { of, quantile, minGain } = this.#goal;
    const { on, off, bound = 0 } = this.#tooLittle.seen;
    const evidence = this.#tooLittle.comparison.evidence.most;
    const unit = of === "latency" ? " ms" : "";
    const text = (value: number): string => `${Number(value.toPrecision(3))}${unit}`;
    const event = `above ${percent(1 - minGain)} of the ${quantileName(quantile)} ${of} without it`;
    return {
      text: `no gain of ${percent(minGain)} shown: ${shareText(on)} with the optimization were ${event} (now ${text(bound * (1 - minGain))}), beside ${shareText(off)} without it above all of it (${text(bound)}); ${certaintyText(evidence, "with that gain")}`,
      figures: { event, on, off, evidence },
    };
  }
}
