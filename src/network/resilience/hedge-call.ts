import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Clock } from "../../clock.ts";
import { AttemptAbandonedError } from "../../errors.ts";
import { contextOf, type Dispatch } from "../policy.ts";
import { type AttemptedCall, CallAttempt } from "./call-attempt.ts";
import { CallController } from "./call-controller.ts";
import type { HedgeDelay } from "./hedge-delay.ts";
import type { Hedgeable, HedgeQueue } from "./hedge-queue.ts";
import { retriedStatuses } from "./repeatable.ts";

type Controller = Dispatcher.DispatchController;

/** What is known of an origin. @internal */
export interface HedgedOrigin {
  readonly delay: HedgeDelay;
  readonly queue: HedgeQueue;
}

/** What a hedging policy has done. Counts run from its construction. */
export interface HedgeStats {
  /** Calls that might have been hedged. */
  readonly calls: number;
  /** Second requests sent. */
  readonly hedges: number;
  /** Calls that the second request answered. */
  readonly won: number;
  /** Second requests that weren't sent, because they would have been more than `maxLoad`, or for want of a token. */
  readonly denied: number;
}

/** What the calls of a policy share. @internal */
export interface HedgeRules {
  readonly clock: Clock;
  readonly counts: { -readonly [Name in keyof HedgeStats]: HedgeStats[Name] };
  /** @returns whether another request may be sent, which is paid for then */
  mayHedge(): boolean;
}

/** One call, and the second request if it is late. @internal */
export class HedgeCall extends CallController implements AttemptedCall, Hedgeable {
  readonly handler: Dispatcher.DispatchHandler;
  readonly startedMs: number;
  previous: Hedgeable | undefined = undefined;
  next: Hedgeable | undefined = undefined;
  isQueued = false;
  readonly #rules: HedgeRules;
  readonly #origin: HedgedOrigin;
  readonly #dispatch: Dispatch;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #first = new CallAttempt(this);
  #second: CallAttempt | undefined;
  /** The only one that still counts, once it is decided. */
  #chosen: CallAttempt | undefined;
  #firstController: Controller | undefined;
  #secondController: Controller | undefined;
  #isOver = false;

  constructor(
    rules: HedgeRules,
    origin: HedgedOrigin,
    dispatch: Dispatch,
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ) {
    super();
    this.#rules = rules;
    this.#origin = origin;
    this.#dispatch = dispatch;
    this.#options = options;
    this.handler = handler;
    this.startedMs = rules.clock.now();
  }

  begin(): boolean {
    this.handler.onRequestStart?.(this, null);
    if (this.#isOver) return true;
    if (this.#origin.delay.ms !== Number.POSITIVE_INFINITY) this.#origin.queue.add(this);
    try {
      return this.#dispatch(this.#options, this.#first);
    } catch (error) {
      this.#origin.queue.remove(this);
      throw error;
    }
  }

  onLate(): void {
    const { clock } = this.#rules;
    if (clock.now() >= (contextOf(this.#options).deadline ?? Number.POSITIVE_INFINITY)) return;
    if (!this.#rules.mayHedge()) return;
    this.#second = new CallAttempt(this);
    try {
      this.#dispatch(this.#options, this.#second);
    } catch (error) {
      this.attemptFailed(this.#second, null, error as Error);
    }
  }

  attemptStarted(attempt: CallAttempt, controller: Controller, context: unknown): void {
    if (attempt === this.#first) this.#firstController = controller;
    else this.#secondController = controller;
    if (attempt === (this.#chosen ?? this.#first)) this.attach(controller);
    // The caller has had its start; only what it couldn't know then is worth another.
    if (context !== null && context !== undefined && attempt === this.#first)
      this.handler.onRequestStart?.(this, context);
  }

  attemptAnswered(
    attempt: CallAttempt,
    status: number,
    headers: IncomingHttpHeaders,
    text: string | undefined,
  ): void {
    if (status < 200) {
      // Both may announce what comes; the caller hears of one.
      if (attempt === (this.#chosen ?? this.#first))
        this.handler.onResponseStart?.(this, status, headers, text);
      return;
    }
    if (this.#chosen === undefined) {
      if (this.#second !== undefined && retriedStatuses.includes(status)) {
        this.#drop(attempt);
        return;
      }
      this.#choose(attempt);
    }
    this.handler.onResponseStart?.(this, status, headers, text);
  }

  attemptData(chunk: Buffer): void {
    this.handler.onResponseData?.(this, chunk);
  }

  attemptEnded(trailers: IncomingHttpHeaders): void {
    this.#isOver = true;
    try {
      this.handler.onResponseEnd?.(this, trailers);
    } catch (error) {
      this.#isOver = false;
      throw error;
    }
  }

  attemptFailed(attempt: CallAttempt, controller: Controller | null, error: Error): void {
    if (this.#chosen === undefined && this.#second !== undefined && !controller?.aborted) {
      this.#drop(attempt);
      return;
    }
    this.#leave(error);
    this.handler.onResponseError?.(this, error);
  }

  protected override end(reason: Error): void {
    if (this.#isOver) return;
    this.#leave(reason);
    this.handler.onResponseError?.(this, reason);
  }

  #leave(reason: Error): void {
    this.#isOver = true;
    this.#origin.queue.remove(this);
    this.#first.abandon(reason);
    this.#second?.abandon(reason);
  }

  /** From now on the call is this attempt; the other, if there is one, is cut off. */
  #choose(attempt: CallAttempt): void {
    const { clock, counts } = this.#rules;
    this.#origin.queue.remove(this);
    // Also when the second one answered: the first would have taken at least so long.
    this.#origin.delay.record(clock.now() - this.startedMs);
    this.#chosen = attempt;
    if (this.#second === undefined) return;
    const isSecond = attempt === this.#second;
    if (isSecond) counts.won++;
    this.#take(isSecond);
    (isSecond ? this.#first : this.#second).abandon(new AttemptAbandonedError("another was answered first"));
  }

  /** One of two failed: the other decides. */
  #drop(attempt: CallAttempt): void {
    const isSecond = attempt === this.#first;
    this.#chosen = isSecond ? this.#second : this.#first;
    this.#take(isSecond);
    attempt.abandon(new AttemptAbandonedError("it failed while another is under way"));
  }

  #take(isSecond: boolean): void {
    const controller = isSecond ? this.#secondController : this.#firstController;
    if (controller !== undefined) this.attach(controller);
  }
}
