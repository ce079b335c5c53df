import type { Readable } from "node:stream";
import { rejectType } from "../options.ts";
import { encodeParams, type ParamsInput } from "./request-target.ts";

type Stream = Readable | ReadableStream | AsyncIterable<Uint8Array | string>;
/** What can be sent as it is. */
export type BodyContent = string | Uint8Array | ArrayBuffer | Blob | Stream;
/** A body; a function makes a fresh one for each attempt, so that a stream can be sent again. */
export type BodyInput = BodyContent | (() => BodyContent);

/** A body that is ready to be sent. */
export interface RequestBody {
  readonly content: string | Uint8Array | Stream | null;
  /** Of the body itself, where its kind tells. */
  readonly contentType: string | undefined;
  /** Another one of the same for a further attempt; `undefined` for a stream that there is only once. */
  readonly make: (() => RequestBody["content"]) | undefined;
}

/** What a caller says about a request's body. */
export interface BodyOptions {
  /** Any value that `JSON.stringify` takes; sent as `application/json`. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`; a `FormData` as `multipart/form-data`. */
  readonly form?: ParamsInput | FormData;
  /** Sent as it is. */
  readonly body?: BodyInput;
}

const none: RequestBody = Object.freeze({ content: null, contentType: undefined, make: undefined });
const bodiless = new Set(["GET", "HEAD", "TRACE"]);

/**
 * @returns a promise where the body has to be read first (`FormData`, `Blob`)
 * @throws {TypeError} when there are several bodies, one where the method has none, or one that can't be sent
 */
export function requestBody(method: string, options: BodyOptions): RequestBody | Promise<RequestBody> {
  const { json, form, body } = options;
  const given =
    Number(json !== undefined) + Number(form !== undefined) + Number(body !== undefined && body !== null);
  if (given === 0) return none;
  if (given > 1) throw new TypeError("request: expected one of json, form and body, got several");
  if (bodiless.has(method)) throw new TypeError(`request: a ${method} has no body`);
  if (json !== undefined) return repeatable(stringified(json), "application/json");
  if (form !== undefined) {
    if (form instanceof FormData) return multipart(form);
    return repeatable(encodeParams("form", form), "application/x-www-form-urlencoded;charset=UTF-8");
  }
  if (typeof body !== "function") return contentOf(body);
  const first = contentOf(body());
  const make = (): RequestBody["content"] => {
    const next = contentOf(body());
    if (next instanceof Promise) return rejectType("body", "a function that gives no Blob", "a Blob");
    return next.content;
  };
  return first instanceof Promise ? first : { ...first, make: first.make ?? make };
}

function repeatable(content: string | Uint8Array, contentType?: string): RequestBody {
  return { content, contentType, make: () => content };
}

function contentOf(body: unknown): RequestBody | Promise<RequestBody> {
  if (typeof body === "string") return repeatable(body, "text/plain;charset=UTF-8");
  if (body instanceof URLSearchParams)
    return repeatable(body.toString(), "application/x-www-form-urlencoded;charset=UTF-8");
  if (body instanceof ArrayBuffer) return repeatable(new Uint8Array(body));
  if (ArrayBuffer.isView(body))
    return repeatable(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof Blob)
    return body.arrayBuffer().then((bytes) => repeatable(new Uint8Array(bytes), body.type || undefined));
  if (body instanceof FormData) return multipart(body);
  if (typeof body === "object" && body !== null && Symbol.asyncIterator in body)
    return { content: body as Stream, contentType: undefined, make: undefined };
  return rejectType("body", "a string, bytes, a Blob, a stream or a function that gives one", body);
}

async function multipart(form: FormData): Promise<RequestBody> {
  const encoded = new Response(form);
  return repeatable(
    new Uint8Array(await encoded.arrayBuffer()),
    encoded.headers.get("content-type") ?? undefined,
  );
}

function stringified(json: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(json);
  } catch (cause) {
    throw new TypeError("json: expected a value that JSON.stringify takes", { cause });
  }
  if (text === undefined) return rejectType("json", "a value that JSON knows", json);
  return text;
}
