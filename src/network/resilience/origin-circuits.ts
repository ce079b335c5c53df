import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { type CallOutcome, type CircuitState, refused } from "../../concurrency/circuit-core.ts";
import {
  type CircuitBreakerOptions,
  type ResolvedCircuitOptions,
  resolveCircuitOptions,
} from "../../concurrency/circuit-options.ts";
import { CircuitOpenError } from "../../errors.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { integer, optionsObject, reject } from "../../options.ts";
import type { NetworkPolicy } from "../policy.ts";
import type { CallCohort } from "./call-cohorts.ts";
import { ForwardingHandler } from "./forwarding-handler.ts";
import { OriginCircuit } from "./origin-circuit.ts";
import { Origins } from "./origins.ts";
import { isServiceFailure } from "./service-failure.ts";

/**
 * How the circuits of all origins work: each as a `CircuitBreaker`, but for its window, which holds calls that began one after the
 * other instead of calls that ended so.
 */
export interface OriginCircuitsOptions
  extends Omit<CircuitBreakerOptions, "isFailure" | "windowCalls" | "windowMs" | "minimumCalls"> {
  /** Calls that are judged together, an integer from 1 to 1,000,000; where `slowMs` is set, the last so many that ended. @default 200 */
  readonly windowCalls?: number;
  /** They began within so many milliseconds, > 0, or `Infinity`, of the first one's end. @default 60_000 */
  readonly windowMs?: number;
  /**
   * Fewer calls count as so many, the missing ones as good, an integer from 1 to `windowCalls`: with half of them failed, the circuit
   * opens at once. @default windowCalls
   */
  readonly minimumCalls?: number;
  /** Origins that are known at most, an integer ≥ 1; some 1.5 kB each. Closed ones are forgotten first. @default 1000 */
  readonly maxOrigins?: number;
  /** For metrics. @default "origins" */
  readonly name?: string;
}

/** What the circuits have seen. Counts run from construction. */
export interface OriginCircuitsStats {
  readonly origins: number;
  /** Origins whose circuit isn't closed. */
  readonly open: readonly string[];
  readonly succeeded: number;
  readonly failed: number;
  /** Requests whose caller gave up. */
  readonly cancelled: number;
  /** Requests that weren't let through. */
  readonly refused: number;
}

type Counts = { succeeded: number; failed: number; cancelled: number; refused: number };

const maxOriginsByDefault = 1000;
const windowByDefault = Object.freeze({ windowCalls: 200, windowMs: 60_000 });

/**
 * A circuit breaker for each origin: one that fails is left alone, and tried again with a few requests.
 * 5xx, failed connections and timeouts are failures, and so is a body that is cut off; 4xx and what the caller aborts are not. What
 * isn't let through fails with `CircuitOpenError`.
 *
 * By default it opens when 100 of 200 calls that began one after the other have failed, or 20 of 20 over a second or longer, so that
 * neither chance nor one broken connection opens it, nor that failures come back sooner than answers.
 */
