import type { RolloutArm } from "./arm.ts";
import { FailureComparison } from "./failure-comparison.ts";
import type { RolloutSample } from "./guardrail.ts";
import { certaintyText, type Finding, failuresText, percent } from "./rollback-figures.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** Watches the share of failed calls. */
export class ErrorWatch implements WatchedGuardrail {
  readonly name: string;
  readonly error = undefined;
  readonly #maxIncrease: number;
  readonly #failures: FailureComparison;

  constructor(name: string, maxIncrease: number) {
    this.name = name;
    this.#maxIncrease = maxIncrease;
    this.#failures = new FailureComparison("on", 1 + maxIncrease);
  }

  get evidence(): number {
    return this.#failures.evidence.most;
  }

  get suspicion(): number {
    return this.#failures.evidence.value;
  }

  observe(arm: RolloutArm, { failed = false }: RolloutSample, key?: number): boolean {
    return this.#failures.add(arm, failed ? 1 : 0, key);
  }

  begin(share: number): void {
    this.#failures.evidence.begin(share);
  }

  look(): undefined {
    return undefined;
  }

  finding(): Finding {
    const { on, off } = this.#failures.seen;
    const allowed = this.#maxIncrease === 0 ? "" : `, and ${percent(this.#maxIncrease)} more is allowed`;
    return {
      text: `calls fail more often with it. ${failuresText(on, off)}${allowed}${certaintyText(this.evidence)}`,
      figures: { event: "failed", on, off, evidence: this.evidence },
    };
  }
}
