import type { Dispatcher } from "undici";
import { contextOf } from "../policy.ts";

/** Methods that may be sent twice. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
export const idempotentMethods: readonly string[] = Object.freeze([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "TRACE",
  "QUERY",
]);

/**
 * Statuses that may be gone at the next attempt: timeouts, too early, too many, and failures of the server or of what
 * stands before it. 501 and 505 say that it can't, not that it can't now.
 */
export const retriedStatuses: readonly number[] = Object.freeze([408, 425, 429, 500, 502, 503, 504]);

/**
 * Codes of errors that concern the connection, not the request. It is a list of what is retried, so that whatever isn't on it is
 * not: certificate and TLS errors, aborts, wrong arguments, a closed client, a response that is too large or no HTTP.
 */
export const retriedErrorCodes: readonly string[] = Object.freeze([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  // What undici's HTTP/2 says of a session that went away, or of a stream that was refused.
  "UND_ERR_INFO",
  "ERR_HTTP2_GOAWAY_SESSION",
  "ERR_HTTP2_SESSION_ERROR",
  "ERR_HTTP2_STREAM_CANCEL",
  "ERR_HTTP2_STREAM_ERROR",
  "ERR_HTTP2_INVALID_SESSION",
  "VICTOR_ATTEMPT_TIMEOUT",
]);

/** With these there was no connection, so the server has seen nothing, and any method may be sent again. */
const neverSent: readonly unknown[] = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

/** @returns the error's code; `undefined` without one */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** @returns whether the error tells for sure that nothing was sent */
export function wasNeverSent(error: unknown): boolean {
  return neverSent.includes(codeOf(error));
}

/** @returns whether the body gives the same bytes each time; a stream or an iterator is gone once it was read */
export function isReplayable(body: Dispatcher.DispatchOptions["body"]): boolean {
  return (
    body === undefined ||
    body === null ||
    typeof body === "string" ||
    ArrayBuffer.isView(body) ||
    (body as unknown) instanceof ArrayBuffer ||
    (body as unknown) instanceof Blob ||
    (body as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "FormData"
  );
}

/** @returns whether the call says that it may be sent twice, or else its method is one of these */
export function mayBeRepeated(request: Dispatcher.DispatchOptions, methods: ReadonlySet<string>): boolean {
  return contextOf(request).idempotent ?? methods.has(request.method);
}

/** @returns whether there is the same body for another attempt */
export function hasBodyAgain(request: Dispatcher.DispatchOptions): boolean {
  return contextOf(request).makeBody !== undefined || isReplayable(request.body);
}
