/** What one look at a condition showed. `between`: neither bad nor over, by hysteresis. `unknown`: nothing to judge. */
export type Outcome = "bad" | "between" | "good" | "unknown";

export type AlertPhase = "inactive" | "pending" | "firing";

/** Durations of an alert, milliseconds ≥ 0. */
export interface AlertTiming {
  readonly forMs: number;
  readonly resolveForMs: number;
  /** A firing alert resolves when nothing is known of it for so long. */
  readonly staleMs: number;
  /** Between two looks that are further apart, nothing was seen: what held before starts anew. */
  readonly maxGapMs: number;
}

/** An alert that has been quiet for so long may fire as if for the first time. */
export const calmMs = 3_600_000;
/** The wait for a resolve after the first repeat, then doubled up to 2⁶ times. */
const firstDampingMs = 10_000;
const mostDoublings = 6;

/**
 * One alert, by a pure machine of states: inactive → pending → firing → inactive.
 *
 * pending → firing when every look of at least `forMs` was bad. firing → inactive when every look of `resolveForMs` was
 * good, or of `staleMs` unknown. An unknown look while pending counts neither for nor against, but the time starts anew.
 *
 * An alert that comes and goes is damped: each time it fires again within an hour of its last resolve, its next
 * resolve takes at least 10 s, 20 s, 40 s and so on up to 640 s. So it fires at most 13 times in any hour.
 */
export class AlertState {
  readonly #timing: AlertTiming;
  #phase: AlertPhase = "inactive";
  #sinceMs = Number.NEGATIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** The latest outcome, and since when every look gave it. */
  #outcome: Outcome = "unknown";
  #outcomeSinceMs = Number.NEGATIVE_INFINITY;
  #fires = 0;
  #resolvedMs = Number.NEGATIVE_INFINITY;

  constructor(timing: AlertTiming) {
    this.#timing = timing;
  }

  get phase(): AlertPhase {
    return this.#phase;
  }
  /** When the phase began, by the clock of `observe`. */
  get sinceMs(): number {
    return this.#sinceMs;
  }
  /** How long a resolve takes now. */
  get resolveForMs(): number {
    const repeats = this.#fires - 1;
    if (repeats <= 0) return this.#timing.resolveForMs;
    const damping = firstDampingMs * 2 ** Math.min(repeats - 1, mostDoublings);
    return Math.max(this.#timing.resolveForMs, damping);
  }

  /** @returns whether there is nothing to remember of it */
  isForgettable(nowMs: number): boolean {
    return this.#phase === "inactive" && nowMs - this.#resolvedMs >= calmMs;
  }

  /**
   * @param nowMs monotonic, never less than before
   * @returns what has happened: it `fired`, `resolved`, or was `lost`, that is resolved for want of data
   */
  observe(nowMs: number, outcome: Outcome): "fired" | "resolved" | "lost" | undefined {
    const isGap = nowMs - this.#lastMs > this.#timing.maxGapMs;
    if (outcome !== this.#outcome || isGap) this.#outcomeSinceMs = nowMs;
    this.#outcome = outcome;
    this.#lastMs = nowMs;
    const heldMs = nowMs - this.#outcomeSinceMs;
    if (this.#phase === "firing") {
      if (outcome === "good" && heldMs >= this.resolveForMs) return this.#resolve(nowMs, "resolved");
      if (outcome === "unknown" && heldMs >= this.#timing.staleMs) return this.#resolve(nowMs, "lost");
      return undefined;
    }
    if (outcome === "unknown" && this.#phase === "pending" && heldMs < this.#timing.staleMs) return undefined;
    if (outcome !== "bad") {
      if (this.#phase === "pending") this.#enter("inactive", nowMs);
      return undefined;
    }
    if (heldMs >= this.#timing.forMs) return this.#fire(nowMs);
    if (this.#phase === "inactive") this.#enter("pending", nowMs);
    return undefined;
  }

  #fire(nowMs: number): "fired" {
    if (nowMs - this.#resolvedMs >= calmMs) this.#fires = 0;
    this.#fires++;
    this.#enter("firing", nowMs);
    return "fired";
  }

  #resolve(nowMs: number, how: "resolved" | "lost"): "resolved" | "lost" {
    this.#resolvedMs = nowMs;
    this.#enter("inactive", nowMs);
    return how;
  }

  #enter(phase: AlertPhase, nowMs: number): void {
    this.#phase = phase;
    this.#sinceMs = nowMs;
  }
}
