import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { offAbort, onAbort } from "../../concurrency/abort-listeners.ts";
import type { AdaptiveSemaphore } from "../../concurrency/adaptive-semaphore.ts";
import type { Permit } from "../../concurrency/permit.ts";
import type { Admission } from "../../concurrency/semaphore-options.ts";
import { ClosedError, LimitExceededError } from "../../errors.ts";
import { contextOf, type Dispatch } from "../policy.ts";
import { type AttemptedCall, CallAttempt } from "./call-attempt.ts";
import { CallController } from "./call-controller.ts";
import { ForwardingHandler } from "./forwarding-handler.ts";
import { isServiceFailure } from "./service-failure.ts";

type Controller = Dispatcher.DispatchController;

/** Holds a permit until the response is over, however it ends. @internal */
export class LimitedRequest extends ForwardingHandler {
  readonly #permit: Permit;
  #isRefused = false;

  constructor(next: Dispatcher.DispatchHandler, permit: Permit) {
    super(next);
    this.#permit = permit;
  }

  override onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#release(false);
    super.onRequestUpgrade(controller, status, headers, socket);
  }

  override onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    if (status === 429 || status === 503) this.#isRefused = true;
    super.onResponseStart(controller, status, headers, text);
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    this.#release(this.#isRefused);
    super.onResponseEnd(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#release(this.#isRefused || isServiceFailure(error));
    super.onResponseError(controller, error);
  }

  #release(dropped: boolean): void {
    if (!this.#permit.isReleased) this.#permit.release({ dropped });
  }
}

/** A request that waits for its permit, and can be aborted meanwhile. @internal */
export class WaitingCall extends CallController implements AttemptedCall {
  readonly handler: Dispatcher.DispatchHandler;
  readonly #dispatch: Dispatch;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #attempt = new CallAttempt(this);
  readonly #leaving = new AbortController();
  #onSignal: (() => void) | undefined;
  #isOver = false;

  constructor(dispatch: Dispatch, options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    super();
    this.#dispatch = dispatch;
    this.#options = options;
    this.handler = handler;
  }

  begin(semaphore: AdaptiveSemaphore): boolean {
    const { deadline, signal } = contextOf(this.#options);
    this.handler.onRequestStart?.(this, null);
    if (this.#isOver) return true;
    if (signal !== undefined) {
      if (signal.aborted) {
        this.abort(signal.reason);
        return true;
      }
      this.#onSignal = () => this.abort(signal.reason);
      onAbort(signal, this.#onSignal);
    }
    void semaphore
      .acquireOrReject({ deadline, signal: this.#leaving.signal })
      .then((admission) => this.#enter(admission, semaphore.name));
    // Whoever sends more finds the queue, which is bounded.
    return true;
  }

  attemptStarted(_: CallAttempt, controller: Controller, context: unknown): void {
    this.attach(controller);
    if (context !== null && context !== undefined) this.handler.onRequestStart?.(this, context);
  }

  attemptAnswered(
    _: CallAttempt,
    status: number,
    headers: IncomingHttpHeaders,
    text: string | undefined,
  ): void {
    this.handler.onResponseStart?.(this, status, headers, text);
  }

  attemptData(chunk: Buffer): void {
    this.handler.onResponseData?.(this, chunk);
  }

  attemptEnded(trailers: IncomingHttpHeaders): void {
    this.#leave();
    try {
      this.handler.onResponseEnd?.(this, trailers);
    } catch (error) {
      this.#isOver = false;
      throw error;
    }
  }

  attemptFailed(_: CallAttempt, __: Controller | null, error: Error): void {
    this.#fail(error);
  }

  protected override end(reason: Error): void {
    if (this.#isOver) return;
    this.#leave();
    this.#leaving.abort(reason);
    this.#attempt.abandon(reason);
    this.handler.onResponseError?.(this, reason);
  }

  #enter(admission: Admission, name: string): void {
    if (!admission.isGranted) {
      const { reason, limit, waitedMs } = admission;
      if (reason === "closed") this.#fail(new ClosedError(`semaphore ${name}`));
      else if (reason !== "aborted") this.#fail(new LimitExceededError(name, reason, limit, waitedMs));
      return;
    }
    const { permit } = admission;
    if (this.#isOver) {
      permit.release();
      return;
    }
    try {
      this.#dispatch(this.#options, new LimitedRequest(this.#attempt, permit));
    } catch (error) {
      permit[Symbol.dispose]();
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#leave();
    this.handler.onResponseError?.(this, error);
  }

  #leave(): void {
    this.#isOver = true;
    if (this.#onSignal !== undefined) offAbort(contextOf(this.#options).signal!, this.#onSignal);
  }
}
