import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { TimerHandle } from "../../clock.ts";
import { offAbort, onAbort } from "../../concurrency/abort-listeners.ts";
import { awaitedTimer } from "../../concurrency/awaited-timer.ts";
import {
  AttemptAbandonedError,
  type AttemptFailure,
  AttemptsFailedError,
  AttemptTimeoutError,
  DeadlineError,
} from "../../errors.ts";
import { contextOf, type Dispatch, type RequestContext } from "../policy.ts";
import { requestTitle } from "../redaction.ts";
import { backoffMs } from "./backoff.ts";
import { type AttemptedCall, CallAttempt } from "./call-attempt.ts";
import { CallController } from "./call-controller.ts";
import { HeldResponse, heldBytes } from "./held-response.ts";
import { codeOf, hasBodyAgain, isReplayable, mayBeRepeated, wasNeverSent } from "./repeatable.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { RetryCounts } from "./retry-counts.ts";
import type { ResolvedRetryOptions } from "./retry-options.ts";

type Options = Dispatcher.DispatchOptions;
type Handler = Dispatcher.DispatchHandler;

/** How far a call is. */
type Phase =
  /** An attempt is under way, and may still be replaced by another. */
  | "sent"
  /** A good response has begun, of which the caller sees nothing before it is whole: cut off, it is replaced by another. */
  | "held"
  /** Between two attempts. */
  | "waiting"
  /** The caller has the headers: from here on there is one response, whole or an error. */
  | "answered"
  | "over";

const never = Number.POSITIVE_INFINITY;
/** In place of a wait: there is no further attempt. */
const none = -1;

/** One call with all its attempts: what its caller controls, and what its attempts report to. @internal */
export class RetryCall extends CallController implements AttemptedCall {
  readonly handler: Handler;
  readonly #rules: ResolvedRetryOptions;
  readonly #counts: RetryCounts;
  readonly #dispatch: Dispatch;
  readonly #options: Options;
  readonly #context: RequestContext;
  #phase: Phase = "sent";
  #attempt: CallAttempt | undefined;
  #held: HeldResponse | undefined;
  #retries = 0;
  #failures: AttemptFailure[] | undefined;
  #deadline = never;
  /** When the timer's attempt has had its time. */
  #attemptUntil = never;
  #timer: TimerHandle;
  #onSignal: (() => void) | undefined;

  constructor(
    rules: ResolvedRetryOptions,
    counts: RetryCounts,
    dispatch: Dispatch,
    options: Options,
    handler: Handler,
  ) {
    super();
    this.#rules = rules;
    this.#counts = counts;
    this.#dispatch = dispatch;
    this.#options = options;
    this.handler = handler;
    this.#context = contextOf(options);
  }

