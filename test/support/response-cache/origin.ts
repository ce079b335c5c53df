import type { Dispatcher } from "undici";
import type { Dispatch } from "../../../src/network/policy.ts";

type Handler = Dispatcher.DispatchHandler;
export type ReplyHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What an origin answers. */
export interface Reply {
  readonly status?: number;
  readonly headers?: ReplyHeaders;
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly trailers?: Readonly<Record<string, string>>;
  /** Interim responses before. */
  readonly interim?: readonly number[];
  /** The connection breaks: before the response, or within its body. */
  readonly cut?: "before" | "within";
  /** Without `Date`. */
  readonly dateless?: boolean;
}

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request as it arrived, to be answered piece by piece. */
export class Exchange implements Dispatcher.DispatchController {
  readonly sent: SentRequest;
  readonly handler: Handler;
  readonly options: Dispatcher.DispatchOptions;
  paused = false;
  pauses = 0;
  reason: Error | null = null;
  rawHeaders = null;
  isDone = false;

  constructor(options: Dispatcher.DispatchOptions, handler: Handler) {
    this.options = options;
    this.handler = handler;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries((options.headers ?? {}) as Record<string, string>))
      headers[name.toLowerCase()] = String(value);
    this.sent = { method: options.method, url: `${String(options.origin)}${options.path}`, headers };
    handler.onRequestStart?.(this, null);
  }

  get aborted(): boolean {
    return this.reason !== null;
  }
  abort(reason: Error): void {
    if (this.isDone) return;
    this.reason = reason;
    this.fail(reason);
  }
  pause(): void {
    this.paused = true;
    this.pauses++;
  }
  resume(): void {
    this.paused = false;
  }

  head(status = 200, headers: ReplyHeaders = {}): this {
    const copy: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) copy[name] = typeof value === "string" ? value : [...value];
    if (!this.isDone) this.handler.onResponseStart?.(this, status, copy, "");
    return this;
  }
  data(chunk: string | Uint8Array): this {
    if (!this.isDone) this.handler.onResponseData?.(this, Buffer.from(chunk as string));
    return this;
  }
  end(trailers: Readonly<Record<string, string>> = {}): this {
    if (this.isDone) return this;
    this.isDone = true;
    this.handler.onResponseEnd?.(this, { ...trailers });
    return this;
  }
  fail(error: Error): this {
    if (this.isDone) return this;
    this.isDone = true;
    this.handler.onResponseError?.(this, error);
    return this;
  }
}

/** An origin in memory that does what it is told, and remembers what it was asked. */
export class Origin {
  readonly exchanges: Exchange[] = [];
  /** Answers each request when it comes; without it, a request waits for its test. */
  reply: ((sent: SentRequest) => Reply) | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly dispatch: Dispatch = (options, handler) => {
    const exchange = new Exchange(options, handler);
    this.exchanges.push(exchange);
    if (this.reply !== undefined && !exchange.aborted) queueMicrotask(() => this.#answer(exchange));
    return true;
  };

  get requests(): number {
    return this.exchanges.length;
  }
  get last(): Exchange {
    return this.exchanges.at(-1)!;
  }

  #answer(exchange: Exchange): void {
    const { status, headers, body, trailers, interim, cut, dateless } = this.reply!(exchange.sent);
    if (cut === "before") {
      exchange.fail(new Error("connection refused"));
      return;
    }
    for (const code of interim ?? []) exchange.head(code, { link: "</style.css>" });
    exchange.head(status, dateless ? headers : { date: httpDate(this.#now()), ...headers });
    const chunks =
      body === undefined ? [] : typeof body === "string" || body instanceof Uint8Array ? [body] : body;
    if (exchange.sent.method !== "HEAD" && status !== 304) for (const chunk of chunks) exchange.data(chunk);
    if (cut === "within") exchange.fail(new Error("connection reset"));
    else exchange.end(trailers);
  }
}

export const httpDate = (ms: number): string => new Date(ms).toUTCString();
