import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";

type Controller = Dispatcher.DispatchController;
type Handler = Dispatcher.DispatchHandler;

/** So much of a 415's body is read for the sake of its connection. */
const mostDrainedBytes = 65_536;

/** Reads from responses what the origin takes, and keeps the first 415 to itself. */
export class EncodedRequestHandler implements Handler {
  readonly #handler: Handler;
  readonly #learn: (acceptEncoding: string) => void;
  #sendPlainly: (() => void) | undefined;
  readonly #settled: ((status: number, acceptEncoding: string | undefined) => void) | undefined;
  #isRefused = false;
  #drainedBytes = 0;

  /**
   * @param learn is told of `Accept-Encoding` in a response
   * @param sendPlainly is called, instead of the handler, when the response is a 415
   * @param settled is told of the final status
   */
  constructor(
    handler: Handler,
    learn: (acceptEncoding: string) => void,
    sendPlainly?: () => void,
    settled?: (status: number, acceptEncoding: string | undefined) => void,
  ) {
    this.#handler = handler;
    this.#learn = learn;
    this.#sendPlainly = sendPlainly;
    this.#settled = settled;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    if (status >= 200) {
      const announced = textOf(headers["accept-encoding"]);
      if (announced !== undefined) this.#learn(announced);
      this.#settled?.(status, announced);
      if (status === 415 && this.#sendPlainly !== undefined) {
        this.#isRefused = true;
        return;
      }
    }
    this.#handler.onResponseStart?.(controller, status, headers, statusMessage);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#isRefused) {
      this.#handler.onResponseData?.(controller, chunk);
      return;
    }
    this.#drainedBytes += chunk.length;
    if (this.#drainedBytes > mostDrainedBytes) controller.abort(new Error("the rest of a 415"));
  }

  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#isRefused) this.#again();
    else this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Controller, error: Error): void {
    if (this.#isRefused && this.#drainedBytes > mostDrainedBytes) this.#again();
    else this.#handler.onResponseError?.(controller, error);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  #again(): void {
    const send = this.#sendPlainly;
    this.#sendPlainly = undefined;
    send?.();
  }
}

const textOf = (value: string | string[] | undefined): string | undefined =>
  value === undefined || typeof value === "string" ? value : value.join(", ");
