import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { AttemptAbandonedError } from "../../errors.ts";

type Controller = Dispatcher.DispatchController;

/** Of a response that nobody wants, so much is read to keep its connection; beyond that the connection is given up. */
const discardedBytes = 65_536;

/** A call that may consist of several attempts; it learns from each what happens to that one. @internal */
export interface AttemptedCall {
  readonly handler: Dispatcher.DispatchHandler;
  attemptStarted(attempt: CallAttempt, controller: Controller, context: unknown): void;
  attemptAnswered(
    attempt: CallAttempt,
    status: number,
    headers: IncomingHttpHeaders,
    text: string | undefined,
  ): void;
  attemptData(chunk: Buffer): void;
  attemptEnded(trailers: IncomingHttpHeaders): void;
  attemptFailed(attempt: CallAttempt, controller: Controller | null, error: Error): void;
}

/**
 * One attempt of a call, as the handler that the transport knows. Once it is abandoned or its response is discarded, nothing of it
 * reaches the call any more, however late it comes.
 * @internal
 */
export class CallAttempt implements Dispatcher.DispatchHandler {
  readonly #call: AttemptedCall;
  #controller: Controller | undefined;
  #abandoned: Error | undefined;
  /** Whether the call still wants to know. */
  #isHeard = true;
  /** Bytes that may still be read of a response that nobody wants. */
  #discardable = 0;
  #isOver = false;

  constructor(call: AttemptedCall) {
    this.#call = call;
  }

  /** Ends it; one that still waits for a connection ends when it gets one, before anything is sent. */
  abandon(reason: Error): void {
    if (this.#isOver || this.#abandoned !== undefined) return;
    this.#abandoned = reason;
    this.#isHeard = false;
    this.#controller?.abort(reason);
  }

  /** Lets its response run out unheard. */
  discard(): void {
    this.#isHeard = false;
    this.#discardable = discardedBytes;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#controller = controller;
    if (this.#abandoned !== undefined) controller.abort(this.#abandoned);
    else this.#call.attemptStarted(this, controller, context);
  }

  onBodySent(chunk: Buffer): void {
    if (this.#isHeard) this.#call.handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    if (this.#isHeard) this.#call.handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    if (this.#isHeard) this.#call.handler.onResponseStarted?.();
  }

  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    if (this.#isHeard) this.#call.attemptAnswered(this, status, headers, text);
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    if (this.#isHeard) this.#call.attemptData(chunk);
    else if (this.#abandoned === undefined) {
      this.#discardable -= chunk.length;
      if (this.#discardable < 0)
        this.abandon(new AttemptAbandonedError("its response is too long to be skipped"));
    }
  }

  onResponseEnd(_: Controller, trailers: IncomingHttpHeaders): void {
    this.#isOver = true;
    if (this.#isHeard) this.#call.attemptEnded(trailers);
  }

  onResponseError(controller: Controller | null, error: Error): void {
    this.#isOver = true;
    if (this.#isHeard) this.#call.attemptFailed(this, controller, error);
  }
}