  /** @returns what the dispatcher says: whether it can take more */
  begin(): boolean {
    const { budget, timeoutMs, clock } = this.#rules;
    const { deadline, signal, bounded } = this.#context;
    this.#counts.calls++;
    budget.call();
    if (deadline !== undefined) this.#deadline = deadline;
    else if (timeoutMs !== never) this.#deadline = clock.now() + timeoutMs;
    try {
      this.handler.onRequestStart?.(this, null);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#phase === "over") return true;
    if (signal !== undefined && bounded !== true) {
      if (signal.aborted) {
        this.abort(signal.reason);
        return true;
      }
      this.#onSignal = () => this.abort(signal.reason);
      onAbort(signal, this.#onSignal);
    }
    if (this.#deadline !== never && clock.now() >= this.#deadline) {
      this.#failLate();
      return true;
    }
    return this.#send(this.#options);
  }

  attemptStarted(attempt: CallAttempt, controller: Dispatcher.DispatchController, context: unknown): void {
    if (attempt !== this.#attempt) return;
    this.attach(controller);
    // The caller has had its start; only what it couldn't know then is worth another.
    if (context !== null && context !== undefined) this.handler.onRequestStart?.(this, context);
  }

  attemptAnswered(
    attempt: CallAttempt,
    status: number,
    headers: IncomingHttpHeaders,
    text: string | undefined,
  ): void {
    if (status >= 200) {
      const isBad = this.#rules.statuses.has(status);
      if (isBad) {
        const isBusy = status === 429 || status === 503;
        const delayMs = this.#delayMs(undefined, isBusy, retryAfterMs(headers, Date.now()));
        if (delayMs !== none) {
          attempt.discard();
          this.#wait({ status }, delayMs);
          return;
        }
      } else {
        const length = Number(headers["content-length"]);
        if (length <= heldBytes && length > 0 && this.#mayHold) {
          this.#held = new HeldResponse(status, headers, text, length);
          this.#phase = "held";
          return;
        }
        this.#succeed();
      }
      this.#answer();
    }
    this.handler.onResponseStart?.(this, status, headers, text);
  }

  attemptData(chunk: Buffer): void {
    if (this.#held === undefined) this.handler.onResponseData?.(this, chunk);
    else if (!this.#held.add(chunk) && this.#phase === "held") this.#release(true);
    else if (this.#phase === "answered") this.#handOn();
  }

  attemptEnded(trailers: IncomingHttpHeaders): void {
    if (this.#held === undefined) this.#end(trailers);
    else {
      this.#held.trailers = trailers;
      if (this.#phase === "held") this.#release(true);
      else this.#handOn();
    }
  }

  /** Whoever pauses before the headers waits for them: they aren't held back any longer. */
  override pause(): void {
    super.pause();
    if (this.#phase === "held") this.#release(true);
  }

  override resume(): void {
    super.resume();
    this.#handOn();
  }

  #end(trailers: IncomingHttpHeaders): void {
    this.#leave();
    this.#phase = "over";
    try {
      this.handler.onResponseEnd?.(this, trailers);
    } catch (error) {
      // undici reports it to the handler as the response's error.
      this.#phase = "answered";
      throw error;
    }
  }

  attemptFailed(_: CallAttempt, controller: Dispatcher.DispatchController | null, error: Error): void {
    if ((this.#phase === "sent" || this.#phase === "held") && !controller?.aborted) this.#retryOrFail(error);
    else this.#fail(error);
  }

  protected override end(reason: Error): void {
    if (this.#phase === "over") return;
    this.#leave();
    this.#phase = "over";
    this.#attempt?.abandon(reason);
    this.handler.onResponseError?.(this, reason);
  }

  #retryOrFail(error: Error): void {
    const delayMs = this.#rules.errorCodes.has(codeOf(error) ?? "")
      ? this.#delayMs(error, false, undefined)
      : none;
    if (delayMs !== none) this.#wait({ error }, delayMs);
    else {
      // What came of a body that isn't replaced is the caller's, as if it hadn't been held back.
      if (this.#phase === "held") this.#release(false);
      this.#fail(error);
    }
  }

  #succeed(): void {
    this.#rules.budget.succeed();
    if (this.#retries > 0) this.#counts.recovered++;
  }

  #answer(): void {
    this.#phase = "answered";
    if (this.#deadline === never) this.#disarm();
  }

  /** From now on the caller gets what was held back, and the rest as it comes. */
  #release(isGood: boolean): void {
    if (isGood) this.#succeed();
    this.#answer();
    const { status, headers, text } = this.#held!;
    try {
      this.handler.onResponseStart?.(this, status, headers, text);
    } catch (error) {
      this.abort(error as Error);
    }
    this.#handOn();
  }

  #handOn(): void {
    const held = this.#held;
    if (held === undefined || this.#phase !== "answered") return;
    try {
      if (!held.handOn(this.handler, this)) return;
      this.#held = undefined;
      if (held.trailers !== undefined) this.#end(held.trailers);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  #send(options: Options): boolean {
    const attempt = new CallAttempt(this);
    this.#attempt = attempt;
    this.#phase = "sent";
    this.#arm();
    try {
      return this.#dispatch(options, attempt);
    } catch (error) {
      this.#fail(error);
      return true;
    }
  }

  /** One timer at a time: for the attempt's time or the deadline, whichever comes first. */
  #arm(): void {
    const { attemptTimeoutMs, clock } = this.#rules;
    const deadline = this.#context.bounded ? never : this.#deadline;
    if (attemptTimeoutMs === never && deadline === never) return;
    const now = clock.now();
    this.#attemptUntil = now + attemptTimeoutMs;
    const dueMs = Math.min(this.#attemptUntil, deadline) - now;
    if (dueMs !== never) this.#timer = awaitedTimer(clock, () => this.#onTime(), Math.max(0, dueMs));
  }

  #disarm(): void {
    if (this.#timer === undefined) return;
    this.#rules.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onTime(): void {
    this.#timer = undefined;
    if (this.#phase === "waiting") this.#sendAgain();
    else if (this.#deadline <= this.#attemptUntil) this.#failLate();
    else if (this.#phase === "answered" || this.#phase === "held") {
      // An attempt's own time ends with the headers.
      if (this.#phase === "held") this.#release(true);
      if (this.#phase !== "answered") return;
      this.#attemptUntil = never;
      const { clock } = this.#rules;
      const leftMs = Math.max(0, this.#deadline - clock.now());
      if (leftMs !== never) this.#timer = awaitedTimer(clock, () => this.#onTime(), leftMs);
    } else {
      this.#counts.attemptTimeouts++;
      const error = new AttemptTimeoutError(requestTitle(this.#options), this.#rules.attemptTimeoutMs);
      this.#attempt?.abandon(error);
      this.#retryOrFail(error);
    }
  }

  /** @returns how long to wait before another attempt, which is paid for then, or {@link none} */
  #delayMs(error: Error | undefined, isBusy: boolean, askedMs: number | undefined): number {
    const rules = this.#rules;
    if (!mayBeRepeated(this.#options, rules.methods) && !wasNeverSent(error)) return none;
    if (!hasBodyAgain(this.#options)) return none;
    if (this.#isLast) {
      this.#counts.exhausted++;
      return none;
    }
    // What the server asks for is the least; the jitter comes on top, or all that it turned away would come back together.
    const jitter = isBusy && askedMs === undefined ? "equal" : "full";
    let delayMs = backoffMs(this.#retries, jitter, rules, rules.random);
    if (askedMs !== undefined) delayMs += askedMs;
    if (
      (askedMs !== undefined && askedMs > rules.maxRetryAfterMs) ||
      (this.#deadline !== never && rules.clock.now() + delayMs >= this.#deadline)
    ) {
      this.#counts.tooLate++;
      return none;
    }
    if (!rules.budget.tryWithdraw()) {
      this.#counts.denied++;
      return none;
    }
    return delayMs;
  }

  #wait(failure: AttemptFailure, delayMs: number): void {
    this.#failures ??= [];
    this.#failures.push(failure);
    this.#retries++;
    this.#counts.retries++;
    this.#disarm();
    this.#held = undefined;
    this.#phase = "waiting";
    this.#timer = awaitedTimer(this.#rules.clock, () => this.#onTime(), delayMs);
  }

  #sendAgain(): void {
    // A response that still isn't over now would hold its connection for nothing.
    this.#attempt?.abandon(new AttemptAbandonedError("it was answered with a status that is retried"));
    if (this.#rules.clock.now() >= this.#deadline) {
      this.#failLate();
      return;
    }
    let options = this.#options;
    const { makeBody } = this.#context;
    if (makeBody !== undefined && !isReplayable(options.body)) {
      try {
        options = { ...options, body: makeBody() ?? null };
      } catch (error) {
        this.#fail(error);
        return;
      }
    }
    this.#send(options);
  }

  #failLate(): void {
    this.#counts.deadlines++;
    const timeoutMs = this.#context.timeoutMs ?? this.#rules.timeoutMs;
    const cause = this.#withAttempts(undefined);
    const options = cause === undefined ? undefined : { cause };
    const error = new DeadlineError(requestTitle(this.#options), timeoutMs, options);
    const attempt = this.#attempt;
    this.#finish(error);
    attempt?.abandon(error);
  }

  #fail(error: unknown): void {
    // A response that began and was cut is what it is: the attempts before have nothing to do with it.
    this.#finish((this.#phase === "answered" ? error : this.#withAttempts(error)) as Error);
  }

  #finish(error: Error): void {
    if (this.#phase === "over") return;
    this.#leave();
    this.#phase = "over";
    this.handler.onResponseError?.(this, error);
  }

  /** @returns the error, with the attempts before it if there were any */
  #withAttempts(error: unknown): unknown {
    if (this.#failures === undefined) return error;
    return new AttemptsFailedError(
      requestTitle(this.#options),
      error === undefined ? this.#failures : [...this.#failures, { error }],
    );
  }

  #leave(): void {
    this.#disarm();
    this.#held = undefined;
    if (this.#onSignal !== undefined) offAbort(this.#context.signal!, this.#onSignal);
  }

  get #isLast(): boolean {
    return this.#retries >= (this.#context.maxRetries ?? this.#rules.maxRetries);
  }

  /** Whether a response that breaks off could be replaced; who has paused waits for the headers, and HEAD has no body. */
  get #mayHold(): boolean {
    const { budget, methods } = this.#rules;
    if (this.#isLast || budget.tokens < 1 || this.paused || this.#options.method === "HEAD") return false;
    return mayBeRepeated(this.#options, methods) && hasBodyAgain(this.#options);
  }
}
