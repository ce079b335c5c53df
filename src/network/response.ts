import { BodyUsedError, ResponseJsonError } from "../errors.ts";
import { redactUrl } from "./redaction.ts";
import type { BodyDecoder, ResponseBody } from "./response-body.ts";

/** Header fields by lower-case name; several of one name are an array, as Node gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** @internal */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: ResponseHeaders;
  readonly url: string;
  readonly redirected: boolean;
  readonly fromCache: boolean;
}

/** A place that keeps what was decoded of a stored body, for its next reader. @internal */
export interface DecodedSlot {
  decoded?: unknown;
}

/**
 * A response whose body is read when it is asked for. `json`, `text` and `bytes` may be called as often as one likes, and
 * give each caller something of his own; `stream` gives the body away, once.
 *
 * A short body is taken in by itself. Of a longer one that nobody reads, the connection waits, until the call's deadline at
 * the latest: read it, or `cancel()`.
 */
export class NetworkResponse {
  readonly status: number;
  /** Empty over HTTP/2. */
  readonly statusText: string;
  /** As received: `content-encoding` and `content-length` tell of the body before it was decoded. */
  readonly headers: ResponseHeaders;
  /** Of the response, after redirects; without userinfo and fragment. */
  readonly url: string;
  readonly redirected: boolean;
  /** Whether it is a stored response, validated with the origin or not. */
  readonly fromCache: boolean;
  readonly #body: ResponseBody;
  readonly #decoder: BodyDecoder;
  readonly #slot: DecodedSlot | undefined;
  #text: string | undefined = undefined;
  #streamed = false;

  /** @internal */
  constructor(head: ResponseHead, body: ResponseBody, decoder: BodyDecoder, slot: DecodedSlot | undefined) {
    this.status = head.status;
    this.statusText = head.statusText;
    this.headers = head.headers;
    this.url = head.url;
    this.redirected = head.redirected;
    this.fromCache = head.fromCache;
    this.#body = body;
    this.#decoder = decoder;
    this.#slot = slot;
  }

  /** Whether the status is from 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /**
   * The body, parsed anew for each caller.
   * @throws {ResponseJsonError} when it is no JSON; else as `bytes`
   */
  json<T = unknown>(): Promise<T> {
    const text = this.#readyText();
    if (typeof text !== "string") return text.then((each) => this.#parsed<T>(each));
    try {
      return Promise.resolve(this.#parsed<T>(text));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The body as UTF-8, without a byte order mark. @throws as `bytes` */
  text(): Promise<string> {
    const text = this.#readyText();
    return typeof text === "string" ? Promise.resolve(text) : text;
  }

  /**
   * The body, decoded; a copy for each caller.
   * @throws {BodyTruncatedError} when the connection broke before its end
   * @throws {ResponseTooLargeError} {DeadlineError} {BodyUsedError} after `stream`, and the signal's reason when it aborted
   */
  async bytes(): Promise<Uint8Array> {
    return Uint8Array.from(await this.#whole());
  }

  /**
   * The body piece by piece, decoded. Backpressure reaches the sender; its errors are those of `bytes`.
   * @throws {BodyUsedError} at the second call
   */
  stream(): ReadableStream<Uint8Array> {
    if (this.#streamed) throw new BodyUsedError();
    this.#streamed = true;
    const pieces = this.#body.pieces();
    const encoding = this.#encoding();
    const decoded = encoding === undefined ? pieces : this.#decoder.pieces(encoding, pieces);
    return ReadableStream.from(endedBy(decoded, () => this.#body.cancel()));
  }

  /** Gives up the rest of the body, and with it, over HTTP/1.1, the connection. Without effect when all has come. */
  cancel(): void {
    this.#body.cancel();
  }

  /** Waits until all of the body has come. @internal */
  async arrived(): Promise<void> {
    await this.#body.whole();
  }

  #readyText(): string | Promise<string> {
    if (this.#text !== undefined) return this.#text;
    const kept = this.#slot?.decoded;
    if (typeof kept === "string" && !this.#streamed) {
      this.#text = kept;
      return kept;
    }
    let whole: Uint8Array | Promise<Uint8Array>;
    try {
      whole = this.#whole();
    } catch (error) {
      return Promise.reject(error);
    }
    return whole instanceof Promise ? whole.then((bytes) => this.#keep(bytes)) : this.#keep(whole);
  }

  #keep(bytes: Uint8Array): string {
    const text = utf8(bytes);
    this.#text = text;
    if (this.#slot !== undefined) this.#slot.decoded = text;
    return text;
  }

  #parsed<T>(text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const type = this.headers["content-type"];
      throw new ResponseJsonError(redactUrl(this.url), this.status, type?.toString(), { cause });
    }
  }

  #whole(): Uint8Array | Promise<Uint8Array> {
    if (this.#streamed) throw new BodyUsedError();
    const raw = this.#body.whole();
    const encoding = this.#encoding();
    if (encoding === undefined) return raw;
    const decode = (bytes: Uint8Array): Uint8Array | Promise<Uint8Array> =>
      bytes.length === 0 ? bytes : this.#decoder.whole(encoding, bytes);
    return raw instanceof Promise ? raw.then(decode) : decode(raw);
  }

  #encoding(): string | undefined {
    const encoding = this.headers["content-encoding"];
    if (encoding === undefined) return undefined;
    const text = Array.isArray(encoding) ? encoding.join(",") : encoding;
    return text === "" || text.toLowerCase() === "identity" ? undefined : text;
  }
}

/** A generator that waits for its next piece hears only then that nobody wants it: `cancel` ends that wait. */
function endedBy(pieces: AsyncIterable<Uint8Array>, cancel: () => void): AsyncIterable<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => iterator.next(),
      async return() {
        cancel();
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

function utf8(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8", marked ? 3 : 0);
}
