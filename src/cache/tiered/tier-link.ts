import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { CircuitCore, refused } from "../../concurrency/circuit-core.ts";
import { resolveCircuitOptions } from "../../concurrency/circuit-options.ts";
import { SharedTierError } from "../../errors.ts";
import { AnswerDeadlines, type AnswerUse } from "../answer-deadlines.ts";
import type { Lease, SharedEntry, SharedTier, Stamp } from "../shared-tier.ts";
import { PendingChanges, type SharedChange } from "./pending-changes.ts";
import type { ResolvedTieredOptions } from "./tiered-options.ts";

/** In place of an answer: the server wasn't asked, or didn't give one. */
export const unreachable: unique symbol = Symbol("unreachable");
export type Unreachable = typeof unreachable;

/** Whether a change has happened on the server, or will be made there as soon as it can be told. */
export type Reach = "fleet" | "pending";

const firstProbeMs = 25;
const longestProbeMs = 2_000;

/**
 * The way to the server: each call under a time budget, and none while it isn't likely to be answered. Callers never find out
 * whether it is back: that does a timer, which first tells it all that was forgotten meanwhile.
 */
export class TierLink {
  readonly #tier: SharedTier;
  readonly #options: ResolvedTieredOptions;
  readonly #clock: Clock;
  readonly #circuit: CircuitCore;
  readonly #pending: PendingChanges;
  readonly #deadlines: AnswerDeadlines;
  #timer: TimerHandle | undefined;
  #probeMs = firstProbeMs;
  #isProbing = false;
  #isClosed = false;
  #isDown = false;
  #inFlight = 0;
  /** About a call's ticket. */
  readonly #use: AnswerUse<unknown, unknown, number> = {
    kept: (value, ticket) => {
      this.#circuit.settle(ticket, "success", false, this.#clock.now());
      return value;
    },
    failed: (thrown, ticket) => {
      this.#circuit.settle(ticket, isFailure(thrown) ? "failure" : "success", false, this.#clock.now());
      return this.#failed(thrown);
    },
    late: (ticket) => {
      this.#circuit.settle(ticket, "failure", false, this.#clock.now());
      const message = `gave no answer in ${this.#options.tierTimeoutMs} ms`;
      return this.#failed(new SharedTierError(this.#tier.name, "timeout", message));
    },
    ended: () => {
      this.#inFlight--;
    },
  };
  failures = 0;
  refusals = 0;
  replayed = 0;
  overflows = 0;
  /** Counts the times that the server could be asked again. */
  recoveries = 0;

  constructor(tier: SharedTier, options: ResolvedTieredOptions) {
    this.#tier = tier;
    this.#options = options;
    this.#clock = options.clock;
    this.#pending = new PendingChanges(options.maxPending);
    this.#deadlines = new AnswerDeadlines(options.tierTimeoutMs, options.clock);
    this.#circuit = new CircuitCore(
      resolveCircuitOptions({
        consecutiveFailures: 3,
        minimumCalls: 10,
        windowMs: 2_000,
        openMs: firstProbeMs,
        maxOpenMs: longestProbeMs,
        probes: 1,
        random: options.random,
      }),
    );
  }

  /** Changes that the server is still to be told. */
  get pending(): number {
    return this.#pending.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** May the server be asked, and does it know all that was forgotten here? */
  get isUsable(): boolean {
    if (this.#isClosed) return false;
    if (this.#tier.isConnected && this.#isClosedCircuit && this.#pending.size === 0) {
      if (!this.#isDown) return true;
      // The connection came back by itself, before a probe saw it.
      this.#up();
      return true;
    }
    this.#down(undefined);
    return false;
  }

  /**
   * @param now what this cache's clock says, where it has just been asked
   * @returns what the server answered in time; never rejects
   */
  ask<T>(call: (tier: SharedTier) => Promise<T>, now = this.#clock.now()): Promise<T | Unreachable> {
    if (this.isUsable) return this.#call(call, now);
    this.refusals++;
    return Promise.resolve(unreachable);
  }

  /** As `ask` for a lease. One that is granted too late is given back: all others would wait for its time. */
  async acquire(
    key: string,
    tags: readonly string[],
    leaseMs: number,
    anew = false,
  ): Promise<Lease | SharedEntry | undefined | Unreachable> {
    let granted: Promise<Lease | SharedEntry | undefined> | undefined;
    const answer = await this.ask((tier) => {
      granted = tier.acquire(key, tags, leaseMs, anew);
      return granted;
    });
    if (answer === unreachable)
      granted
        ?.then((late) => (late !== undefined && "token" in late ? this.#tier.release(late) : undefined))
        // It ends by itself then, only later.
        .catch(() => undefined);
    return answer;
  }

  /**
   * What the tier says of a stamp, `false` in doubt.
   * @param now what this cache's clock says, where it has just been asked
   * @returns a promise of it where the server has to be asked
   */
  isCurrent(stamp: Stamp, now?: number): boolean | Promise<boolean> {
    const answer = this.#tier.isCurrent(stamp, this.#clock === systemClock ? now : undefined);
    if (typeof answer === "boolean") return answer;
    return this.ask(() => answer).then((current) => current === true);
  }

  /** Makes a change on the server, now or when it can be told. */
  async change(change: SharedChange): Promise<Reach> {
    if ((await this.ask((tier) => tell(tier, change))) !== unreachable) return "fleet";
    this.postpone(change);
    return "pending";
  }

  postpone(change: SharedChange): void {
    if (this.#isClosed) return;
    const overflowed = this.#pending.add(change);
    if (overflowed) {
      this.overflows++;
      this.#options.onEvent({ type: "overflow", limit: this.#options.maxPending });
    }
    this.#options.onEvent({ type: "pending", count: this.#pending.size });
    this.#down(undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  get #isClosedCircuit(): boolean {
    return this.#circuit.closedTicket !== refused;
  }

  #call<T>(
    call: (tier: SharedTier) => Promise<T>,
    now: number = this.#clock.now(),
  ): Promise<T | Unreachable> {
    if (this.#inFlight >= this.#options.maxTierCalls) {
      this.refusals++;
      return Promise.resolve(unreachable);
    }
    const ticket = this.#circuit.admit(now);
    if (ticket === refused) {
      this.#failed(undefined);
      return Promise.resolve(unreachable);
    }
    let answer: Promise<T>;
    try {
      answer = call(this.#tier);
    } catch (error) {
      answer = Promise.reject(error);
    }
    this.#inFlight++;
    const use = this.#use as AnswerUse<T, T | Unreachable, number>;
    return this.#deadlines.bound(answer, use, ticket, now);
  }

  #failed(error: unknown): Unreachable {
    this.failures++;
    if (!this.#isClosedCircuit) this.#down(error);
    return unreachable;
  }

  #down(error: unknown): void {
    if (this.#isClosed) return;
    if (!this.#isDown) {
      this.#isDown = true;
      this.#probeMs = firstProbeMs;
      this.#options.onEvent({ type: "tier-down", error });
    }
    if (this.#timer === undefined && !this.#isProbing) this.#arm();
  }

  #up(): void {
    this.#isDown = false;
    this.recoveries++;
    this.#options.onEvent({ type: "tier-up" });
  }

  #arm(): void {
    const delayMs = this.#probeMs * (0.75 + 0.5 * this.#options.random());
    this.#probeMs = Math.min(longestProbeMs, this.#probeMs * 2);
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#probe();
    }, delayMs);
  }

  async #probe(): Promise<void> {
    this.#isProbing = true;
    const isBack = this.#tier.isConnected && (await this.#replay());
    this.#isProbing = false;
    if (this.#isClosed || !this.#isDown) return;
    if (isBack && this.#pending.size === 0) this.#up();
    else this.#arm();
  }

  /** Tells the server all that it missed. @returns whether it answered */
  async #replay(): Promise<boolean> {
    let count = 0;
    for (const change of this.#pending.changes()) {
      if ((await this.#call((tier) => tell(tier, change))) === unreachable) return false;
      // Only what was told may go: the same may have been forgotten once more meanwhile.
      this.#pending.remove(change);
      this.replayed++;
      count++;
    }
    if (count > 0) this.#options.onEvent({ type: "replayed", count });
    else if ((await this.#call((tier) => tier.catchUp(tier.token()))) === unreachable) return false;
    return this.#isClosedCircuit;
  }
}

function tell(tier: SharedTier, change: SharedChange): Promise<void> {
  if (change.kind === "keys") return tier.delete(change.keys);
  return change.kind === "tags" ? tier.deleteByTag(change.tags) : tier.clear();
}

/**
 * A server that is full, or takes no writes, still answers: what it holds can be read. And what one caller did wrong, such as a
 * tag that is too long, says nothing of the server.
 */
function isFailure(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof TypeError) return false;
  return !(error instanceof SharedTierError && (error.reason === "full" || error.reason === "read-only"));
}
