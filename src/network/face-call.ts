import type { Dispatcher } from "undici";
import { DeadlineError } from "../errors.ts";
import type { ExchangeDeadline, TimedCall } from "./exchange.ts";
import { currentHandler } from "./legacy-handler.ts";
import type { LiveCalls } from "./live-calls.ts";
import {
  type CallOutcome,
  type ContextualOptions,
  contextOf,
  type Dispatch,
  requestContext,
} from "./policy.ts";
import { redactUrl } from "./redaction.ts";
import type { ResponseHeaders } from "./response.ts";
import { fail } from "./transport/waiting-requests.ts";

type Controller = Dispatcher.DispatchController;

/** One call that came by `fetch` or `dispatcher()`: counted, and ended at its deadline, the body included. @internal */
export class FaceCall implements Dispatcher.DispatchHandler, TimedCall {
  readonly bounds: TimedCall["bounds"];
  deadline: ExchangeDeadline | undefined = undefined;
  readonly #calls: LiveCalls;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #request: Dispatcher.DispatchOptions;
  readonly #outcome: CallOutcome;
  readonly #timeoutMs: number;
  #controller: Controller | undefined = undefined;
  #isOver = false;
  #error: Error | undefined = undefined;

  /** @param timeoutMs of a call whose context has no deadline */
  constructor(
    calls: LiveCalls,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
    startMs: number,
    timeoutMs: number,
  ) {
    const context = contextOf(request);
    const deadline = context.deadline ?? startMs + timeoutMs;
    this.bounds = { startMs, deadline };
    this.#calls = calls;
    this.#handler = currentHandler(handler);
    this.#timeoutMs = context.deadline === undefined ? timeoutMs : (context.timeoutMs ?? deadline - startMs);
    this.#outcome = context.outcome ?? { url: "", redirects: 0, fromCache: false };
    this.#request = {
      ...request,
      [requestContext]: { ...context, deadline, timeoutMs: this.#timeoutMs, outcome: this.#outcome },
    } as ContextualOptions;
  }

  get fromCache(): boolean {
    return this.#outcome.fromCache;
  }

  send(dispatch: Dispatch): boolean {
    if (!this.#calls.began(this)) return true;
    try {
      return dispatch(this.#request, this);
    } catch (error) {
      this.#end(true);
      throw error;
    }
  }

  expire(): void {
    const { origin, path, method } = this.#request;
    this.fail(new DeadlineError(`${method} ${redactUrl(`${origin}${path}`)}`, this.#timeoutMs));
  }

  fail(error: Error): void {
    if (this.#isOver) return;
    this.#error = error;
    this.#end(true);
    const controller = this.#controller;
    try {
      if (controller === undefined) fail(this.#handler, error);
      else this.#handler.onResponseError?.(controller, error);
    } catch (thrown) {
      // Others whose time is over, or that are ended with it, must not suffer, nor its connection stay taken.
      queueMicrotask(() => {
        throw thrown;
      });
    }
    controller?.abort(error);
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#controller = controller;
    if (this.#error !== undefined) controller.abort(this.#error);
    else this.#handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Dispatcher.DispatchHandler["onRequestUpgrade"]>>): void {
    if (this.#isOver) return;
    // From here on the socket is the caller's.
    this.#end(false);
    this.#handler.onRequestUpgrade?.(...args);
  }

  onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, text?: string): void {
    if (this.#isOver) return;
    this.#controller = controller;
    this.#handler.onResponseStart?.(controller, status, headers, text);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#isOver) this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    if (this.#isOver) return;
    this.#end(false);
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Controller, error: Error): void {
    if (this.#isOver) return;
    this.#end(true);
    this.#handler.onResponseError?.(controller, error);
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  #end(failed: boolean): void {
    this.#isOver = true;
    this.#calls.ended(this, failed);
  }
}
