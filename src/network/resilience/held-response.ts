import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

/** The longest body that is held back, in bytes. */
export const heldBytes = 65_536;

/** A response that its caller doesn't see before it is whole, so that another can take its place. @internal */
export class HeldResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string | undefined;
  /** What follows its body, once that is whole. */
  trailers: IncomingHttpHeaders | undefined;
  readonly #chunks: Buffer[] = [];
  #next = 0;
  #isHandingOn = false;
  /** Bytes that are to come. */
  #missing: number;

  constructor(status: number, headers: IncomingHttpHeaders, text: string | undefined, length: number) {
    this.status = status;
    this.headers = headers;
    this.text = text;
    this.#missing = length;
  }

  /** @returns whether the body is no longer than its header said */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#missing -= chunk.length;
    return this.#missing >= 0;
  }

  /**
   * Hands on what of the body has come, until the caller pauses.
   * @returns whether that is all; `false` also within a call of the same, which goes on
   */
  handOn(to: Dispatcher.DispatchHandler, controller: Dispatcher.DispatchController): boolean {
    if (this.#isHandingOn) return false;
    this.#isHandingOn = true;
    try {
      while (this.#next < this.#chunks.length) {
        if (controller.paused || controller.aborted) return false;
        to.onResponseData?.(controller, this.#chunks[this.#next++]!);
      }
    } finally {
      this.#isHandingOn = false;
    }
    return !controller.paused && !controller.aborted;
  }
}
