import type { Dispatcher } from "undici";
import { ResponseTooLargeError } from "../../errors.ts";
import { type ContextualOptions, type Dispatch, requestContext } from "../policy.ts";
import { redactUrl } from "../redaction.ts";
import type { CacheRequest } from "./cache-request.ts";
import type { IncomingFields } from "./header-fields.ts";

/** A response as it is held against another, by whoever compares hits of a cache with their origin. */
export interface CheckedResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<IncomingFields>;
  /** As received, still encoded. */
  readonly body: Uint8Array;
}

/** Whether both say the same: their status and their bytes, or their status and their entity tag. */
export function sameResponse(cached: CheckedResponse, fresh: CheckedResponse): boolean {
  if (cached.status !== fresh.status) return false;
  const { etag } = fresh.headers;
  if (etag !== undefined && etag === cached.headers.etag) return true;
  return Buffer.compare(cached.body, fresh.body) === 0;
}

/** What makes a request of the resource into one about a stored response, or for a part. */
const conditionalFields = [
  "cache-control",
  "pragma",
  "range",
  "if-range",
  "if-none-match",
  "if-modified-since",
];

/** A request's fields without the caller's own wishes for it. */
export function plainFields(request: CacheRequest): Record<string, string | readonly string[] | undefined> {
  const fields: Record<string, string | readonly string[] | undefined> = { ...request.fields };
  for (const name of conditionalFields) delete fields[name];
  return fields;
}

/** What a request in nobody's name has in common with the one that brought it about. */
export function ownOptions(
  { origin, path, query, headersTimeout, bodyTimeout }: Dispatcher.DispatchOptions,
  headers: Dispatcher.DispatchOptions["headers"] & {},
  deadline: number,
  timeoutMs: number,
): ContextualOptions {
  return {
    ...(origin !== undefined && { origin }),
    path,
    ...(query !== undefined && { query }),
    ...(headersTimeout !== undefined && { headersTimeout }),
    ...(bodyTimeout !== undefined && { bodyTimeout }),
    method: "GET",
    headers,
    [requestContext]: { deadline, timeoutMs },
  };
}

/**
 * Asks the origin.
 * @param maxBytes of its body
 * @returns its answer, whatever its status below 500
 * @throws {Error} what the dispatch fails with; on a status from 500 on; {@link ResponseTooLargeError}; the signal's reason
 */
export function askOrigin(
  dispatch: Dispatch,
  options: Dispatcher.DispatchOptions,
  maxBytes: number,
  signal: AbortSignal,
): Promise<CheckedResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: IncomingFields = {};
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    const fail = (error: Error): void => {
      // To abort what has failed may be told as a failure again.
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", abort);
      reject(error);
      controller?.abort(error);
    };
    const abort = (): void => fail(signal.reason as Error);
    signal.throwIfAborted();
    signal.addEventListener("abort", abort, { once: true });
    dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (signal.aborted) started.abort(signal.reason as Error);
      },
      onResponseStart(_controller, code, fields) {
        status = code;
        headers = fields;
      },
      onResponseData(_controller, chunk) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) fail(new ResponseTooLargeError(redactUrl(String(options.path)), maxBytes));
        // It may be a view of a buffer that is used again.
        else chunks.push(Buffer.from(chunk));
      },
      onResponseEnd() {
        isOver = true;
        signal.removeEventListener("abort", abort);
        if (status >= 500) reject(new Error(`the origin answered with status ${status}`));
        else resolve({ status, headers, body: Buffer.concat(chunks) });
      },
      onResponseError(_controller, error) {
        fail(error);
      },
    });
  });
}
