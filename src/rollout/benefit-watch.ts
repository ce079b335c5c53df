import type { RolloutArm } from "./arm.ts";
import { FailureComparison } from "./failure-comparison.ts";
import type { RolloutSample } from "./guardrail.ts";
import { QuantileComparison } from "./quantile-comparison.ts";
import type { Reading } from "./quantile-watch.ts";
import {
  boundText,
  certaintyText,
  eventsText,
  type Finding,
  failuresText,
  percent,
  quantileName,
} from "./rollback-figures.ts";

/** What a goal asks, all of it given. */
export interface ResolvedGoal {
  readonly read: Reading;
  readonly of: string;
  readonly quantile: number;
  readonly minGain: number;
  readonly minSamples: number;
  readonly minShare: number;
}

/**
 * Does the optimization do what it is for? Two tests at once: against "the quantile (or the odds of failing) is lower by
 * `minGain`", which rules a gain out, and against "it isn't lower", which shows one. Whatever the truth, one of them ends,
 * and where a gain is there but below `minGain`, whichever is first.
 */
export class BenefitWatch {
  readonly #goal: ResolvedGoal;
  readonly #limit: number;
  readonly #tooLittle: QuantileComparison | FailureComparison;
  readonly #some: QuantileComparison | FailureComparison;
  readonly #counted: Record<RolloutArm, number> = { on: 0, off: 0 };

  /** @param alpha probability of either error, > 0 and < 1 */
  constructor(goal: ResolvedGoal, alpha: number) {
    const { of, quantile, minGain } = goal;
    this.#goal = goal;
    this.#limit = 1 / alpha;
    const isOfErrors = of === "errors";
    this.#tooLittle = isOfErrors
      ? new FailureComparison("on", 1 - minGain)
      : new QuantileComparison(quantile, 1 - minGain);
    this.#some = isOfErrors ? new FailureComparison("off", 1) : new QuantileComparison(quantile, 1, "off");
  }

  get gain(): "shown" | "none" | "undecided" {
    if (Math.min(this.#counted.on, this.#counted.off) < this.#goal.minSamples) return "undecided";
    if (this.#tooLittle.evidence.most >= this.#limit) return "none";
    return this.#some.evidence.most >= this.#limit ? "shown" : "undecided";
  }

  /**
   * @param share that it is on for, percent
   * @param key a hash of 32 bits of whose call it was
   * @returns whether the evidence may have changed
   */
  observe(arm: RolloutArm, sample: RolloutSample, share: number, key?: number): boolean {
    const { read, minShare } = this.#goal;
    const value = share < minShare ? undefined : read(sample);
    if (value === undefined) return false;
    this.#counted[arm]++;
    const isTooLittleNews = this.#tooLittle.add(arm, value, key);
    return this.#some.add(arm, value, key) || isTooLittleNews;
  }

  /** @param share percent */
  begin(share: number): void {
    this.#tooLittle.evidence.begin(share);
    this.#some.evidence.begin(share);
  }

  finding(): Finding {
    const { of, quantile, minGain } = this.#goal;
    const { on, off, ...rest } = this.#tooLittle.seen;
    const evidence = this.#tooLittle.evidence.most;
    const gain = percent(minGain);
    const certainty = certaintyText(evidence, "with that gain");
    if (of === "errors")
      return {
        text: `calls don't fail ${gain} less often with it. ${failuresText(on, off)}${certainty}`,
        figures: { event: "failed", on, off, evidence },
      };
    const { bound = 0 } = "bound" in rest ? rest : {};
    const name = quantileName(quantile);
    const [claim, unit] =
      of === "latency" ? [`calls aren't ${gain} quicker`, " ms"] : [`${of} isn't ${gain} lower`, ""];
    const event = `were over ${percent(1 - minGain)} of the ${name} without it`;
    const goal = `${boundText(bound * (1 - minGain), unit)} at the end`;
    const offText = `${eventsText(off, "without it")} were over that ${name} (${boundText(bound, unit)})`;
    return {
      text: `${claim} with it. ${eventsText(on, "calls with it")} were over the goal, which is ${percent(1 - minGain)} of the ${name} without it (${goal}); ${offText}${certainty}`,
      figures: { event, on, off, evidence },
    };
  }
}
