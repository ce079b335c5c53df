import type { Dispatcher } from "undici";
import type { CallOutcome } from "../policy.ts";
import type { IncomingFields } from "./header-fields.ts";

type Handler = Dispatcher.DispatchHandler;
type RawHeaders = NonNullable<Dispatcher.DispatchController["rawHeaders"]>;

/** Where a caller's response comes from; told what the caller wants. */
export interface ResponseSource {
  pause(caller: Caller): void;
  resume(caller: Caller): void;
  abort(caller: Caller, reason: Error): void;
}

/**
 * One caller of the cache: its handler, and the controller that the handler is given. The source of its response may
 * change on the way (from another's request to one of its own, from the origin to the cache): the handler sees one
 * request that starts once and ends once. One that throws has its request aborted, as undici does it; others aren't touched.
 */
export class Caller implements Dispatcher.DispatchController {
  readonly #handler: Handler;
  readonly #outcome: CallOutcome | undefined;
  #source: ResponseSource | undefined;
  #hasStarted = false;
  #isDone = false;
  #whenDone: (() => void)[] | undefined = undefined;
  #isPaused = false;
  #reason: Error | null = null;
  #headers: IncomingFields = {};
  #rawHeaders: RawHeaders | undefined;

  /** @param outcome where to note that a stored response was the answer */
  constructor(handler: Handler, outcome?: CallOutcome) {
    this.#handler = handler;
    this.#outcome = outcome;
  }

  /** To be called before it is told of a stored response. */
  noteStored(): void {
    if (this.#outcome !== undefined) this.#outcome.fromCache = true;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  /** Calls `fn` when nothing more is to be told to it. */
  onDone(fn: () => void): void {
    if (this.#isDone) fn();
    else if (this.#whenDone === undefined) this.#whenDone = [fn];
    else this.#whenDone.push(fn);
  }

  /** Names and values in turn, as they came, or as if they had come so: `fetch` reads nothing else. */
  get rawHeaders(): RawHeaders {
    this.#rawHeaders ??= rawFields(this.#headers);
    return this.#rawHeaders;
  }

  /** Whether nothing more is to be told to it. */
  get isDone(): boolean {
    return this.#isDone;
  }

  set source(source: ResponseSource | undefined) {
    this.#source = source;
  }

  abort(reason: Error): void {
    if (this.#isDone) return;
    const error =
      (reason as Error | undefined) ?? new DOMException("This operation was aborted", "AbortError");
    this.#reason = error;
    const source = this.#source;
    this.fail(error);
    source?.abort(this, error);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#source?.pause(this);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source?.resume(this);
  }

  start(context: unknown): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    if (this.#isDone) return;
    try {
      this.#handler.onRequestStart?.(this, context);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  /** Tells of a response, or of an interim one (1xx). */
  respond(status: number, headers: IncomingFields, statusText: string, raw?: RawHeaders | null): void {
    this.#headers = headers;
    this.#rawHeaders = raw ?? undefined;
    if (this.#isDone) return;
    try {
      this.#handler.onResponseStart?.(this, status, headers, statusText);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  data(chunk: Buffer): void {
    if (this.#isDone) return;
    try {
      this.#handler.onResponseData?.(this, chunk);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  end(trailers: IncomingFields): void {
    if (!this.#finish()) return;
    try {
      this.#handler.onResponseEnd?.(this, trailers);
    } catch (error) {
      this.#tellError(error as Error);
    }
  }

  fail(error: Error): void {
    if (this.#finish()) this.#tellError(error);
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  #tellError(error: Error): void {
    try {
      this.#handler.onResponseError?.(this, error);
    } catch (thrown) {
      // There is nobody left to tell, and other callers of the same response must not suffer.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #finish(): boolean {
    if (this.#isDone) return false;
    this.#isDone = true;
    this.#source = undefined;
    const whenDone = this.#whenDone;
    this.#whenDone = undefined;
    if (whenDone !== undefined) for (const fn of whenDone) fn();
    return true;
  }
}

function rawFields(headers: IncomingFields): Buffer[] {
  const raw: Buffer[] = [];
  for (const name of Object.keys(headers))
    for (const value of [headers[name]!].flat())
      raw.push(Buffer.from(name, "latin1"), Buffer.from(value, "latin1"));
  return raw;
}
