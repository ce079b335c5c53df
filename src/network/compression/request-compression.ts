import type { Dispatcher } from "undici";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { integer, knownKeys, oneOf, optionsObject, reject } from "../../options.ts";
import {
  type ContextualOptions,
  contextOf,
  type Dispatch,
  type NetworkPolicy,
  requestContext,
} from "../policy.ts";
import { CodingCounts, type CodingStats } from "./compression-counts.ts";
import type { ContentCoding } from "./content-coding.ts";
import { checkLevel, contentCodingNames, encodeBody } from "./encode-body.ts";
import { EncodedRequestHandler } from "./encoded-request-handler.ts";
import { OriginCodings } from "./origin-codings.ts";
import { encodedHeaders, headerOf } from "./request-headers.ts";

export interface RequestCompressionOptions {
  /**
   * Which origins get encoded bodies before they have said anything: none but those that announce it by `Accept-Encoding`
   * in a response (RFC 7694), also these (`https://api.example.org`), or all. @default "announced"
   */
  readonly origins?: "announced" | "all" | readonly string[];
  /** For origins that announced what they take, the preferred first. @default ["zstd", "br", "gzip"] */
  readonly codings?: readonly ContentCoding[];
  /** For origins that haven't said. @default "gzip" */
  readonly unannounced?: ContentCoding;
  /** @default `encodeLevels` */
  readonly levels?: Readonly<Partial<Record<ContentCoding, number>>>;
  /** Shorter bodies go as they are; bytes ≥ 0. @default 1024 */
  readonly minBytes?: number;
  /** Origins that are remembered, ≥ 1. @default 1000 */
  readonly maxOrigins?: number;
}

export const requestCompressionDefaults = Object.freeze({
  origins: "announced",
  codings: Object.freeze(["zstd", "br", "gzip"] as const),
  unannounced: "gzip",
  minBytes: 1024,
  maxOrigins: 1000,
});

/** What became of request bodies. */
export interface RequestCompressionStats extends CodingStats {
  /** Bodies that were encoded in vain, since they didn't become shorter. */
  readonly notShorter: number;
  /** Encoded requests that were answered with 415 and sent again plainly. */
  readonly refused: number;
  /** Origins that are known to take no encoded bodies. */
  readonly refusingOrigins: number;
}

const known = ["levels", ...Object.keys(requestCompressionDefaults)];
/** Pictures and the like are compressed in themselves; what has been digested or signed must go as it is. */
const compressedTypes = /^\s*(?:(?:image\/(?!svg)|audio\/|video\/)|application\/(?:zip|gzip|zstd|pdf))/i;
const digestHeaders = ["content-digest", "digest", "content-md5", "content-range"];

/**
 * Encodes request bodies where the origin takes it. A body that is a string or bytes, and has no coding yet, is encoded;
 * a stream never is. An origin that answers 415 gets the body once more as it is, and from then on always.
 * @see RFC 7694
 */
export class RequestCompression implements MetricSource {
  readonly name = "request compression";
  readonly policy: NetworkPolicy = (dispatch) => (options, handler) =>
    this.#dispatch(dispatch, options, handler);
  readonly #origins: "announced" | "all" | ReadonlySet<string>;
  readonly #unannounced: ContentCoding;
  readonly #levels: Readonly<Partial<Record<ContentCoding, number>>>;
  readonly #minBytes: number;
  readonly #known: OriginCodings;
  readonly #counts = new CodingCounts();
  #notShorter = 0;
  #refused = 0;

