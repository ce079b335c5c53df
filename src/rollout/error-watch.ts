import type { RolloutArm } from "./arm.ts";
import { BlockComparison } from "./block-comparison.ts";
import type { RolloutSample } from "./guardrail.ts";
import { percent, type WatchedGuardrail } from "./watched-guardrail.ts";

/** Watches the share of failed calls. */
export class ErrorWatch implements WatchedGuardrail {
  readonly name: string;
  readonly isFailing = false;
  readonly #comparison: BlockComparison;
  readonly #calls: Record<RolloutArm, number> = { on: 0, off: 0 };
  readonly #failed: Record<RolloutArm, number> = { on: 0, off: 0 };

  constructor(name: string, maxIncrease: number) {
    this.name = name;
    this.#comparison = new BlockComparison("on", 1 + maxIncrease);
  }

  get evidence(): number {
    return this.#comparison.evidence.most;
  }

  get suspicion(): number {
    return this.#comparison.evidence.value;
  }

  observe(arm: RolloutArm, { failed = false }: RolloutSample): boolean {
    this.#calls[arm]++;
    if (failed) this.#failed[arm]++;
    return this.#comparison.add(arm, failed);
  }

  closeBlock(): void {
    this.#comparison.close();
  }

  look(): undefined {
    return undefined;
  }

  describe(): string {
    const rate = (arm: RolloutArm): string => percent(this.#failed[arm] / Math.max(1, this.#calls[arm]));
    return `${rate("on")} of the calls failed with the optimization, ${rate("off")} without`;
  }
}
