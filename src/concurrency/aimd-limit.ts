import { finite } from "../options.ts";
import { checkSample, type Limit, type LimitBounds, type LimitSample, resolveBounds } from "./limit.ts";

export interface AimdLimitOptions extends LimitBounds {
  /** What remains of the limit after a loss, 0.5 to 1 (exclusive). @default 0.9 */
  readonly backoffRatio?: number;
  /** A request that takes longer counts as dropped, in milliseconds, > 0. @default Infinity: only losses count */
  readonly timeoutMs?: number;
}

/** Defaults of `AimdLimit`, beside the bounds. */
export const aimdDefaults = Object.freeze({ backoffRatio: 0.9, timeoutMs: Number.POSITIVE_INFINITY });

/**
 * Additive increase, multiplicative decrease, as in TCP: it learns only from losses.
 * ```
 * dropped, or rttMs > timeoutMs:  limit ← ⌊limit × backoffRatio⌋   at most once for all that were in flight together
 * otherwise:                      limit ← limit + 1                once for each `limit` requests
 * ```
 * It doesn't grow while less than half of it is in flight. Since nothing but a loss makes it smaller, it fills the
 * service's queue until requests time out.
 * @see https://doi.org/10.1016/0169-7552(89)90019-6 (Chiu and Jain)
 * @see https://github.com/Netflix/concurrency-limits
 */
export class AimdLimit implements Limit {
  readonly #minLimit: number;
  readonly #maxLimit: number;
  readonly #backoffRatio: number;
  readonly #timeoutMs: number;
  #current: number;
  /** Answers in time since the last change. */
  #successes = 0;
  /** Losses are of the same overload until so many more requests have ended. */
  #deaf = 0;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: AimdLimitOptions = {}) {
    const bounds = resolveBounds("AimdLimit", options, Object.keys(aimdDefaults));
    this.#minLimit = bounds.minLimit;
    this.#maxLimit = bounds.maxLimit;
    this.#current = bounds.initialLimit;
    this.#backoffRatio = finite(
      "backoffRatio",
      options.backoffRatio ?? aimdDefaults.backoffRatio,
      0.5,
      1 - 2 ** -20,
    );
    this.#timeoutMs = options.timeoutMs ?? aimdDefaults.timeoutMs;
    if (this.#timeoutMs !== Number.POSITIVE_INFINITY) finite("timeoutMs", this.#timeoutMs, Number.MIN_VALUE);
  }

  get current(): number {
    return this.#current;
  }

  update(sample: LimitSample): number {
    checkSample(sample);
    const { rttMs, inFlight, dropped } = sample;
    if (this.#deaf > 0) this.#deaf--;
    if (dropped || rttMs > this.#timeoutMs) {
      if (this.#deaf > 0) return this.#current;
      this.#current = Math.max(this.#minLimit, Math.floor(this.#current * this.#backoffRatio));
      this.#deaf = Math.ceil(inFlight);
      this.#successes = 0;
    } else if (2 * inFlight >= this.#current && ++this.#successes >= this.#current) {
      this.#current = Math.min(this.#maxLimit, this.#current + 1);
      this.#successes = 0;
    }
    return this.#current;
  }
}
