import type { Dispatcher } from "undici";
import { offAbort, onAbort } from "../concurrency/abort-listeners.ts";
import type { Waiting } from "../concurrency/wait-deadlines.ts";
import {
  BodyTruncatedError,
  DeadlineError,
  RequestError,
  ResponseTooLargeError,
  VictorError,
} from "../errors.ts";
import type { CallOutcome } from "./policy.ts";
import { redactUrl } from "./redaction.ts";
import { NetworkResponse, type ResponseHeaders } from "./response.ts";
import type { BodyDecoder, ResponseBody } from "./response-body.ts";
import type { SentStreams } from "./sent-streams.ts";

/** Of a body that nobody asks for, so much is taken in, for most are shorter. */
const unaskedBytes = 64 * 1024;

type Controller = Dispatcher.DispatchController;

/** Who sends requests; the same for all of them. @internal */
export interface ExchangeHost {
  readonly decoder: BodyDecoder;
  /** Called once for each, when it has come to its end. */
  ended(call: TimedCall, failed: boolean): void;
}

/** A call that has a deadline. @internal */
export interface TimedCall {
  readonly bounds: Pick<ExchangeBounds, "deadline" | "startMs">;
  /** In the queue of deadlines, as long as it is there. */
  deadline: ExchangeDeadline | undefined;
  readonly fromCache: boolean;
  /** Ends it, since its time is over. */
  expire(): void;
  /** Ends it with another error. Without effect when it is over. */
  fail(error: Error): void;
}

/** What bounds one call. @internal */
export interface ExchangeBounds {
  /** Of all it takes, the body included; milliseconds of the clock. */
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly startMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** When a call is to be over; lives apart, so that the queue of deadlines doesn't hold on to bodies. @internal */
export class ExchangeDeadline implements Waiting {
  readonly untilMs: number;
  call: TimedCall | undefined;
  constructor(untilMs: number, call: TimedCall) {
    this.untilMs = untilMs;
    this.call = call;
  }
  get isWaiting(): boolean {
    return this.call !== undefined;
  }
}

/**
 * One request and its response: takes what is dispatched, and hands out a `NetworkResponse` when its head has come. Keeps
 * the body's pieces in an array until somebody wants them. @internal
 */
export class Exchange implements Dispatcher.DispatchHandler, TimedCall, CallOutcome, ResponseBody {
  readonly method: string;
  readonly bounds: ExchangeBounds;
  url: string;
  redirects = 0;
  fromCache = false;
  status = 0;
  deadline: ExchangeDeadline | undefined = undefined;
  /** Of its body, where that is a stream. */
  streams: SentStreams | undefined = undefined;
  readonly #host: ExchangeHost;
  readonly #resolve: (response: NetworkResponse) => void;
  readonly #reject: (reason: unknown) => void;
  #controller: Controller | undefined = undefined;
  #started = false;
  #over = false;
  #error: unknown = undefined;
  #failed = false;
  #pieces: Uint8Array[] = [];
  #heldBytes = 0;
  #receivedBytes = 0;
  #expectedBytes: number | undefined = undefined;
  #wantsAll = false;
  #paused = false;
  #wake: (() => void) | undefined = undefined;
  #abort: (() => void) | undefined = undefined;
  #whole: Promise<Uint8Array> | undefined = undefined;

