/** What happens to a circuit: a call starts, the call in flight of that place ends, time passes. */
export type CircuitEvent =
  | { readonly kind: "start" }
  | {
      readonly kind: "end";
      readonly which: "oldest" | "newest";
      readonly outcome: "success" | "failure" | "cancelled";
    }
  | { readonly kind: "pass"; readonly ms: number };

interface ModelCall {
  readonly era: number;
}

/**
 * A circuit breaker told once more, in the plainest way: it keeps everything that ever happened in the present era, and
 * looks through all of it to decide.
 */
export class CircuitModel {
  readonly #probes = 2;
  #now = 0;
  #era = 0;
  #state: "closed" | "open" | "half-open" = "closed";
  #retryAt = 0;
  #openings = 0;
  #ended: { readonly at: number; readonly failed: boolean }[] = [];
  #probeStarts: number[] = [];
  #cancelledProbes = 0;
  readonly calls: ModelCall[] = [];

  get state(): string {
    return this.#state;
  }

  /** @returns whether it is let through */
  start(): boolean {
    if (this.#state === "open" && this.#now >= this.#retryAt) this.#enter("half-open");
    if (this.#state === "open") return false;
    if (this.#state === "half-open") {
      if (this.#probeStarts.length - this.#cancelledProbes >= this.#probes) {
        if (this.#now >= this.#probeStarts.at(-1)! + 50) this.#trip();
        return false;
      }
      this.#probeStarts.push(this.#now);
    }
    this.calls.push({ era: this.#era });
    return true;
  }

  end(call: ModelCall, outcome: "success" | "failure" | "cancelled"): void {
    this.calls.splice(this.calls.indexOf(call), 1);
    if (call.era !== this.#era) return;
    if (outcome === "cancelled") {
      if (this.#state === "half-open") this.#cancelledProbes++;
      return;
    }
    this.#ended.push({ at: this.#now, failed: outcome === "failure" });
    if (this.#state === "half-open") {
      if (outcome === "failure") this.#trip();
      else if (this.#ended.length === this.#probes) {
        this.#enter("closed");
        this.#openings = 0;
      }
      return;
    }
    const recent = this.#ended.slice(-3).filter(({ at }) => this.#now - at < 40);
    const failed = recent.filter((one) => one.failed).length;
    if (recent.length >= 2 && failed / recent.length >= 0.6) this.#trip();
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  #trip(): void {
    this.#enter("open");
    this.#retryAt = this.#now + Math.min(30, 10 * 2 ** this.#openings);
    this.#openings++;
  }

  #enter(state: "closed" | "open" | "half-open"): void {
    this.#state = state;
    this.#era++;
    this.#ended = [];
    this.#probeStarts = [];
    this.#cancelledProbes = 0;
  }
}

/** The options that the model is about. */
export const modelOptions = Object.freeze({
  failureRate: 0.6,
  windowCalls: 3,
  windowMs: 40,
  minimumCalls: 2,
  openMs: 10,
  maxOpenMs: 30,
  jitter: 0,
  probes: 2,
  probeTimeoutMs: 50,
});
