import type { RolloutArm } from "./arm.ts";
import { BlockComparison } from "./block-comparison.ts";
import type { RolloutSample } from "./guardrail.ts";
import { certaintyText, type Finding, percent, shareText } from "./rollback-figures.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** Watches the share of failed calls. */
export class ErrorWatch implements WatchedGuardrail {
  readonly name: string;
  readonly error = undefined;
  readonly #maxIncrease: number;
  readonly #comparison: BlockComparison;
  readonly #counted = { on: { calls: 0, events: 0 }, off: { calls: 0, events: 0 } };

  constructor(name: string, maxIncrease: number) {
    this.name = name;
    this.#maxIncrease = maxIncrease;
    this.#comparison = new BlockComparison("on", 1 + maxIncrease);
  }

  get evidence(): number {
    return this.#comparison.evidence.most;
  }

  get suspicion(): number {
    return this.#comparison.evidence.value;
  }

  observe(arm: RolloutArm, { failed = false }: RolloutSample): boolean {
    this.#counted[arm].calls++;
    if (failed) this.#counted[arm].events++;
    return this.#comparison.add(arm, failed);
  }

  closeBlock(): void {
    this.#comparison.close();
  }

  look(): undefined {
    return undefined;
  }

  finding(): Finding {
    const { on, off } = this.#counted;
    const allowed = this.#maxIncrease === 0 ? "" : ` (${percent(this.#maxIncrease)} more is allowed)`;
    return {
      text: `${shareText(on)} with the optimization failed, beside ${shareText(off)} without it${allowed}; ${certaintyText(this.evidence)}`,
      figures: { event: "failed", on: { ...on }, off: { ...off }, evidence: this.evidence },
    };
  }
}