  constructor(
    host: ExchangeHost,
    method: string,
    url: string,
    bounds: ExchangeBounds,
    resolve: (response: NetworkResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#host = host;
    this.method = method;
    this.url = url;
    this.bounds = bounds;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal } = bounds;
    if (signal !== undefined) {
      this.#abort = () => this.fail(signal.reason);
      onAbort(signal, this.#abort);
    }
  }

  get isOver(): boolean {
    return this.#over;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#failed) controller.abort(asError(this.#error));
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: ResponseHeaders,
    statusText: string | undefined,
  ): void {
    if (status < 200 || this.#over) return;
    this.#controller = controller;
    this.#started = true;
    this.status = status;
    const { maxBytes } = this.bounds;
    const length = headers["content-length"];
    if (length !== undefined && this.method !== "HEAD" && status !== 304 && status !== 204) {
      const bytes = Number(length);
      if (Number.isSafeInteger(bytes)) this.#expectedBytes = bytes;
      if (bytes > maxBytes) {
        this.#tooLarge();
        return;
      }
    }
    const head = {
      status,
      statusText: statusText ?? "",
      headers,
      url: this.url,
      redirected: this.redirects > 0,
      fromCache: this.fromCache,
    };
    this.#resolve(new NetworkResponse(head, this, this.#host.decoder, undefined));
  }

  onResponseData(controller: Controller, piece: Uint8Array): void {
    if (this.#over) return;
    this.#receivedBytes += piece.length;
    if (this.#receivedBytes > this.bounds.maxBytes) {
      this.#tooLarge();
      return;
    }
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    if (this.#wantsAll) return;
    if (this.#heldBytes > unaskedBytes) {
      this.#paused = true;
      controller.pause();
    }
    this.#wake?.();
  }

  onResponseEnd(): void {
    if (this.#over) return;
    const expected = this.#expectedBytes;
    if (expected !== undefined && expected !== this.#receivedBytes) {
      this.fail(new BodyTruncatedError(redactUrl(this.url), this.#receivedBytes, expected));
      return;
    }
    this.#end(false);
    this.streams?.end(false);
  }

  onResponseError(_controller: Controller, cause: Error): void {
    if (this.#over) return;
    if (cause instanceof VictorError) this.fail(cause);
    else if (this.#started) {
      const url = redactUrl(this.url);
      this.fail(new BodyTruncatedError(url, this.#receivedBytes, this.#expectedBytes, { cause }));
    } else this.fail(new RequestError(this.method, redactUrl(this.url), { cause }));
  }

  expire(): void {
    this.fail(new DeadlineError(`${this.method} ${redactUrl(this.url)}`, this.bounds.timeoutMs));
  }

  /** Ends it with an error, for whoever waits now and whoever asks later. Without effect when it is over. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#failed = true;
    this.#error = error;
    this.#pieces = [];
    this.#end(true);
    this.#reject(error);
    this.#controller?.abort(asError(error));
    // Last, so that those below hear first why it ends.
    this.streams?.end(true);
  }

  cancel(): void {
    this.fail(new BodyTruncatedError(redactUrl(this.url), this.#receivedBytes, this.#expectedBytes));
  }

  whole(): Uint8Array | Promise<Uint8Array> {
    if (this.#over && !this.#failed) return this.#joined();
    this.#whole ??= this.#read();
    return this.#whole;
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    if (this.#whole !== undefined) {
      // Somebody is waiting for all of it, and is to get all of it.
      yield Uint8Array.from(await this.#whole);
      return;
    }
    try {
      for (;;) {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#heldBytes = 0;
        // They may belong to a cache as well.
        for (const piece of pieces) yield Uint8Array.from(piece);
        if (this.#failed) throw this.#error;
        if (this.#pieces.length > 0) continue;
        if (this.#over) return;
        await this.#more();
      }
    } finally {
      this.cancel();
    }
  }

  async #read(): Promise<Uint8Array> {
    this.#wantsAll = true;
    while (!this.#over) await this.#more();
    if (this.#failed) throw this.#error;
    return this.#joined();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      if (!this.#paused) return;
      this.#paused = false;
      this.#controller?.resume();
    });
  }

  #tooLarge(): void {
    this.fail(new ResponseTooLargeError(redactUrl(this.url), this.bounds.maxBytes));
  }

  #joined(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }

  #end(failed: boolean): void {
    this.#over = true;
    if (this.#abort !== undefined) offAbort(this.bounds.signal!, this.#abort);
    this.#abort = undefined;
    this.#host.ended(this, failed);
    this.#wake?.();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
