import type { Clock } from "../clock.ts";
import { CircuitOpenError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { knownKeys, reject } from "../options.ts";
import { offAbort, onAbort } from "./abort-listeners.ts";
import { type CallOutcome, CircuitCore, type CircuitState, refused } from "./circuit-core.ts";
import {
  type CircuitBreakerOptions,
  type ResolvedCircuitOptions,
  resolveCircuitOptions,
} from "./circuit-options.ts";

/** A breaker at one moment. Counts run from its construction. */
export interface CircuitStats {
  readonly state: CircuitState;
  readonly succeeded: number;
  readonly failed: number;
  /** Calls that took `slowMs` or longer, among the two before. */
  readonly slow: number;
  /** Calls whose caller gave up. */
  readonly cancelled: number;
  /** Calls that weren't let through. */
  readonly refused: number;
  /** Calls that ended in another state than they began in, and so had no influence; they are among the others too. */
  readonly stale: number;
  /** Times that the circuit has opened. */
  readonly opened: number;
  /** Calls in the window; a share of them, 0 to 1, failed or was slow. */
  readonly windowCalls: number;
  readonly failureRate: number;
  readonly slowRate: number;
}

/** A call's result, or that there was no call. */
export type CircuitResult<T> =
  | { readonly admitted: true; readonly value: T }
  | { readonly admitted: false; readonly retryAfterMs: number };

export interface CircuitCallOptions {
  /**
   * The caller's. When it aborts, its reason is thrown at once, and the call counts neither as success nor as failure; but a
   * timeout (`AbortSignal.timeout`, a `DeadlineError`) counts as a failure, since a service that hangs has failed.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Handed the signal of `options`. */
export type CircuitCall<T> = (signal: AbortSignal | undefined) => T | PromiseLike<T>;

/**
 * Stops calling a service that fails, and finds out with a few calls when it has recovered.
 * It has no timers: an open circuit becomes half-open at the first call when its time is up.
 * @see https://martinfowler.com/bliki/CircuitBreaker.html
 */
export class CircuitBreaker implements MetricSource {
  readonly name: string;
  readonly #core: CircuitCore;
  readonly #clock: Clock;
  readonly #slowMs: number;
  readonly #isFailure: ResolvedCircuitOptions["isFailure"];
  #succeeded = 0;
  #failed = 0;
  #slow = 0;
  #cancelled = 0;
  #refused = 0;

  /** @throws {TypeError | RangeError} on an option that is unknown or out of its bounds */
  constructor(name: string, options: CircuitBreakerOptions = {}) {
    if (typeof name !== "string" || name === "") throw new TypeError("CircuitBreaker: expected a name");
    const resolved = resolveCircuitOptions(options);
    this.name = name;
    this.#core = new CircuitCore(resolved);
    this.#clock = resolved.clock;
    this.#slowMs = resolved.slowMs;
    this.#isFailure = resolved.isFailure;
  }

  /**
   * Calls `fn`, if the circuit lets it.
   * @throws {CircuitOpenError} when it doesn't; what `fn` throws; the signal's reason when it aborts
   * @throws {TypeError | RangeError} when `fn` is no function, or an option is wrong or unknown; that counts for nothing
   */
  run<T>(fn: CircuitCall<T>, options?: CircuitCallOptions): Promise<T> {
    try {
      checkCall(fn, options);
    } catch (error) {
      return Promise.reject(error);
    }
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    const ticket = this.#admit();
    if (ticket === refused) return Promise.reject(new CircuitOpenError(this.name, this.#retryAfterMs()));
    return this.#call(ticket, fn, options?.signal);
  }

  /** Like `run`, but gives a refusal as a value. */
  async tryRun<T>(fn: CircuitCall<T>, options?: CircuitCallOptions): Promise<CircuitResult<T>> {
    checkCall(fn, options);
    options?.signal?.throwIfAborted();
    const ticket = this.#admit();
    if (ticket === refused) return { admitted: false, retryAfterMs: this.#retryAfterMs() };
    return { admitted: true, value: await this.#call(ticket, fn, options?.signal) };
  }

  /** Do calls go through? As `state` says, without a look at the clock. */
  get isClosed(): boolean {
    return this.#core.closedTicket !== refused;
  }

  get state(): CircuitState {
    return this.#core.state(this.#clock.now());
  }

  /** Refuses all calls until `reset`. */
  forceOpen(): void {
    this.#core.forceOpen();
  }

  /** Closes the circuit, and forgets the calls before. */
  reset(): void {
    this.#core.reset();
  }

  stats(): CircuitStats {
    const now = this.#clock.now();
    const { calls, failureRate, slowRate } = this.#core.window(now);
    return {
      state: this.#core.state(now),
      succeeded: this.#succeeded,
      failed: this.#failed,
      slow: this.#slow,
      cancelled: this.#cancelled,
      refused: this.#refused,
      stale: this.#core.stale,
      opened: this.#core.opened,
      windowCalls: calls,
      failureRate,
      slowRate,
    };
  }

  *collect(): Iterable<MetricSample> {
    const stats = this.stats();
    const labels = { "victor.circuit.name": this.name };
    const counter = (name: string, help: string, value: number, outcome?: string): MetricSample => ({
      type: "counter",
      name: `victor.circuit.${name}`,
      help,
      labels: outcome === undefined ? labels : { ...labels, outcome },
      value,
    });
    const calls = "Calls, by what became of them.";
    yield counter("calls", calls, stats.succeeded, "success");
    yield counter("calls", calls, stats.failed, "failure");
    yield counter("calls", calls, stats.cancelled, "cancelled");
    yield counter("calls", calls, stats.refused, "refused");
    yield counter("slow_calls", "Calls that were slow.", stats.slow);
    yield counter("opened", "Times that the circuit has opened.", stats.opened);
    const help = "1 for the state that the circuit is in, else 0.";
    for (const state of ["closed", "open", "half-open", "forced-open"])
      yield {
        type: "gauge",
        name: "victor.circuit.state",
        help,
        labels: { ...labels, state },
        value: stats.state.kind === state ? 1 : 0,
      };
  }

  #admit(): number {
    const ticket = this.#core.closedTicket || this.#core.admit(this.#clock.now());
    if (ticket === refused) this.#refused++;
    return ticket;
  }

  #retryAfterMs(): number {
    const { state } = this;
    if (state.kind === "forced-open") return Number.POSITIVE_INFINITY;
    return state.kind === "open" ? state.retryAfterMs : 0;
  }

  async #call<T>(ticket: number, fn: CircuitCall<T>, signal: AbortSignal | undefined): Promise<T> {
    const startedAt = this.#slowMs === Number.POSITIVE_INFINITY ? 0 : this.#clock.now();
    let value: T;
    try {
      value = await (signal === undefined ? fn(undefined) : orAborted(fn, signal));
    } catch (error) {
      let outcome: CallOutcome = "failure";
      try {
        if (signal?.aborted && !isTimeout(signal.reason)) outcome = "cancelled";
        else if (!this.#isFailure(error)) outcome = "success";
      } finally {
        this.#settle(ticket, outcome, startedAt);
      }
      throw error;
    }
    this.#settle(ticket, "success", startedAt);
    return value;
  }

  #settle(ticket: number, outcome: CallOutcome, startedAt: number): void {
    const now = this.#clock.now();
    const isSlow = outcome !== "cancelled" && now - startedAt >= this.#slowMs;
    if (outcome === "success") this.#succeeded++;
    else if (outcome === "failure") this.#failed++;
    else this.#cancelled++;
    if (isSlow) this.#slow++;
    this.#core.settle(ticket, outcome, isSlow, now);
  }
}

function checkCall(fn: unknown, options: CircuitCallOptions | undefined): void {
  if (typeof fn !== "function") throw new TypeError(`run: expected a function, got ${typeof fn}`);
  if (options === undefined) return;
  knownKeys("run", options, ["signal"]);
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) reject("signal", "an AbortSignal", signal);
}

/** Calls `fn`, and waits for it no longer than until the signal aborts. */
function orAborted<T>(fn: CircuitCall<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    onAbort(signal, abort);
    const over = () => offAbort(signal, abort);
    Promise.try(fn, signal).then(
      (value) => {
        over();
        resolve(value);
      },
      (error) => {
        over();
        reject(error);
      },
    );
  });
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && (reason.name === "TimeoutError" || reason.name === "DeadlineError");
}
