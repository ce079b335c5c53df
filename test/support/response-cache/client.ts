import type { Dispatcher } from "undici";
import { type Dispatch, type RequestContext, requestContext } from "../../../src/network/policy.ts";

export interface ClientRequest {
  readonly method?: string;
  readonly origin?: string;
  readonly path?: string;
  readonly headers?: Dispatcher.DispatchOptions["headers"];
  readonly body?: string;
  readonly context?: RequestContext;
}

export interface ClientResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
  readonly interim: readonly number[];
}

/** A request under way, and a hold on it. */
export class ClientCall implements Dispatcher.DispatchHandler {
  readonly response: Promise<ClientResponse>;
  controller: Dispatcher.DispatchController | undefined;
  starts = 0;
  ends = 0;
  status = 0;
  chunks: Buffer[] = [];
  /** Stops reading after so many chunks. */
  pauseAfter = Number.POSITIVE_INFINITY;
  #headers: Record<string, string | string[] | undefined> = {};
  readonly #interim: number[] = [];
  #resolve!: (response: ClientResponse) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever wants to know awaits it.
    this.response.catch(() => undefined);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.starts++;
    this.controller = controller;
  }
  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) {
      this.#interim.push(status);
      return;
    }
    this.status = status;
    this.#headers = headers;
    if (this.pauseAfter === 0) this.controller!.pause();
  }
  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
    if (this.chunks.length >= this.pauseAfter) controller.pause();
  }
  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
    this.ends++;
    this.#resolve({
      status: this.status,
      headers: this.#headers,
      body: this.text,
      trailers,
      interim: this.#interim,
    });
  }
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.ends++;
    this.#reject(error);
  }
}

/** Sends a request. */
export function send(dispatch: Dispatch, request: ClientRequest = {}, call = new ClientCall()): ClientCall {
  const options: Dispatcher.DispatchOptions & { [requestContext]?: RequestContext } = {
    origin: request.origin ?? "http://origin.test",
    path: request.path ?? "/a",
    method: request.method ?? "GET",
    ...(request.headers !== undefined && { headers: request.headers }),
    ...(request.body !== undefined && { body: request.body }),
    ...(request.context !== undefined && { [requestContext]: request.context }),
  };
  dispatch(options, call);
  return call;
}