export class OriginCircuits implements MetricSource {
  readonly name: string;
  /** For `compose` of a dispatcher, within `HedgePolicy`. */
  readonly policy: NetworkPolicy;
  readonly #options: ResolvedCircuitOptions;
  readonly #origins: Origins<OriginCircuit>;
  readonly #counts: Counts = { succeeded: 0, failed: 0, cancelled: 0, refused: 0 };

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(options: OriginCircuitsOptions = {}) {
    optionsObject("OriginCircuits", options);
    const { maxOrigins = maxOriginsByDefault, name = "origins", ...circuit } = options;
    if (typeof name !== "string" || name === "") reject("name", "a name", name);
    if ("isFailure" in circuit) throw new TypeError("OriginCircuits: isFailure can't be chosen");
    const windowCalls = circuit.windowCalls ?? windowByDefault.windowCalls;
    const { windowMs = windowByDefault.windowMs, minimumCalls = windowCalls } = circuit;
    const resolved = resolveCircuitOptions({ ...circuit, windowCalls, windowMs, minimumCalls });
    const { clock } = resolved;
    const counts = this.#counts;
    this.name = name;
    this.#options = resolved;
    this.#origins = new Origins(
      integer("maxOrigins", maxOrigins, 1),
      () => new OriginCircuit(resolved),
      ({ core }) => core.closedTicket !== refused,
    );
    this.policy = (dispatch) => (request, handler) => {
      const origin = this.#origins.of(request.origin);
      const ticket = origin.admit();
      if (ticket !== refused)
        return dispatch(request, new WatchedRequest(handler, origin, ticket, resolved, counts));
      counts.refused++;
      const error = new CircuitOpenError(
        String(request.origin ?? ""),
        retryAfterMs(origin.core.state(clock.now())),
      );
      // As undici does for what it can't even begin.
      handler.onResponseError?.(null as unknown as Dispatcher.DispatchController, error);
      return true;
    };
  }

  /** @returns where the circuit of an origin stands; `undefined` for one that isn't known */
  state(origin: string): CircuitState | undefined {
    const now = this.#options.clock.now();
    for (const [known, { core }] of this.#origins) if (known === origin) return core.state(now);
    return undefined;
  }

  stats(): OriginCircuitsStats {
    const open: string[] = [];
    for (const [origin, { core }] of this.#origins) if (core.closedTicket === refused) open.push(origin);
    return { origins: this.#origins.size, open, ...this.#counts };
  }

  *collect(): Iterable<MetricSample> {
    const labels = { "victor.circuit.name": this.name };
    const { succeeded, failed, cancelled, refused, origins, open } = this.stats();
    const outcomes = { success: succeeded, failure: failed, cancelled, refused };
    for (const [outcome, value] of Object.entries(outcomes))
      yield {
        type: "counter",
        name: "victor.circuit.origins.calls",
        help: "Requests, by what became of them.",
        labels: { ...labels, outcome },
        value,
      };
    const states = { closed: origins - open.length, open: open.length };
    for (const [state, value] of Object.entries(states))
      yield {
        type: "gauge",
        name: "victor.circuit.origins.known",
        help: "Origins, by whether their circuit is closed.",
        labels: { ...labels, state },
        value,
      };
  }
}

/** Tells the circuit what becomes of a request. */
class WatchedRequest extends ForwardingHandler {
  readonly #origin: OriginCircuit;
  readonly #many: CallCohort;
  readonly #dead: CallCohort;
  readonly #ticket: number;
  readonly #options: ResolvedCircuitOptions;
  readonly #counts: Counts;
  readonly #startedMs: number;
  #isSettled = false;

  constructor(
    next: Dispatcher.DispatchHandler,
    origin: OriginCircuit,
    ticket: number,
    options: ResolvedCircuitOptions,
    counts: Counts,
  ) {
    super(next);
    this.#origin = origin;
    this.#many = origin.many.join();
    this.#dead = origin.dead.join();
    this.#ticket = ticket;
    this.#options = options;
    this.#counts = counts;
    this.#startedMs = options.slowMs === Number.POSITIVE_INFINITY ? 0 : options.clock.now();
  }

  override onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#settle("success");
    super.onRequestUpgrade(controller, status, headers, socket);
  }

  override onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    // With its headers, not its end: an answer may last for hours.
    if (status >= 200) this.#settle(status >= 500 ? "failure" : "success");
    super.onResponseStart(controller, status, headers, text);
  }

  override onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    const isFailure = isServiceFailure(error);
    if (!this.#isSettled) this.#settle(isFailure ? "failure" : "cancelled");
    // A body that is cut counts beside its headers, while nobody probes with it.
    else if (isFailure && this.#origin.core.closedTicket === this.#ticket) this.#record("failure");
    super.onResponseError(controller, error);
  }

  #settle(outcome: CallOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#record(outcome);
  }

  #record(outcome: CallOutcome): void {
    const { clock, slowMs } = this.#options;
    const now = clock.now();
    const { core, many, dead } = this.#origin;
    let isTooBad = false;
    if (outcome === "success") {
      this.#counts.succeeded++;
      many.succeed(this.#many, now);
      dead.succeed(this.#dead, now);
    } else if (outcome === "failure") {
      this.#counts.failed++;
      const isDead = dead.fail(this.#dead, now);
      isTooBad = many.fail(this.#many, now) || isDead;
    } else {
      this.#counts.cancelled++;
      many.leave(this.#many);
      dead.leave(this.#dead);
    }
    core.settle(this.#ticket, outcome, now - this.#startedMs >= slowMs, now);
    if (isTooBad) core.trip(this.#ticket, now);
  }
}

function retryAfterMs(state: CircuitState): number {
  return state.kind === "open" ? state.retryAfterMs : 0;
}
