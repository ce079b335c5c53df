import type { Arm } from "../../../measure/arm.ts";
import { type RequestsWork, requestsArm } from "./requests-arm.ts";

/** Node's own `fetch`. */
export function globalFetch(work: RequestsWork): Promise<Arm> {
  return requestsArm(work, async () => {
    // Node loads it with its first call.
    await fetch("data:,");
    return {
      async get(url) {
        const response = await fetch(url, { signal: AbortSignal.timeout(work.deadlineMs) });
        return { status: response.status, text: await response.text() };
      },
    };
  });
}

/** What is used of `got`. */
interface Got {
  (url: string): Promise<{ readonly statusCode: number; readonly body: string }>;
  extend(options: {
    readonly throwHttpErrors: false;
    readonly timeout: { readonly request: number };
    readonly retry: { readonly limit: number; readonly backoffLimit: number };
    readonly cache?: Map<string, unknown>;
    readonly http2: true;
  }): Got;
}

/** `got` with HTTP/2, as many retries, and a cache where there is something to keep. */
export async function gotPackage(work: RequestsWork & { readonly peerUrl: string }): Promise<Arm> {
  const { default: got } = (await import(work.peerUrl)) as { readonly default: Got };
  const client = got.extend({
    throwHttpErrors: false,
    timeout: { request: work.deadlineMs },
    retry: { limit: 3, backoffLimit: 200 },
    // With a cache it doesn't repeat a request whose HTTP/2 stream broke.
    ...(work.mix.kind === "mixed" && { cache: new Map() }),
    http2: true,
  });
  return requestsArm(work, () => ({
    async get(url) {
      const { statusCode, body } = await client(url);
      return { status: statusCode, text: body };
    },
  }));
}
