import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import {
  type ContextualOptions,
  type Dispatch,
  type RequestContext,
  requestContext,
} from "../../src/network/policy.ts";

/** A request that reached the end of the policies, to be answered by hand as undici would. */
export class SentRequest implements Dispatcher.DispatchController {
  readonly options: Dispatcher.DispatchOptions;
  readonly #handler: Dispatcher.DispatchHandler;
  aborted = false;
  paused = false;
  reason: Error | null = null;
  isOver = false;

  constructor(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    this.options = options;
    this.#handler = handler;
  }

  abort(reason: Error): void {
    if (this.aborted || this.isOver) return;
    this.aborted = true;
    this.reason = reason;
    this.fail(reason);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }

  start(): this {
    this.#handler.onRequestStart?.(this, null);
    return this;
  }
  head(status = 200, headers: IncomingHttpHeaders = {}): this {
    if (!this.isOver) this.#handler.onResponseStart?.(this, status, headers, "");
    return this;
  }
  data(text: string): this {
    if (!this.isOver) this.#handler.onResponseData?.(this, Buffer.from(text));
    return this;
  }
  end(): this {
    if (this.isOver) return this;
    this.isOver = true;
    this.#handler.onResponseEnd?.(this, {});
    return this;
  }
  answer(status = 200, text = "", headers: IncomingHttpHeaders = {}): this {
    return this.head(status, headers).data(text).end();
  }
  fail(error: Error): this {
    if (this.isOver) return this;
    this.isOver = true;
    this.#handler.onResponseError?.(this, error);
    return this;
  }
}

/** The end of the policies: keeps what is sent, and has it answered. */
export function scriptedDispatch(onSent: (request: SentRequest, index: number) => void = (r) => r.start()): {
  readonly dispatch: Dispatch;
  readonly sent: readonly SentRequest[];
} {
  const sent: SentRequest[] = [];
  const dispatch: Dispatch = (options, handler) => {
    const request = new SentRequest(options, handler);
    sent.push(request);
    onSent(request, sent.length - 1);
    return true;
  };
  return { dispatch, sent };
}

/** What a caller has heard: one line for each event. */
export class Caller implements Dispatcher.DispatchHandler {
  readonly events: string[] = [];
  controller: Dispatcher.DispatchController | undefined;
  status: number | undefined;
  body = "";
  error: (Error & { readonly code?: string }) | undefined;
  isDone = false;

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.events.push("start");
    this.controller = controller;
  }
  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.events.push(`${status}`);
    if (status >= 200) this.status = status;
  }
  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.events.push("data");
    this.body += chunk;
  }
  onResponseEnd(): void {
    this.events.push("end");
    this.isDone = true;
  }
  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.events.push("error");
    this.error = error;
    this.isDone = true;
  }
}

/** Sends a request, a GET unless told otherwise. */
export function send(
  dispatch: Dispatch,
  { context, ...options }: Partial<Dispatcher.DispatchOptions> & { readonly context?: RequestContext } = {},
): Caller {
  const caller = new Caller();
  const all: ContextualOptions = {
    origin: "http://service",
    path: "/",
    method: "GET",
    ...options,
    ...(context && { [requestContext]: context }),
  };
  dispatch(all, caller);
  return caller;
}

/** An error as Node and undici have them. */
export function coded(code: string): Error & { readonly code: string } {
  return Object.assign(new Error(code), { code });
}
