import type { RolloutArm } from "./arm.ts";
import type { RolloutSample } from "./guardrail.ts";
import { QuantileComparison } from "./quantile-comparison.ts";
import {
  boundText,
  certaintyText,
  eventsText,
  type Finding,
  percent,
  quantileName,
} from "./rollback-figures.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** A number of a sample that is judged; `undefined` for none, which includes what is no number. */
export type Reading = (sample: RolloutSample) => number | undefined;

/** Only of calls that succeeded: failing quickly is no gain. */
export const latencyOf: Reading = ({ latencyMs, failed }) => (failed ? undefined : measured(latencyMs));

/** Of a failed call, longer than any. */
export const timeToSuccess: Reading = ({ latencyMs, failed }) =>
  failed ? Number.POSITIVE_INFINITY : measured(latencyMs);

/** 1 of a call that has failed, else 0. */
export const failureOf: Reading = ({ failed }) => (failed ? 1 : 0);

export const namedValue =
  (name: string): Reading =>
  ({ values }) =>
    measured(values?.[name]);

/** @returns whether it is a number that can be compared */
export const measured = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined;

/** What a quantile watch compares. */
export interface WatchedQuantile {
  readonly read: Reading;
  /** What is wrong, as in `calls take longer`. */
  readonly claim: string;
  /** What calls beyond the bound did, as in `were over`. */
  readonly beyond: string;
  /** Behind a value, such as " ms". */
  readonly unit: string;
  readonly quantile: number;
  readonly maxIncrease: number;
  /** In the values' unit. */
  readonly slack: number;
}

/** Watches a quantile of latencies, or of numbers of the user's own. */
export class QuantileWatch implements WatchedGuardrail {
  readonly name: string;
  readonly error = undefined;
  readonly #watched: WatchedQuantile;
  readonly #read: Reading;
  readonly #comparison: QuantileComparison;

  constructor(name: string, watched: WatchedQuantile) {
    this.name = name;
    this.#watched = watched;
    this.#read = watched.read;
    this.#comparison = new QuantileComparison(watched.quantile, 1 + watched.maxIncrease, "on", watched.slack);
  }

  get evidence(): number {
    return this.#comparison.evidence.most;
  }

  get suspicion(): number {
    return this.#comparison.evidence.value;
  }

  observe(arm: RolloutArm, sample: RolloutSample, key?: number): boolean {
    const value = this.#read(sample);
    return value !== undefined && this.#comparison.add(arm, value, key);
  }

  begin(share: number): void {
    this.#comparison.evidence.begin(share);
  }

  look(): undefined {
    return undefined;
  }

  finding(): Finding {
    const { claim, beyond, unit, quantile, maxIncrease, slack } = this.#watched;
    const { on, off, bound = 0 } = this.#comparison.seen;
    const name = quantileName(quantile);
    const allowed = [
      ...(maxIncrease === 0 ? [] : [percent(maxIncrease)]),
      ...(slack === 0 ? [] : [`${slack}${unit}`]),
    ].join(" and ");
    const event = `${beyond} the ${name} without it`;
    // The bound follows the traffic, so that a figure of it is of one moment.
    const limit = `${boundText(bound * (1 + maxIncrease) + slack, unit)} at the end`;
    const onText = eventsText(on, "calls with it");
    const offText = eventsText(off, "without it");
    const figures =
      allowed === ""
        ? `${onText} ${event} (${limit}), ${offText}`
        : `${onText} ${beyond} the limit, which is the ${name} without it plus ${allowed} (${limit}); ${offText} ${beyond} that ${name} (${boundText(bound, unit)})`;
    return {
      text: `${claim} with it. ${figures}${certaintyText(this.evidence)}`,
      figures: { event, on, off, evidence: this.evidence },
    };
  }
}
