import type { CheckGuardrail } from "./guardrail.ts";
import type { OptimizationStatus } from "./rollout-status.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** Asks a judgement of the user's own. */
export class CheckWatch implements WatchedGuardrail {
  readonly name: string;
  readonly evidence = undefined;
  readonly suspicion = 0;
  readonly #check: CheckGuardrail["check"];
  readonly #onError: () => void;
  #isFailing = false;

  /** @param onError told of each look in which it threw, or gave a promise */
  constructor({ name, check }: CheckGuardrail, onError: () => void) {
    this.name = name;
    this.#check = check;
    this.#onError = onError;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  observe(): boolean {
    return false;
  }

  closeBlock(): void {}

  look(status: () => OptimizationStatus): string | undefined {
    try {
      const reason: unknown = this.#check(status());
      // Nobody waits for it here, and a rejection nobody handles would end the process.
      this.#isFailing = reason instanceof Promise;
      if (reason instanceof Promise) reason.catch(() => undefined);
      if (typeof reason === "string" && reason !== "") return reason;
    } catch {
      this.#isFailing = true;
    }
    if (this.#isFailing) this.#onError();
    return undefined;
  }

  describe(): string {
    return "";
  }
}
