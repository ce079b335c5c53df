import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { type Dispatch, type RequestContext, requestContext } from "../../src/network/policy.ts";

export interface Dispatched {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request by a bare `dispatch`, and gives its whole response. */
export function dispatched(
  dispatch: Dispatch,
  options: Partial<Dispatcher.DispatchOptions> & { readonly origin: string | URL },
  context?: RequestContext,
): Promise<Dispatched> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    dispatch(
      { path: "/", method: "GET", ...options, ...(context && { [requestContext]: context }) },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode, received) {
          status = statusCode;
          headers = received;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          resolve({ status, headers, body: Buffer.concat(chunks).toString() });
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      },
    );
  });
}
