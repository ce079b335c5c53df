import { thrownText } from "../thrown-text.ts";
import type { CheckGuardrail } from "./guardrail.ts";
import type { Finding } from "./rollback-figures.ts";
import type { OptimizationStatus } from "./rollout-status.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** Asks a judgement of the user's own. */
export class CheckWatch implements WatchedGuardrail {
  readonly name: string;
  readonly evidence = undefined;
  readonly suspicion = 0;
  readonly #check: CheckGuardrail["check"];
  readonly #onError: () => void;
  #error: string | undefined;

  /** @param onError told of each look in which it threw, or gave a promise */
  constructor({ name, check }: CheckGuardrail, onError: () => void) {
    this.name = name;
    this.#check = check;
    this.#onError = onError;
  }

  get error(): string | undefined {
    return this.#error;
  }

  observe(): boolean {
    return false;
  }

  begin(): void {}

  look(status: () => OptimizationStatus): string | undefined {
    this.#error = undefined;
    try {
      const reason: unknown = this.#check(status());
      if (typeof reason === "string" && reason !== "") return reason;
      if (reason instanceof Promise) {
        this.#error = "check gave a promise, which nobody waits for";
        // A rejection nobody handles would end the process.
        reason.catch(() => undefined);
      }
    } catch (error) {
      this.#error = thrownText(error);
    }
    if (this.#error !== undefined) this.#onError();
    return undefined;
  }

  finding(): Finding {
    return { text: "", figures: undefined };
  }
}
