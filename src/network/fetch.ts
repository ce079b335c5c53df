import type { Dispatcher } from "undici";
import { type CallOutcome, type ContextualOptions, type Dispatch, requestContext } from "./policy.ts";
import { loadFetch } from "./transport/load-undici.ts";

type Fetch = typeof globalThis.fetch;
type Init = NonNullable<Parameters<Fetch>[1]>;

/**
 * undici's `fetch` over the policies. Takes what the platform's takes, also its `Request` and `FormData`.
 * @param open throws when there is nothing to send by any more
 */
export function fetchOver(dispatch: Dispatch, open: () => void): Fetch {
  return async (input, given) => {
    open();
    const send = await loadFetch();
    const init = await ownInit(input, given);
    const url = input instanceof Request ? input.url : String(input);
    const outcome: CallOutcome = { url, redirects: 0, fromCache: false };
    const { body, redirect = "follow", signal } = init;
    const context = {
      signal: signal ?? undefined,
      followRedirects: redirect === "follow",
      makeBody: repeatable(body) ? () => body : undefined,
      outcome,
    };
    const dispatcher = {
      dispatch: (request: ContextualOptions, handler: Dispatcher.DispatchHandler) =>
        dispatch({ ...request, [requestContext]: context } as ContextualOptions, handler),
    };
    const response = await send(url, { ...init, dispatcher } as unknown as Parameters<typeof send>[1]);
    if (outcome.redirects > 0) {
      Object.defineProperty(response, "url", { value: outcome.url });
      Object.defineProperty(response, "redirected", { value: true });
    }
    return response as unknown as Response;
  };
}

function repeatable(body: unknown): body is string | Uint8Array {
  return typeof body === "string" || ArrayBuffer.isView(body);
}

/** undici knows its own classes only, and would send the text `[object FormData]` for the platform's. */
async function ownInit(input: Parameters<Fetch>[0], given: Init = {}): Promise<Init> {
  const request = input instanceof Request ? new Request(input, given) : undefined;
  const init: Init =
    request === undefined
      ? given
      : {
          ...given,
          method: request.method,
          headers: [...request.headers],
          redirect: request.redirect,
          signal: request.signal,
          ...(request.body !== null && { body: new Uint8Array(await request.arrayBuffer()) }),
        };
  if (init.body instanceof URLSearchParams) return { ...init, ...(await bytesOf(init)) };
  return init.body instanceof FormData ? { ...init, ...(await bytesOf(init)) } : init;
}

async function bytesOf({ body, headers }: Init): Promise<Init> {
  const encoded = new Response(body ?? null);
  const all = new Headers(headers as Record<string, string>);
  if (!all.has("content-type")) all.set("content-type", encoded.headers.get("content-type") ?? "");
  return { body: new Uint8Array(await encoded.arrayBuffer()), headers: [...all] };
}
