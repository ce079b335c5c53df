import type { Answer } from "./answer.ts";
import type { Caller, ResponseSource } from "./caller.ts";
import { type HeaderFields, handedOut } from "./header-fields.ts";

/** Bytes that a caller is given at once, each a copy of what the cache holds. */
const chunkBytes = 65_536;

/** Gives a caller a response from the cache, as fast as it takes it. */
export class Replay implements ResponseSource {
  readonly #body: Uint8Array;
  readonly #trailers: HeaderFields | undefined;
  #offset = 0;
  #isRunning = false;

  /** Begins at once; a caller that doesn't pause has all of it when this returns. */
  constructor(caller: Caller, { status, statusText, headers, body, trailers }: Answer) {
    this.#body = body;
    this.#trailers = trailers;
    this.#isRunning = true;
    caller.source = this;
    caller.start(null);
    caller.respond(status, headers, statusText);
    this.#isRunning = false;
    this.resume(caller);
  }

  pause(): void {}

  abort(): void {}

  resume(caller: Caller): void {
    // A caller that resumes while it is given data is served by the loop that does so.
    if (this.#isRunning) return;
    this.#isRunning = true;
    const body = this.#body;
    while (!caller.paused && !caller.isDone && this.#offset < body.byteLength) {
      const end = Math.min(body.byteLength, this.#offset + chunkBytes);
      const chunk = Buffer.from(body.subarray(this.#offset, end));
      this.#offset = end;
      caller.data(chunk);
    }
    this.#isRunning = false;
    if (!caller.paused && !caller.isDone && this.#offset >= body.byteLength)
      caller.end(this.#trailers === undefined ? {} : handedOut(this.#trailers));
  }
}
