import { thrownText } from "../thrown-text.ts";
import { isFixed } from "./fixed-limit.ts";
import { type Limit, type LimitSample, limitInteger } from "./limit.ts";

/** What a semaphore goes by: its limit's last word that was one, and no more than `maxConcurrent`. */
export class LimitInForce {
  readonly #name: string;
  readonly #maxConcurrent: number;
  #limit: Limit;
  #current: number;
  #isFixed: boolean;
  #isWarned = false;

  /** @param name the semaphore's, for the warning @throws {RangeError} when the limit's current value is none */
  constructor(name: string, limit: Limit, maxConcurrent: number) {
    this.#name = name;
    this.#maxConcurrent = maxConcurrent;
    this.#limit = limit;
    this.#current = limitInteger("limit.current", limit.current);
    this.#isFixed = isFixed(limit);
  }

  get current(): number {
    return Math.min(this.#maxConcurrent, this.#current);
  }
  /** Does it never change by itself, so that it needs no samples? */
  get isFixed(): boolean {
    return this.#isFixed;
  }

  /** @throws {RangeError} when the limit's current value is none; the former stays then */
  set(limit: Limit): void {
    this.#current = limitInteger("limit.current", limit.current);
    this.#limit = limit;
    this.#isFixed = isFixed(limit);
    this.#isWarned = false;
  }

  /** Never throws: what ran has its own outcome, which a broken limit must not replace. It stays as it was, with a warning. */
  learn(sample: LimitSample): void {
    try {
      this.#limit.update(sample);
      this.#current = limitInteger("limit.current", this.#limit.current);
    } catch (error) {
      if (!this.#isWarned)
        process.emitWarning(`semaphore ${this.#name}: its limit stays as it was: ${thrownText(error)}`);
      this.#isWarned = true;
    }
  }
}
