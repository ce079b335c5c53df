import type { ResolvedCircuitOptions } from "./circuit-options.ts";
import { CircuitWindow } from "./circuit-window.ts";

/** Where a circuit stands. */
export type CircuitState =
  /** Calls go through. */
  | { readonly kind: "closed" }
  /** Calls are refused; after `retryAfterMs` the next is let through as a probe. */
  | { readonly kind: "open"; readonly retryAfterMs: number }
  /** A few calls go through: so many run now, and so many have succeeded. */
  | { readonly kind: "half-open"; readonly running: number; readonly succeeded: number }
  /** Calls are refused until `reset`. */
  | { readonly kind: "forced-open" };

/** What became of a call. `cancelled`: its caller gave up, which says nothing of the service. */
export type CallOutcome = "success" | "failure" | "cancelled";

/** What a refused call gets instead of a ticket. */
export const refused = 0;

/**
 * The decisions of a circuit breaker, without a clock or timers:
 *
 * closed → open, by failures in a row, or by the share of failed or of slow calls in the window;
 * open → half-open, at the first call when the time is up;
 * half-open → closed, when `probes` calls have succeeded; → open for twice the time, when one fails, is slow, or hangs.
 *
 * Every change of state begins a new generation. A call's ticket is the generation that it began in, and what becomes of a
 * call of another generation is ignored: a slow answer from before an outage neither closes nor opens anything.
 */
export class CircuitCore {
  readonly #options: ResolvedCircuitOptions;
  readonly #window: CircuitWindow;
  #kind: CircuitState["kind"] = "closed";
  #generation = 1;
  #inARow = 0;
  /** When the circuit may be tried again. */
  #until = 0;
  /** How often it has opened since it was closed. */
  #openings = 0;
  #running = 0;
  #succeeded = 0;
  #probesDueAt = 0;
  /** Times that it has opened since construction, by itself or by force. */
  opened = 0;
  /** Calls whose end was ignored, because they began in an earlier generation. */
  stale = 0;

  constructor(options: ResolvedCircuitOptions) {
    this.#options = options;
    this.#window = new CircuitWindow(options.windowCalls, options.windowMs);
  }

  /** While it is closed, this is every call's ticket, and nobody needs to ask for the time. */
  get closedTicket(): number {
    return this.#kind === "closed" ? this.#generation : refused;
  }

  /** @returns a ticket to be handed to `settle` just once, or {@link refused} */
  admit(now: number): number {
    if (this.#kind === "closed") return this.#generation;
    if (this.#kind === "forced-open") return refused;
    if (this.#kind === "open") {
      if (now < this.#until) return refused;
      this.#become("half-open");
      this.#running = 0;
      this.#succeeded = 0;
    }
    const { probes, probeTimeoutMs } = this.#options;
    if (this.#running + this.#succeeded < probes) {
      this.#running++;
      this.#probesDueAt = now + probeTimeoutMs;
      return this.#generation;
    }
    if (now >= this.#probesDueAt) this.#open(now);
    return refused;
  }

  /** Tells what became of a call. */
  settle(ticket: number, outcome: CallOutcome, isSlow: boolean, now: number): void {
    if (ticket !== this.#generation) {
      this.stale++;
      return;
    }
    const isFailure = outcome === "failure";
    if (this.#kind === "half-open") {
      this.#running--;
      if (outcome === "cancelled") return;
      if (isFailure || isSlow) this.#open(now);
      else if (++this.#succeeded === this.#options.probes) this.reset();
    } else if (outcome !== "cancelled") {
      this.#inARow = isFailure ? this.#inARow + 1 : 0;
      this.#window.record(now, isFailure, isSlow);
      if (this.#isTooBad()) this.#open(now);
    }
  }

  /** Opens it, unless it has changed since the ticket was given while it was closed: for who judges by more than the window. */
  trip(ticket: number, now: number): void {
    if (ticket === this.closedTicket) this.#open(now);
  }

  forceOpen(): void {
    this.#become("forced-open");
    this.opened++;
  }

  /** Closes, and forgets what was. */
  reset(): void {
    this.#become("closed");
    this.#window.clear();
    this.#inARow = 0;
    this.#openings = 0;
  }

  state(now: number): CircuitState {
    const kind = this.#kind;
    if (kind === "open") return { kind, retryAfterMs: Math.max(0, this.#until - now) };
    if (kind === "half-open") return { kind, running: this.#running, succeeded: this.#succeeded };
    return { kind };
  }

  /** The calls of the window that are recent enough. */
  window(now: number): CircuitWindow {
    this.#window.expire(now);
    return this.#window;
  }

  #isTooBad(): boolean {
    const { consecutiveFailures, minimumCalls, failureRate, slowRate } = this.#options;
    if (this.#inARow >= consecutiveFailures) return true;
    const window = this.#window;
    return window.calls >= minimumCalls && (window.failureRate >= failureRate || window.slowRate >= slowRate);
  }

  #open(now: number): void {
    const { openMs, maxOpenMs, jitter, random } = this.#options;
    this.#become("open");
    const fullMs = Math.min(maxOpenMs, openMs * 2 ** this.#openings++);
    this.#until = now + fullMs * (1 - jitter * random());
    this.opened++;
  }

  #become(kind: CircuitState["kind"]): void {
    this.#kind = kind;
    this.#generation++;
  }
}
