import type { Clock } from "../../clock.ts";
import { CircuitCore, refused } from "../../concurrency/circuit-core.ts";
import type { ResolvedCircuitOptions } from "../../concurrency/circuit-options.ts";
import { CallCohorts } from "./call-cohorts.ts";

/** Nothing but failures in so many calls that began one after the other, for so long, opens a circuit of few calls. */
const deadCalls = 20;
const deadMs = 1_000;
const never = Number.POSITIVE_INFINITY;

/** The circuit of one origin: a breaker's states, with the share of failures taken by when calls began. @internal */
export class OriginCircuit {
  readonly core: CircuitCore;
  readonly many: CallCohorts;
  readonly dead: CallCohorts;
  readonly #clock: Clock;
  #generation: number;

  constructor(options: ResolvedCircuitOptions) {
    const { failureRate, windowCalls, windowMs, minimumCalls, slowMs, clock } = options;
    // The core's own window is for slow calls alone.
    this.core = new CircuitCore({
      ...options,
      failureRate: never,
      windowCalls: slowMs === never ? 1 : windowCalls,
    });
    this.many = new CallCohorts({ calls: windowCalls, failureRate, minimumCalls, lastingMs: 0, windowMs });
    this.dead = new CallCohorts({
      calls: deadCalls,
      failureRate: failureRate === never ? never : 1,
      minimumCalls: deadCalls,
      lastingMs: deadMs,
      windowMs,
    });
    this.#clock = clock;
    this.#generation = this.core.closedTicket;
  }

  /** @returns a ticket, or `refused` */
  admit(): number {
    const ticket = this.core.closedTicket;
    if (ticket === this.#generation) return ticket;
    if (ticket === refused) return this.core.admit(this.#clock.now());
    // Closed anew: calls of before are forgotten.
    this.#generation = ticket;
    this.many.next();
    this.dead.next();
    return ticket;
  }
}