  /** @throws {TypeError} @throws {RangeError} */
  constructor(options: RequestCompressionOptions = {}) {
    knownKeys("RequestCompression", options, known);
    const all = { ...requestCompressionDefaults, ...options };
    const { codings, levels = {} } = all as RequestCompressionOptions & { codings: readonly ContentCoding[] };
    if (!Array.isArray(codings)) reject("codings", "an array of codings", codings);
    for (const coding of codings) oneOf("codings", coding, contentCodingNames);
    optionsObject("levels", levels);
    for (const [coding, level] of Object.entries(levels))
      checkLevel(oneOf("levels", coding, contentCodingNames), level);
    this.#origins =
      typeof all.origins === "string"
        ? oneOf("origins", all.origins, ["announced", "all"] as const)
        : new Set(Array.from(all.origins, (origin) => new URL(origin).origin));
    this.#unannounced = oneOf("unannounced", all.unannounced, contentCodingNames);
    this.#levels = levels;
    this.#minBytes = integer("minBytes", all.minBytes, 0);
    this.#known = new OriginCodings(codings, integer("maxOrigins", all.maxOrigins, 1));
  }

  stats(): RequestCompressionStats {
    return {
      ...this.#counts.stats(),
      notShorter: this.#notShorter,
      refused: this.#refused,
      refusingOrigins: this.#known.refusing,
    };
  }

  collect(): Iterable<MetricSample> {
    return this.#counts.collect("encode");
  }

  #dispatch(
    dispatch: Dispatch,
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const body = this.#compressible(options);
    if (body === undefined) return dispatch(options, handler);
    const origin = new URL(String(options.origin)).origin;
    const coding = this.#codingFor(origin);
    const learn = (acceptEncoding: string): void => this.#known.announce(origin, acceptEncoding);
    if (coding === undefined) return dispatch(options, new EncodedRequestHandler(handler, learn));
    const sendEncoded = (encoded: Uint8Array): boolean => {
      if (encoded.length >= body.length) {
        this.#notShorter++;
        return dispatch(options, handler);
      }
      const sendPlainly = (): void => {
        this.#refused++;
        // A 415 may have said which other coding it takes.
        const isSettled = this.#known.get(origin) !== undefined && this.#codingFor(origin) !== coding;
        const settled = (status: number, announced: string | undefined): void => {
          // When it refuses the plain body as well, it isn't the coding that it refuses.
          if (status !== 415 && announced === undefined && !isSettled) this.#known.refuse(origin);
        };
        dispatch(options, new EncodedRequestHandler(handler, learn, undefined, settled));
      };
      return dispatch(
        this.#encodedOptions(options, encoded, coding),
        new EncodedRequestHandler(handler, learn, sendPlainly),
      );
    };
    const encoded = encodeBody(coding, body, this.#levels[coding], this.#counts);
    if (encoded instanceof Uint8Array) return sendEncoded(encoded);
    encoded.then(sendEncoded, () => dispatch(options, handler));
    return true;
  }

  #compressible({ body, headers, origin }: Dispatcher.DispatchOptions): Uint8Array | undefined {
    if (origin === undefined || (typeof body !== "string" && !(body instanceof Uint8Array))) return undefined;
    if (body.length < this.#minBytes && (typeof body !== "string" || body.length * 3 < this.#minBytes))
      return undefined;
    if (headerOf(headers, "content-encoding") !== undefined) return undefined;
    if (digestHeaders.some((name) => headerOf(headers, name) !== undefined)) return undefined;
    if (compressedTypes.test(headerOf(headers, "content-type") ?? "")) return undefined;
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    return bytes.length < this.#minBytes ? undefined : bytes;
  }

  #codingFor(origin: string): ContentCoding | undefined {
    const announced = this.#known.get(origin);
    if (announced !== undefined) return announced[0];
    const isAsked = this.#origins === "all" || (this.#origins !== "announced" && this.#origins.has(origin));
    return isAsked ? this.#unannounced : undefined;
  }

  #encodedOptions(
    options: Dispatcher.DispatchOptions,
    encoded: Uint8Array,
    coding: ContentCoding,
  ): ContextualOptions {
    const { makeBody, ...context } = contextOf(options);
    return {
      ...options,
      body: encoded,
      headers: encodedHeaders(options.headers, coding),
      // What it makes isn't encoded; the bytes can be sent again as they are.
      ...(makeBody === undefined ? {} : { [requestContext]: context }),
    };
  }
}
